//! Profiles that were asked for lately: lists, pages of history and the inbox ask for the same few again and again.
//!
//! An entry lives for a minute at most, and no longer than until somebody tells that the profile changed. Nodes tell
//! each other; whoever may have missed that drops everything. Users who do not exist are asked for every time.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::hub::Hub;
use crate::hub::nodes::Told;
use crate::id::UserId;
use crate::model::Profile;
use crate::presence::Topic as Key;
use crate::store::StoreError;

/// How long an entry lives.
const LIFE: Duration = Duration::from_secs(60);

/// Profiles and until when they count.
type Entries = HashMap<UserId, (Profile, Instant)>;

/// The cache. It has two halves: when the newer one is full it becomes the older one, and what was in that goes.
#[derive(Debug)]
pub(super) struct Profiles {
    half: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    newer: Entries,
    older: Entries,
    /// How often something was dropped: what was read from the store before that is not kept.
    drops: u64,
}

/// What was asked for, as far as it is known.
struct Known {
    found: Vec<Profile>,
    missing: Vec<UserId>,
    drops: u64,
}

impl Profiles {
    /// Keeps at most so many; none, if that is zero.
    pub(super) fn new(at_most: usize) -> Self {
        Self {
            half: at_most / 2,
            state: Mutex::default(),
        }
    }

    /// Those of `users`, each once, who are known.
    fn known(&self, users: &[UserId]) -> Known {
        let (now, state) = (Instant::now(), self.lock());
        let mut known = Known {
            found: Vec::with_capacity(users.len()),
            missing: Vec::new(),
            drops: state.drops,
        };
        for user in users {
            let entry = state.newer.get(user).or_else(|| state.older.get(user));
            match entry {
                Some((profile, until)) if *until > now => known.found.push(profile.clone()),
                _ => known.missing.push(user.clone()),
            }
        }
        known
    }

    /// Keeps what was read while nothing was dropped since `drops`.
    fn keep(&self, read: &[Profile], drops: u64) {
        let (until, mut state) = (Instant::now() + LIFE, self.lock());
        if state.drops != drops || self.half == 0 {
            return;
        }
        for profile in read {
            if state.newer.len() >= self.half {
                state.older = std::mem::take(&mut state.newer);
            }
            let entry = (profile.clone(), until);
            state.newer.insert(profile.id.clone(), entry);
        }
    }

    pub(super) fn drop_one(&self, user: &UserId) {
        let mut state = self.lock();
        state.drops += 1;
        state.newer.remove(user);
        state.older.remove(user);
    }

    pub(super) fn drop_all(&self) {
        let mut state = self.lock();
        *state = State {
            drops: state.drops + 1,
            ..State::default()
        };
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hub {
    /// The profiles of those of `users`, each named once, who exist: at most a minute old, and as they are now if
    /// their changes are told to [`profile_changed`](Self::profile_changed).
    ///
    /// # Errors
    /// [`StoreError`] if the users' store fails.
    pub async fn profiles(&self, users: &[UserId]) -> Result<Vec<Profile>, StoreError> {
        let cache = &self.shared.profiles;
        let Known {
            mut found,
            missing,
            drops,
        } = cache.known(users);
        metrics::counter!("chat_profile_cache_hits_total").increment(found.len() as u64);
        metrics::counter!("chat_profile_cache_misses_total").increment(missing.len() as u64);
        if !missing.is_empty() {
            let read = self.shared.ports.users.find(&missing).await?;
            cache.keep(&read, drops);
            found.extend(read);
        }
        Ok(found)
    }

    /// A user's profile is another one now, as every node is to know.
    pub fn profile_changed(&self, user: &UserId) {
        self.shared.nodes.start(self);
        self.shared.profiles.drop_one(user);
        let told = Told::ProfileChanged { user: user.clone() };
        self.shared.nodes.tell(Key::Nodes, &told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(name: &str) -> Profile {
        Profile {
            id: UserId::new(name).unwrap(),
            username: None,
            display_name: name.to_owned(),
            avatar: None,
            avatar_url: None,
        }
    }

    fn known(cache: &Profiles, names: &[&str]) -> usize {
        let users: Vec<UserId> = names.iter().map(|name| profile(name).id).collect();
        cache.known(&users).found.len()
    }

    #[test]
    fn what_was_read_before_a_drop_is_not_kept_after_it() {
        let cache = Profiles::new(10);
        let ada = [profile("ada")];
        let begun = cache.known(&[ada[0].id.clone()]).drops;
        cache.drop_one(&ada[0].id);
        cache.keep(&ada, begun);
        assert_eq!(known(&cache, &["ada"]), 0);

        let begun = cache.known(&[ada[0].id.clone()]).drops;
        cache.keep(&ada, begun);
        assert_eq!(known(&cache, &["ada"]), 1);
        cache.drop_all();
        assert_eq!(known(&cache, &["ada"]), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn an_entry_lives_for_a_minute() {
        let cache = Profiles::new(10);
        cache.keep(&[profile("ada")], 0);
        tokio::time::advance(LIFE - Duration::from_millis(1)).await;
        assert_eq!(known(&cache, &["ada"]), 1);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(known(&cache, &["ada"]), 0);
    }

    #[test]
    fn no_more_than_the_limit_is_kept_and_the_latest_stay() {
        let cache = Profiles::new(4);
        let names: Vec<String> = (0..100).map(|n| n.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for name in &names {
            cache.keep(&[profile(name)], 0);
        }
        assert!((2..=4).contains(&known(&cache, &names)));
        assert_eq!(known(&cache, &["98", "99"]), 2);

        let none = Profiles::new(0);
        none.keep(&[profile("ada")], 0);
        assert_eq!(known(&none, &["ada"]), 0);
    }
}
