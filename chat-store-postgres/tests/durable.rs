//! Postgres as a store that keeps what it was given, and as a host's user table.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a fixture that cannot be made fails its test"
)]

mod common;

use chat_core::conformance::Ports;
use chat_core::conformance::durable::Place;
use chat_store_postgres::PostgresStore;

struct Schema(String);

impl Place for Schema {
    type Open = PostgresStore;

    async fn open(&self) -> (Ports, PostgresStore) {
        let store = common::open(&self.0).await;
        (Ports::of(&store), store)
    }

    async fn close(&self, store: PostgresStore) {
        store.close().await;
    }
}

fn schema() -> Schema {
    Schema(common::unique("test"))
}

chat_core::durable_conformance!(schema);

mod users_with_accounts {
    use std::sync::Arc;

    use chat_core::conformance::hosted_users::Planted;
    use chat_core::id::{Timestamp, UserId};
    use chat_core::model::Account;
    use chat_core::store::{AccountStore, UserStore};

    async fn planted(
        users: Vec<Planted>,
    ) -> (Arc<dyn UserStore>, Vec<Option<UserId>>, super::Schema) {
        let schema = super::schema();
        let (_, store) = super::Place::open(&schema).await;
        let mut ids = Vec::new();
        for user in users {
            let account = Account {
                id: UserId::new(format!("id-{}", user.username)).unwrap(),
                email: format!("{}@example.com", user.username),
                username: user.username,
                phone: None,
                display_name: user.display_name,
                avatar: None,
                password_hash: "hash".to_owned(),
                disabled: user.disabled,
                created_at: Timestamp::from_millis(0),
            };
            AccountStore::create(&store, &account)
                .await
                .unwrap()
                .unwrap();
            ids.push(Some(account.id));
        }
        (Arc::new(store), ids, schema)
    }

    chat_core::user_store_conformance!(planted);
}
