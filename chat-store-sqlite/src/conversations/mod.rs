//! Conversations, members, markers and the inbox.

mod change;
mod create;
mod inbox;
mod joins;
mod mark;
mod read;

use async_trait::async_trait;
use chat_core::id::{ConversationId, Seq, UserId};
use chat_core::model::{
    Change, Changed, Conversation, Created, InboxEntry, Mark, Marked, Member, Membership,
    NewConversation, Refusal,
};
use chat_core::store::{ConversationStore, InboxCursor, StoreError};

use crate::error::failed;
use crate::pool::SqliteStore;

pub(crate) use create::pair_key;
pub(crate) use read::{LOAD, load};

#[async_trait]
impl ConversationStore for SqliteStore {
    async fn create(&self, new: &NewConversation) -> Result<Created, StoreError> {
        let mut tx = self.write().await?;
        let created = create::create(&mut self.db(&mut tx), new).await?;
        tx.commit().await.map_err(failed)?;
        Ok(created)
    }

    async fn find(
        &self,
        id: ConversationId,
        viewer: &UserId,
    ) -> Result<Option<(Conversation, Member)>, StoreError> {
        let mut tx = self.read().await?;
        let Some(me) = read::active(&mut self.db(&mut tx), id, viewer).await? else {
            return Ok(None);
        };
        Ok(load(&mut self.db(&mut tx), id)
            .await?
            .map(|conversation| (conversation, me)))
    }

    async fn members(
        &self,
        id: ConversationId,
        viewer: &UserId,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Option<Vec<Member>>, StoreError> {
        let mut tx = self.read().await?;
        if read::active(&mut self.db(&mut tx), id, viewer)
            .await?
            .is_none()
        {
            return Ok(None);
        }
        read::members(&mut self.db(&mut tx), id, after, limit)
            .await
            .map(Some)
    }

    async fn change(&self, change: &Change) -> Result<Result<Changed, Refusal>, StoreError> {
        let mut tx = self.write().await?;
        let changed = change::change(&mut self.db(&mut tx), change).await?;
        if changed.is_ok() {
            tx.commit().await.map_err(failed)?;
        }
        Ok(changed)
    }

    async fn mark(&self, marks: &[Mark]) -> Result<Vec<Result<Marked, Refusal>>, StoreError> {
        let mut tx = self.write().await?;
        let marked = mark::mark(&mut self.db(&mut tx), marks).await?;
        tx.commit().await.map_err(failed)?;
        Ok(marked)
    }

    async fn memberships(&self, user: &UserId) -> Result<Vec<Membership>, StoreError> {
        let mut reader = self.reader().await?;
        inbox::memberships(&mut self.db(&mut reader), user).await
    }

    async fn join_counts(&self, users: &[UserId]) -> Result<Vec<(UserId, u64)>, StoreError> {
        let mut reader = self.reader().await?;
        joins::counts(&mut self.db(&mut reader), users).await
    }

    async fn acquainted(
        &self,
        viewer: &UserId,
        among: &[UserId],
    ) -> Result<Vec<UserId>, StoreError> {
        let mut reader = self.reader().await?;
        read::acquainted(&mut self.db(&mut reader), viewer, among).await
    }

    async fn unreached(
        &self,
        id: ConversationId,
        seq: Seq,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Vec<Member>, StoreError> {
        let mut reader = self.reader().await?;
        read::unreached(&mut self.db(&mut reader), id, seq, after, limit).await
    }

    async fn inbox(
        &self,
        user: &UserId,
        after: Option<InboxCursor>,
        limit: usize,
    ) -> Result<Vec<InboxEntry>, StoreError> {
        let mut reader = self.reader().await?;
        inbox::inbox(&mut self.db(&mut reader), user, after, limit).await
    }
}
