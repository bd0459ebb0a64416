//! Whether keys and store fit together, before anybody is served.

use std::collections::BTreeMap;

use chat_core::store::{AdminStore, StoreError};

use crate::Sealed;
use crate::cipher::{self, Place, Shut};
use crate::index::Digest;

/// How many of the newest texts are tried.
const TRIED: usize = 200;

/// Why keys do not fit a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// Texts are sealed with a key that is not in the ring.
    #[error("messages are sealed with the key {0}, which is not among the keys")]
    UnknownKey(String),
    /// None of the texts that name a key opens with it.
    #[error("the key {0} is not the one that messages were sealed with")]
    WrongKey(String),
    /// Words and digests are of another key of the index; the other keys fit.
    #[error(
        "the key of the index is not the one that messages were indexed with: rekey them first"
    )]
    WrongIndexKey,
    /// The store could not be asked.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl<S: AdminStore> Sealed<S> {
    /// Tries the keys on the newest 200 texts: cheap, and enough to tell a forgotten key or another one before anything is
    /// written under it. That older texts are readable is for an audit to tell.
    ///
    /// # Errors
    /// [`CheckError`] if the keys do not fit, or the store cannot be asked.
    pub async fn check(&self) -> Result<(), CheckError> {
        let texts = self.inner.texts(None, TRIED).await?;
        let mut opened: BTreeMap<&str, bool> = BTreeMap::new();
        let mut is_foreign = false;
        for kept in &texts {
            let opens = match cipher::open(&self.keys, Place::from(kept), &kept.text) {
                Err(Shut::UnknownKey(name)) => return Err(CheckError::UnknownKey(name)),
                opens => opens.is_ok(),
            };
            // A damaged text keeps the digest that it had.
            is_foreign |= opens && self.keys.index.kind_of(&kept.fingerprint) == Digest::Foreign;
            if let Some(key) = cipher::key_of(&kept.text) {
                *opened.entry(key).or_default() |= opens;
            }
        }
        match opened.into_iter().find(|(_, opens)| !opens) {
            Some((key, _)) => Err(CheckError::WrongKey(key.to_owned())),
            None if is_foreign => Err(CheckError::WrongIndexKey),
            None => Ok(()),
        }
    }
}
