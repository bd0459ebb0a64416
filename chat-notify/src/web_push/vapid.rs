//! Who pushes: a key, and the tokens that it signs (RFC 8292).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chat_core::id::Timestamp;
use p256::SecretKey;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::json;

use super::encrypt::point;
use crate::setting::InvalidSetting;

/// How long a token is good: a day is the most that push services take.
const LIFE: Duration = Duration::from_secs(12 * 60 * 60);

/// How often a key is drawn before random numbers are taken for broken: of 2^32 drawings one fails.
const DRAWINGS: usize = 8;

/// The private key by which push services know a chat: 32 bytes of the curve P-256, as base64url without padding. A
/// browser's subscription is for one key: with another one all browsers have to subscribe again.
#[derive(Clone)]
pub struct PushKey(SecretKey);

impl PushKey {
    /// A new key.
    ///
    /// # Errors
    /// [`InvalidSetting`] if the system has no random numbers.
    pub fn generate() -> Result<Self, InvalidSetting> {
        random_key()
            .map(Self)
            .ok_or_else(|| InvalidSetting::new("there are no random numbers"))
    }

    /// The key as text: a secret.
    #[must_use]
    pub fn secret(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.to_bytes())
    }

    /// The public key as browsers take it.
    #[must_use]
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(point(&self.0.public_key()))
    }
}

impl FromStr for PushKey {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<Self, InvalidSetting> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let bytes = bytes.filter(|bytes| bytes.len() == 32);
        let key = bytes.and_then(|bytes| SecretKey::from_slice(&bytes).ok());
        key.map(Self).ok_or_else(|| {
            InvalidSetting::new("a push key is 32 bytes in base64url: chatctl push-key makes one")
        })
    }
}

impl fmt::Debug for PushKey {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PushKey").field(&self.public()).finish()
    }
}

/// None without random numbers.
pub(super) fn random_key() -> Option<SecretKey> {
    (0..DRAWINGS).find_map(|_| {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).ok()?;
        SecretKey::from_slice(&bytes).ok()
    })
}

/// A key, and how to reach its owner. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Vapid {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    key: PushKey,
    public: String,
    contact: String,
}

impl Vapid {
    pub(super) fn new(key: PushKey, contact: &str) -> Result<Self, InvalidSetting> {
        let address = contact
            .strip_prefix("mailto:")
            .or_else(|| contact.strip_prefix("https://"));
        if address.is_none_or(|address| address.is_empty() || address.contains(char::is_whitespace))
        {
            return Err(InvalidSetting::new(
                "a push contact is a mailto: or https: address",
            ));
        }
        let shared = Shared {
            public: key.public(),
            key,
            contact: contact.to_owned(),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    pub(super) fn public(&self) -> &str {
        &self.shared.public
    }

    /// The header that shows a push service at `origin` who pushes.
    pub(super) fn authorization(&self, origin: &str) -> String {
        let expires = Timestamp::now().plus(LIFE).as_millis() / 1_000;
        let head = json!({"typ": "JWT", "alg": "ES256"});
        let claims = json!({"aud": origin, "exp": expires, "sub": self.shared.contact});
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(head), part(claims));
        let signature: Signature = SigningKey::from(&self.shared.key.0).sign(signed.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(signature.to_bytes());
        format!("vapid t={signed}.{signature}, k={}", self.shared.public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_text_and_not_shown() {
        let key = PushKey::generate().unwrap();
        let again: PushKey = key.secret().parse().unwrap();
        assert_eq!(again.public(), key.public());
        assert_ne!(PushKey::generate().unwrap().secret(), key.secret());
        assert!(!format!("{key:?}").contains(&key.secret()));
        let zero = URL_SAFE_NO_PAD.encode([0; 32]);
        for bad in ["", "x", &zero, &key.public(), &format!("{}=", key.secret())] {
            assert!(bad.parse::<PushKey>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_contact_is_an_address() {
        let key = PushKey::generate().unwrap();
        for (contact, fits) in [
            ("mailto:ops@example.com", true),
            ("https://example.com/contact", true),
            ("ops@example.com", false),
            ("mailto:", false),
            ("mailto:a b", false),
            ("http://example.com", false),
        ] {
            assert_eq!(Vapid::new(key.clone(), contact).is_ok(), fits, "{contact}");
        }
    }
}
