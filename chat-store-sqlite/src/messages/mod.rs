//! Messages: append, revise, history, and what changed since.

mod append;
mod changes;
mod history;
mod reactors;
mod revise;
mod search;

use async_trait::async_trait;
use chat_core::id::{ConversationId, Epoch, MessageId, Rev, UserId};
use chat_core::model::{Appended, Changes, Draft, Message, Reactor, Refusal, Revised, Revision};
use chat_core::store::{MessageStore, ReactorQuery, SearchQuery, Since, StoreError, Window};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::error::failed;
use crate::pool::SqliteStore;

pub(crate) use revise::index;

const EPOCH: &str = "select epoch from chat_meta";

#[async_trait]
impl MessageStore for SqliteStore {
    async fn epoch(&self) -> Result<Epoch, StoreError> {
        let mut reader = self.reader().await?;
        let epoch: Uuid = sqlx::query_scalar(self.sql(EPOCH))
            .fetch_one(&mut *reader)
            .await
            .map_err(failed)?;
        Ok(Epoch::from_uuid(epoch))
    }

    async fn append(&self, drafts: &[Draft]) -> Result<Vec<Result<Appended, Refusal>>, StoreError> {
        if drafts.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.write().await?;
        let answers = self.append_in(&mut tx, drafts).await?;
        tx.commit().await.map_err(failed)?;
        Ok(answers)
    }

    async fn revise(&self, revision: &Revision) -> Result<Result<Revised, Refusal>, StoreError> {
        let mut tx = self.write().await?;
        let revised = revise::revise(&mut self.db(&mut tx), revision).await?;
        tx.commit().await.map_err(failed)?;
        Ok(revised)
    }

    async fn find(
        &self,
        conversation: ConversationId,
        viewer: &UserId,
        message: MessageId,
    ) -> Result<Option<Message>, StoreError> {
        let mut reader = self.reader().await?;
        history::find(&mut self.db(&mut reader), conversation, viewer, message).await
    }

    async fn reactors(
        &self,
        viewer: &UserId,
        query: &ReactorQuery<'_>,
    ) -> Result<Option<Vec<Reactor>>, StoreError> {
        let mut tx = self.read().await?;
        reactors::reactors(&mut self.db(&mut tx), viewer, query).await
    }

    async fn history(
        &self,
        conversation: ConversationId,
        viewer: &UserId,
        window: Window,
        limit: usize,
    ) -> Result<Option<Vec<Message>>, StoreError> {
        let mut tx = self.read().await?;
        history::history(&mut self.db(&mut tx), conversation, viewer, window, limit).await
    }

    async fn changes(&self, since: &[Since], limit: usize) -> Result<Vec<Changes>, StoreError> {
        let mut tx = self.read().await?;
        changes::changes(&mut self.db(&mut tx), since, limit).await
    }

    async fn heads(
        &self,
        conversations: &[ConversationId],
    ) -> Result<Vec<(ConversationId, Rev)>, StoreError> {
        let mut reader = self.reader().await?;
        changes::heads(&mut self.db(&mut reader), conversations).await
    }

    async fn search(
        &self,
        viewer: &UserId,
        query: &SearchQuery<'_>,
    ) -> Result<Vec<Message>, StoreError> {
        let mut reader = self.reader().await?;
        search::search(&mut self.db(&mut reader), viewer, query).await
    }
}

impl SqliteStore {
    /// Appends within the host's transaction: the messages are there if it commits, and only then.
    /// Publish what comes back after the commit; if the process dies in between, live delivery
    /// finds it in the store.
    ///
    /// Begin the transaction with `begin immediate`: it holds the file's lock until it ends, so
    /// make this its last statement.
    ///
    /// # Errors
    /// [`StoreError`] if a statement fails; the transaction is then to be rolled back.
    pub async fn append_in(
        &self,
        transaction: &mut SqliteConnection,
        drafts: &[Draft],
    ) -> Result<Vec<Result<Appended, Refusal>>, StoreError> {
        append::append(&mut self.db(transaction), drafts).await
    }
}
