//! What the tests share.

#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod node;

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use chat_core::id::NodeId;
use chat_presence_redis::{RedisBus, RedisConfig};
use chat_testkit::RedisCluster;
use redis::aio::MultiplexedConnection;

/// The tests' Redis, or why there is none.
pub(crate) fn url() -> String {
    std::env::var("TEST_REDIS_URL")
        .expect("TEST_REDIS_URL names no server: `cargo xtask services up` starts one")
}

/// A Cluster that the tests of a file share as long as one of them runs: a static of its own would outlive them.
pub(crate) async fn cluster() -> Arc<RedisCluster> {
    static SHARED: Mutex<Weak<RedisCluster>> = Mutex::new(Weak::new());
    let shared = || {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let cluster = Arc::new(RedisCluster::start().unwrap());
            *shared = Arc::downgrade(&cluster);
            cluster
        })
    };
    tokio::task::spawn_blocking(shared).await.unwrap()
}

/// A prefix that nobody else has.
pub(crate) fn prefix() -> String {
    format!("test-{}", NodeId::new().as_uuid())
}

/// A bus of this prefix.
pub(crate) async fn bus(url: &str, prefix: &str) -> RedisBus {
    let config = RedisConfig::default().with_prefix(prefix);
    RedisBus::connect(url, config).await.unwrap()
}

/// A plain connection.
pub(crate) async fn plain(url: &str) -> MultiplexedConnection {
    let client = redis::Client::open(url).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

thread_local! {
    /// The servers and the prefix of the test that runs on this thread: [`pass`] is told neither.
    static PLACE: RefCell<(Vec<String>, String)> = RefCell::default();
}

/// Says which leases [`pass`] is about.
pub(crate) fn passes_at(urls: Vec<String>, prefix: &str) {
    PLACE.set((urls, prefix.to_owned()));
}

/// Lets the time pass for the leases: moves their ends nearer.
pub(crate) async fn pass(time: Duration) {
    let (urls, prefix) = PLACE.with_borrow(Clone::clone);
    let script = redis::Script::new(
        "for _, key in ipairs(redis.call('keys', ARGV[1])) do
            for _, node in ipairs(redis.call('zrange', key, 0, -1)) do
                redis.call('zincrby', key, -ARGV[2], node)
            end
            redis.call('pexpire', key, redis.call('pttl', key) - ARGV[2])
        end",
    );
    for url in urls {
        let mut connection = plain(&url).await;
        let mut call = script.arg(format!("{prefix}:lease:*"));
        call.arg(time.as_millis().to_string());
        let () = call.invoke_async(&mut connection).await.unwrap();
    }
}
