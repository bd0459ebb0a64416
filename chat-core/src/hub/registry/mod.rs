//! Who is connected, and which topics have subscribers.

#[cfg(test)]
#[cfg(shuttle)]
mod shuttle_tests;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crate::defects::{self, Defect};
use crate::hub::nodes::Nodes;
use crate::hub::topic::{State, Topic};
use crate::hub::{Connection, ConnectionId};
use crate::id::{Rev, UserId};
use crate::presence::Topic as Key;
use crate::sync::{Mutex, MutexGuard, RwLock, RwLockReadGuard};

/// The node's connections and topics.
///
/// Locks are taken in this order: the registry's maps, a topic's state, its inbox, a connection's topics or outbox.
#[derive(Debug)]
pub(super) struct Registry {
    nodes: Arc<Nodes>,
    users: Mutex<Users>,
    topics: RwLock<HashMap<Key, Arc<Topic>>>,
}

/// Everybody who is connected here.
#[derive(Debug, Default)]
struct Users {
    here: HashMap<UserId, User>,
    /// Set once all are sent away: whoever comes later goes too, and comes back elsewhere after this.
    away_for: Option<Duration>,
}

/// A user who is connected here.
#[derive(Debug, Default)]
struct User {
    connections: Vec<Arc<Connection>>,
    /// How often the user had become a member when this was last compared with what the connections hear of.
    joins: Option<u64>,
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
    /// The user's oldest open connections, as many as there are too many.
    pub(super) surplus: Vec<Arc<Connection>>,
    /// The connection came after all were sent away.
    pub(super) away_for: Option<Duration>,
}

impl Registry {
    pub(super) fn new(nodes: Arc<Nodes>) -> Self {
        Self {
            nodes,
            users: Mutex::default(),
            topics: RwLock::default(),
        }
    }

    /// Adds a connection of a user who may have `at_most` open ones.
    pub(super) fn add(&self, connection: &Arc<Connection>, at_most: usize) -> Added {
        let mut users = self.users();
        let away_for = users.away_for;
        let user = users.here.entry(connection.user().clone()).or_default();
        let connections = &mut user.connections;
        connections.push(Arc::clone(connection));
        // One look: others who come at once may be closing theirs.
        let open = |c: &&Arc<Connection>| c.outbox().closed().is_none();
        let mut surplus: Vec<_> = connections.iter().filter(open).cloned().collect();
        surplus.truncate(surplus.len().saturating_sub(at_most));
        let added = Added {
            came_online: connections.len() == 1,
            surplus,
            away_for,
        };
        drop(users);
        if added.came_online {
            self.nodes.note(Key::User(connection.user().clone()));
        }
        added
    }

    /// True if it was there and was the user's last.
    pub(super) fn remove(&self, connection: &Connection) -> bool {
        let mut users = self.users();
        let Entry::Occupied(mut entry) = users.here.entry(connection.user().clone()) else {
            return false;
        };
        let connections = &mut entry.get_mut().connections;
        let before = connections.len();
        let keyed_by_user = defects::is_on(Defect::RegistryKeyedByUser);
        connections.retain(|other| other.id() != connection.id() && !keyed_by_user);
        let last = connections.is_empty();
        let removed = connections.len() < before;
        if last {
            entry.remove();
        }
        drop(users);
        if last {
            self.nodes.note(Key::User(connection.user().clone()));
        }
        removed && last
    }

    pub(super) fn connections(&self, user: &UserId) -> Vec<Arc<Connection>> {
        let users = self.users();
        users
            .here
            .get(user)
            .map_or_else(Vec::new, |user| user.connections.clone())
    }

    /// Everybody who is connected here.
    pub(super) fn users_here(&self) -> Vec<UserId> {
        self.users().here.keys().cloned().collect()
    }

    /// How often the user had become a member, as of the first connection's beginning or the last look.
    pub(super) fn joins(&self, user: &UserId) -> Option<u64> {
        self.users().here.get(user)?.joins
    }

    /// A connection begins, and knows of so many: what an earlier one knows of may be less, and counts.
    pub(super) fn note_joins(&self, user: &UserId, count: u64) {
        if let Some(user) = self.users().here.get_mut(user) {
            user.joins.get_or_insert(count);
        }
    }

    /// All connections of the user know of so many.
    pub(super) fn set_joins(&self, user: &UserId, count: u64) {
        if let Some(user) = self.users().here.get_mut(user) {
            user.joins = Some(count);
        }
    }

    /// The topics of conversations.
    pub(super) fn conversations(&self) -> Vec<Arc<Topic>> {
        let is_conversation = |topic: &&Arc<Topic>| topic.conversation().is_some();
        self.topics()
            .values()
            .filter(is_conversation)
            .cloned()
            .collect()
    }

    /// The users whose presence is watched here, and what was last told of it.
    pub(super) fn watched(&self) -> Vec<(UserId, Option<bool>)> {
        let topics: Vec<_> = self.topics().values().cloned().collect();
        let watched = topics.iter().filter_map(|topic| match topic.key() {
            Key::Presence(user) => Some((user.clone(), topic.lock().was_told_online())),
            Key::Conversation(_) | Key::User(_) | Key::Nodes => None,
        });
        watched.collect()
    }

    /// Whether this node is to hear of a topic.
    pub(super) fn hears_of(&self, key: &Key) -> bool {
        match key {
            Key::Conversation(_) | Key::Presence(_) => self.topics().contains_key(key),
            Key::User(user) => self.is_online(user),
            Key::Nodes => true,
        }
    }

    pub(super) fn is_online(&self, user: &UserId) -> bool {
        self.users().here.contains_key(user)
    }

    pub(super) fn all(&self) -> Vec<Arc<Connection>> {
        self.users().connections()
    }

    /// All who are here; whoever comes from now on is told that all were sent away.
    pub(super) fn send_away(&self, away_for: Duration) -> Vec<Arc<Connection>> {
        let mut users = self.users();
        users.away_for = Some(away_for);
        users.connections()
    }

    pub(super) fn connection_count(&self) -> usize {
        let users = self.users();
        let users = users.here.values();
        users.map(|user| user.connections.len()).sum()
    }

    pub(super) fn topic_count(&self) -> usize {
        self.topics().len()
    }

    pub(super) fn topic(&self, key: &Key) -> Option<Arc<Topic>> {
        self.topics().get(key).cloned()
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
                let idle = topic.is_idle(&state);
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
            Entry::Vacant(entry) => {
                let topic = Arc::new(Topic::new(key.clone(), last_rev));
                self.nodes.note(key.clone());
                (Arc::clone(entry.insert(topic)), Fresh::Yes)
            }
        }
    }

    /// Takes a subscriber out of a topic, and the topic out of the map with its last one.
    pub(super) fn leave(&self, topic: &Arc<Topic>, connection: ConnectionId) {
        topic.lock().subscribers.swap_remove(&connection);
        self.sweep(topic);
    }

    /// Takes an idle topic out of the map.
    pub(super) fn sweep(&self, topic: &Arc<Topic>) {
        if !topic.is_idle(&topic.lock()) {
            return;
        }
        let mut topics = self.topics.write().unwrap_or_else(PoisonError::into_inner);
        let mut state = topic.lock();
        if topic.is_idle(&state) && !state.dead {
            state.dead = true;
            topics.remove(topic.key());
            self.nodes.note(topic.key().clone());
        }
    }

    fn topics(&self) -> RwLockReadGuard<'_, HashMap<Key, Arc<Topic>>> {
        self.topics.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn users(&self) -> MutexGuard<'_, Users> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Users {
    fn connections(&self) -> Vec<Arc<Connection>> {
        let users = self.here.values();
        users.flat_map(|user| &user.connections).cloned().collect()
    }
}
