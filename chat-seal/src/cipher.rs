//! A sealed text: how it is written, made and opened.
//!
//! `U+0001`, the version `1`, the key's name and, in Base64 for URLs, the nonce, the ciphertext and its tag:
//! XChaCha20-Poly1305. It is bound to its message: in another row it does not open. The nonce is made of the text and
//! its place under a key of its own, so that the same text in the same message is sealed alike under a key, and no
//! two different ones share a nonce by chance.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::XNonce;
use chacha20poly1305::aead::{Aead as _, Payload};
use chat_core::id::{ConversationId, MessageId, UserId};
use chat_core::model::{KeptText, Message, SEALED};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::key::{KeyRing, TextKey};

/// How long a nonce is, in bytes.
const NONCE_BYTES: usize = 24;

/// The version of the format; what is kept is kept for ever.
const VERSION: &str = "1";

/// Which message a text is of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) conversation: ConversationId,
    pub(crate) message: MessageId,
    pub(crate) sender: &'a UserId,
}

impl<'a> From<&'a Message> for Place<'a> {
    fn from(message: &'a Message) -> Self {
        Self {
            conversation: message.conversation,
            message: message.id,
            sender: &message.sender,
        }
    }
}

impl<'a> From<&'a KeptText> for Place<'a> {
    fn from(kept: &'a KeptText) -> Self {
        Self {
            conversation: kept.conversation,
            message: kept.message,
            sender: &kept.sender,
        }
    }
}

/// Why a text does not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shut {
    /// It is sealed with a key that is not there.
    UnknownKey(String),
    /// It was changed, or is of another message, or the key of that name is another one.
    Damaged,
}

/// Whether a text is a sealed one.
pub(crate) fn is_sealed(text: &str) -> bool {
    text.starts_with(SEALED)
}

/// Seals a text for its message. Nothing is left nothing.
pub(crate) fn seal(key: &TextKey, place: Place<'_>, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let bound = bound(&key.id, place);
    let nonce = nonce(key, &bound, text);
    let payload = Payload {
        msg: text.as_bytes(),
        aad: &bound,
    };
    let shut = key.cipher.encrypt(&XNonce::from(nonce), payload);
    let shut = shut.expect("a message is shorter than 256 GiB");
    let sealed = URL_SAFE_NO_PAD.encode([nonce.as_slice(), &shut].concat());
    format!("{SEALED}{VERSION}.{}.{sealed}", key.id)
}

/// The text that was sealed; one that was not is given back.
pub(crate) fn open(keys: &KeyRing, place: Place<'_>, text: &str) -> Result<String, Shut> {
    let Some(sealed) = text.strip_prefix(SEALED) else {
        return Ok(text.to_owned());
    };
    let (id, sealed) = parts(sealed).ok_or(Shut::Damaged)?;
    let key = keys
        .find(id)
        .ok_or_else(|| Shut::UnknownKey(id.to_owned()))?;
    let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| Shut::Damaged)?;
    let (nonce, shut) = sealed
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or(Shut::Damaged)?;
    let payload = Payload {
        msg: shut,
        aad: &bound(id, place),
    };
    let text = key.cipher.decrypt(&XNonce::from(*nonce), payload);
    let text = text.map_err(|_| Shut::Damaged)?;
    String::from_utf8(text).map_err(|_| Shut::Damaged)
}

/// The name of the key that a text is sealed with, if it is.
#[must_use]
pub fn key_of(text: &str) -> Option<&str> {
    parts(text.strip_prefix(SEALED)?).map(|(id, _)| id)
}

fn parts(sealed: &str) -> Option<(&str, &str)> {
    let rest = sealed.strip_prefix(VERSION)?.strip_prefix('.')?;
    rest.split_once('.')
}

/// What a sealed text is bound to: each field behind its length.
fn bound(id: &str, place: Place<'_>) -> Vec<u8> {
    let mut bound = Vec::with_capacity(128);
    for field in [
        VERSION.as_bytes(),
        id.as_bytes(),
        place.conversation.as_uuid().as_bytes(),
        place.message.as_uuid().as_bytes(),
        place.sender.as_str().as_bytes(),
    ] {
        bound.extend((field.len() as u64).to_le_bytes());
        bound.extend(field);
    }
    bound
}

fn nonce(key: &TextKey, bound: &[u8], text: &str) -> [u8; NONCE_BYTES] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.nonces.as_slice()).expect("any length is one");
    // Its fields say how long it is, so it cannot be taken for a part of the text.
    mac.update(bound);
    mac.update(text.as_bytes());
    let mac = mac.finalize().into_bytes();
    std::array::from_fn(|i| mac[i])
}

#[cfg(test)]
mod tests {
    use chat_core::model::words;

    use super::*;

    /// 32 times the byte 1 and the byte 9.
    const KEY: &str = "a:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    const INDEX: &str = "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=";

    fn keys() -> KeyRing {
        KeyRing::parse(KEY, INDEX).unwrap()
    }

    fn place(sender: &UserId) -> Place<'_> {
        Place {
            conversation: "0198c0de-0000-7000-8000-000000000001".parse().unwrap(),
            message: "0198c0de-0000-7000-8000-000000000002".parse().unwrap(),
            sender,
        }
    }

    #[test]
    fn what_was_kept_by_earlier_releases_opens() {
        let (keys, ada) = (keys(), UserId::new("ada").unwrap());
        let kept = seal(keys.sealing(), place(&ada), "Hello, world");
        assert_eq!(
            kept,
            "\u{1}1.a.M0fg-7xM2GJTe2X80KimQXTqSLUEwQCyR1m0oJDtru9OLUzfDHLIli0KyNzsf1W3trF31w"
        );
        assert_eq!(open(&keys, place(&ada), &kept).unwrap(), "Hello, world");
        let found_by = keys.index.words(&words("Hello"));
        assert_eq!(found_by, ["a95e758b07f585a2fc265d2266e3c9f3"]);
        let digest = keys.index.digest(&[7; 16]);
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, "5ea1ed016f3dac13a4aef9d34cf92bb6");
    }

    #[test]
    fn a_text_is_bound_to_its_place() {
        let (keys, ada, bob) = (
            keys(),
            UserId::new("ada").unwrap(),
            UserId::new("bob").unwrap(),
        );
        let kept = seal(keys.sealing(), place(&ada), "x");
        let there = place(&ada);
        let elsewhere = [
            place(&bob),
            Place {
                message: MessageId::new(),
                ..there
            },
            Place {
                conversation: ConversationId::new(),
                ..there
            },
        ];
        for other in elsewhere {
            assert_ne!(seal(keys.sealing(), other, "x"), kept);
            assert_eq!(open(&keys, other, &kept), Err(Shut::Damaged));
        }
    }

    #[test]
    fn the_same_text_in_the_same_place_is_sealed_alike() {
        let (keys, ada) = (keys(), UserId::new("ada").unwrap());
        let seal = |text| seal(keys.sealing(), place(&ada), text);
        assert_eq!(seal("x"), seal("x"));
        assert_ne!(seal("x")[..20], seal("y")[..20]);
        assert_eq!(seal(""), "");
        assert_eq!(
            open(&keys, place(&ada), &seal("\u{1}1.a.x")).unwrap(),
            "\u{1}1.a.x"
        );
    }
}
