//! Users: those with an account, and those inserted; and when they were seen.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::MemoryStore;
use super::state::State;
use crate::id::{Timestamp, UserId};
use crate::model::{Page, Profile};
use crate::store::{LastSeenStore, StoreError, UserQuery, UserStore};

impl State {
    pub(super) fn profile(&self, id: &UserId) -> Option<Profile> {
        let account = self.accounts.get(id).map(crate::model::Account::profile);
        account.or_else(|| self.profiles.get(id).cloned())
    }

    /// Everyone to be listed, by what they are listed by: the user name, or the id.
    fn listed(&self) -> Vec<(String, Profile)> {
        let enabled = self.usernames.iter().filter_map(|(name, id)| {
            let account = self.accounts.get(id).filter(|account| !account.disabled)?;
            Some((name.clone(), account.profile()))
        });
        let inserted = self
            .profiles
            .values()
            .filter(|profile| !self.accounts.contains_key(&profile.id));
        let inserted = inserted.map(|profile| (profile.id.to_string(), profile.clone()));
        let mut all: Vec<_> = enabled.chain(inserted).collect();
        all.sort_by(|a, b| (&a.0, &a.1.id).cmp(&(&b.0, &b.1.id)));
        all
    }
}

fn matches(profile: &Profile, text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let has = |name: &str| name.to_ascii_lowercase().contains(&text);
    profile.username.as_deref().is_some_and(has) || has(&profile.display_name)
}

#[async_trait]
impl UserStore for MemoryStore {
    async fn find(&self, ids: &[UserId]) -> Result<Vec<Profile>, StoreError> {
        let state = self.lock();
        let ids: BTreeSet<&UserId> = ids.iter().collect();
        Ok(ids.into_iter().filter_map(|id| state.profile(id)).collect())
    }

    async fn search(&self, query: &UserQuery<'_>) -> Result<Page<Profile>, StoreError> {
        let listed = self.lock().listed();
        let after = query.cursor.unwrap_or_default();
        let mut matching = listed.into_iter().filter(|(key, profile)| {
            key.as_str() > after && query.text.is_none_or(|text| matches(profile, text))
        });
        let page: Vec<_> = matching.by_ref().take(query.limit).collect();
        let more = matching.next().is_some();
        let next = page.last().filter(|_| more).map(|(key, _)| key.clone());
        Ok(Page {
            items: page.into_iter().map(|(_, profile)| profile).collect(),
            next,
        })
    }
}

#[async_trait]
impl LastSeenStore for MemoryStore {
    async fn touch(&self, seen: &[(UserId, Timestamp)]) -> Result<(), StoreError> {
        let mut state = self.lock();
        for (user, at) in seen {
            let kept = state.last_seen.entry(user.clone()).or_insert(*at);
            *kept = (*kept).max(*at);
        }
        Ok(())
    }

    async fn find(&self, users: &[UserId]) -> Result<Vec<(UserId, Timestamp)>, StoreError> {
        let state = self.lock();
        let users: BTreeSet<&UserId> = users.iter().collect();
        let seen = users
            .into_iter()
            .filter_map(|user| Some((user.clone(), *state.last_seen.get(user)?)));
        Ok(seen.collect())
    }
}
