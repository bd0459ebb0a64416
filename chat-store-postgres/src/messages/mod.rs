//! Messages: append, revise, history, what changed since, and the search.

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
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::failed;
use crate::pool::PostgresStore;

const EPOCH: &str = "select epoch from chat.meta";

#[async_trait]
impl MessageStore for PostgresStore {
    async fn epoch(&self) -> Result<Epoch, StoreError> {
        let mut connection = self.connection().await?;
        let epoch = sqlx::query_scalar(self.sql(EPOCH));
        let epoch: Uuid = epoch.fetch_one(&mut *connection).await.map_err(failed)?;
        Ok(Epoch::from_uuid(epoch))
    }

    async fn append(&self, drafts: &[Draft]) -> Result<Vec<Result<Appended, Refusal>>, StoreError> {
        if drafts.is_empty() {
            return Ok(Vec::new());
        }
        if let [run] = append::runs(drafts).as_slice() {
            let mut connection = self.connection().await?;
            return append::append(&mut self.db(&mut connection), run).await;
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
        let mut connection = self.connection().await?;
        history::find(&mut self.db(&mut connection), conversation, viewer, message).await
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
        let mut connection = self.connection().await?;
        changes::heads(&mut self.db(&mut connection), conversations).await
    }

    async fn search(
        &self,
        viewer: &UserId,
        query: &SearchQuery<'_>,
    ) -> Result<Vec<Message>, StoreError> {
        let mut connection = self.connection().await?;
        search::search(&mut self.db(&mut connection), viewer, query).await
    }
}

impl PostgresStore {
    /// Appends within the host's transaction: the messages are there if it commits, and only then.
    /// Publish what comes back after the commit; if the process dies in between, live delivery
    /// finds it in the store.
    ///
    /// It holds the conversations' locks until the transaction ends, so make it the last statement.
    /// The transaction has to be `read committed`, which is Postgres's default.
    ///
    /// # Errors
    /// [`StoreError`] if a statement fails; the transaction is then to be rolled back.
    pub async fn append_in(
        &self,
        transaction: &mut PgConnection,
        drafts: &[Draft],
    ) -> Result<Vec<Result<Appended, Refusal>>, StoreError> {
        let mut db = self.db(transaction);
        match append::runs(drafts).as_slice() {
            [[]] => Ok(Vec::new()),
            [run] => append::append(&mut db, run).await,
            _ => append::append_cut(&mut db, drafts).await,
        }
    }
}
