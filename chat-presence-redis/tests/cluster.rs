//! A Cluster loses a master, moves slots, and goes on.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics"
)]

mod common;

use std::collections::HashSet;
use std::time::Duration;

use chat_core::id::{ConversationId, UserId};
use chat_core::presence::{BusEvent, PresenceBus as _, Publication, Topic};
use chat_testkit::RedisCluster;
use common::node::{Node, SOON};
use redis::aio::MultiplexedConnection;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

/// A Cluster of its own, and two nodes: one that publishes and one that hears some hundred topics on all masters.
struct Place {
    cluster: RedisCluster,
    here: Node,
    there: Node,
    topics: Vec<Topic>,
}

async fn place(topics: usize) -> Place {
    let cluster = spawn_blocking(RedisCluster::start).await.unwrap().unwrap();
    let bus = common::bus(&cluster.url(), "chat").await;
    let (here, there) = (Node::attach(&bus).await, Node::attach(&bus).await);
    let one = || Topic::Conversation(ConversationId::new());
    let topics: Vec<_> = std::iter::repeat_with(one).take(topics).collect();
    there.subscribe(&topics).await;
    Place {
        cluster,
        here,
        there,
        topics,
    }
}

impl Place {
    fn on_every_topic(&self, text: &str) -> Vec<Publication> {
        let all = self.topics.iter();
        all.map(|topic| self.here.publication(topic, text))
            .collect()
    }

    /// Publishes on every topic until all succeed at once.
    async fn publish_everywhere(&self, all: &[Publication]) {
        let begun = Instant::now();
        while let Err(error) = self.here.bus.publish(all).await {
            assert!(begun.elapsed() < SOON, "{error:?}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until everything of this was heard; earlier attempts may be heard too.
    async fn all_are_heard(&mut self, all: &[Publication]) {
        let mut missing: HashSet<&Topic> = all.iter().map(|one| &one.topic).collect();
        while !missing.is_empty() {
            if let BusEvent::Published(heard) = self.there.event().await
                && heard.payload == all[0].payload
            {
                missing.remove(&heard.topic);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_that_comes_back_is_heard_again() {
    let mut place = place(300).await;
    let all = place.on_every_topic("before");
    place.publish_everywhere(&all).await;
    place.all_are_heard(&all).await;

    place.cluster.node(1).kill();
    place.there.told(BusEvent::Disconnected).await;
    let meanwhile = place.on_every_topic("meanwhile");
    let begun = Instant::now();
    assert!(place.here.bus.publish(&meanwhile).await.is_err());
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    let heard = place.there.publication_heard().await;
    assert_eq!(heard.payload, "meanwhile", "the other masters carry on");
    place = spawn_blocking(move || {
        place.cluster.node(1).restart().unwrap();
        place
    })
    .await
    .unwrap();

    place.there.told(BusEvent::Lagged).await;
    let all = place.on_every_topic("after");
    place.publish_everywhere(&all).await;
    place.all_are_heard(&all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_whose_subscribers_are_killed_is_heard_again() {
    let mut place = place(300).await;

    for url in place.cluster.urls() {
        let mut connection = common::plain(&url).await;
        let mut kill = redis::cmd("CLIENT");
        let kill = kill.arg(&["KILL", "TYPE", "pubsub"]);
        let killed: i64 = kill.query_async(&mut connection).await.unwrap();
        assert_eq!(killed, 1, "the node that hears something");
        place.there.outage_heard().await;
    }

    let all = place.on_every_topic("after");
    place.publish_everywhere(&all).await;
    place.all_are_heard(&all).await;
}

/// A plain connection to each master, and each master's id.
async fn masters(cluster: &RedisCluster) -> Vec<(MultiplexedConnection, String)> {
    let mut masters = Vec::new();
    for url in cluster.urls() {
        let mut connection = common::plain(&url).await;
        let mut whoami = redis::cmd("CLUSTER");
        let id = whoami.arg("MYID").query_async(&mut connection).await;
        masters.push((connection, id.unwrap()));
    }
    masters
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slots_that_move_are_followed() {
    let mut place = place(300).await;
    let mut masters = masters(&place.cluster).await;
    let heir = masters[1].1.clone();

    // Half of what the first master has. The heir is told first, so that somebody has each slot all the time.
    for number in [1, 0, 2] {
        for slot in 0..2_730 {
            let mut set = redis::cmd("CLUSTER");
            set.arg("SETSLOT").arg(slot).arg("NODE").arg(&heir);
            let () = set.query_async(&mut masters[number].0).await.unwrap();
        }
    }

    place.there.told(BusEvent::Disconnected).await;
    place.there.told(BusEvent::Lagged).await;
    let all = place.on_every_topic("after");
    place.publish_everywhere(&all).await;
    place.all_are_heard(&all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leases_of_a_slot_on_its_way_are_found() {
    let place = place(0).await;
    let mut masters = masters(&place.cluster).await;
    let users = [UserId::new("ada").unwrap(), UserId::new("bob").unwrap()];
    let (bus, node) = (place.here.bus.clone(), place.here.id);
    let mut ask = redis::cmd("CLUSTER");
    let ask = ask.arg("KEYSLOT").arg("chat:lease:ada");
    let slot: usize = ask.query_async(&mut masters[0].0).await.unwrap();
    let from = slot / 16_384_usize.div_ceil(3);
    let to = (from + 1) % 3;

    for (of, way, other) in [(to, "IMPORTING", from), (from, "MIGRATING", to)] {
        let id = masters[other].1.clone();
        let mut set = redis::cmd("CLUSTER");
        set.arg("SETSLOT").arg(slot).arg(way).arg(id);
        let () = set.query_async(&mut masters[of].0).await.unwrap();
    }

    assert_eq!(bus.online(&users).await.unwrap(), []);
    bus.renew(node, &users).await.unwrap();
    assert_eq!(bus.online(&users).await.unwrap(), users);
    bus.release(node, &users).await.unwrap();
    assert_eq!(bus.online(&users).await.unwrap(), []);
}

/// Names are routed by the server's own rule, or calls would be redirected.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_name_is_sent_to_the_wrong_master() {
    let place = place(500).await;
    let users = ["{", "{}", "{a}", "a{b}c{d}", "}{x}", "{}{y}", "{{z}}"];
    let users = users.map(|name| UserId::new(name).unwrap());

    place.publish_everywhere(&place.on_every_topic("x")).await;
    place.here.bus.renew(place.here.id, &users).await.unwrap();

    for (mut connection, _) in masters(&place.cluster).await {
        let mut info = redis::cmd("INFO");
        let info = info.arg("errorstats").query_async(&mut connection).await;
        let info: String = info.unwrap();
        assert!(!info.contains("MOVED"), "{info}");
    }
}
