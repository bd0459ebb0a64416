//! Bringing what is stored under the current keys.

use chat_core::id::MessageId;
use chat_core::model::{KeptText, Retext, words};
use chat_core::store::{AdminStore, StoreError};

use crate::Sealed;
use crate::cipher::{self, Place};
use crate::index::Digest;

/// How often a page is read again because somebody edited in it meanwhile.
const ROUNDS: usize = 5;

/// What became of one page of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rekeyed {
    /// How many texts it had.
    pub read: u64,
    /// How many are kept otherwise now.
    pub changed: u64,
    /// How many need it still: edited again and again meanwhile.
    pub left: u64,
    /// How many do not open, and stay as they are.
    pub damaged: u64,
    /// Where the next page begins; none at the end.
    pub next: Option<MessageId>,
}

impl<S: AdminStore> Sealed<S> {
    /// Seals the texts of one page with the current key, plain ones too, and has their words and digests follow the key
    /// of the index: newest first, up to `limit` messages with ids below `before`.
    ///
    /// It may run while messages are sent and edited, be broken off and begin anywhere again: what is as it should be
    /// stays. Clients see nothing of it. What is sent meanwhile counts as done, so by then all nodes should have
    /// the current key as their first.
    ///
    /// Where the key of the index is another one, words follow from the text, and digests from the digests: a send from
    /// before, repeated, is refused as one with other content. Until all is done, a search does not find all.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails; repeat it.
    pub async fn rekey(
        &self,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<Rekeyed, StoreError> {
        let mut done = Rekeyed::default();
        for _ in 0..ROUNDS {
            let page = self.inner.texts(before, limit).await?;
            done.read = page.len() as u64;
            done.next = page.last().map(|kept| kept.message);
            let wanting = page.iter().filter(|kept| self.is_wanting(kept));
            let wanting: Vec<&KeptText> = wanting.collect();
            let texts = wanting
                .iter()
                .filter_map(|kept| self.under_current_keys(kept));
            let texts: Vec<Retext> = texts.collect();
            let changed = match texts.is_empty() {
                true => 0,
                false => self.inner.replace_texts(&texts).await?,
            };
            done.changed += changed;
            done.damaged = (wanting.len() - texts.len()) as u64;
            done.left = texts.len() as u64 - changed;
            if done.left == 0 {
                break;
            }
        }
        Ok(done)
    }

    fn is_wanting(&self, kept: &KeptText) -> bool {
        let is_current = kept.text.is_empty()
            || cipher::key_of(&kept.text) == Some(self.keys.sealing().id.as_str());
        !is_current || self.keys.index.kind_of(&kept.fingerprint) != Digest::Ours
    }

    /// None if the text does not open.
    fn under_current_keys(&self, kept: &KeptText) -> Option<Retext> {
        let place = Place::from(kept);
        let Ok(text) = cipher::open(&self.keys, place, &kept.text) else {
            tracing::error!(message = %kept.message, "a sealed text does not open");
            return None;
        };
        let index = &self.keys.index;
        let fingerprint = match index.kind_of(&kept.fingerprint) {
            Digest::Ours => kept.fingerprint,
            Digest::Foreign | Digest::Plain => index.digest(&kept.fingerprint),
        };
        Some(Retext {
            from: kept.clone(),
            text: cipher::seal(self.keys.sealing(), place, &text),
            words: index.words(&words(&text)),
            fingerprint,
        })
    }
}
