//! Who is connected, and which topics have subscribers.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::hub::topic::{State, Topic};
use crate::hub::{Connection, ConnectionId};
use crate::id::{Rev, UserId};
use crate::presence::Topic as Key;

/// The node's connections and topics.
///
/// Locks are taken in this order: the registry's maps, a topic's state, a connection's topics.
#[derive(Debug, Default)]
pub(super) struct Registry {
    users: Mutex<HashMap<UserId, Vec<Arc<Connection>>>>,
    topics: RwLock<HashMap<Key, Arc<Topic>>>,
}

/// Whether a topic was made just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fresh {
    Yes,
    No,
}

/// What adding a connection meant.
pub(super) struct Added {
    pub(super) came_online: bool,
    pub(super) connections: usize,
    pub(super) oldest: Option<Arc<Connection>>,
}

impl Registry {
    pub(super) fn add(&self, connection: &Arc<Connection>) -> Added {
        let mut users = self.users();
        let connections = users.entry(connection.user().clone()).or_default();
        connections.push(Arc::clone(connection));
        let open = |c: &&Arc<Connection>| c.outbox().closed().is_none();
        Added {
            came_online: connections.len() == 1,
            connections: connections.iter().filter(open).count(),
            oldest: connections.iter().find(open).cloned(),
        }
    }

    /// True if it was there and was the user's last.
    pub(super) fn remove(&self, connection: &Connection) -> bool {
        let mut users = self.users();
        let Entry::Occupied(mut entry) = users.entry(connection.user().clone()) else {
            return false;
        };
        let before = entry.get().len();
        entry
            .get_mut()
            .retain(|other| other.id() != connection.id());
        let last = entry.get().is_empty();
        let removed = entry.get().len() < before;
        if last {
            entry.remove();
        }
        removed && last
    }

    pub(super) fn connections(&self, user: &UserId) -> Vec<Arc<Connection>> {
        self.users().get(user).cloned().unwrap_or_default()
    }

    pub(super) fn is_online(&self, user: &UserId) -> bool {
        self.users().contains_key(user)
    }

    pub(super) fn all(&self) -> Vec<Arc<Connection>> {
        self.users().values().flatten().cloned().collect()
    }

    pub(super) fn connection_count(&self) -> usize {
        self.users().values().map(Vec::len).sum()
    }

    pub(super) fn topic_count(&self) -> usize {
        self.topics
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }

    pub(super) fn topic(&self, key: &Key) -> Option<Arc<Topic>> {
        self.topics
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned()
    }

    /// Works on the topic `key`, made with `last_rev` if there is none; the work is told whether it
    /// was.
    pub(super) fn enter<T>(
        &self,
        key: &Key,
        last_rev: Rev,
        work: impl FnOnce(&Arc<Topic>, &mut State, Fresh) -> T,
    ) -> T {
        loop {
            let (topic, fresh) = self.topic_or_new(key, last_rev);
            let mut state = topic.lock();
            if !state.dead {
                let done = work(&topic, &mut state, fresh);
                let idle = state.is_idle();
                drop(state);
                if idle {
                    self.sweep(&topic);
                }
                return done;
            }
        }
    }

    fn topic_or_new(&self, key: &Key, last_rev: Rev) -> (Arc<Topic>, Fresh) {
        if let Some(topic) = self.topic(key) {
            return (topic, Fresh::No);
        }
        match self
            .topics
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(key.clone())
        {
            Entry::Occupied(entry) => (Arc::clone(entry.get()), Fresh::No),
            Entry::Vacant(entry) => (
                Arc::clone(entry.insert(Arc::new(Topic::new(key.clone(), last_rev)))),
                Fresh::Yes,
            ),
        }
    }

    /// Takes a subscriber out of a topic, and the topic out of the map with its last one.
    pub(super) fn leave(&self, topic: &Arc<Topic>, connection: ConnectionId) {
        topic.lock().subscribers.swap_remove(&connection);
        self.sweep(topic);
    }

    /// Takes an idle topic out of the map.
    pub(super) fn sweep(&self, topic: &Arc<Topic>) {
        if !topic.lock().is_idle() {
            return;
        }
        let mut topics = self.topics.write().unwrap_or_else(PoisonError::into_inner);
        let mut state = topic.lock();
        if state.is_idle() && !state.dead {
            state.dead = true;
            topics.remove(topic.key());
        }
    }

    fn users(&self) -> MutexGuard<'_, HashMap<UserId, Vec<Arc<Connection>>>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
