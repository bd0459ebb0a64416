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

use crate::store::{MongoStore, within};
use crate::turns::Places;

pub(crate) use create::pair_key;
pub(crate) use read::{lock, member_key};

#[async_trait]
impl ConversationStore for MongoStore {
    async fn create(&self, new: &NewConversation) -> Result<Created, StoreError> {
        self.transact(create::places(new), new.clone(), |store, session, new| {
            Box::pin(create::create(store, session, new))
        })
        .await
    }

    async fn find(
        &self,
        id: ConversationId,
        viewer: &UserId,
    ) -> Result<Option<(Conversation, Member)>, StoreError> {
        within(Box::pin(async move {
            let mut view = self.view().await?;
            let Some(me) = read::active(self, &mut view, id, viewer).await? else {
                return Ok(None);
            };
            let conversation = read::load(self, &mut view, id).await?;
            Ok(conversation.map(|conversation| (conversation, me)))
        }))
        .await
    }

    async fn members(
        &self,
        id: ConversationId,
        viewer: &UserId,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Option<Vec<Member>>, StoreError> {
        within(Box::pin(async move {
            let mut view = self.view().await?;
            if read::active(self, &mut view, id, viewer).await?.is_none() {
                return Ok(None);
            }
            read::members(self, &mut view, id, after, limit)
                .await
                .map(Some)
        }))
        .await
    }

    async fn change(&self, change: &Change) -> Result<Result<Changed, Refusal>, StoreError> {
        self.transact(
            change::places(change),
            change.clone(),
            |store, session, change| Box::pin(change::change(store, session, change)),
        )
        .await
    }

    async fn mark(&self, marks: &[Mark]) -> Result<Vec<Result<Marked, Refusal>>, StoreError> {
        if marks.is_empty() {
            return Ok(Vec::new());
        }
        let places = Places::of(marks.iter().map(|mark| (mark.conversation, &mark.user)));
        self.transact(places, marks.to_vec(), |store, session, marks| {
            Box::pin(mark::mark(store, session, marks))
        })
        .await
    }

    async fn memberships(&self, user: &UserId) -> Result<Vec<Membership>, StoreError> {
        within(Box::pin(async move {
            inbox::memberships(self, &mut self.view().await?, user).await
        }))
        .await
    }

    async fn join_counts(&self, users: &[UserId]) -> Result<Vec<(UserId, u64)>, StoreError> {
        within(Box::pin(async move {
            joins::counts(self, &mut self.view().await?, users).await
        }))
        .await
    }

    async fn acquainted(
        &self,
        viewer: &UserId,
        among: &[UserId],
    ) -> Result<Vec<UserId>, StoreError> {
        within(Box::pin(async move {
            read::acquainted(self, &mut self.view().await?, viewer, among).await
        }))
        .await
    }

    async fn unreached(
        &self,
        id: ConversationId,
        seq: Seq,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Vec<Member>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        within(Box::pin(async move {
            let mut view = self.view().await?;
            read::unreached(self, &mut view, id, seq, after, limit).await
        }))
        .await
    }

    async fn inbox(
        &self,
        user: &UserId,
        after: Option<InboxCursor>,
        limit: usize,
    ) -> Result<Vec<InboxEntry>, StoreError> {
        within(Box::pin(async move {
            if limit == 0 {
                return Ok(Vec::new());
            }
            inbox::inbox(self, &mut self.view().await?, user, after, limit).await
        }))
        .await
    }
}
