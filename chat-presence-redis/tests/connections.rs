//! Nothing is left behind: connections end with what they were for.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics"
)]

mod common;

use std::time::Duration;

use chat_core::presence::{PresenceBus as _, Topic};
use chat_testkit::Redis;
use common::node::{Node, SOON};
use redis::aio::MultiplexedConnection;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

/// Waits until Redis has so many connections besides the one that asks.
async fn connections_become(watcher: &mut MultiplexedConnection, expected: usize) {
    let begun = Instant::now();
    loop {
        let mut list = redis::cmd("CLIENT");
        let list: String = list.arg("LIST").query_async(watcher).await.unwrap();
        let count = list.lines().count() - 1;
        if count == expected {
            return;
        }
        assert!(begun.elapsed() < SOON, "{count} are not {expected}: {list}");
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_end_with_what_they_were_for() {
    let redis = spawn_blocking(Redis::start).await.unwrap().unwrap();
    let mut watcher = common::plain(&redis.url()).await;

    let bus = common::bus(&redis.url(), "chat").await;
    connections_become(&mut watcher, 1).await;
    let (here, there) = (Node::attach(&bus).await, Node::attach(&bus).await);
    connections_become(&mut watcher, 3).await;

    let id = there.id;
    drop(there);
    connections_become(&mut watcher, 2).await;
    // What is asked for a node that is gone is done: there is nobody to hear it.
    bus.subscribe(id, &[Topic::Nodes]).await.unwrap();

    drop(bus);
    here.subscribe(&[Topic::Nodes]).await;
    connections_become(&mut watcher, 2).await;
    drop(here);
    connections_become(&mut watcher, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_attaches_again_begins_anew() {
    let bus = common::bus(&common::url(), &common::prefix()).await;
    let (here, before) = (Node::attach(&bus).await, Node::attach(&bus).await);
    before.subscribe(&[Topic::Nodes]).await;

    let mut after = Node::attach_as(&bus, before.id).await;
    let lost = here.publication(&Topic::Nodes, "lost");
    bus.publish(std::slice::from_ref(&lost)).await.unwrap();
    after.subscribe(&[Topic::Nodes]).await;
    let heard = here.publication(&Topic::Nodes, "heard");
    bus.publish(std::slice::from_ref(&heard)).await.unwrap();

    assert_eq!(after.publication_heard().await, heard);
}
