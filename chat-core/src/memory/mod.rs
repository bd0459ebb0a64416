//! The in-memory backend: every port, nothing kept after the process.
//!
//! For tests, examples and rooms that need no history. It passes the same conformance suite as
//! the durable backends; its epoch is new with each store, so that clients of an earlier one start
//! anew.

mod accounts;
mod admin;
mod bus;
mod changes;
mod conversations;
mod history;
mod logins;
mod media;
mod messages;
mod people;
mod push;
mod revisions;
mod schema;
mod state;
mod texts;
mod uploads;
mod users;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::id::{Epoch, UserId};
use crate::model::Profile;

use state::State;

pub use bus::MemoryBus;
pub use media::MemoryMedia;

/// All storage ports on one handle. Clones share what is stored.
///
/// Every call works under one lock, which is never held across an await: calls happen one after
/// the other, so each is atomic.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    epoch: Epoch,
    state: Arc<Mutex<State>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self {
            epoch: Epoch::random(),
            state: Arc::default(),
        }
    }

    /// Adds a user who has no account here, or replaces one: for hosts and tests that have their
    /// users elsewhere.
    pub fn insert_user(&self, profile: Profile) {
        self.lock().profiles.insert(profile.id.clone(), profile);
    }

    /// Forgets a user who was [inserted](Self::insert_user); an account is not touched.
    pub fn remove_user(&self, id: &UserId) {
        self.lock().profiles.remove(id);
    }

    /// A user's profile, without waiting: for formats of frames that name people.
    #[must_use]
    pub fn profile(&self, id: &UserId) -> Option<Profile> {
        self.lock().profile(id)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}
