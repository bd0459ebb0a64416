//! Login sessions.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;

use super::MemoryStore;
use super::state::State;
use crate::id::{LoginId, Timestamp, UserId};
use crate::model::{Login, Rotation};
use crate::store::{EndLogins, LoginStore, StoreError};

impl State {
    /// A user's logins, the latest refreshed first.
    fn logins_of(&self, user: &UserId) -> Vec<&Login> {
        let mut logins: Vec<&Login> = self
            .logins
            .values()
            .filter(|login| login.user == *user)
            .collect();
        logins.sort_by_key(|login| Reverse((login.refreshed_at, login.id)));
        logins
    }
}

#[async_trait]
impl LoginStore for MemoryStore {
    async fn create(&self, login: &Login, max: usize) -> Result<Vec<LoginId>, StoreError> {
        let mut state = self.lock();
        let before = state.logins_of(&login.user);
        let gone: Vec<LoginId> = before
            .iter()
            .skip(max.saturating_sub(1))
            .map(|old| old.id)
            .collect();
        for id in &gone {
            state.logins.remove(id);
        }
        state.logins.insert(login.id, login.clone());
        Ok(gone)
    }

    async fn find(&self, id: LoginId, now: Timestamp) -> Result<Option<Login>, StoreError> {
        Ok(self
            .lock()
            .logins
            .get(&id)
            .filter(|login| login.expires_at > now)
            .cloned())
    }

    async fn live(&self, logins: &[LoginId], now: Timestamp) -> Result<Vec<LoginId>, StoreError> {
        let state = self.lock();
        let asked: BTreeSet<&LoginId> = logins.iter().collect();
        let found = asked.into_iter().filter_map(|id| state.logins.get(id));
        Ok(found
            .filter(|login| login.expires_at > now)
            .map(|login| login.id)
            .collect())
    }

    async fn list(&self, user: &UserId, now: Timestamp) -> Result<Vec<Login>, StoreError> {
        let state = self.lock();
        Ok(state
            .logins_of(user)
            .into_iter()
            .filter(|login| login.expires_at > now)
            .cloned()
            .collect())
    }

    async fn rotate(
        &self,
        id: LoginId,
        generation: i64,
        now: Timestamp,
        window_ms: i64,
    ) -> Result<Rotation, StoreError> {
        let mut state = self.lock();
        let Some(login) = state
            .logins
            .get_mut(&id)
            .filter(|login| login.expires_at > now)
        else {
            return Ok(Rotation::Ended);
        };
        if generation == login.generation {
            login.generation += 1;
            login.refreshed_at = now;
            return Ok(Rotation::Advanced(login.clone()));
        }
        if generation > login.generation {
            return Ok(Rotation::Ended);
        }
        let window = Duration::from_millis(window_ms.max(0).unsigned_abs());
        if generation == login.generation - 1 && now.since(login.refreshed_at) < window {
            return Ok(Rotation::Repeated(login.clone()));
        }
        Ok(state
            .logins
            .remove(&id)
            .map_or(Rotation::Ended, Rotation::Reused))
    }

    async fn end(&self, user: &UserId, which: EndLogins) -> Result<Vec<LoginId>, StoreError> {
        let mut state = self.lock();
        let ends = |id: LoginId| match which {
            EndLogins::One(one) => id == one,
            EndLogins::Others(kept) => id != kept,
            EndLogins::All => true,
        };
        let ended: Vec<LoginId> = state
            .logins_of(user)
            .iter()
            .map(|login| login.id)
            .filter(|id| ends(*id))
            .collect();
        for id in &ended {
            state.logins.remove(id);
        }
        Ok(ended)
    }
}
