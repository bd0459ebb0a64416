//! How connections come to hear of conversations: at their start, and when their user is added.

use std::collections::HashSet;
use std::sync::Arc;

use crate::hub::deliver::{self, PerFormat};
use crate::hub::nodes;
use crate::hub::registry::Fresh;
use crate::hub::subscriber::Stage;
use crate::hub::topic::{Join, Pending, State, Topic};
use crate::hub::{Connection, Hub};
use crate::id::{Rev, Seq, UserId};
use crate::model::{ConversationKind, Membership};
use crate::presence::Topic as Key;
use crate::protocol::{CloseCode, ConversationView, Event, MemberView};
use crate::store::Since;

impl Hub {
    /// Notes from now on what happens in these conversations, on any node, until [`open`](Self::open) says
    /// from where on the connection is to hear of it. The memberships may be a little old.
    ///
    /// The store must be asked again in between: what it then says, together with what was noted,
    /// is complete.
    pub async fn begin_open(&self, connection: &Arc<Connection>, memberships: &[Membership]) {
        for membership in memberships {
            let key = Key::Conversation(membership.conversation);
            let (rev, from) = (membership.rev, membership.visible_from);
            self.shared.registry.enter(&key, rev, |topic, state, _| {
                let opening = Stage::Opening(Some(Vec::new()));
                state.subscribe(topic, connection, opening, from);
            });
        }
        self.shared.nodes.settled().await;
    }

    /// How often the user of `connection` had become a member of a conversation before the store was asked
    /// for what [`open`](Self::open) is told: a higher number means that there is one more.
    pub fn note_joins(&self, connection: &Connection, count: u64) {
        self.shared.registry.note_joins(connection.user(), count);
    }

    /// Ends [`begin_open`](Self::begin_open): the connection's user has exactly these memberships, and it hears of
    /// everything after each one's `rev`, but for messages up to its `visible_from`; it leaves the others.
    pub fn open(&self, connection: &Arc<Connection>, memberships: &[Membership]) {
        for membership in memberships {
            let key = Key::Conversation(membership.conversation);
            if let Some(topic) = connection.topic(&key) {
                let mut state = topic.lock();
                state.hide_until(connection, membership.visible_from);
                state.open(&topic, connection, membership.rev);
                drop(state);
                self.enqueue(&topic, [Pending::Check(Some(membership.rev))]);
            }
        }
        let members: HashSet<_> = memberships
            .iter()
            .map(|membership| membership.conversation)
            .collect();
        for topic in connection.topics() {
            let gone = topic
                .conversation()
                .is_some_and(|id| !members.contains(&id));
            if gone && topic.lock().is_opening(connection) {
                connection.remove_topic(topic.key());
                self.shared.registry.leave(&topic, connection.id());
            }
        }
        connection.outbox().flush();
        connection.start();
    }

    /// Tells users, whom a committed change at `conversation.rev` made members, that they are, and
    /// subscribes their connections to everything after it. They see messages above `conversation.last_seq`.
    pub fn join(
        &self,
        conversation: ConversationView,
        members: Vec<MemberView>,
        joined: Vec<UserId>,
    ) {
        for user in &joined {
            let told = nodes::Told::Joined {
                conversation: conversation.id,
            };
            self.shared.nodes.tell(Key::User(user.clone()), &told);
        }
        self.join_here(conversation, members, joined);
    }

    /// As [`join`](Self::join), on this node.
    pub(super) fn join_here(
        &self,
        conversation: ConversationView,
        members: Vec<MemberView>,
        joined: Vec<UserId>,
    ) {
        if conversation.kind == ConversationKind::Direct {
            self.watch_each_other(&joined);
        }
        let key = Key::Conversation(conversation.id);
        let connected = joined
            .iter()
            .any(|user| self.shared.registry.is_online(user));
        if !connected {
            return;
        }
        let (id, rev) = (conversation.id, conversation.rev);
        let visible_from = conversation.last_seq;
        let event = Arc::new(Event::ConversationJoined {
            conversation,
            members,
        });
        let join = Pending::Join(Join {
            users: joined,
            rev,
            visible_from,
            event,
        });
        let (start, fresh) = self.shared.registry.enter(&key, rev, |topic, _, fresh| {
            (topic.enqueue([join]).then(|| Arc::clone(topic)), fresh)
        });
        if let Some(topic) = start {
            deliver::start(self.clone(), topic);
        }
        if fresh == Fresh::Yes {
            let (hub, id) = (self.clone(), id);
            tokio::spawn(async move {
                hub.shared.nodes.settled().await;
                hub.check(id);
            });
        }
    }

    /// The two sides of a direct conversation see each other's presence, if they may.
    fn watch_each_other(&self, users: &[UserId]) {
        for user in users {
            for other in users.iter().filter(|other| *other != user) {
                self.expect_review(user.clone(), Some(other.clone()));
            }
        }
    }

    /// Subscribes the connections of new members and tells them; returns those to write.
    pub(super) fn admit(
        &self,
        topic: &Arc<Topic>,
        state: &mut State,
        join: &Join,
    ) -> Vec<Arc<Connection>> {
        let (mut wrote, mut told) = (Vec::new(), PerFormat::new(&join.event));
        for connection in join
            .users
            .iter()
            .flat_map(|user| self.shared.registry.connections(user))
            .filter(|connection| !state.is_open(connection))
            .collect::<Vec<_>>()
        {
            if let Some(frame) = told.by(&connection) {
                connection.outbox().queue_live([&frame]);
            }
            if state.last_rev <= join.rev {
                let open = Stage::Open(join.rev);
                state.subscribe(topic, &connection, open, join.visible_from);
            } else {
                let opening = Stage::Opening(Some(Vec::new()));
                state.subscribe(topic, &connection, opening, join.visible_from);
                tokio::spawn(catch_up(
                    self.clone(),
                    Arc::clone(topic),
                    Arc::clone(&connection),
                    join.rev,
                ));
            }
            wrote.push(connection);
        }
        wrote
    }
}

/// Tells a connection that was let in late what went out since the join.
async fn catch_up(hub: Hub, topic: Arc<Topic>, connection: Arc<Connection>, since: Rev) {
    let Some(conversation) = topic.conversation() else {
        return;
    };
    let place = Since {
        conversation,
        rev: since,
    };
    let changes = hub.shared.healer.read(place).await;
    let changes = changes.filter(|changes| !changes.truncated);
    let Some(changes) = changes else {
        return connection.outbox().close(CloseCode::Internal);
    };
    let head = changes.conversation.rev;
    let mut state = topic.lock();
    if !state.is_opening(&connection) {
        return;
    }
    state.hide_from(&changes.members);
    for event in Event::of_changes(changes, since) {
        if state.tell_first(&connection, &event) == Told::Last {
            return state.end(&topic, &connection);
        }
    }
    state.open(&topic, &connection, head);
    connection.outbox().flush();
}

/// Whether an event was the last one for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// More may follow.
    One,
    /// Its user is a member no more.
    Last,
}

impl State {
    fn is_opening(&self, connection: &Connection) -> bool {
        let subscriber = self.subscribers.get(&connection.id());
        subscriber.is_some_and(|subscriber| matches!(subscriber.stage, Stage::Opening(_)))
    }

    fn is_open(&self, connection: &Connection) -> bool {
        let subscriber = self.subscribers.get(&connection.id());
        subscriber.is_some_and(|subscriber| matches!(subscriber.stage, Stage::Open(_)))
    }

    /// Messages up to `seq` are not for a subscriber.
    fn hide_until(&mut self, connection: &Connection, seq: Seq) {
        if let Some(subscriber) = self.subscribers.get_mut(&connection.id()) {
            subscriber.hide(seq);
        }
    }

    /// Ends a subscription.
    fn end(&mut self, topic: &Topic, connection: &Connection) {
        connection.remove_topic(topic.key());
        self.subscribers.swap_remove(&connection.id());
    }

    /// Tells a subscriber that is not open yet one event.
    fn tell_first(&self, connection: &Connection, event: &Event) -> Told {
        let subscriber = self.subscribers.get(&connection.id());
        if subscriber.is_some_and(|subscriber| !subscriber.is_hidden(event))
            && let Some(frame) = deliver::encode(connection, event)
        {
            connection.outbox().queue_live([&frame]);
        }
        match event {
            Event::MemberRemoved { member, .. } if member.user_id == *connection.user() => {
                Told::Last
            }
            _ => Told::One,
        }
    }

    /// Lets a noted subscriber hear of everything after `rev`, first of what was noted.
    pub(super) fn open(&mut self, topic: &Topic, connection: &Connection, rev: Rev) {
        let Some(subscriber) = self.subscribers.get_mut(&connection.id()) else {
            return;
        };
        let Stage::Opening(noted) = &mut subscriber.stage else {
            return;
        };
        let Some(events) = noted.take() else {
            return connection.outbox().close(CloseCode::SlowConsumer);
        };
        subscriber.stage = Stage::Open(rev);
        for event in events {
            let is_late = event.rev().is_some_and(|(_, at)| at > rev);
            if is_late && self.tell_first(connection, &event) == Told::Last {
                return self.end(topic, connection);
            }
        }
    }
}
