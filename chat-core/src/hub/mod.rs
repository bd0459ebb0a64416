//! Live delivery on one node: topics, the connections that hear of them, and their outboxes.
//!
//! ```text
//! use case ──publish──▶ Topic ──encode once──▶ Outbox ──▶ Sink (a socket)
//!                         │ in order by rev        │ bounded by frames and bytes
//!                         └─ a gap is read from the store
//! ```
//!
//! Several nodes tell each other over a bus, which may lose anything: what it brings takes its place by rev,
//! and what it does not bring is found by looking into the store.
//!
//! A topic hands out a conversation's log in the order of its revs: the next rev goes out, an
//! older one is dropped, a gap is first read from the store. Membership is cut at the same place:
//! whoever an event removes gets it as the last one. The hub fills outboxes with ready frames and
//! knows nothing of what empties them.

mod calls;
mod check;
mod connection;
mod deliver;
mod format;
mod heal;
mod join;
mod nodes;
mod online;
mod outbox;
mod presence;
mod profiles;
mod registry;
mod reviews;
mod round;
#[cfg(test)]
#[cfg(shuttle)]
mod shuttle_tests;
mod subscriber;
mod topic;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch as flag;

use crate::id::{ConversationId, LoginId, Rev, UserId};
use crate::presence::{PresenceBus, Topic as Key};
use crate::protocol::{CloseCode, Event, Limits};
use crate::store::{ConversationStore, LastSeenStore, MessageStore, PeopleStore, UserStore};

use check::Newcomers;
use heal::Healer;
use nodes::{Nodes, Told};
use presence::Presences;
use profiles::Profiles;
use registry::Registry;
use reviews::Reviews;
use topic::{Pending, Topic};

pub use connection::{Connection, ConnectionId};
pub use format::{JsonFormat, WireFormat};
pub(crate) use outbox::Cork;
pub use outbox::{Outbox, Sink};

/// The ports that a hub leans on.
#[derive(Debug, Clone)]
pub struct HubPorts {
    /// Read to close a gap, and to see whether there is one.
    pub messages: Arc<dyn MessageStore>,
    /// Asked what a user joined that nobody told of.
    pub conversations: Arc<dyn ConversationStore>,
    /// Asked for profiles that were not asked for lately.
    pub users: Arc<dyn UserStore>,
    /// Asked who may know of whom.
    pub people: Arc<dyn PeopleStore>,
    /// Told when a user's last connection goes.
    pub last_seen: Arc<dyn LastSeenStore>,
    /// The way to other nodes on the same store, if there may be any.
    pub bus: Option<Arc<dyn PresenceBus>>,
}

/// A node's hub. Clones share it. All its methods are called within a tokio runtime.
#[derive(Debug, Clone)]
pub struct Hub {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    ports: HubPorts,
    limits: Limits,
    registry: Registry,
    nodes: Arc<Nodes>,
    healer: Arc<Healer>,
    newcomers: Arc<Newcomers>,
    presences: Arc<Presences>,
    reviews: Arc<Reviews>,
    profiles: Profiles,
    /// Told of each connection that comes or goes.
    moves: flag::Sender<()>,
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
    pub fn new(ports: HubPorts, limits: Limits) -> Self {
        let nodes = Arc::new(Nodes::new(ports.bus.clone()));
        Self {
            shared: Arc::new(Shared {
                registry: Registry::new(Arc::clone(&nodes)),
                nodes,
                healer: Arc::new(Healer::new(Arc::clone(&ports.messages))),
                newcomers: Arc::default(),
                presences: Arc::default(),
                reviews: Arc::default(),
                profiles: Profiles::new(limits.cached_profiles),
                moves: flag::Sender::new(()),
                ports,
                limits,
            }),
        }
    }

    /// Adds a connection of `user`: from now on it hears of the user's own events.
    ///
    /// If the user has as many as [`Limits::connections_per_user`], the oldest is closed; after
    /// [`close_all`](Self::close_all) the new one is.
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
        let at_most = self.shared.limits.connections_per_user;
        let added = self.shared.registry.add(&connection, at_most);
        for surplus in added.surplus {
            surplus.outbox().close(CloseCode::TooManyConnections);
        }
        if let Some(away_for) = added.away_for {
            let outbox = connection.outbox();
            outbox.close_with_hint(CloseCode::GoingAway, away_for);
        }
        self.shared.nodes.start(self);
        if added.came_online {
            self.shared.presences.note(connection.user().clone());
        }
        self.shared.moves.send_replace(());
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
        self.shared.moves.send_replace(());
    }

    /// Every connection here. For what goes to everybody, as a list of who is online may where there are few;
    /// in a large service [`watch`](Self::watch) tells each only of those who matter to it.
    #[must_use]
    pub fn everybody(&self) -> Vec<Arc<Connection>> {
        self.shared.registry.all()
    }

    /// Changes whenever a connection comes or goes here; several at once may be one change.
    #[must_use]
    pub fn moves(&self) -> flag::Receiver<()> {
        self.shared.moves.subscribe()
    }

    /// Tells `events` of one conversation, in order, to the connections that hear of it.
    ///
    /// The caller has committed them. They may come late, twice or out of order: revs decide.
    pub fn publish(&self, conversation: ConversationId, events: impl IntoIterator<Item = Event>) {
        let topic = self.shared.registry.topic(&Key::Conversation(conversation));
        let events = events.into_iter().map(Arc::new);
        if !self.shared.nodes.has_bus() {
            if let Some(topic) = topic {
                self.enqueue(&topic, events.map(Pending::Event));
            }
            return;
        }
        self.shared.nodes.start(self);
        let events: Vec<_> = events.collect();
        for event in &events {
            // Only what is of the moment has no place of its own, and waits for whoever writes to the topic's sockets.
            let topic = topic.as_ref().filter(|_| event.rev().is_none());
            let after = topic.map(|topic| topic.last_rev());
            let told = Told::Event {
                after,
                event: &**event,
            };
            self.shared
                .nodes
                .tell(Key::Conversation(conversation), &told);
        }
        if let Some(topic) = topic {
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

    /// Tells an event to all connections of a user, on any node.
    pub fn publish_to_user(&self, user: &UserId, event: &Event) {
        self.shared.nodes.start(self);
        let told = Told::Event { after: None, event };
        self.shared.nodes.tell(Key::User(user.clone()), &told);
        self.tell_user(user, event);
    }

    fn tell_user(&self, user: &UserId, event: &Event) {
        for connection in self.shared.registry.connections(user) {
            deliver::to_connection(&connection, event);
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

    /// Closes every connection of these logins of `user`, on any node.
    pub fn end_sessions(&self, user: &UserId, logins: &[LoginId]) {
        self.shared.nodes.start(self);
        let told = Told::SessionsEnded {
            logins: logins.to_vec(),
        };
        self.shared.nodes.tell(Key::User(user.clone()), &told);
        self.close_sessions(user, logins);
    }

    fn close_sessions(&self, user: &UserId, logins: &[LoginId]) {
        for connection in self.shared.registry.connections(user) {
            if connection
                .login()
                .is_some_and(|login| logins.contains(&login))
            {
                connection.outbox().close(CloseCode::SessionEnded);
            }
        }
    }

    /// Closes every connection, and whichever comes from now on: each is told to come back after a
    /// moment between zero and `spread`, evenly spread out, so that they do not all come at once.
    /// Those that come later are told `spread`.
    pub fn close_all(&self, spread: Duration) {
        let connections = self.shared.registry.send_away(spread);
        let count = u32::try_from(connections.len()).unwrap_or(u32::MAX).max(1);
        for (place, connection) in (0..count).zip(&connections) {
            connection
                .outbox()
                .close_with_hint(CloseCode::GoingAway, spread * place / count);
        }
    }

    /// The login sessions that have a connection here, and whose they are.
    #[must_use]
    pub fn logins(&self) -> Vec<(UserId, LoginId)> {
        let connections = self.shared.registry.all();
        let logins = connections
            .iter()
            .filter_map(|connection| Some((connection.user().clone(), connection.login()?)));
        logins.collect()
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

    /// How many other nodes were heard of within the last seconds.
    #[must_use]
    pub fn nodes_heard(&self) -> usize {
        self.shared.nodes.health().peers_heard()
    }

    /// Whether what other nodes tell is heard, as far as this node knows.
    #[must_use]
    pub fn hears_others(&self) -> bool {
        self.shared.nodes.health().is_good()
    }

    fn enqueue(&self, topic: &Arc<Topic>, pending: impl IntoIterator<Item = Pending>) {
        if topic.enqueue(pending) {
            deliver::start(self.clone(), Arc::clone(topic));
        }
    }
}
