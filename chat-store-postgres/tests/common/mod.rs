//! A schema of its own for each test, in the server that `TEST_POSTGRES_URL` names.

#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod seed;

use chat_core::id::{ConversationId, Timestamp, UserId};
use chat_core::model::{Draft, NewConversation};
use chat_core::store::{ConversationStore as _, SchemaStore as _};
use chat_store_postgres::PostgresStore;

/// Where the server is.
pub(crate) fn url() -> String {
    let url = std::env::var("TEST_POSTGRES_URL");
    url.expect("TEST_POSTGRES_URL names no server: `cargo xtask services up` starts one")
}

/// A name that no other test has.
pub(crate) fn unique(prefix: &str) -> String {
    format!("{prefix}_{}", ConversationId::new().as_uuid().simple())
}

/// A store in this schema.
pub(crate) async fn open(schema: &str) -> PostgresStore {
    let store = PostgresStore::connect(&url())
        .await
        .unwrap()
        .with_schema(schema)
        .unwrap();
    store.migrate().await.unwrap();
    store
}

/// A store in a schema of its own.
pub(crate) async fn fresh() -> PostgresStore {
    open(&unique("test")).await
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

pub(crate) fn draft(conversation: ConversationId, sender: &str, text: &str) -> Draft {
    Draft::text(conversation, user(sender), text)
}

pub(crate) async fn group(store: &PostgresStore, members: &[&str]) -> ConversationId {
    let id = ConversationId::new();
    let new = NewConversation::Group {
        id,
        creator: user(members[0]),
        name: "n".to_owned(),
        members: members[1..].iter().map(|name| user(name)).collect(),
        at: Timestamp::now(),
    };
    store.create(&new).await.unwrap();
    id
}
