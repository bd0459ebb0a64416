//! Who there is: users, who of them is connected and where, and their conversations.
//!
//! Nothing is kept. A user's node and a conversation's members are worked out from the seed whenever they are needed,
//! so that a hundred million connections take no memory.

use super::draw::{Draws, HeavyTail, mix, scaled};

/// Users for each one who is connected at the busiest time.
pub(super) const USERS_PER_CONNECTION: u64 = 4;

/// Connections of a node.
pub(super) const PER_NODE: u64 = 50_000;

/// Direct conversations of a user.
pub(super) const DIRECTS: u64 = 5;

/// Groups of a user, in the mean.
pub(super) const GROUPS: u64 = 5;

/// Members of a group: most have a few, and the largest as many as a setting allows.
pub(super) const SIZES: HeavyTail = HeavyTail {
    range: (3.0, 10_000.0),
    slope: 1.3,
};

/// How much more is said in a conversation than in another of as many: 1 in the mean.
const LIVELINESS: HeavyTail = HeavyTail {
    range: (0.36, 100.0),
    slope: 1.5,
};

/// Messages that a connected member alone brings a second; more members bring more by the root of their number.
/// Altogether each connection sends one in about three minutes.
const TALK: f64 = 0.0007;

/// A service at its busiest time.
#[derive(Debug, Clone, Copy)]
pub(super) struct World {
    /// Users with a connection each, in the mean.
    pub(super) connections: u64,
    /// How many nodes they are spread over.
    pub(super) nodes: u64,
    /// What all is drawn from.
    pub(super) seed: u64,
    /// Of so many conversations one is drawn, and counts for all.
    pub(super) every: u64,
}

/// What a conversation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of two users.
    Direct,
    /// Of at least three.
    Group,
}

/// A conversation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conversation {
    /// What it is.
    pub(super) kind: Kind,
    /// How many members it has.
    pub(super) size: u64,
    /// How much more is said than in others.
    liveliness: f64,
    /// The members: `first`, and each `step` further on the ring of all users.
    first: u64,
    step: u64,
    users: u64,
}

impl World {
    /// A service of so many connections, of which at most `drawn` conversations are drawn.
    pub(super) fn new(connections: u64, seed: u64, drawn: u64) -> Self {
        let mut world = Self {
            connections,
            nodes: connections.div_ceil(PER_NODE),
            seed,
            every: 1,
        };
        world.every = (world.directs() + world.groups()).div_ceil(drawn);
        world
    }

    /// How many users there are, connected or not.
    pub(super) const fn users(&self) -> u64 {
        self.connections * USERS_PER_CONNECTION
    }

    /// How many direct conversations there are.
    pub(super) const fn directs(&self) -> u64 {
        self.users() * DIRECTS / 2
    }

    /// How many groups there are.
    pub(super) fn groups(&self) -> u64 {
        ((self.users() * GROUPS) as f64 / SIZES.mean()) as u64
    }

    /// The node that a user is connected to; none, if to none.
    pub(super) fn node(&self, user: u64) -> Option<usize> {
        let bits = mix(mix(self.seed ^ user));
        let connected = bits.is_multiple_of(USERS_PER_CONNECTION);
        connected.then(|| scaled(mix(bits), self.nodes) as usize)
    }

    /// The conversations that are drawn.
    pub(super) fn conversations(&self) -> impl Iterator<Item = Conversation> + use<> {
        let (world, all) = (*self, self.directs() + self.groups());
        let drawn = (0..all).step_by(world.every as usize);
        drawn.map(move |number| world.conversation(number))
    }

    fn conversation(&self, number: u64) -> Conversation {
        let mut draws = Draws::of(self.seed, number);
        let users = self.users();
        let kind = match number < self.directs() {
            true => Kind::Direct,
            false => Kind::Group,
        };
        let size = match kind {
            Kind::Direct => 2,
            Kind::Group => SIZES.at(draws.share()) as u64,
        };
        let mut step = 1 + draws.below(users - 1);
        while common_divisor(step, users) != 1 {
            step += 1;
        }
        Conversation {
            kind,
            size: size.min(users),
            liveliness: LIVELINESS.at(draws.share()),
            first: draws.below(users),
            step,
            users,
        }
    }
}

impl Conversation {
    /// Its members, each once: the step has no divisor in common with the length of the ring.
    pub(super) fn members(&self) -> impl Iterator<Item = u64> + use<> {
        let (mut member, step, users) = (self.first, self.step % self.users, self.users);
        (0..self.size).map(move |_| {
            let this = member;
            member = (member + step) % users;
            this
        })
    }

    /// How many messages are sent in so many seconds, in the mean, while so many members are connected.
    pub(super) fn messages(&self, connected: usize, seconds: f64) -> f64 {
        TALK * (connected as f64).sqrt() * self.liveliness * seconds
    }
}

const fn common_divisor(mut one: u64, mut other: u64) -> u64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{DIRECTS, GROUPS, World};

    #[test]
    fn a_conversation_has_as_many_different_members_as_its_size() {
        let world = World::new(1_000, 1, u64::MAX);

        for conversation in world.conversations() {
            let members: Vec<u64> = conversation.members().collect();
            let different: HashSet<u64> = members.iter().copied().collect();

            assert_eq!(members.len() as u64, conversation.size);
            assert_eq!(different.len(), members.len(), "{conversation:?}");
            assert!(members.iter().all(|member| *member < world.users()));
        }
    }

    #[test]
    fn a_user_is_in_as_many_conversations_as_is_said_and_one_of_four_is_connected() {
        let world = World::new(20_000, 1, u64::MAX);

        let memberships: u64 = world.conversations().map(|one| one.size).sum();
        let connected = (0..world.users()).filter(|user| world.node(*user).is_some());

        let each = memberships as f64 / world.users() as f64;
        assert!(
            (each / (DIRECTS + GROUPS) as f64 - 1.0).abs() < 0.15,
            "{each}"
        );
        let connected = connected.count() as f64;
        assert!((connected / 20_000.0 - 1.0).abs() < 0.02, "{connected}");
    }

    #[test]
    fn connections_are_spread_evenly_over_the_nodes() {
        let world = World::new(500_000, 1, 1);
        let mut nodes = vec![0_u64; world.nodes as usize];

        for node in (0..world.users()).filter_map(|user| world.node(user)) {
            nodes[node] += 1;
        }

        assert!(
            nodes.iter().all(|node| node.abs_diff(50_000) < 1_500),
            "{nodes:?}"
        );
    }
}
