//! The port to what is known of uploads; their bytes are the uploader's.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::id::{Timestamp, UploadId, UserId};
use crate::model::{Upload, UploadUsage};
use crate::store::StoreError;

/// Keeps the records of uploads. Which conversations one was sent to is recorded by
/// [`MessageStore::append`](super::MessageStore::append).
///
/// # Contract
/// * `find`: answers the owner; for an avatar, everyone; for an attachment, also every active
///   member of a conversation that holds a message with it above the member's `visible_from`. To
///   anyone else it does not exist.
/// * `owned`: those among the ids that the user owns, in the order asked.
/// * `orphans`: attachments older than the moment that no message holds, oldest first.
/// * `delete`: removes an upload that no message holds, and says whether it did; a deletion and a
///   send that attaches the upload at once end with it either attached and kept or gone and refused.
/// * Visibility: once a call returns, every later read on any handle sees it.
/// * Cancellation: a dropped call has happened whole or not at all.
#[async_trait]
pub trait UploadStore: Debug + Send + Sync + 'static {
    /// Keeps a new upload.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn create(&self, upload: &Upload) -> Result<(), StoreError>;

    /// The upload, if `viewer` may read it.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn find(&self, id: UploadId, viewer: &UserId) -> Result<Option<Upload>, StoreError>;

    /// Those among `ids` that `owner` owns.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn owned(&self, owner: &UserId, ids: &[UploadId]) -> Result<Vec<Upload>, StoreError>;

    /// How much `owner` has uploaded, in all and since `since`.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn usage(&self, owner: &UserId, since: Timestamp) -> Result<UploadUsage, StoreError>;

    /// Up to `limit` attachments from before `before` that no message holds.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn orphans(&self, before: Timestamp, limit: usize) -> Result<Vec<Upload>, StoreError>;

    /// Forgets an upload that no message holds.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn delete(&self, id: UploadId) -> Result<bool, StoreError>;
}

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<T: UploadStore + ?Sized> UploadStore for Arc<T> {
    async fn create(&self, upload: &Upload) -> Result<(), StoreError> {
        (**self).create(upload).await
    }

    async fn find(&self, id: UploadId, viewer: &UserId) -> Result<Option<Upload>, StoreError> {
        (**self).find(id, viewer).await
    }

    async fn owned(&self, owner: &UserId, ids: &[UploadId]) -> Result<Vec<Upload>, StoreError> {
        (**self).owned(owner, ids).await
    }

    async fn usage(&self, owner: &UserId, since: Timestamp) -> Result<UploadUsage, StoreError> {
        (**self).usage(owner, since).await
    }

    async fn orphans(&self, before: Timestamp, limit: usize) -> Result<Vec<Upload>, StoreError> {
        (**self).orphans(before, limit).await
    }

    async fn delete(&self, id: UploadId) -> Result<bool, StoreError> {
        (**self).delete(id).await
    }
}
