//! The browser that a push is for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::{PublicKey, SecretKey};

use super::encrypt::{SALT, encrypt};
use super::vapid::random_key;

/// What a browser told of itself. Not to be shown: whoever knows it can push.
pub(super) struct Browser {
    pub(super) key: PublicKey,
    pub(super) auth: Vec<u8>,
}

impl Browser {
    /// None if one of the two is not what it should be.
    pub(super) fn parse(p256dh: &str, auth: &str) -> Option<Self> {
        let key = URL_SAFE_NO_PAD.decode(p256dh).ok()?;
        let auth = URL_SAFE_NO_PAD.decode(auth).ok()?;
        (auth.len() == 16).then_some(Self {
            key: PublicKey::from_sec1_bytes(&key).ok()?,
            auth,
        })
    }

    /// Encrypts for the browser with a new key and salt. None without random numbers, or if there is too much.
    pub(super) fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let once: SecretKey = random_key()?;
        let mut salt = [0; SALT];
        getrandom::fill(&mut salt).ok()?;
        encrypt(plain, self, &once, salt)
    }
}
