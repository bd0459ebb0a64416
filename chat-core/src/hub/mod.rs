//! Live delivery on one node: topics, the connections that hear of them, and their outboxes.
//!
//! ```text
//! use case ──publish──▶ Topic ──encode once──▶ Outbox ──▶ Sink (a socket)
//!                         │ in order by rev        │ bounded by frames and bytes
//!                         └─ a gap is read from the store
//! ```
//!
//! A topic hands out a conversation's log in the order of its revs: the next rev goes out, an
//! older one is dropped, a gap is first read from the store. Membership is cut at the same place:
//! whoever an event removes gets it as the last one. The hub fills outboxes with ready frames and
//! knows nothing of what empties them.

mod connection;
mod deliver;
mod format;
mod join;
mod outbox;
mod presence;
mod registry;
mod topic;

use std::sync::Arc;
use std::time::Duration;

use crate::id::{ConversationId, LoginId, Rev, UserId};
use crate::presence::Topic as Key;
use crate::protocol::{CloseCode, Event, Limits};
use crate::store::{LastSeenStore, MessageStore};

use registry::Registry;
use topic::{Pending, Topic};

pub use connection::{Connection, ConnectionId};
pub use format::{JsonFormat, WireFormat};
pub use outbox::{Outbox, Sink};

/// The ports that a hub leans on.
#[derive(Debug, Clone)]
pub struct HubStores {
    /// Read to close a gap.
    pub messages: Arc<dyn MessageStore>,
    /// Told when a user's last connection goes.
    pub last_seen: Arc<dyn LastSeenStore>,
}

/// A node's hub. Clones share it. All its methods are called within a tokio runtime.
#[derive(Debug, Clone)]
pub struct Hub {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    stores: HubStores,
    limits: Limits,
    registry: Registry,
}

/// An event and the connection, if any, that is not to get it.
#[derive(Debug, Clone)]
pub struct Published {
    /// What happened.
    pub event: Arc<Event>,
    /// For front ends that draw their own message from the reply and would show it twice.
    pub except: Option<ConnectionId>,
}

impl From<Event> for Published {
    fn from(event: Event) -> Self {
        Self {
            event: Arc::new(event),
            except: None,
        }
    }
}

/// Where a connection stands in a conversation: every event up to `rev` has gone out to it, or is the
/// resume's to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Which conversation.
    pub conversation: ConversationId,
    /// Nothing up to here comes any more.
    pub rev: Rev,
}

impl Hub {
    /// A hub without connections.
    #[must_use]
    pub fn new(stores: HubStores, limits: Limits) -> Self {
        Self {
            shared: Arc::new(Shared {
                stores,
                limits,
                registry: Registry::default(),
            }),
        }
    }

    /// Adds a connection of `user`: from now on it hears of the user's own events.
    ///
    /// If the user has as many as [`Limits::connections_per_user`], the oldest is closed.
    #[must_use]
    pub fn connect(
        &self,
        user: UserId,
        login: Option<LoginId>,
        format: Arc<dyn WireFormat>,
        sink: Arc<dyn Sink>,
    ) -> Arc<Connection> {
        let outbox = Outbox::new(&self.shared.limits, sink);
        let connection = Arc::new(Connection::new(user, login, format, outbox));
        let added = self.shared.registry.add(&connection);
        if added.connections > self.shared.limits.connections_per_user
            && let Some(oldest) = added.oldest
        {
            oldest.outbox().close(CloseCode::TooManyConnections);
        }
        if added.came_online {
            self.announce_online(connection.user());
        }
        connection
    }

    /// Forgets a connection. Calling it again does nothing.
    pub fn disconnect(&self, connection: &Arc<Connection>) {
        let last = self.shared.registry.remove(connection);
        for topic in connection.take_topics() {
            self.shared.registry.leave(&topic, connection.id());
        }
        if last {
            self.expect_offline(connection.user().clone());
        }
    }

    /// Tells `events` of one conversation, in order, to the connections that hear of it.
    ///
    /// The caller has committed them. They may come late, twice or out of order: revs decide.
    pub fn publish(
        &self,
        conversation: ConversationId,
        events: impl IntoIterator<Item = Published>,
    ) {
        if let Some(topic) = self.shared.registry.topic(&Key::Conversation(conversation)) {
            self.enqueue(&topic, events.into_iter().map(Pending::Event));
        }
    }

    /// Compares a conversation with the store: something may have been committed that nobody
    /// published.
    pub fn check(&self, conversation: ConversationId) {
        if let Some(topic) = self.shared.registry.topic(&Key::Conversation(conversation)) {
            self.enqueue(&topic, [Pending::Check(None)]);
        }
    }

    /// Tells an event to all connections of a user.
    pub fn publish_to_user(&self, user: &UserId, event: Event) {
        let published = Published::from(event);
        for connection in self.shared.registry.connections(user) {
            deliver::to_connection(&connection, &published.event);
        }
    }

    /// Whether `connection` gets the events of `conversation` now; no query.
    #[must_use]
    pub fn is_subscribed(&self, connection: &Connection, conversation: ConversationId) -> bool {
        connection.topic(&Key::Conversation(conversation)).is_some()
    }

    /// Where `connection` stands in each conversation that it gets the events of.
    #[must_use]
    pub fn positions(&self, connection: &Connection) -> Vec<Position> {
        let topics = connection.topics();
        topics
            .iter()
            .filter_map(|topic| topic.position(connection.id()))
            .collect()
    }

    /// Closes every connection of these logins of `user`.
    pub fn end_sessions(&self, user: &UserId, logins: &[LoginId]) {
        for connection in self.shared.registry.connections(user) {
            if connection
                .login()
                .is_some_and(|login| logins.contains(&login))
            {
                connection.outbox().close(CloseCode::SessionEnded);
            }
        }
    }

    /// Closes every connection: each is told to come back after a moment between zero and
    /// `spread`, evenly spread out, so that they do not all come at once.
    pub fn close_all(&self, spread: Duration) {
        let connections = self.shared.registry.all();
        let count = u32::try_from(connections.len()).unwrap_or(u32::MAX).max(1);
        for (place, connection) in (0..count).zip(&connections) {
            connection
                .outbox()
                .close_with_hint(CloseCode::GoingAway, spread * place / count);
        }
    }

    /// How many connections there are.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.registry.connection_count()
    }

    /// How many topics have subscribers here.
    #[must_use]
    pub fn topics(&self) -> usize {
        self.shared.registry.topic_count()
    }

    fn enqueue(&self, topic: &Arc<Topic>, pending: impl IntoIterator<Item = Pending>) {
        if topic.enqueue(pending) {
            deliver::start(self.clone(), Arc::clone(topic));
        }
    }
}

impl crate::auth::EndSessions for Hub {
    fn end_sessions(&self, user: &UserId, logins: &[LoginId]) {
        Self::end_sessions(self, user, logins);
    }
}
