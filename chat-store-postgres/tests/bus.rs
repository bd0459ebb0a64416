//! The bus on Postgres: under the suite, and among others on the same server.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics"
)]

mod common;

use std::cell::RefCell;
use std::time::Duration;

use bytes::Bytes;
use chat_core::id::{NodeId, UserId};
use chat_core::presence::{BusEvent, MAX_PAYLOAD, PresenceBus as _, Publication, Topic};
use chat_store_postgres::{PostgresBus, PostgresStore};
use sqlx::AssertSqlSafe;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

thread_local! {
    /// The store whose leases a test is about; each test has its thread.
    static STORE: RefCell<Option<(PostgresStore, String)>> = const { RefCell::new(None) };
}

async fn open() -> (PostgresBus, PostgresStore, String) {
    let schema = common::unique("bus");
    let store = common::open(&schema).await;
    let bus = PostgresBus::connect(&common::url(), &schema).await.unwrap();
    (bus, store, schema)
}

async fn fresh() -> (PostgresBus, PostgresStore) {
    let (bus, store, schema) = open().await;
    STORE.set(Some((store.clone(), schema)));
    (bus, store)
}

/// Lets all leases be that much older.
async fn pass(time: Duration) {
    let (store, schema) = STORE.with_borrow(|store| store.clone().expect("a fresh bus"));
    let statement =
        format!("update {schema}.leases set ends_at = ends_at - make_interval(secs => $1)");
    let older = sqlx::query(AssertSqlSafe(statement)).bind(time.as_secs_f64());
    older.execute(store.pool()).await.unwrap();
}

chat_core::bus_conformance!(fresh);
chat_core::lease_conformance!(fresh, pass);

struct Node {
    id: NodeId,
    events: mpsc::Receiver<BusEvent>,
}

async fn node(bus: &PostgresBus) -> Node {
    let (sender, events) = mpsc::channel(1_000);
    let id = NodeId::new();
    bus.attach(id, sender).await.unwrap();
    bus.subscribe(id, &[Topic::Nodes]).await.unwrap();
    Node { id, events }
}

impl Node {
    fn publication(&self, payload: impl Into<Bytes>) -> Publication {
        Publication {
            topic: Topic::Nodes,
            node: self.id,
            payload: payload.into(),
        }
    }

    async fn next(&mut self) -> BusEvent {
        let next = timeout(Duration::from_secs(5), self.events.recv()).await;
        next.expect("it comes soon").expect("the bus is there")
    }
}

async fn notify(store: &PostgresStore, schema: &str, text: &str) {
    let notify = sqlx::query("select pg_notify($1, $2)").bind(format!("chat:{schema}"));
    notify.bind(text).execute(store.pool()).await.unwrap();
}

#[tokio::test]
async fn a_batch_of_large_and_small_ones_comes_whole_and_in_order() {
    let (bus, _store, _) = open().await;
    let (here, mut there) = (node(&bus).await, node(&bus).await);
    let sizes = [0, 10, 100_000, 10, MAX_PAYLOAD, 5_850, 0, 0, 65_536, 1];
    let batch: Vec<_> = (0..50)
        .map(|n: usize| here.publication(vec![u8::try_from(n).unwrap(); sizes[n % 10]]))
        .collect();
    bus.publish(&batch).await.unwrap();
    for expected in batch {
        assert_eq!(there.next().await, BusEvent::Published(expected));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_ones_of_two_nodes_at_once_are_not_mixed() {
    let (bus, _store, schema) = open().await;
    let other = PostgresBus::connect(&common::url(), &schema).await.unwrap();
    let (one, two) = (node(&bus).await, node(&other).await);
    let mut there = node(&bus).await;
    let publishing = [(bus.clone(), one.id, 1), (other, two.id, 2)].map(|(bus, node, byte)| {
        tokio::spawn(async move {
            for _ in 0..20 {
                let payload = Bytes::from(vec![byte; 50_000]);
                let topic = Topic::Nodes;
                let publication = Publication {
                    topic,
                    node,
                    payload,
                };
                bus.publish(&[publication]).await.unwrap();
            }
        })
    });
    for task in publishing {
        task.await.unwrap();
    }
    for _ in 0..40 {
        let BusEvent::Published(heard) = there.next().await else {
            panic!("nothing was lost");
        };
        let byte = if heard.node == one.id { 1 } else { 2 };
        assert_eq!(heard.payload, vec![byte; 50_000]);
    }
    assert_eq!(bus.dropped(), 0);
}

#[tokio::test]
async fn what_others_notify_is_dropped_and_counted() {
    let (bus, store, schema) = open().await;
    let (here, mut there) = (node(&bus).await, node(&bus).await);
    let stranger = NodeId::new().as_uuid().simple().to_string();
    let long = "A".repeat(7_900);
    let hostile = [
        String::new(),
        "hello".to_owned(),
        long.clone(),
        format!("2.{stranger}.1.0.1.AAAA"),
        format!("1.{stranger}.1.0.1.***"),
        format!("1.{stranger}.1.0.1.AAAA"),
        format!("1.{stranger}.1.0.4294967295.AAAA"),
        format!("1.{stranger}.1.18446744073709551615.18446744073709551615.AAAA"),
        format!("1.{stranger}.1.1.2.AAAA"),
        format!("1.{stranger}.1.0.0.AAAA"),
        format!("1.{stranger}.1.-1.1.AAAA"),
        format!("1.{stranger}.1.0.1.{}", &long[..7_850]),
        format!("1.{stranger}.1.0.45.{}", &long[..7_800]),
    ];
    for text in &hostile {
        notify(&store, &schema, text).await;
    }

    let after = here.publication("after");
    bus.publish(std::slice::from_ref(&after)).await.unwrap();

    assert_eq!(there.next().await, BusEvent::Published(after));
    // Each of two nodes hears each; the one that publishes has not yet missed what follows the last.
    let count = hostile.len() as u64;
    let dropped = bus.dropped();
    assert!((2 * count - 2..=2 * count).contains(&dropped), "{dropped}");
}

#[tokio::test]
async fn two_schemas_are_apart() {
    let ((one, _one, _), (two, _two, _)) = (open().await, open().await);
    let (here, mut there) = (node(&one).await, node(&two).await);
    let ada = [UserId::new("ada").unwrap()];
    one.publish(&[here.publication("no")]).await.unwrap();
    one.renew(here.id, &ada).await.unwrap();
    let yes = Publication {
        topic: Topic::Nodes,
        node: NodeId::new(),
        payload: Bytes::from_static(b"yes"),
    };
    two.publish(std::slice::from_ref(&yes)).await.unwrap();
    assert_eq!(there.next().await, BusEvent::Published(yes));
    assert_eq!(two.online(&ada).await.unwrap(), []);
    assert_eq!(one.online(&ada).await.unwrap(), ada);
    assert_eq!((one.dropped(), two.dropped()), (0, 0));
}

#[tokio::test]
async fn a_schema_that_is_none_is_refused() {
    for schema in ["", "Chat", "chat; drop", "1"] {
        let refused = PostgresBus::connect(&common::url(), schema).await;
        assert!(refused.is_err(), "{schema}");
    }
}

#[tokio::test]
async fn ended_leases_are_taken_away_by_whoever_renews() {
    let (bus, store) = fresh().await;
    let users: Vec<_> = (0..500)
        .map(|n| UserId::new(format!("user {n}")).unwrap())
        .collect();
    bus.renew(NodeId::new(), &users).await.unwrap();
    pass(Duration::from_secs(60)).await;
    let (_, schema) = STORE.with_borrow(|store| store.clone().unwrap());

    let other = PostgresBus::connect(&common::url(), &schema).await.unwrap();
    other.renew(NodeId::new(), &users[..1]).await.unwrap();

    let count = AssertSqlSafe(format!("select count(*) from {schema}.leases"));
    let count: i64 = sqlx::query_scalar(count)
        .fetch_one(store.pool())
        .await
        .unwrap();
    assert_eq!(count, 1);
}

/// How many connections listen on the channel of a schema.
async fn listeners(store: &PostgresStore, schema: &str) -> i64 {
    let count = sqlx::query_scalar(
        "select count(*) from pg_stat_activity where application_name = 'chat bus' and query like $1",
    );
    let count = count.bind(format!("LISTEN%chat:{schema}%"));
    count.fetch_one(store.pool()).await.unwrap()
}

async fn wait_for_listeners(store: &PostgresStore, schema: &str, count: i64) {
    let begun = Instant::now();
    while listeners(store, schema).await != count {
        assert!(begun.elapsed() < Duration::from_secs(5), "not {count}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_connection_ends_with_its_node_and_all_with_the_bus() {
    let (bus, store, schema) = open().await;
    let (stays, goes) = (node(&bus).await, node(&bus).await);
    assert_eq!(listeners(&store, &schema).await, 2);
    drop(goes);
    wait_for_listeners(&store, &schema, 1).await;
    drop(bus);
    wait_for_listeners(&store, &schema, 0).await;
    drop(stays);
}

/// A silent bus is not taken for a dead one, and costs a beat a second however many listen.
#[tokio::test]
async fn a_silent_bus_is_alive() {
    let (bus, store, schema) = open().await;
    let mut nodes = Vec::new();
    for _ in 0..5 {
        nodes.push(node(&bus).await);
    }
    let mut listener = sqlx::postgres::PgListener::connect_with(store.pool())
        .await
        .unwrap();
    listener.listen(&format!("chat:{schema}")).await.unwrap();
    let (begun, mut beats) = (Instant::now(), 0);
    let time = Duration::from_secs(6);
    while let Ok(Ok(_)) = timeout(time.saturating_sub(begun.elapsed()), listener.recv()).await {
        beats += 1;
    }
    assert!((3..=15).contains(&beats), "{beats} beats in {time:?}");
    for node in &mut nodes {
        assert!(node.events.try_recv().is_err(), "nothing to tell");
    }
}
