//! Messages: append, history, and what changed since.

mod append;
mod changes;
mod history;

use async_trait::async_trait;
use chat_core::id::{ConversationId, Epoch, UserId};
use chat_core::model::{Appended, Changes, Draft, Message, Refusal};
use chat_core::store::{MessageStore, Since, StoreError, Window};
use uuid::Uuid;

use crate::error::failed;
use crate::pool::SqliteStore;

const EPOCH: &str = "select epoch from chat_meta";

#[async_trait]
impl MessageStore for SqliteStore {
    async fn epoch(&self) -> Result<Epoch, StoreError> {
        let mut reader = self.reader().await?;
        let epoch: Uuid = sqlx::query_scalar(EPOCH)
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
        let answers = append::append(&mut tx, drafts).await?;
        tx.commit().await.map_err(failed)?;
        Ok(answers)
    }

    async fn history(
        &self,
        conversation: ConversationId,
        viewer: &UserId,
        window: Window,
        limit: usize,
    ) -> Result<Option<Vec<Message>>, StoreError> {
        let mut tx = self.read().await?;
        history::history(&mut tx, conversation, viewer, window, limit).await
    }

    async fn changes(&self, since: &[Since], limit: usize) -> Result<Vec<Changes>, StoreError> {
        let mut tx = self.read().await?;
        changes::changes(&mut tx, since, limit).await
    }
}
