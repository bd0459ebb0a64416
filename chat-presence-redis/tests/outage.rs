//! Redis goes away in every way it can, and comes back: nodes are told, and hear again all they heard before.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics"
)]

mod common;

use std::time::Duration;

use chat_core::id::ConversationId;
use chat_core::presence::{BusEvent, PresenceBus as _, Topic};
use chat_presence_redis::RedisBus;
use chat_testkit::Redis;
use common::node::Node;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

/// A Redis of its own, and two nodes: one that publishes and one that hears some hundred topics.
struct Place {
    redis: Redis,
    here: Node,
    there: Node,
    topics: Vec<Topic>,
}

async fn place() -> Place {
    let redis = spawn_blocking(Redis::start).await.unwrap().unwrap();
    let bus = common::bus(&redis.url(), "chat").await;
    let (here, there) = (Node::attach(&bus).await, Node::attach(&bus).await);
    let topics = conversations(1_200);
    there.subscribe(&topics).await;
    Place {
        redis,
        here,
        there,
        topics,
    }
}

fn conversations(count: usize) -> Vec<Topic> {
    let one = || Topic::Conversation(ConversationId::new());
    std::iter::repeat_with(one).take(count).collect()
}

impl Place {
    fn bus(&self) -> &RedisBus {
        &self.here.bus
    }

    /// Every topic is heard, each once and with nothing between.
    async fn everything_is_heard(&mut self) {
        let all = self.topics.iter();
        let all: Vec<_> = all
            .map(|topic| self.here.publication(topic, "all"))
            .collect();
        // Fewer at a time than the listener has room for.
        for some in all.chunks(600) {
            self.bus().publish(some).await.unwrap();
            for one in some {
                assert_eq!(self.there.publication_heard().await, *one);
            }
        }
        assert!(self.there.is_quiet());
    }

    async fn restart(mut self) -> Self {
        let restart = move || {
            self.redis.restart().unwrap();
            self
        };
        spawn_blocking(restart).await.unwrap()
    }

    /// Sends one command by a plain connection.
    async fn order(&self, words: &[&str]) {
        let mut connection = common::plain(&self.redis.url()).await;
        let mut command = redis::Cmd::new();
        command.arg(words);
        let _: redis::Value = command.query_async(&mut connection).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_and_restarted_redis_is_heard_again() {
    let mut place = place().await;
    place.everything_is_heard().await;
    let probe = place.here.publication(&place.topics[0], "probe");

    for _ in 0..3 {
        place.redis.kill();
        place.there.told(BusEvent::Disconnected).await;
        for _ in 0..10 {
            let took = place.here.publish_in_vain(&probe).await;
            assert!(took < Duration::from_millis(500), "{took:?}");
        }
        let late = conversations(1);
        let begun = Instant::now();
        let failed = place.there.bus.subscribe(place.there.id, &late).await;
        assert!(failed.is_err() && begun.elapsed() < Duration::from_millis(500));

        place = place.restart().await;
        let begun = Instant::now();
        place.there.told(BusEvent::Lagged).await;
        let heard = begun.elapsed();
        let published = heard + place.here.publish_at_last(&probe).await;
        assert!(heard < Duration::from_secs(2), "{heard:?}");
        assert!(published < Duration::from_secs(2), "{published:?}");
        assert_eq!(place.there.publication_heard().await, probe);
        place.topics.extend(late);
        place.everything_is_heard().await;
        // The news for the publishing node waits for nobody.
        place.here.outage_heard().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unsubscribed_while_away_it_is_not_heard_afterwards() {
    let mut place = place().await;
    let ended = place.topics.split_off(600);

    place.redis.kill();
    place.there.told(BusEvent::Disconnected).await;
    let outcome = place.there.bus.unsubscribe(place.there.id, &ended).await;
    assert!(outcome.is_err());
    place = place.restart().await;
    place.there.told(BusEvent::Lagged).await;

    let gone = place.here.publication(&ended[0], "gone");
    place.here.publish_at_last(&gone).await;
    place.everything_is_heard().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_subscriptions_are_made_anew() {
    let mut place = place().await;

    place.order(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
    place.there.outage_heard().await;

    place.everything_is_heard().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thrown_out_for_being_slow_it_is_told_and_goes_on() {
    let mut place = place().await;
    place.everything_is_heard().await;
    let limit = ["CONFIG", "SET", "client-output-buffer-limit"];
    let tight = [&limit[..], &["pubsub 1kb 1kb 1"]].concat();
    place.order(&tight).await;

    let large = "x".repeat(200 * 1024);
    let large = place.here.publication(&place.topics[0], &large);
    place.here.publish_at_last(&large).await;
    place.there.told(BusEvent::Disconnected).await;

    let wide = [&limit[..], &["pubsub 32mb 8mb 60"]].concat();
    place.order(&wide).await;
    place.there.told(BusEvent::Lagged).await;
    place.everything_is_heard().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarted_empty_redis_takes_leases_again() {
    let mut place = place().await;
    let (node, users) = (place.here.id, [chat_core::id::UserId::new("ada").unwrap()]);
    place.bus().renew(node, &users).await.unwrap();
    assert_eq!(place.bus().online(&users).await.unwrap(), users);

    place.redis.kill();
    place.here.told(BusEvent::Disconnected).await;
    assert!(place.bus().online(&users).await.is_err());
    place = place.restart().await;
    place.here.told(BusEvent::Lagged).await;
    let probe = place.here.publication(&place.topics[0], "probe");
    place.here.publish_at_last(&probe).await;

    assert_eq!(place.bus().online(&users).await.unwrap(), []);
    place.bus().renew(node, &users).await.unwrap();
    assert_eq!(place.bus().online(&users).await.unwrap(), users);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hanging_redis_is_noticed_and_calls_end_in_time() {
    let mut place = place().await;
    let probe = place.here.publication(&place.topics[0], "probe");

    place.redis.pause().unwrap();
    let begun = Instant::now();
    let took = place.here.publish_in_vain(&probe).await;
    assert!(took < Duration::from_secs(2), "{took:?}");
    place.there.told(BusEvent::Disconnected).await;
    let noticed = begun.elapsed();
    assert!(noticed < Duration::from_millis(3_500), "{noticed:?}");
    let users = [chat_core::id::UserId::new("ada").unwrap()];
    let begun = Instant::now();
    assert!(place.bus().online(&users).await.is_err());
    let outcome = place.bus().subscribe(place.here.id, &place.topics).await;
    assert!(outcome.is_err());
    assert!(begun.elapsed() < Duration::from_secs(4));

    place.redis.resume().unwrap();
    place.there.told(BusEvent::Lagged).await;
    place.here.publish_at_last(&probe).await;
    while place.there.publication_heard().await != probe {}
}
