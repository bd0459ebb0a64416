//! The port to what is known of uploads; their bytes are the uploader's.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::id::{Timestamp, UploadId, UserId};
use crate::model::{Purpose, Upload, UploadUsage};
use crate::store::StoreError;

/// Keeps the records of uploads. Which conversations one was sent to is recorded by
/// [`MessageStore::append`](super::MessageStore::append).
///
/// # Contract
/// * `find`: answers the owner; for an avatar, everyone; for an attachment, also every active
///   member of a conversation that holds a message with it above the member's `visible_from`. To
///   anyone else it does not exist.
/// * `owned`: those among the ids that the user owns, in the order asked.
/// * `set_url`: says where an upload is served; one that is gone stays gone.
/// * `orphans`: uploads for `purpose` older than the moment that no message holds, and that neither their owner's
///   account nor a conversation that the owner was ever in shows as its picture; oldest first, behind `after`. Users
///   who are kept elsewhere are for the caller to ask.
/// * `delete`: removes an upload that is held and shown nowhere, as `orphans` means it, and says whether it did; a
///   deletion and a send that attaches the upload at once end with it either attached and kept or gone and refused.
///   A picture that begins to be shown at the moment of its deletion may be gone.
/// * Visibility: once a call returns, every later read on any handle sees it.
/// * Cancellation: a dropped call has happened whole or not at all.
#[async_trait]
pub trait UploadStore: Debug + Send + Sync + 'static {
    /// Keeps a new upload.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn create(&self, upload: &Upload) -> Result<(), StoreError>;

    /// Notes where an upload is served.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn set_url(&self, id: UploadId, url: &str) -> Result<(), StoreError>;

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

    /// Up to `limit` uploads for `purpose` from before `before`, behind `after`, that nothing holds or shows.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn orphans(
        &self,
        purpose: Purpose,
        before: Timestamp,
        after: Option<&Upload>,
        limit: usize,
    ) -> Result<Vec<Upload>, StoreError>;

    /// Forgets an upload that nothing holds or shows.
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

    async fn set_url(&self, id: UploadId, url: &str) -> Result<(), StoreError> {
        (**self).set_url(id, url).await
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

    async fn orphans(
        &self,
        purpose: Purpose,
        before: Timestamp,
        after: Option<&Upload>,
        limit: usize,
    ) -> Result<Vec<Upload>, StoreError> {
        (**self).orphans(purpose, before, after, limit).await
    }

    async fn delete(&self, id: UploadId) -> Result<bool, StoreError> {
        (**self).delete(id).await
    }
}
