//! The port to when users were last there.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::id::{Timestamp, UserId};
use crate::store::StoreError;

/// Keeps, for each user, the last moment one of their devices was connected.
///
/// # Contract
/// * `touch`: the moment kept only grows; several for one user in one call do no harm.
/// * `find`: those among the ids that were ever seen, each once, in any order.
/// * Visibility: once a call returns, every later read on any handle sees it.
#[async_trait]
pub trait LastSeenStore: Debug + Send + Sync + 'static {
    /// Notes when users were seen.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails; then any of them may have been noted.
    async fn touch(&self, seen: &[(UserId, Timestamp)]) -> Result<(), StoreError>;

    /// When users were last seen.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn find(&self, users: &[UserId]) -> Result<Vec<(UserId, Timestamp)>, StoreError>;
}

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<T: LastSeenStore + ?Sized> LastSeenStore for Arc<T> {
    async fn touch(&self, seen: &[(UserId, Timestamp)]) -> Result<(), StoreError> {
        (**self).touch(seen).await
    }

    async fn find(&self, users: &[UserId]) -> Result<Vec<(UserId, Timestamp)>, StoreError> {
        (**self).find(users).await
    }
}
