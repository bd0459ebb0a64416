//! The routes beside the hub itself: nodes of one process on one bus, and a socket for every connection.

use std::collections::{HashMap, HashSet};
use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use chat_core::hub::{Hub, HubPorts, JsonFormat, Sink};
use chat_core::id::{ConversationId, NodeId, UserId};
use chat_core::memory::{MemoryBus, MemoryStore};
use chat_core::presence::{BusError, BusEvent, PresenceBus, Publication, Topic};
use chat_core::protocol::{Event, Limits};
use tokio::sync::mpsc;

use super::route::{Audience, Cost};
use super::weigh::member_of;
use super::world::World;

/// What the bus took, and how often it handed that on as Redis does: to the node that published it, too.
#[derive(Debug, Clone, Default)]
struct CountingBus {
    bus: MemoryBus,
    counts: Arc<Mutex<Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    subscribed: HashMap<NodeId, HashSet<Topic>>,
    publications: u64,
    handed_on: u64,
}

impl CountingBus {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap()
    }

    fn count(&self, topic: &Topic) {
        let mut counts = self.counts();
        let hear = |topics: &&HashSet<Topic>| topics.contains(topic);
        let heard = counts.subscribed.values().filter(hear).count();
        counts.publications += 1;
        counts.handed_on += heard as u64;
    }

    fn change(&self, node: NodeId, change: impl FnOnce(&mut HashSet<Topic>)) {
        change(self.counts().subscribed.entry(node).or_default());
    }
}

#[async_trait]
impl PresenceBus for CountingBus {
    async fn attach(&self, node: NodeId, events: mpsc::Sender<BusEvent>) -> Result<(), BusError> {
        self.bus.attach(node, events).await
    }

    async fn publish(&self, publications: &[Publication]) -> Result<(), BusError> {
        let is_said = |one: &&Publication| matches!(one.topic, Topic::Conversation(_));
        for one in publications.iter().filter(is_said) {
            self.count(&one.topic);
        }
        self.bus.publish(publications).await
    }

    async fn subscribe(&self, node: NodeId, topics: &[Topic]) -> Result<(), BusError> {
        self.change(node, |heard| heard.extend(topics.iter().cloned()));
        self.bus.subscribe(node, topics).await
    }

    async fn unsubscribe(&self, node: NodeId, topics: &[Topic]) -> Result<(), BusError> {
        self.change(node, |heard| heard.retain(|topic| !topics.contains(topic)));
        self.bus.unsubscribe(node, topics).await
    }

    async fn renew(&self, node: NodeId, users: &[UserId]) -> Result<(), BusError> {
        self.bus.renew(node, users).await
    }

    async fn release(&self, node: NodeId, users: &[UserId]) -> Result<(), BusError> {
        self.bus.release(node, users).await
    }

    async fn online(&self, users: &[UserId]) -> Result<Vec<UserId>, BusError> {
        self.bus.online(users).await
    }
}

/// Sockets that take everything, and how many frames came that say that somebody types.
#[derive(Debug, Clone, Default)]
struct Sockets(Arc<AtomicU64>);

impl Sink for Sockets {
    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let written: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
        let frames = memchr::memmem::find_iter(&written, "\"type\":\"typing\"").count();
        self.0.fetch_add(frames as u64, Ordering::SeqCst);
        Ok(written.len())
    }

    fn wake(&self) {}
}

fn hub(bus: &CountingBus) -> Hub {
    let store = Arc::new(MemoryStore::new());
    let ports = HubPorts {
        messages: Arc::clone(&store) as _,
        conversations: Arc::clone(&store) as _,
        users: Arc::clone(&store) as _,
        people: Arc::clone(&store) as _,
        last_seen: store,
        bus: Some(Arc::new(bus.clone())),
    };
    Hub::new(ports, Limits::default())
}

/// Connects everybody who is, and has somebody type in each conversation; what was to be expected of that.
async fn type_everywhere(world: &World, bus: &CountingBus, sockets: &Sockets) -> (Cost, Vec<Hub>) {
    let hubs: Vec<Hub> = (0..world.nodes).map(|_| hub(bus)).collect();
    let mut members: HashMap<u64, Vec<ConversationId>> = HashMap::new();
    let (mut audience, mut expected, mut typing) =
        (Audience::empty(world), Cost::default(), vec![]);
    for conversation in world.conversations() {
        let id = ConversationId::new();
        audience.gather(world, &conversation);
        if let Some(node) = audience.connected.first() {
            expected.add(audience.told(world), 1);
            typing.push((id, *node));
        }
        for user in conversation.members() {
            members.entry(user).or_default().push(id);
        }
    }
    for (user, conversations) in members {
        if let Some(node) = world.node(user) {
            let id = UserId::new(format!("user-{user}")).unwrap();
            let sink = Arc::new(sockets.clone());
            let connection = hubs[node].connect(id, None, Arc::new(JsonFormat), sink);
            let memberships: Vec<_> = conversations.into_iter().map(member_of).collect();
            hubs[node].begin_open(&connection, &memberships).await;
            hubs[node].open(&connection, &memberships);
        }
    }
    for (conversation_id, node) in typing {
        let user_id = UserId::new("somebody").unwrap();
        let event = Event::Typing {
            conversation_id,
            user_id,
            active: true,
        };
        hubs[node].publish(conversation_id, [event]);
    }
    (expected, hubs)
}

#[tokio::test(start_paused = true)]
async fn the_hub_and_the_bus_do_what_is_counted() {
    let world = World {
        nodes: 5,
        ..World::new(60, 3, u64::MAX)
    };
    let (bus, sockets) = (CountingBus::default(), Sockets::default());

    let (expected, _hubs) = type_everywhere(&world, &bus, &sockets).await;
    // The clock stands still until nothing is left to do: what comes twice has come by then, too.
    tokio::time::sleep(Duration::from_secs(1)).await;

    assert!(expected.publications > 100, "{expected:?}");
    let counts = bus.counts();
    let written = sockets.0.load(Ordering::SeqCst);
    assert_eq!(
        (counts.publications, counts.handed_on, written),
        (expected.publications, expected.handed_on, expected.written)
    );
}
