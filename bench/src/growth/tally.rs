//! A span of time, counted.

use super::draw::Draws;
use super::route::{Audience, Cost};
use super::world::{Conversation, Kind, World};

/// How long is counted, in seconds.
pub(super) const SPAN: f64 = 100.0;

/// How often a node compares its conversations with the store, renews its leases, and asks for those who are watched:
/// `Limits::check_after`, and `LOOK` of the hub's presence.
const LOOK_EVERY: f64 = 10.0;

/// What happened in the span, and what there was.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    /// How many nodes there were.
    pub(super) nodes: u64,
    /// Connections.
    pub(super) connections: u64,
    /// Messages that were stored.
    pub(super) messages: u64,
    /// What telling them cost.
    pub(super) told: Cost,
    /// Markers that moved: each connected member reads each message at once.
    pub(super) marks: u64,
    /// What telling those cost.
    pub(super) marked: Cost,
    /// Conversations that a node hears of, of all nodes.
    pub(super) topics: u64,
    /// Connections in those.
    pub(super) subscriptions: u64,
    /// Other sides of direct conversations that a connection hears of the presence of.
    pub(super) watched: u64,
    /// Those of them who are not connected to the same node, so that the bus is asked.
    pub(super) asked: u64,
    /// Frames that each node wrote.
    pub(super) written_by: Vec<u64>,
    /// The most connections that one message went to.
    pub(super) largest: u64,
}

impl Tally {
    /// Counts the span.
    pub(super) fn of(world: &World) -> Self {
        let mut tally = Self {
            nodes: world.nodes,
            connections: world.connections,
            written_by: vec![0; world.nodes as usize],
            ..Self::default()
        };
        let mut audience = Audience::empty(world);
        for (number, conversation) in (0..).zip(world.conversations()) {
            audience.gather(world, &conversation);
            if !audience.connected.is_empty() {
                let mut draws = Draws::of(!world.seed, number);
                let mean = conversation.messages(audience.connected.len(), SPAN);
                let messages = draws.rounded(mean);
                tally.count(world, &conversation, &audience, messages);
            }
        }
        tally
    }

    /// Counts a conversation in which so many messages are sent.
    fn count(&mut self, world: &World, one: &Conversation, audience: &Audience, messages: u64) {
        let (connected, every) = (audience.connected.len() as u64, world.every);
        self.topics += every * audience.nodes.len() as u64;
        self.subscriptions += every * connected;
        if one.kind == Kind::Direct {
            self.watched += every * connected;
            // Both on one node: neither is asked for.
            let together = connected == 2 && audience.nodes.len() == 1;
            self.asked += every * if together { 0 } else { connected };
        }
        if messages == 0 {
            return;
        }
        let marks = messages * (connected - 1);
        let (told, marked) = (audience.told(world), audience.marked(world, one));
        self.messages += every * messages;
        self.told.add(told, every * messages);
        self.marks += every * marks;
        self.marked.add(marked, every * marks);
        self.largest = self.largest.max(connected);
        for (node, here) in &audience.nodes {
            self.written_by[*node] += every * messages * here;
        }
    }

    /// A count of the span, as of a second.
    pub(super) fn a_second(count: u64) -> f64 {
        count as f64 / SPAN
    }

    /// Heads that the nodes read from the store a second, to see whether they missed something.
    pub(super) fn heads(&self) -> f64 {
        (self.topics + self.connections) as f64 / LOOK_EVERY
    }

    /// Leases that are renewed a second.
    pub(super) fn renewals(&self) -> f64 {
        self.with_bus(self.connections as f64 / LOOK_EVERY)
    }

    /// Users whose leases are asked for a second.
    pub(super) fn questions(&self) -> f64 {
        self.with_bus(self.asked as f64 / LOOK_EVERY)
    }

    /// How often a second a node is told that another is there.
    pub(super) fn beats(&self) -> f64 {
        self.with_bus((self.nodes * self.nodes) as f64)
    }

    /// A service of one node has no bus.
    fn with_bus(&self, count: f64) -> f64 {
        if self.nodes > 1 { count } else { 0.0 }
    }

    /// How much more the busiest node writes than the mean of all.
    pub(super) fn unevenness(&self) -> f64 {
        let most = self.written_by.iter().copied().max().unwrap_or(0);
        let sum: u64 = self.written_by.iter().sum();
        most as f64 * self.nodes as f64 / sum.max(1) as f64
    }
}
