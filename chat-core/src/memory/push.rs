//! The browsers that take pushes.

use std::cmp::Reverse;

use async_trait::async_trait;

use super::MemoryStore;
use super::state::State;
use crate::id::UserId;
use crate::model::PushSubscription;
use crate::store::{PushStore, StoreError};

impl State {
    /// Takes away all subscriptions of a user.
    pub(super) fn forget_pushes(&mut self, user: &UserId) {
        self.pushes.retain(|_, kept| kept.user != *user);
    }
}

#[async_trait]
impl PushStore for MemoryStore {
    async fn subscribe(
        &self,
        subscription: &PushSubscription,
        at_most: usize,
    ) -> Result<(), StoreError> {
        let mut state = self.lock();
        let endpoint = subscription.endpoint.clone();
        state.pushes.insert(endpoint, subscription.clone());
        let of_user = state.pushes.values();
        let mut of_user: Vec<_> = of_user
            .filter(|kept| kept.user == subscription.user)
            .map(|kept| (Reverse(kept.created_at), Reverse(kept.endpoint.clone())))
            .collect();
        of_user.sort();
        for (_, Reverse(surplus)) in of_user.into_iter().skip(at_most) {
            state.pushes.remove(&surplus);
        }
        Ok(())
    }

    async fn subscriptions(&self, users: &[UserId]) -> Result<Vec<PushSubscription>, StoreError> {
        let state = self.lock();
        let kept = state.pushes.values();
        Ok(kept
            .filter(|kept| users.contains(&kept.user))
            .cloned()
            .collect())
    }

    async fn unsubscribe(&self, user: &UserId, endpoint: &str) -> Result<bool, StoreError> {
        let mut state = self.lock();
        let kept = state.pushes.get(endpoint);
        let is_theirs = kept.is_some_and(|kept| kept.user == *user);
        Ok(is_theirs && state.pushes.remove(endpoint).is_some())
    }

    async fn forget(&self, endpoints: &[String]) -> Result<(), StoreError> {
        let mut state = self.lock();
        for endpoint in endpoints {
            state.pushes.remove(endpoint);
        }
        Ok(())
    }
}
