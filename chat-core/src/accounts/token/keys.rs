//! The secrets behind tokens, and a key of its own for every purpose.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::accounts::ConfigError;

/// The secrets that tokens are made with; others derive from them.
#[derive(Clone)]
pub struct Keys {
    pub(super) current: Vec<u8>,
    pub(super) previous: Vec<Vec<u8>>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

impl Keys {
    /// Tokens are made with `current`; those made with `previous` ones still count, so that a key
    /// can be changed without logging everybody out.
    ///
    /// # Errors
    /// [`ConfigError::ShortSecret`] under 32 bytes; [`ConfigError::KnownSecret`] for examples.
    pub fn new(current: impl Into<Vec<u8>>, previous: Vec<Vec<u8>>) -> Result<Self, ConfigError> {
        let keys = Self {
            current: current.into(),
            previous,
        };
        for key in std::iter::once(&keys.current).chain(&keys.previous) {
            check_secret(key)?;
        }
        Ok(keys)
    }

    /// A secret of this process alone: its tokens end with it.
    ///
    /// # Panics
    /// If the system has no source of randomness.
    #[must_use]
    pub fn random() -> Self {
        Self {
            current: super::random_text().into_bytes(),
            previous: Vec::new(),
        }
    }
}

fn check_secret(secret: &[u8]) -> Result<(), ConfigError> {
    let text = String::from_utf8_lossy(secret).to_lowercase();
    let example = [
        "change-this",
        "changeme",
        "change-me",
        "change_me",
        "your-secret",
        "placeholder",
        "example",
    ];
    let varied = secret
        .iter()
        .collect::<std::collections::HashSet<_>>()
        .len();
    match () {
        () if example.iter().any(|example| text.contains(example)) => Err(ConfigError::KnownSecret),
        () if secret.len() < 32 => Err(ConfigError::ShortSecret),
        () if varied < 8 => Err(ConfigError::KnownSecret),
        () => Ok(()),
    }
}

pub(super) fn mac(key: &[u8], message: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac
}

/// A key for one purpose, so that what is made for one is worth nothing for another.
pub(super) fn derive(secret: &[u8], purpose: &[u8]) -> [u8; 32] {
    mac(secret, purpose).finalize().into_bytes().into()
}

/// Tells keys apart without telling anything of them.
pub(super) fn key_id(secret: &[u8]) -> String {
    let digest = Sha256::digest(derive(secret, b"key id"));
    URL_SAFE_NO_PAD.encode(&digest[..6])
}
