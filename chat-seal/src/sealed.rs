//! The decorator, and how a text goes in and comes out.

use std::sync::Arc;

use chat_core::model::{Appended, Blind, Draft, Message};
use chat_core::store::StoreError;

use crate::cipher::{self, Place, Shut};
use crate::key::KeyRing;

/// What a message shows whose text was tampered with.
const UNREADABLE: &str = "\u{fffd}";

/// A store that keeps the text of messages sealed. Clones share the keys.
///
/// It has every storage port that the store inside has, and passes on what is no text. An edit costs one read more: only
/// here can be told that a message has its new text already.
///
/// # What is read
/// * A text from before there were keys is read as it is, until it is [rekeyed](Self::rekey).
/// * A text whose key is not in the ring is an error of the whole call, [`UnknownKey`]: the key is somewhere, and whoever is
///   told something else would keep it.
/// * A text that was tampered with, or moved to another message, is read as `U+FFFD`, so that it takes nothing else of
///   its conversation with it. It is logged, counted in `chat_unreadable_texts_total`, and
///   [`DamageKind::UnreadableText`](chat_core::store::DamageKind::UnreadableText) to an audit.
#[derive(Debug, Clone)]
pub struct Sealed<S> {
    pub(crate) inner: S,
    pub(crate) keys: Arc<KeyRing>,
}

/// A text is sealed with a key that is not in the ring: the source of a [`StoreError::Corrupt`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a text is sealed with the key {name}, which is not among the keys")]
pub struct UnknownKey {
    /// What the key is called.
    pub name: String,
}

impl<S> Sealed<S> {
    /// Seals what goes into `inner`, and opens what comes out.
    #[must_use]
    pub fn new(inner: S, keys: impl Into<Arc<KeyRing>>) -> Self {
        Self {
            inner,
            keys: keys.into(),
        }
    }

    /// The store inside, which knows nothing of keys.
    #[must_use]
    pub const fn inner(&self) -> &S {
        &self.inner
    }

    /// A draft as the store inside is to keep it: for what a host appends there itself, in a transaction of its own.
    /// What that gives goes through [`open`](Self::open).
    #[must_use]
    pub fn seal(&self, draft: &Draft) -> Draft {
        let place = Place {
            conversation: draft.conversation,
            message: draft.id,
            sender: &draft.sender,
        };
        let blind = Blind {
            words: self.keys.index.words(&draft.words()),
            fingerprint: self.keys.index.digest(&draft.fingerprint()),
        };
        Draft {
            text: cipher::seal(self.keys.sealing(), place, &draft.text),
            blind: Some(blind),
            ..draft.clone()
        }
    }

    /// What the store inside appended, with its text.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] with [`UnknownKey`].
    pub fn open(&self, mut appended: Appended) -> Result<Appended, StoreError> {
        self.reveal(&mut appended.message)?;
        Ok(appended)
    }

    /// Puts a message's text in the place of the sealed one.
    pub(crate) fn reveal(&self, message: &mut Message) -> Result<(), StoreError> {
        if !cipher::is_sealed(&message.text) {
            return Ok(());
        }
        message.text = match cipher::open(&self.keys, Place::from(&*message), &message.text) {
            Ok(text) => text,
            Err(Shut::UnknownKey(name)) => return Err(StoreError::corrupt(UnknownKey { name })),
            Err(Shut::Damaged) => {
                metrics::counter!("chat_unreadable_texts_total").increment(1);
                tracing::error!(message = %message.id, "a sealed text does not open");
                UNREADABLE.to_owned()
            }
        };
        Ok(())
    }

    pub(crate) fn reveal_all<'a>(
        &self,
        messages: impl IntoIterator<Item = &'a mut Message>,
    ) -> Result<(), StoreError> {
        let mut messages = messages.into_iter();
        messages.try_for_each(|message| self.reveal(message))
    }
}
