//! The port to what users decide about each other.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::id::{ConversationId, Timestamp, UserId};
use crate::model::{Block, Blocking, Privacy};
use crate::store::StoreError;

/// Keeps blocks, and what users let others see. Users are known by id alone: whether one exists is for the
/// caller to know.
///
/// # Contract
/// * `block`: once it returns, nothing that either of the two sends into their direct conversation is stored, on
///   any handle: an `append` that was under way has happened before or is refused. So the backend that appends
///   and the one that keeps blocks are the same, or at least the same database. Blocking again changes nothing.
///   A user with `at_most` blocks gets [`Blocking::Full`]; calls at once may pass it by their number.
/// * `unblock` says whether there was a block to end. The other's own block, if there is one, stands.
/// * `blocked` pages through those whom the user blocks, by id.
/// * `blocks`: the blocks between `viewer` and those among the others, of both directions, each once and in any
///   order. The number of queries does not grow with users.
/// * `barred`: whether a block stands between the two of a direct conversation; false for any other one.
/// * `privacy`: what those among `users` chose who chose something, each once and in any order; whoever did not
///   has [`Privacy::default`]. The number of queries does not grow with users.
/// * Visibility: once a call returns, every later read on any handle sees it.
/// * Cancellation: a dropped call has happened whole or not at all.
#[async_trait]
pub trait PeopleStore: Debug + Send + Sync + 'static {
    /// Has `user` block `other`: two different users.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails; then the block may stand.
    async fn block(
        &self,
        user: &UserId,
        other: &UserId,
        at: Timestamp,
        at_most: usize,
    ) -> Result<Blocking, StoreError>;

    /// Ends the block of `other` by `user`.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn unblock(&self, user: &UserId, other: &UserId) -> Result<bool, StoreError>;

    /// Up to `limit` of those whom `user` blocks, with ids above `after`, and since when.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn blocked(
        &self,
        user: &UserId,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Vec<(UserId, Timestamp)>, StoreError>;

    /// The blocks between `viewer` and `others`.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn blocks(&self, viewer: &UserId, others: &[UserId]) -> Result<Vec<Block>, StoreError>;

    /// Whether a block stands in the way of what the two of a direct conversation tell each other.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn barred(&self, conversation: ConversationId) -> Result<bool, StoreError>;

    /// Keeps what `user` lets others see.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn set_privacy(&self, user: &UserId, privacy: Privacy) -> Result<(), StoreError>;

    /// What users let others see.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn privacy(&self, users: &[UserId]) -> Result<Vec<(UserId, Privacy)>, StoreError>;
}

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<T: PeopleStore + ?Sized> PeopleStore for Arc<T> {
    async fn block(
        &self,
        user: &UserId,
        other: &UserId,
        at: Timestamp,
        at_most: usize,
    ) -> Result<Blocking, StoreError> {
        (**self).block(user, other, at, at_most).await
    }

    async fn unblock(&self, user: &UserId, other: &UserId) -> Result<bool, StoreError> {
        (**self).unblock(user, other).await
    }

    async fn blocked(
        &self,
        user: &UserId,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Vec<(UserId, Timestamp)>, StoreError> {
        (**self).blocked(user, after, limit).await
    }

    async fn blocks(&self, viewer: &UserId, others: &[UserId]) -> Result<Vec<Block>, StoreError> {
        (**self).blocks(viewer, others).await
    }

    async fn barred(&self, conversation: ConversationId) -> Result<bool, StoreError> {
        (**self).barred(conversation).await
    }

    async fn set_privacy(&self, user: &UserId, privacy: Privacy) -> Result<(), StoreError> {
        (**self).set_privacy(user, privacy).await
    }

    async fn privacy(&self, users: &[UserId]) -> Result<Vec<(UserId, Privacy)>, StoreError> {
        (**self).privacy(users).await
    }
}
