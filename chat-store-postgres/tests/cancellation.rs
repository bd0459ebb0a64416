//! A call that is dropped half-way leaves its connection as if it had never been.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::time::Duration;

use chat_core::store::{MessageStore as _, SchemaStore as _, Window};
use chat_store_postgres::PostgresStore;
use chat_testkit::Postgres;
use common::{draft, group, user};
use sqlx::postgres::PgPoolOptions;
use tokio::task::block_in_place;
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_dropped_while_it_begins_leaves_no_transaction_open() {
    let server = block_in_place(Postgres::start).unwrap();
    let one = PgPoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false);
    let store = PostgresStore::on(one.connect(&server.url()).await.unwrap());
    store.migrate().await.unwrap();
    let id = group(&store, &["ada"]).await;

    block_in_place(|| server.pause()).unwrap();
    let dropped = timeout(Duration::from_millis(100), group(&store, &["ada"])).await;
    block_in_place(|| server.resume()).unwrap();
    let stored = store.append(&[draft(id, "ada", "after")]).await.unwrap();

    assert!(
        dropped.is_err(),
        "the server answered though it stood still"
    );
    assert!(stored[0].is_ok(), "{stored:?}");
    let other = PostgresStore::connect(&server.url()).await.unwrap();
    let seen = other.history(id, &user("ada"), Window::Latest, 10).await;
    assert_eq!(
        seen.unwrap().unwrap().len(),
        1,
        "what was acknowledged is there for all"
    );
}
