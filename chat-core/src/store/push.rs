//! The port to the browsers that take pushes.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::id::UserId;
use crate::model::PushSubscription;
use crate::store::StoreError;

/// Keeps subscriptions to Web Push. Only a chat that pushes needs it.
///
/// # Contract
/// * `subscribe`: an endpoint is kept once. Subscribing it again replaces all of it, also whose it is. Of a user's
///   subscriptions the `at_most` latest stay, ties by endpoint; calls at once may pass it by their number, until the next.
/// * `subscriptions`: those of all the users, each once and in any order; for one user the number is bounded as above.
///   The number of queries does not grow with users.
/// * `unsubscribe` takes away only what is the user's, and says whether there was something.
/// * `forget` takes endpoints away, whosever they are; unknown ones do no harm.
/// * Text is kept verbatim; endpoints are compared by their bytes, and have at most 2,048 of them.
/// * Visibility: once a call returns, every later read on any handle sees it.
/// * Cancellation: a dropped `subscribe` has stored the subscription or not, and may leave one too many to the next; the
///   others have happened whole or not at all.
#[async_trait]
pub trait PushStore: Debug + Send + Sync + 'static {
    /// Keeps a subscription.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails; then it may be kept.
    async fn subscribe(
        &self,
        subscription: &PushSubscription,
        at_most: usize,
    ) -> Result<(), StoreError>;

    /// The subscriptions of users.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn subscriptions(&self, users: &[UserId]) -> Result<Vec<PushSubscription>, StoreError>;

    /// Takes a subscription of the user away.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn unsubscribe(&self, user: &UserId, endpoint: &str) -> Result<bool, StoreError>;

    /// Takes subscriptions away that the push service does not know any more.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn forget(&self, endpoints: &[String]) -> Result<(), StoreError>;
}

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<T: PushStore + ?Sized> PushStore for Arc<T> {
    async fn subscribe(
        &self,
        subscription: &PushSubscription,
        at_most: usize,
    ) -> Result<(), StoreError> {
        (**self).subscribe(subscription, at_most).await
    }

    async fn subscriptions(&self, users: &[UserId]) -> Result<Vec<PushSubscription>, StoreError> {
        (**self).subscriptions(users).await
    }

    async fn unsubscribe(&self, user: &UserId, endpoint: &str) -> Result<bool, StoreError> {
        (**self).unsubscribe(user, endpoint).await
    }

    async fn forget(&self, endpoints: &[String]) -> Result<(), StoreError> {
        (**self).forget(endpoints).await
    }
}
