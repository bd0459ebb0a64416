//! Postgres under the conformance suite.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics"
)]

mod common;

use chat_core::conformance::Ports;
use chat_store_postgres::PostgresStore;

async fn fresh() -> (Ports, PostgresStore) {
    let store = common::fresh().await;
    (Ports::of(&store), store)
}

chat_core::store_conformance!(fresh);
