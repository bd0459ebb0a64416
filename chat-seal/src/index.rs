//! Blind words and digests: what a store may compare, and not read.

use chat_core::model::Fingerprint;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::key::{Secret, derive};

/// What blind digests begin with; a plain one does once in four thousand million.
const MAGIC: [u8; 4] = [0x5e, 0xa1, 0xed, 0x01];

/// The digest of what an erased user sent.
const ERASED: Fingerprint = [0; 16];

/// Makes words and digests blind.
pub(crate) struct Index {
    words: Secret,
    digests: Secret,
    /// Tells the digests of this key from those of another.
    mark: [u8; 2],
}

/// How a digest is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Digest {
    /// Blind, by this key; or gone with its user.
    Ours,
    /// Blind, by another key.
    Foreign,
    /// As a store without keys makes it.
    Plain,
}

impl Index {
    pub(crate) fn new(master: &Secret) -> Self {
        let mark = mac(&derive(master, b"chat-seal 1 mark"), b"");
        Self {
            words: derive(master, b"chat-seal 1 words"),
            digests: derive(master, b"chat-seal 1 digests"),
            mark: [mark[0], mark[1]],
        }
    }

    /// What stands for each word: 128 bits, in hexadecimal.
    pub(crate) fn words(&self, words: &[String]) -> Vec<String> {
        let blind = |word: &String| {
            let mac = mac(&self.words, word.as_bytes());
            mac[..16].iter().map(|byte| format!("{byte:02x}")).collect()
        };
        words.iter().map(blind).collect()
    }

    /// What stands for a digest: its mark, and 80 bits that tell it from others.
    pub(crate) fn digest(&self, plain: &Fingerprint) -> Fingerprint {
        let mac = mac(&self.digests, plain);
        let blind = MAGIC.iter().chain(&self.mark).chain(&mac);
        let mut blind = blind.copied();
        std::array::from_fn(|_| blind.next().unwrap_or_default())
    }

    pub(crate) fn kind_of(&self, digest: &Fingerprint) -> Digest {
        match (digest.starts_with(&MAGIC), digest[4..6] == self.mark) {
            _ if *digest == ERASED => Digest::Ours,
            (true, true) => Digest::Ours,
            (true, false) => Digest::Foreign,
            (false, _) => Digest::Plain,
        }
    }
}

fn mac(key: &Secret, bytes: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_slice()).expect("any length is one");
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}
