//! What operators do takes as long as it takes: the limits of ordinary calls are not theirs.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics"
)]

mod common;

use std::str::FromStr as _;

use chat_core::id::Timestamp;
use chat_core::store::{AdminStore as _, SchemaStore as _};
use chat_store_postgres::PostgresStore;
use common::{seed, unique, user};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

/// A pool whose statements and locks may hardly take any time.
async fn hasty(milliseconds: &str) -> PgPool {
    let limits = [
        ("statement_timeout", milliseconds),
        ("lock_timeout", milliseconds),
    ];
    let options = PgConnectOptions::from_str(&common::url())
        .unwrap()
        .options(limits);
    PgPoolOptions::new()
        .max_connections(4)
        .connect_with(options)
        .await
        .unwrap()
}

#[tokio::test]
async fn an_audit_and_an_erasure_of_a_large_store_come_to_their_end() {
    let schema = unique("test");
    let store = common::open(&schema).await;
    seed::fill(store.pool(), &schema, 50_000).await.unwrap();
    let hasty = PostgresStore::on(hasty("20").await)
        .with_schema(&schema)
        .unwrap();

    let damages = hasty.audit(1).await.unwrap();
    let erased = hasty
        .erase(&user("user-7"), Timestamp::now())
        .await
        .unwrap();

    assert_eq!(damages, []);
    assert_eq!(erased.messages, 100);
}

/// Nodes that start while another takes its steps wait for it, longer than a call may.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_waits_for_another_that_takes_its_steps() {
    let schema = unique("test");
    let store = common::open(&schema).await;
    let hasty = PostgresStore::on(hasty("50").await)
        .with_schema(&schema)
        .unwrap();
    let mut other = store.pool().begin().await.unwrap();
    let lock = "select pg_advisory_xact_lock(7091512630284412983)";
    sqlx::raw_sql(lock).execute(&mut *other).await.unwrap();

    let migrating = tokio::spawn(async move { hasty.migrate().await });
    let waits = "select exists (select 1 from pg_stat_activity where wait_event = 'advisory'
        and query like '%7091512630284412983%' and now() - query_start > interval '200 ms')";
    loop {
        let waiting: bool = sqlx::query_scalar(waits)
            .fetch_one(store.pool())
            .await
            .unwrap();
        assert!(!migrating.is_finished(), "it did not wait");
        if waiting {
            break;
        }
        tokio::task::yield_now().await;
    }
    other.commit().await.unwrap();

    migrating.await.unwrap().unwrap();
}
