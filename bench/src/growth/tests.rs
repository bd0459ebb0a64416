//! The counts beside ones that are made without thinking, and beside the hub itself.

use std::collections::{HashMap, HashSet};

use super::draw::Draws;
use super::route::{Audience, Cost};
use super::tally::{SPAN, Tally};
use super::world::{Kind, World};

/// A small service of many nodes.
fn small() -> World {
    World {
        nodes: 7,
        ..World::new(500, 3, u64::MAX)
    }
}

#[test]
fn every_connected_member_gets_each_message_once() {
    let world = small();
    let mut audience = Audience::empty(&world);

    for conversation in world.conversations() {
        audience.gather(&world, &conversation);
        let cost = audience.told(&world);

        let connected: Vec<usize> = conversation
            .members()
            .filter_map(|user| world.node(user))
            .collect();
        let nodes: HashSet<usize> = connected.iter().copied().collect();
        assert_eq!(cost.written, connected.len() as u64);
        assert_eq!(cost.handed_on, nodes.len() as u64);
        assert_eq!(cost.encoded, cost.handed_on);
        let here: u64 = audience.nodes.iter().map(|(_, here)| here).sum();
        assert_eq!(here, cost.written, "each is a connection of one node");
    }
}

#[test]
fn one_node_tells_nothing_to_a_bus() {
    let world = World::new(500, 3, u64::MAX);

    let tally = Tally::of(&world);

    assert!(tally.messages > 0 && tally.told.written >= tally.messages);
    assert_eq!((tally.told.publications, tally.marked.handed_on), (0, 0));
    assert_eq!(tally.renewals() + tally.questions() + tally.beats(), 0.0);
}

/// Goes through every message, node and user.
fn brute_force(world: &World) -> Tally {
    let mut tally = Tally {
        nodes: world.nodes,
        connections: world.connections,
        written_by: vec![0; world.nodes as usize],
        ..Tally::default()
    };
    let (mut topics, mut asked) = (HashSet::new(), 0);
    for (number, conversation) in (0..).zip(world.conversations()) {
        let homes: HashMap<u64, usize> = conversation
            .members()
            .filter_map(|user| Some((user, world.node(user)?)))
            .collect();
        topics.extend(homes.values().map(|node| (number, *node)));
        tally.subscriptions += homes.len() as u64;
        if conversation.kind == Kind::Direct {
            tally.watched += homes.len() as u64;
            for (user, node) in &homes {
                let other = conversation.members().find(|other| other != user).unwrap();
                asked += u64::from(homes.get(&other) != Some(node));
            }
        }
        if homes.is_empty() {
            continue;
        }
        let mean = conversation.messages(homes.len(), SPAN);
        for _ in 0..Draws::of(!world.seed, number).rounded(mean) {
            tally.messages += 1;
            tally.largest = tally.largest.max(homes.len() as u64);
            send(&homes, &mut tally.told, &mut tally.written_by);
            for _ in 1..homes.len() {
                tally.marks += 1;
                let unseen = &mut vec![0; world.nodes as usize];
                match conversation.size <= 50 {
                    true => send(&homes, &mut tally.marked, unseen),
                    false => tally.marked.add(ALONE, 1),
                }
            }
        }
    }
    (tally.topics, tally.asked) = (topics.len() as u64, asked);
    tally
}

/// To one user on one node.
const ALONE: Cost = Cost {
    publications: 1,
    handed_on: 1,
    encoded: 1,
    written: 1,
};

fn send(homes: &HashMap<u64, usize>, cost: &mut Cost, written: &mut [u64]) {
    cost.publications += 1;
    for (node, written) in written.iter_mut().enumerate() {
        let here = homes.values().filter(|home| **home == node).count() as u64;
        if here > 0 {
            cost.handed_on += 1;
            cost.encoded += 1;
            cost.written += here;
            *written += here;
        }
    }
}

#[test]
fn a_small_service_is_counted_as_by_hand() {
    let world = small();

    let (counted, expected) = (Tally::of(&world), brute_force(&world));

    assert!(expected.messages > 50, "{expected:?}");
    assert_eq!(format!("{counted:?}"), format!("{expected:?}"));
}

#[test]
fn a_sample_stands_for_all() {
    let whole = World::new(50_000, 5, u64::MAX);
    let sampled = World { every: 4, ..whole };

    let (whole, sampled) = (Tally::of(&whole), Tally::of(&sampled));

    for (name, of) in [
        ("messages", (|tally| tally.messages) as fn(&Tally) -> u64),
        ("topics", |tally| tally.topics),
        ("subscriptions", |tally| tally.subscriptions),
        ("asked", |tally| tally.asked),
    ] {
        let ratio = of(&sampled) as f64 / of(&whole) as f64;
        assert!((0.9..1.1).contains(&ratio), "{name}: {ratio}");
    }
}

#[test]
fn the_same_seed_counts_the_same() {
    let of = |seed| format!("{:?}", Tally::of(&World::new(2_000, seed, u64::MAX)));

    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}
