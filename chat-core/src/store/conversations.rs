//! The port to conversations, their members and the inbox.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::id::{ConversationId, Seq, Timestamp, UserId};
use crate::model::{
    Change, Changed, Conversation, Created, InboxEntry, Mark, Marked, Member, Membership,
    NewConversation, Refusal,
};
use crate::store::StoreError;

/// The place of an inbox row: the last row of the page before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct InboxCursor {
    /// The row's [`InboxEntry::active_at`].
    pub active_at: Timestamp,
    /// The row's conversation.
    pub conversation: ConversationId,
}

/// Keeps conversations and their members, with roles and markers. Users are known by id alone:
/// whether one exists is for the caller to know.
///
/// # Contract
/// * Creation: the id is the caller's to mint and was never used. A new conversation has rev 1, its members too, and no message. The members start
///   with `visible_from` and markers at zero; the creator of a group is its owner, everyone else a
///   plain member. Members come back ordered by user id.
/// * One per pair: of any number of direct creations for two users, in either order, at once or
///   not, exactly one is new and all return the same conversation.
/// * `find` and `members` answer only an active member; to everyone else the conversation does not
///   exist. `members` pages by user id and leaves tombstones out.
/// * `change`: reads the standing, asks [`Change::judge`] and writes its verdict in one transaction
///   under the conversation's lock, so that changes of one conversation, and sends into it, happen
///   one after the other. Each changed row takes the next rev, in the verdict's order. A verdict
///   that changes nothing takes none.
/// * Joining: an added user starts with `visible_from` and both markers at the conversation's last
///   seq; one who comes back keeps no trace of the earlier membership but the row.
/// * Leaving: the row stays as a tombstone, inactive, with the rev of the removal.
/// * `mark`: markers only grow; reading delivers too; a mark at or behind the marker moves nothing.
///   Marks of one call are independent of each other and answered in their order. They take no rev. Each tells whether a
///   block stands between the two of its direct conversation.
/// * `inbox`: newest activity first, ties by descending conversation id; each row with the last
///   message above the member's `visible_from`; the number of queries does not grow with rows.
/// * `acquainted`: those of `among` who are an active member of a conversation that the viewer is an
///   active member of too, and the viewer if asked for; each once, in any order.
/// * `join_counts`: how often each of the users became a member of any conversation, ever; each once and in any
///   order, and one who never did is left out. A count grows by one in the transaction that makes the user a
///   member, new or again, and by nothing else: not by adding a member, nor by finding a direct conversation. It
///   never goes back, until the user is erased. The number of queries does not grow with users.
/// * `unreached`: the active members, by id, whose delivered marker is below the seq; nobody in a conversation that does
///   not exist. It does not ask who reads: that is the caller's part. Its cost follows the conversation's members.
/// * Visibility: once a call returns, every later read on any handle sees it.
/// * Cancellation: a dropped call has happened whole or not at all.
#[async_trait]
pub trait ConversationStore: Debug + Send + Sync + 'static {
    /// Makes a conversation, or finds the pair's direct one.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn create(&self, new: &NewConversation) -> Result<Created, StoreError>;

    /// A conversation and the viewer's own membership, if the viewer is in it.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn find(
        &self,
        id: ConversationId,
        viewer: &UserId,
    ) -> Result<Option<(Conversation, Member)>, StoreError>;

    /// Up to `limit` active members with ids above `after`; none if the viewer is not in it.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn members(
        &self,
        id: ConversationId,
        viewer: &UserId,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Option<Vec<Member>>, StoreError>;

    /// Changes a conversation.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn change(&self, change: &Change) -> Result<Result<Changed, Refusal>, StoreError>;

    /// Moves markers, each for itself. [`Refusal::NotMember`], or [`Refusal::PastHead`] for a mark
    /// past the last message.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails; then any of the marks may have been made.
    async fn mark(&self, marks: &[Mark]) -> Result<Vec<Result<Marked, Refusal>>, StoreError>;

    /// All conversations that the user is in now, in any order.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn memberships(&self, user: &UserId) -> Result<Vec<Membership>, StoreError>;

    /// How often each user became a member of any conversation: a count that moved tells of a
    /// membership that was gained, whoever was told of it.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn join_counts(&self, users: &[UserId]) -> Result<Vec<(UserId, u64)>, StoreError>;

    /// Who of `among` shares a conversation with `viewer` now: whose presence the viewer may know.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn acquainted(
        &self,
        viewer: &UserId,
        among: &[UserId],
    ) -> Result<Vec<UserId>, StoreError>;

    /// Up to `limit` active members with ids above `after` to none of whose devices the message `seq` came yet.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn unreached(
        &self,
        id: ConversationId,
        seq: Seq,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Vec<Member>, StoreError>;

    /// Up to `limit` rows of the user's inbox behind `after`.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn inbox(
        &self,
        user: &UserId,
        after: Option<InboxCursor>,
        limit: usize,
    ) -> Result<Vec<InboxEntry>, StoreError>;
}

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<T: ConversationStore + ?Sized> ConversationStore for Arc<T> {
    async fn create(&self, new: &NewConversation) -> Result<Created, StoreError> {
        (**self).create(new).await
    }

    async fn find(
        &self,
        id: ConversationId,
        viewer: &UserId,
    ) -> Result<Option<(Conversation, Member)>, StoreError> {
        (**self).find(id, viewer).await
    }

    async fn members(
        &self,
        id: ConversationId,
        viewer: &UserId,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Option<Vec<Member>>, StoreError> {
        (**self).members(id, viewer, after, limit).await
    }

    async fn change(&self, change: &Change) -> Result<Result<Changed, Refusal>, StoreError> {
        (**self).change(change).await
    }

    async fn mark(&self, marks: &[Mark]) -> Result<Vec<Result<Marked, Refusal>>, StoreError> {
        (**self).mark(marks).await
    }

    async fn memberships(&self, user: &UserId) -> Result<Vec<Membership>, StoreError> {
        (**self).memberships(user).await
    }

    async fn join_counts(&self, users: &[UserId]) -> Result<Vec<(UserId, u64)>, StoreError> {
        (**self).join_counts(users).await
    }

    async fn acquainted(
        &self,
        viewer: &UserId,
        among: &[UserId],
    ) -> Result<Vec<UserId>, StoreError> {
        (**self).acquainted(viewer, among).await
    }

    async fn unreached(
        &self,
        id: ConversationId,
        seq: Seq,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Vec<Member>, StoreError> {
        (**self).unreached(id, seq, after, limit).await
    }

    async fn inbox(
        &self,
        user: &UserId,
        after: Option<InboxCursor>,
        limit: usize,
    ) -> Result<Vec<InboxEntry>, StoreError> {
        (**self).inbox(user, after, limit).await
    }
}
