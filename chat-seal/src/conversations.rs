//! Conversations: their last messages are opened, all else is passed on.

use async_trait::async_trait;
use chat_core::id::{ConversationId, Seq, UserId};
use chat_core::model::{
    Change, Changed, Conversation, Created, InboxEntry, Mark, Marked, Member, Membership,
    NewConversation, Refusal,
};
use chat_core::store::{ConversationStore, InboxCursor, StoreError};

use crate::Sealed;

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<S: ConversationStore> ConversationStore for Sealed<S> {
    async fn create(&self, new: &NewConversation) -> Result<Created, StoreError> {
        self.inner.create(new).await
    }

    async fn find(
        &self,
        id: ConversationId,
        viewer: &UserId,
    ) -> Result<Option<(Conversation, Member)>, StoreError> {
        self.inner.find(id, viewer).await
    }

    async fn members(
        &self,
        id: ConversationId,
        viewer: &UserId,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Option<Vec<Member>>, StoreError> {
        self.inner.members(id, viewer, after, limit).await
    }

    async fn change(&self, change: &Change) -> Result<Result<Changed, Refusal>, StoreError> {
        self.inner.change(change).await
    }

    async fn mark(&self, marks: &[Mark]) -> Result<Vec<Result<Marked, Refusal>>, StoreError> {
        self.inner.mark(marks).await
    }

    async fn memberships(&self, user: &UserId) -> Result<Vec<Membership>, StoreError> {
        self.inner.memberships(user).await
    }

    async fn join_counts(&self, users: &[UserId]) -> Result<Vec<(UserId, u64)>, StoreError> {
        self.inner.join_counts(users).await
    }

    async fn acquainted(
        &self,
        viewer: &UserId,
        among: &[UserId],
    ) -> Result<Vec<UserId>, StoreError> {
        self.inner.acquainted(viewer, among).await
    }

    async fn unreached(
        &self,
        conversation: ConversationId,
        seq: Seq,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Vec<Member>, StoreError> {
        self.inner.unreached(conversation, seq, after, limit).await
    }

    async fn inbox(
        &self,
        user: &UserId,
        after: Option<InboxCursor>,
        limit: usize,
    ) -> Result<Vec<InboxEntry>, StoreError> {
        let mut inbox = self.inner.inbox(user, after, limit).await?;
        let last = inbox
            .iter_mut()
            .filter_map(|entry| entry.last_message.as_mut());
        self.reveal_all(last)?;
        Ok(inbox)
    }
}
