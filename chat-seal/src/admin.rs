//! What operators ask: of texts as they were before they were sealed.

use async_trait::async_trait;
use chat_core::id::{ConversationId, MessageId, Seq, Timestamp, UploadId, UserId};
use chat_core::model::{KeptText, Member, Message, Reacted, Retext, Upload};
use chat_core::store::{AdminStore, Damage, DamageKind, Erased, StoreError};

use crate::cipher::{self, Place, Shut};
use crate::key::TextKey;
use crate::{Sealed, UnknownKey};

/// How many texts an audit reads at once.
const PAGE: usize = 500;

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<S: AdminStore> AdminStore for Sealed<S> {
    async fn sent(
        &self,
        user: &UserId,
        after: Option<(ConversationId, Seq)>,
        limit: usize,
    ) -> Result<Vec<Message>, StoreError> {
        let mut sent = self.inner.sent(user, after, limit).await?;
        self.reveal_all(&mut sent)?;
        Ok(sent)
    }

    async fn uploads_of(
        &self,
        user: &UserId,
        after: Option<UploadId>,
        limit: usize,
    ) -> Result<Vec<Upload>, StoreError> {
        self.inner.uploads_of(user, after, limit).await
    }

    async fn reactions_of(
        &self,
        user: &UserId,
        after: Option<&Reacted>,
        limit: usize,
    ) -> Result<Vec<Reacted>, StoreError> {
        self.inner.reactions_of(user, after, limit).await
    }

    async fn standings(&self, user: &UserId) -> Result<Vec<(ConversationId, Member)>, StoreError> {
        self.inner.standings(user).await
    }

    async fn erase(&self, user: &UserId, at: Timestamp) -> Result<Erased, StoreError> {
        self.inner.erase(user, at).await
    }

    async fn texts(
        &self,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<KeptText>, StoreError> {
        let mut texts = self.inner.texts(before, limit).await?;
        for kept in &mut texts {
            let opened = cipher::open(&self.keys, Place::from(&*kept), &kept.text);
            kept.text = match opened {
                Ok(text) => text,
                Err(Shut::UnknownKey(name)) => {
                    return Err(StoreError::corrupt(UnknownKey { name }));
                }
                // As it is: it says nothing else.
                Err(Shut::Damaged) => continue,
            };
        }
        Ok(texts)
    }

    async fn replace_texts(&self, texts: &[Retext]) -> Result<u64, StoreError> {
        // The text may be kept under any key, or none: of these forms at most one is there.
        let forms = self.keys.all().map(Some).chain([None]);
        let forms: Vec<Vec<Retext>> = forms.map(|key| self.forms(texts, key)).collect();
        let mut replaced = 0;
        for form in forms {
            replaced += self.inner.replace_texts(&form).await?;
        }
        Ok(replaced)
    }

    async fn audit(&self, limit: usize) -> Result<Vec<Damage>, StoreError> {
        let mut damages = self.inner.audit(limit).await?;
        damages.extend(self.unreadable(limit).await?);
        Ok(damages)
    }
}

impl<S: AdminStore> Sealed<S> {
    /// The replacements sealed, of texts that are kept under `key`, or plain.
    fn forms(&self, texts: &[Retext], key: Option<&TextKey>) -> Vec<Retext> {
        let form = |to: &Retext| {
            let place = Place::from(&to.from);
            let mut sealed = to.clone();
            if let Some(key) = key {
                sealed.from.text = cipher::seal(key, place, &to.from.text);
            }
            sealed.text = cipher::seal(self.keys.sealing(), place, &to.text);
            sealed.words = self.keys.index.words(&to.words);
            if to.fingerprint != to.from.fingerprint {
                sealed.fingerprint = self.keys.index.digest(&to.fingerprint);
            }
            sealed
        };
        // An empty text has one form only.
        let mine = texts
            .iter()
            .filter(|to| key.is_none() || !to.from.text.is_empty());
        mine.map(form).collect()
    }

    async fn unreadable(&self, limit: usize) -> Result<Vec<Damage>, StoreError> {
        let (mut damages, mut before) = (Vec::new(), None);
        while damages.len() < limit {
            let page = self.inner.texts(before, PAGE).await?;
            let Some(last) = page.last() else { break };
            before = Some(last.message);
            damages.extend(page.iter().filter_map(|kept| self.damage_of(kept)));
        }
        damages.truncate(limit);
        Ok(damages)
    }

    fn damage_of(&self, kept: &KeptText) -> Option<Damage> {
        let shut = cipher::open(&self.keys, Place::from(kept), &kept.text).err()?;
        let why = match shut {
            Shut::UnknownKey(name) => format!("sealed with the unknown key {name}"),
            Shut::Damaged => "does not open".to_owned(),
        };
        Some(Damage {
            kind: DamageKind::UnreadableText,
            place: format!("{} message {}: {why}", kept.conversation, kept.message),
        })
    }
}
