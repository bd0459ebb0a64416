//! Keys, and what is derived from them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::index::Index;

/// How long a key is, in bytes.
pub(crate) const KEY_BYTES: usize = 32;

/// How long the name of a key may be, in bytes.
const MAX_ID: usize = 16;

/// A secret that is wiped when it is dropped.
pub(crate) type Secret = Zeroizing<[u8; KEY_BYTES]>;

/// Why keys cannot be used. It tells names, never keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no key.
    #[error("there is no key")]
    Missing,
    /// An entry has no name, or one that is none.
    #[error(
        "key {place} is not written as NAME:KEY, with a name of 1 to 16 of a-z, A-Z, 0-9, - and _"
    )]
    Name {
        /// Which entry; 1 is the first.
        place: usize,
    },
    /// A key is not what it should be.
    #[error("the key {name} is not 32 bytes in Base64")]
    Key {
        /// Of which name; the key of the index is called `index`.
        name: String,
    },
    /// Two keys have the same name, or are the same.
    #[error("the key {name} is there twice, by its name or by itself")]
    Twice {
        /// The name of the later one.
        name: String,
    },
}

/// A key that texts are sealed with.
pub(crate) struct TextKey {
    pub(crate) id: String,
    pub(crate) cipher: XChaCha20Poly1305,
    pub(crate) nonces: Secret,
}

/// The keys that texts are sealed with and opened with, and the key of the index.
///
/// The first key seals; all of them open. The key of the index makes words and digests blind. It is one of its own,
/// since what it made must stay findable: it is changed far more seldom, see
/// [`Sealed::rekey`](crate::Sealed::rekey).
pub struct KeyRing {
    current: TextKey,
    older: Vec<TextKey>,
    pub(crate) index: Index,
}

impl KeyRing {
    /// Reads keys as settings have them: `NAME:KEY`, several separated by commas, the current one first; each key, and
    /// that of the index, as 32 bytes in Base64.
    ///
    /// # Errors
    /// [`KeyError`] if something of it is missing, malformed or twice there.
    pub fn parse(keys: &str, index: &str) -> Result<Self, KeyError> {
        let index = (String::from("index"), secret("index", index)?);
        let mut known = vec![index];
        for (place, entry) in (1..).zip(entries(keys)) {
            let (name, key) = entry.split_once(':').ok_or(KeyError::Name { place })?;
            let name = checked(name).ok_or(KeyError::Name { place })?;
            let key = secret(&name, key)?;
            if known.iter().any(|(id, other)| *id == name || *other == key) {
                return Err(KeyError::Twice { name });
            }
            known.push((name, key));
        }
        let mut known = known.into_iter();
        let index = known.next().map(|(_, key)| Index::new(&key));
        let mut keys = known.map(|(id, key)| TextKey::new(id, &key));
        let (Some(index), Some(current)) = (index, keys.next()) else {
            return Err(KeyError::Missing);
        };
        Ok(Self {
            current,
            older: keys.collect(),
            index,
        })
    }

    /// The name of the key that seals.
    #[must_use]
    pub fn current(&self) -> &str {
        &self.current.id
    }

    pub(crate) const fn sealing(&self) -> &TextKey {
        &self.current
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &TextKey> {
        std::iter::once(&self.current).chain(&self.older)
    }

    pub(crate) fn find(&self, id: &str) -> Option<&TextKey> {
        self.all().find(|key| key.id == id)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.all().map(|key| &key.id);
        f.debug_set().entries(names).finish()
    }
}

impl TextKey {
    fn new(id: String, master: &Secret) -> Self {
        let key = derive(master, b"chat-seal 1 text");
        Self {
            id,
            cipher: XChaCha20Poly1305::new(&(*key).into()),
            nonces: derive(master, b"chat-seal 1 nonce"),
        }
    }
}

/// A key for one purpose (RFC 5869), so that no two purposes share one.
pub(crate) fn derive(master: &Secret, purpose: &[u8]) -> Secret {
    let mut key = Secret::default();
    Hkdf::<Sha256>::new(None, master.as_slice())
        .expand(purpose, key.as_mut_slice())
        .expect("32 bytes are few enough");
    key
}

fn entries(keys: &str) -> impl Iterator<Item = &str> {
    let entries = keys.split(',').map(str::trim);
    entries.filter(|entry| !entry.is_empty())
}

fn checked(name: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let fits = (1..=MAX_ID).contains(&name.len()) && name.bytes().all(plain);
    fits.then(|| name.to_owned())
}

fn secret(name: &str, text: &str) -> Result<Secret, KeyError> {
    let wrong = || KeyError::Key {
        name: name.to_owned(),
    };
    let bytes = STANDARD.decode(text.trim()).map_err(|_| wrong())?;
    let bytes = Zeroizing::new(bytes);
    let mut key = Secret::default();
    if bytes.len() != KEY_BYTES {
        return Err(wrong());
    }
    key.copy_from_slice(&bytes);
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> String {
        STANDARD.encode([byte; KEY_BYTES])
    }

    #[test]
    fn the_first_key_seals_and_all_open() {
        let keys = format!("new:{}, old:{}", key(1), key(2));
        let ring = KeyRing::parse(&keys, &key(3)).unwrap();
        assert_eq!(ring.current(), "new");
        assert!(ring.find("old").is_some() && ring.find("other").is_none());
    }

    #[test]
    fn keys_that_cannot_be_used_are_refused_by_name() {
        let refused = |keys: &str, index: &str| KeyRing::parse(keys, index).unwrap_err();
        let name = |name: &str| name.to_owned();
        assert_eq!(refused("", &key(9)), KeyError::Missing);
        for odd in ["", ":", "a b:", "toolongforthename:"] {
            let keys = format!("a:{},{odd}{}", key(1), key(2));
            assert_eq!(refused(&keys, &key(9)), KeyError::Name { place: 2 });
        }
        let short = STANDARD.encode([1; 31]);
        for bad in ["", "no base64!", &short] {
            let a = name("a");
            assert_eq!(
                refused(&format!("a:{bad}"), &key(9)),
                KeyError::Key { name: a }
            );
            let index = name("index");
            assert_eq!(refused("a:x", bad), KeyError::Key { name: index });
        }
        let twice = |name: &str| KeyError::Twice {
            name: name.to_owned(),
        };
        let keys = format!("a:{},a:{}", key(1), key(2));
        assert_eq!(refused(&keys, &key(9)), twice("a"));
        let keys = format!("a:{},b:{}", key(1), key(1));
        assert_eq!(refused(&keys, &key(9)), twice("b"));
        assert_eq!(refused(&format!("a:{}", key(1)), &key(1)), twice("a"));
    }

    #[test]
    fn no_key_is_shown() {
        let ring = KeyRing::parse(&format!("a:{}", key(7)), &key(8)).unwrap();
        assert_eq!(format!("{ring:?}"), "{\"a\"}");
        let error = KeyRing::parse(&format!("a:{}x", key(7)), &key(8)).unwrap_err();
        assert!(!error.to_string().contains(&key(7)));
    }
}
