//! Messages: sealed on the way in, opened on the way out.

use async_trait::async_trait;
use chat_core::id::{ConversationId, Epoch, MessageId, Rev, UserId};
use chat_core::model::{
    Appended, Changes, Draft, Message, MessageKind, Reactor, Refusal, Revised, Revision,
    RevisionKind,
};
use chat_core::store::{MessageStore, ReactorQuery, SearchQuery, Since, StoreError, Window};

use crate::Sealed;
use crate::cipher::{self, Place};

type Answer = Result<Appended, Refusal>;

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<S: MessageStore> MessageStore for Sealed<S> {
    async fn epoch(&self) -> Result<Epoch, StoreError> {
        self.inner.epoch().await
    }

    async fn append(&self, drafts: &[Draft]) -> Result<Vec<Answer>, StoreError> {
        let sealed: Vec<Draft> = drafts.iter().map(|draft| self.seal(draft)).collect();
        let mut answers = self.inner.append(&sealed).await?;
        self.ask_as_plain(drafts, &sealed, &mut answers).await?;
        for (draft, answer) in drafts.iter().zip(&mut answers) {
            match answer {
                Ok(appended) if appended.is_new => {
                    appended.message.text.clone_from(&draft.text);
                }
                Ok(appended) => self.reveal(&mut appended.message)?,
                Err(_) => {}
            }
        }
        Ok(answers)
    }

    async fn revise(&self, revision: &Revision) -> Result<Result<Revised, Refusal>, StoreError> {
        let sealed = match &revision.kind {
            RevisionKind::Edit(text) => match self.standing(revision, text).await? {
                Some(message) => {
                    let changed = false;
                    return Ok(Ok(Revised { message, changed }));
                }
                None => self.seal_edit(revision, text),
            },
            RevisionKind::Delete | RevisionKind::React(_) | RevisionKind::Unreact(_) => {
                revision.clone()
            }
        };
        let mut answer = self.inner.revise(&sealed).await?;
        if let Ok(revised) = &mut answer {
            self.reveal(&mut revised.message)?;
        }
        Ok(answer)
    }

    async fn find(
        &self,
        conversation: ConversationId,
        viewer: &UserId,
        message: MessageId,
    ) -> Result<Option<Message>, StoreError> {
        let mut found = self.inner.find(conversation, viewer, message).await?;
        self.reveal_all(&mut found)?;
        Ok(found)
    }

    async fn reactors(
        &self,
        viewer: &UserId,
        query: &ReactorQuery<'_>,
    ) -> Result<Option<Vec<Reactor>>, StoreError> {
        self.inner.reactors(viewer, query).await
    }

    async fn history(
        &self,
        conversation: ConversationId,
        viewer: &UserId,
        window: Window,
        limit: usize,
    ) -> Result<Option<Vec<Message>>, StoreError> {
        let page = self.inner.history(conversation, viewer, window, limit);
        let mut page = page.await?;
        self.reveal_all(page.iter_mut().flatten())?;
        Ok(page)
    }

    async fn changes(&self, since: &[Since], limit: usize) -> Result<Vec<Changes>, StoreError> {
        let mut all = self.inner.changes(since, limit).await?;
        self.reveal_all(all.iter_mut().flat_map(|changes| &mut changes.messages))?;
        Ok(all)
    }

    async fn heads(
        &self,
        conversations: &[ConversationId],
    ) -> Result<Vec<(ConversationId, Rev)>, StoreError> {
        self.inner.heads(conversations).await
    }

    async fn search(
        &self,
        viewer: &UserId,
        query: &SearchQuery<'_>,
    ) -> Result<Vec<Message>, StoreError> {
        let words = self.keys.index.words(query.words);
        let blind = SearchQuery {
            words: &words,
            ..*query
        };
        let mut found = self.inner.search(viewer, &blind).await?;
        self.reveal_all(&mut found)?;
        Ok(found)
    }
}

impl<S: MessageStore> Sealed<S> {
    /// Asks again with plain digests where a client id is taken: what was first sent under it may be from before there
    /// were keys. Nothing is stored by that, since the client id stays taken.
    async fn ask_as_plain(
        &self,
        drafts: &[Draft],
        sealed: &[Draft],
        answers: &mut [Answer],
    ) -> Result<(), StoreError> {
        let taken = |answer: &Answer| matches!(answer, Err(Refusal::ClientIdReused));
        let places = answers.iter().enumerate();
        let places = places.filter(|(_, answer)| taken(answer));
        let places: Vec<usize> = places.map(|(place, _)| place).collect();
        if places.is_empty() {
            return Ok(());
        }
        let plain = |place: &usize| {
            let mut draft = sealed[*place].clone();
            if let Some(blind) = &mut draft.blind {
                blind.fingerprint = drafts[*place].fingerprint();
            }
            draft
        };
        let again: Vec<Draft> = places.iter().map(plain).collect();
        let found = self.inner.append(&again).await?;
        for (place, answer) in places.into_iter().zip(found) {
            answers[place] = answer;
        }
        Ok(())
    }

    /// The actor's message, if it has that text already. How it is kept, with an earlier key or none, is not for
    /// the store inside to compare.
    async fn standing(
        &self,
        revision: &Revision,
        text: &str,
    ) -> Result<Option<Message>, StoreError> {
        let (conversation, actor) = (revision.conversation, &revision.actor);
        let found = self
            .inner
            .find(conversation, actor, revision.message)
            .await?;
        let found = found
            .filter(|message| message.sender == *actor && message.kind != MessageKind::Deleted);
        let same = |message: &Message| {
            let kept = cipher::open(&self.keys, Place::from(message), &message.text);
            kept.is_ok_and(|kept| kept == text)
        };
        let found = found.filter(same);
        Ok(found.map(|message| Message {
            text: text.to_owned(),
            ..message
        }))
    }

    /// Only who sent a message edits it, so the actor's name is that of the sender.
    fn seal_edit(&self, revision: &Revision, text: &str) -> Revision {
        let place = Place {
            conversation: revision.conversation,
            message: revision.message,
            sender: &revision.actor,
        };
        let words = revision.words().unwrap_or_default();
        Revision {
            kind: RevisionKind::Edit(cipher::seal(self.keys.sealing(), place, text)),
            blind_words: Some(self.keys.index.words(&words)),
            ..revision.clone()
        }
    }
}
