//! What a node is told while Postgres is away, frozen, or has ended its connections; and that calls end in time.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics"
)]

mod common;

use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use chat_core::id::{NodeId, UserId};
use chat_core::presence::{BusEvent, PresenceBus as _, Publication, Topic};
use chat_core::store::SchemaStore as _;
use chat_store_postgres::{PostgresBus, PostgresStore};
use chat_testkit::Postgres;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

/// How long a call may take.
const LIMIT: Duration = Duration::from_secs(2);

async fn server() -> Postgres {
    let started = tokio::task::spawn_blocking(Postgres::start).await;
    started.unwrap().unwrap()
}

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
    async fn expect(&mut self, expected: &BusEvent) {
        let next = timeout(Duration::from_secs(15), self.events.recv()).await;
        assert_eq!(next.expect("it is told").as_ref(), Some(expected));
    }
}

/// What one publishes, the other hears.
async fn passes(bus: &PostgresBus, here: &Node, there: &mut Node) {
    let publication = Publication {
        topic: Topic::Nodes,
        node: here.id,
        payload: Bytes::from_static(b"again"),
    };
    bus.publish(std::slice::from_ref(&publication))
        .await
        .unwrap();
    there.expect(&BusEvent::Published(publication)).await;
}

/// Every call that asks the server fails, and in time.
async fn all_fail_in_time(bus: &PostgresBus, node: NodeId) {
    let ada = [UserId::new("ada").unwrap()];
    let publication = Publication {
        topic: Topic::Nodes,
        node,
        payload: Bytes::new(),
    };
    let (sender, _events) = mpsc::channel(1);
    let begun = Instant::now();
    let (publications, late) = ([publication], NodeId::new());
    let failed = tokio::join!(
        async { bus.publish(&publications).await.is_err() },
        async { bus.renew(node, &ada).await.is_err() },
        async { bus.release(node, &ada).await.is_err() },
        async { bus.online(&ada).await.is_err() },
        async { bus.attach(late, sender).await.is_err() },
    );
    assert_eq!(failed, (true, true, true, true, true));
    assert!(begun.elapsed() < LIMIT, "{:?}", begun.elapsed());
}

async fn opened(server: &Postgres) -> (PostgresBus, PostgresStore) {
    let store = PostgresStore::connect(&server.url()).await.unwrap();
    store.migrate().await.unwrap();
    let bus = PostgresBus::connect(&server.url(), "chat").await.unwrap();
    (bus, store)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_and_comes_back_is_told_and_heard_again() {
    let mut server = server().await;
    let (bus, _store) = opened(&server).await;
    let (mut here, mut there) = (node(&bus).await, node(&bus).await);
    passes(&bus, &here, &mut there).await;
    for _ in 0..2 {
        server.kill();
        here.expect(&BusEvent::Disconnected).await;
        there.expect(&BusEvent::Disconnected).await;
        all_fail_in_time(&bus, here.id).await;
        server = tokio::task::spawn_blocking(move || {
            server.restart().unwrap();
            server
        })
        .await
        .unwrap();
        here.expect(&BusEvent::Lagged).await;
        there.expect(&BusEvent::Lagged).await;
        passes(&bus, &here, &mut there).await;
        let ada = [UserId::new("ada").unwrap()];
        bus.renew(here.id, &ada).await.unwrap();
        assert_eq!(bus.online(&ada).await.unwrap(), ada);
    }
}

#[tokio::test]
async fn a_listener_that_the_server_ends_listens_again() {
    let schema = common::unique("bus");
    let store = common::open(&schema).await;
    let bus = PostgresBus::connect(&common::url(), &schema).await.unwrap();
    let (here, mut there) = (node(&bus).await, node(&bus).await);
    let end = sqlx::query(
        "select pg_terminate_backend(pid) from pg_stat_activity where query like $1 and pid <> pg_backend_pid()",
    );
    let end = end.bind(format!("LISTEN%chat:{schema}%"));
    let ended = end.execute(store.pool()).await.unwrap();
    assert_eq!(ended.rows_affected(), 2);
    there.expect(&BusEvent::Disconnected).await;
    there.expect(&BusEvent::Lagged).await;
    passes(&bus, &here, &mut there).await;
}

#[tokio::test]
async fn a_call_after_its_connection_was_ended_succeeds() {
    let schema = common::unique("bus");
    let store = common::open(&schema).await;
    let bus = PostgresBus::connect(&common::url(), &schema).await.unwrap();
    let (here, mut there) = (node(&bus).await, node(&bus).await);
    let ada = [UserId::new("ada").unwrap()];
    bus.renew(here.id, &ada).await.unwrap();
    passes(&bus, &here, &mut there).await;
    let mark = format!("%{schema}.leases%");
    let end = "select pg_terminate_backend(pid, 2000) from pg_stat_activity where query like $1 and pid <> pg_backend_pid()";
    let ended = sqlx::query(end).bind(mark).execute(store.pool()).await;
    assert_eq!(ended.unwrap().rows_affected(), 1);
    assert_eq!(bus.online(&ada).await.unwrap(), ada);
}

/// Stops processes, and lets them go on when dropped.
struct Frozen(Vec<String>);

impl Frozen {
    fn new(processes: Vec<String>) -> Self {
        let this = Self(processes);
        this.signal("-STOP");
        this
    }

    fn signal(&self, signal: &str) {
        let done = Command::new("kill").arg(signal).args(&self.0).status();
        assert!(done.unwrap().success(), "kill {signal} {:?}", self.0);
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        self.signal("-CONT");
    }
}

/// The server itself and all that it started for us.
async fn processes(store: &PostgresStore) -> Vec<String> {
    let pids = "select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)
        union all select pid::text from pg_stat_activity where backend_type = 'client backend'";
    let pids = sqlx::query_scalar(pids).fetch_all(store.pool()).await;
    pids.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_frozen_is_noticed_and_heard_again() {
    let server = server().await;
    let (bus, store) = opened(&server).await;
    let (here, mut there) = (node(&bus).await, node(&bus).await);
    let ada = [UserId::new("ada").unwrap()];
    bus.renew(here.id, &ada).await.unwrap();
    passes(&bus, &here, &mut there).await;

    let frozen = Frozen::new(processes(&store).await);
    let begun = Instant::now();
    all_fail_in_time(&bus, here.id).await;
    there.expect(&BusEvent::Disconnected).await;
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "noticed after {:?}",
        begun.elapsed()
    );
    all_fail_in_time(&bus, here.id).await;
    drop(frozen);

    there.expect(&BusEvent::Lagged).await;
    passes(&bus, &here, &mut there).await;
    assert_eq!(bus.online(&ada).await.unwrap(), ada);
}

/// Only the connection that listens is gone silent; the server goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_that_is_frozen_is_noticed_and_replaced() {
    let server = server().await;
    let (bus, store) = opened(&server).await;
    let (here, mut there) = (node(&bus).await, node(&bus).await);
    let pids = "select pid::text from pg_stat_activity where query like 'LISTEN%'";
    let pids = sqlx::query_scalar(pids).fetch_all(store.pool()).await;
    let _frozen = Frozen::new(pids.unwrap());
    there.expect(&BusEvent::Disconnected).await;
    there.expect(&BusEvent::Lagged).await;
    passes(&bus, &here, &mut there).await;
}

#[tokio::test]
async fn nobody_there_is_told_in_time() {
    let begun = Instant::now();
    let refused = PostgresBus::connect("postgres://nobody@127.0.0.1:1/none", "chat").await;
    assert!(refused.is_err());
    assert!(begun.elapsed() < LIMIT);
}
