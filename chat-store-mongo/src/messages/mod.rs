//! Messages: append, revise, history, and what changed since.

mod append;
mod changes;
mod history;
mod reactions;
mod revise;
mod search;

use std::time::Duration;

use async_trait::async_trait;
use chat_core::id::{ConversationId, Epoch, MessageId, Rev, UserId};
use chat_core::model::{Appended, Changes, Draft, Message, Reactor, Refusal, Revised, Revision};
use chat_core::store::{MessageStore, ReactorQuery, SearchQuery, Since, StoreError, Window};
use mongodb::ClientSession;
use mongodb::error::TRANSIENT_TRANSACTION_ERROR;

use crate::error::{failed, has_label, odd};
use crate::rows::plain;
use crate::store::{MongoStore, within};
use crate::turns::Places;

pub(crate) use reactions::summaries;

impl MongoStore {
    /// Appends drafts as [`MessageStore::append`] does, within a transaction of the host: the
    /// messages are there together with what else it writes, or not at all.
    ///
    /// The session has to be of this store's client, in a transaction that reads with concern
    /// `snapshot` and commits with concern `majority`. It holds the conversations until it ends.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails. MongoDB has then ended the transaction. If others were
    /// in its way, the error is retryable and the whole transaction may be repeated.
    pub async fn append_in(
        &self,
        session: &mut ClientSession,
        drafts: &[Draft],
    ) -> Result<Vec<Result<Appended, Refusal>>, StoreError> {
        append::append(self, session, drafts).await
    }
}

/// How long a batch over several conversations is repeated while somebody is in its way.
const SHARED_PATIENCE: Duration = Duration::from_millis(250);

#[async_trait]
impl MessageStore for MongoStore {
    async fn epoch(&self) -> Result<Epoch, StoreError> {
        within(Box::pin(async move {
            let meta = self.meta();
            let found = meta
                .find_one(bson::doc! { "_id": 1_i64 })
                .await
                .map_err(failed)?;
            let row = found.ok_or_else(|| odd("a store without an epoch: was it migrated?"))?;
            Ok(Epoch::from_uuid(plain(row.epoch)))
        }))
        .await
    }

    async fn append(&self, drafts: &[Draft]) -> Result<Vec<Result<Appended, Refusal>>, StoreError> {
        if drafts.is_empty() {
            return Ok(Vec::new());
        }
        // The sender's markers move too.
        let places = Places::of(drafts.iter().map(|draft| draft.conversation)).and(
            drafts
                .iter()
                .map(|draft| (draft.conversation, &draft.sender)),
        );
        // Several conversations do not wait long for one that somebody else holds.
        let is_one = drafts
            .iter()
            .all(|draft| draft.conversation == drafts[0].conversation);
        let store = if is_one {
            self.clone()
        } else {
            self.hurried(SHARED_PATIENCE)
        };
        let appended = store.transact(places, drafts.to_vec(), |store, session, drafts| {
            Box::pin(append::append(store, session, drafts))
        });
        match appended.await {
            // MongoDB ended the transaction: nothing is stored.
            Err(error) if !is_one && has_label(&error, TRANSIENT_TRANSACTION_ERROR) => {
                Ok(vec![Err(Refusal::Held); drafts.len()])
            }
            answers => answers,
        }
    }

    async fn revise(&self, revision: &Revision) -> Result<Result<Revised, Refusal>, StoreError> {
        let places = Places::of([revision.conversation]);
        self.transact(places, revision.clone(), |store, session, revision| {
            Box::pin(revise::revise(store, session, revision))
        })
        .await
    }

    async fn find(
        &self,
        conversation: ConversationId,
        viewer: &UserId,
        message: MessageId,
    ) -> Result<Option<Message>, StoreError> {
        within(Box::pin(async move {
            history::find(self, &mut self.view().await?, conversation, viewer, message).await
        }))
        .await
    }

    async fn reactors(
        &self,
        viewer: &UserId,
        query: &ReactorQuery<'_>,
    ) -> Result<Option<Vec<Reactor>>, StoreError> {
        within(Box::pin(async move {
            reactions::reactors(self, &mut self.view().await?, viewer, query).await
        }))
        .await
    }

    async fn history(
        &self,
        conversation: ConversationId,
        viewer: &UserId,
        window: Window,
        limit: usize,
    ) -> Result<Option<Vec<Message>>, StoreError> {
        within(Box::pin(async move {
            let mut view = self.view().await?;
            history::history(self, &mut view, conversation, viewer, window, limit).await
        }))
        .await
    }

    async fn changes(&self, since: &[Since], limit: usize) -> Result<Vec<Changes>, StoreError> {
        within(Box::pin(async move {
            changes::changes(self, &mut self.view().await?, since, limit).await
        }))
        .await
    }

    async fn heads(
        &self,
        conversations: &[ConversationId],
    ) -> Result<Vec<(ConversationId, Rev)>, StoreError> {
        within(Box::pin(async move {
            changes::heads(self, &mut self.view().await?, conversations).await
        }))
        .await
    }

    async fn search(
        &self,
        viewer: &UserId,
        query: &SearchQuery<'_>,
    ) -> Result<Vec<Message>, StoreError> {
        within(Box::pin(async move {
            if query.words.is_empty() || query.conversations.is_empty() || query.limit == 0 {
                return Ok(Vec::new());
            }
            search::search(self, &mut self.view().await?, viewer, query).await
        }))
        .await
    }
}
