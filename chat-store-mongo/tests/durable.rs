//! MongoDB as a store that keeps what it was given, and as a host's user table.

#![expect(
    clippy::unwrap_used,
    reason = "a fixture that cannot be made fails its test"
)]

mod place;

use chat_core::conformance::Ports;
use chat_core::conformance::durable::Place;
use chat_store_mongo::MongoStore;

struct Database(place::Place);

impl Place for Database {
    type Open = MongoStore;

    async fn open(&self) -> (Ports, MongoStore) {
        let store = self.0.open().await;
        (Ports::of(&store), store)
    }

    async fn close(&self, store: MongoStore) {
        drop(store);
    }
}

fn database() -> Database {
    Database(place::Place::new())
}

chat_core::durable_conformance!(database);

mod users_with_accounts {
    use std::sync::Arc;

    use chat_core::conformance::hosted_users::Planted;
    use chat_core::id::{Timestamp, UserId};
    use chat_core::model::Account;
    use chat_core::store::{AccountStore, UserStore};

    async fn planted(
        users: Vec<Planted>,
    ) -> (Arc<dyn UserStore>, Vec<Option<UserId>>, super::Database) {
        let database = super::database();
        let (_, store) = super::Place::open(&database).await;
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
        (Arc::new(store), ids, database)
    }

    chat_core::user_store_conformance!(planted);
}
