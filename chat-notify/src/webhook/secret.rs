//! What requests are signed with.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::setting::InvalidSetting;

/// One or more secrets. Clones share them.
#[derive(Clone)]
pub(super) struct Secrets(Arc<[Vec<u8>]>);

impl Secrets {
    pub(super) fn parse(text: &str) -> Result<Self, InvalidSetting> {
        let secret = |text: &str| {
            let bytes = STANDARD.decode(text.strip_prefix("whsec_")?).ok()?;
            (24..=64).contains(&bytes.len()).then_some(bytes)
        };
        let secrets: Option<Vec<_>> = text.split_ascii_whitespace().map(secret).collect();
        match secrets {
            Some(secrets) if !secrets.is_empty() => Ok(Self(secrets.into())),
            _ => Err(InvalidSetting::new(
                "a webhook's secret is whsec_ and 24 to 64 bytes in base64",
            )),
        }
    }

    /// The signatures of a request, one by each secret.
    pub(super) fn sign(&self, id: &str, timestamp: &str, body: &[u8]) -> String {
        let sign = |secret: &Vec<u8>| {
            let mut mac =
                Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length will do");
            for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
                mac.update(part);
            }
            format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
        };
        self.0.iter().map(sign).collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    #[test]
    fn a_signature_is_that_of_the_standard() {
        let secrets = Secrets::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = secrets.sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_is_no_secret_is_refused_and_not_told() {
        let short = format!("whsec_{}", STANDARD.encode([7; 23]));
        let long = format!("whsec_{}", STANDARD.encode([7; 65]));
        let half = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw plain";
        for text in ["", " ", "plain", "whsec_", "whsec_%%%", &short, &long, half] {
            let error = Secrets::parse(text).unwrap_err();
            let told = format!("{error} {error:?}");
            assert!(!told.contains("MfKQ"), "{told}");
        }
        let secrets = Secrets::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        assert_eq!(format!("{secrets:?}"), "1 secrets");
    }
}
