//! One connection as the hub knows it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use crate::hub::topic::Topic;
use crate::hub::{Outbox, WireFormat};
use crate::id::{LoginId, UserId};
use crate::presence::Topic as Key;
use crate::sync::{Mutex, MutexGuard};

/// Number of a connection, unique in its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(u64);

impl ConnectionId {
    fn next() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// A connection: whose it is, what it hears of, and its outbox.
// In this order: what each event that goes out needs comes first.
#[derive(Debug)]
#[repr(C)]
pub struct Connection {
    format: Arc<dyn WireFormat>,
    outbox: Outbox,
    id: ConnectionId,
    user: UserId,
    login: Option<LoginId>,
    topics: Mutex<Topics>,
    /// Its topics are complete.
    started: AtomicBool,
}

#[derive(Debug, Default)]
struct Topics {
    by_key: HashMap<Key, Arc<Topic>>,
    /// The connection was forgotten: it subscribes to nothing any more.
    gone: bool,
}

impl Connection {
    pub(super) fn new(
        user: UserId,
        login: Option<LoginId>,
        format: Arc<dyn WireFormat>,
        outbox: Outbox,
    ) -> Self {
        Self {
            format,
            outbox,
            id: ConnectionId::next(),
            user,
            login,
            topics: Mutex::default(),
            started: AtomicBool::new(false),
        }
    }

    /// From now on it hears of every conversation of its user.
    pub(super) fn start(&self) {
        self.started.store(true, Ordering::Release);
    }

    pub(super) fn is_started(&self) -> bool {
        self.started.load(Ordering::Acquire)
    }

    /// Its number.
    #[must_use]
    pub const fn id(&self) -> ConnectionId {
        self.id
    }

    /// Whose it is.
    #[must_use]
    pub const fn user(&self) -> &UserId {
        &self.user
    }

    /// The login session behind it.
    #[must_use]
    pub const fn login(&self) -> Option<LoginId> {
        self.login
    }

    /// What waits to be written.
    #[must_use]
    pub const fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    pub(super) const fn format(&self) -> &Arc<dyn WireFormat> {
        &self.format
    }

    pub(super) fn topic(&self, key: &Key) -> Option<Arc<Topic>> {
        self.lock().by_key.get(key).cloned()
    }

    pub(super) fn topics(&self) -> Vec<Arc<Topic>> {
        self.lock().by_key.values().cloned().collect()
    }

    /// The users whose topics of presence it is subscribed to.
    pub(super) fn watched_users(&self) -> Vec<UserId> {
        let topics = self.lock();
        let watched = topics.by_key.keys().filter_map(|key| match key {
            Key::Presence(user) => Some(user.clone()),
            Key::Conversation(_) | Key::User(_) | Key::Nodes => None,
        });
        watched.collect()
    }

    pub(super) fn watches(&self, user: &UserId) -> bool {
        self.topic(&Key::Presence(user.clone())).is_some()
    }

    /// False if the connection was forgotten meanwhile.
    pub(super) fn add_topic(&self, topic: &Arc<Topic>) -> bool {
        let mut topics = self.lock();
        if !topics.gone {
            topics.by_key.insert(topic.key().clone(), Arc::clone(topic));
        }
        !topics.gone
    }

    pub(super) fn remove_topic(&self, key: &Key) {
        self.lock().by_key.remove(key);
    }

    /// Takes all topics; none comes after.
    pub(super) fn take_topics(&self) -> Vec<Arc<Topic>> {
        let mut topics = self.lock();
        topics.gone = true;
        std::mem::take(&mut topics.by_key).into_values().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Topics> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
