//! The way of what is told, by the rules of `chat-core/src/hub` and `chat-presence-redis`.
//!
//! * A node hears of a conversation's topic exactly while it has a connection of a member.
//! * What happens in a conversation is published once. Redis hands it on to every node that hears of the topic, the one
//!   that published it included, which takes no notice of it.
//! * Every node encodes it once, and writes it to each connection of a member.
//! * A service of one node has no bus.

use super::world::{Conversation, World};

/// Members of the largest group in which all hear of each other's markers: `Limits::marker_members`.
const MARKER_MEMBERS: u64 = 50;

/// The connections of one conversation's members.
#[derive(Debug, Default)]
pub(super) struct Audience {
    /// The node of each connected member.
    pub(super) connected: Vec<usize>,
    /// The nodes that hear of the topic, each with how many of its connections are among them.
    pub(super) nodes: Vec<(usize, u64)>,
    /// Where each node is in `nodes`, if it is.
    places: Vec<Option<usize>>,
}

impl Audience {
    /// None yet, of so many nodes.
    pub(super) fn empty(world: &World) -> Self {
        Self {
            places: vec![None; world.nodes as usize],
            ..Self::default()
        }
    }

    /// That of a conversation.
    pub(super) fn gather(&mut self, world: &World, conversation: &Conversation) {
        for (node, _) in self.nodes.drain(..) {
            self.places[node] = None;
        }
        self.connected.clear();
        for node in conversation.members().filter_map(|user| world.node(user)) {
            self.connected.push(node);
            match self.places[node] {
                Some(place) => self.nodes[place].1 += 1,
                None => {
                    self.places[node] = Some(self.nodes.len());
                    self.nodes.push((node, 1));
                }
            }
        }
    }

    /// What it costs to tell all of them something.
    pub(super) const fn told(&self, world: &World) -> Cost {
        let nodes = self.nodes.len() as u64;
        let (publications, handed_on) = match world.nodes {
            1 => (0, 0),
            _ => (1, nodes),
        };
        Cost {
            publications,
            handed_on,
            encoded: nodes,
            written: self.connected.len() as u64,
        }
    }

    /// What it costs that one of them, and nobody else, is told something on all of its devices: the same on the
    /// user's own topic, of which the one node hears.
    const fn told_alone(world: &World) -> Cost {
        let bus = (world.nodes > 1) as u64;
        Cost {
            publications: bus,
            handed_on: bus,
            encoded: 1,
            written: 1,
        }
    }

    /// What it costs that one of them has read something.
    pub(super) const fn marked(&self, world: &World, conversation: &Conversation) -> Cost {
        match conversation.size <= MARKER_MEMBERS {
            true => self.told(world),
            false => Self::told_alone(world),
        }
    }
}

/// What telling something costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// Publications that the bus takes.
    pub(super) publications: u64,
    /// How often the bus hands one on to a node.
    pub(super) handed_on: u64,
    /// How often a node encodes it.
    pub(super) encoded: u64,
    /// Frames written to sockets.
    pub(super) written: u64,
}

impl Cost {
    /// As often.
    pub(super) const fn add(&mut self, other: Self, times: u64) {
        self.publications += other.publications * times;
        self.handed_on += other.handed_on * times;
        self.encoded += other.encoded * times;
        self.written += other.written * times;
    }
}
