//! SQLite as a store that keeps what it was given, and as a host's user table.

#![expect(
    clippy::unwrap_used,
    reason = "a fixture that cannot be made fails its test"
)]

use chat_core::conformance::Ports;
use chat_core::conformance::durable::Place;
use chat_core::store::SchemaStore as _;
use chat_store_sqlite::SqliteStore;
use tempfile::TempDir;

struct File(TempDir);

impl Place for File {
    type Open = SqliteStore;

    async fn open(&self) -> (Ports, SqliteStore) {
        let path = self.0.path().join("chat.db");
        let store = SqliteStore::open(path).await.unwrap();
        store.migrate().await.unwrap();
        (Ports::of(&store), store)
    }

    async fn close(&self, store: SqliteStore) {
        store.close().await;
    }
}

fn file() -> File {
    File(tempfile::tempdir().unwrap())
}

chat_core::durable_conformance!(file);

mod users_with_accounts {
    use std::sync::Arc;

    use chat_core::conformance::hosted_users::Planted;
    use chat_core::id::{Timestamp, UserId};
    use chat_core::model::Account;
    use chat_core::store::{AccountStore, UserStore};

    async fn planted(
        users: Vec<Planted>,
    ) -> (Arc<dyn UserStore>, Vec<Option<UserId>>, super::File) {
        let file = super::file();
        let (_, store) = super::Place::open(&file).await;
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
        (Arc::new(store), ids, file)
    }

    chat_core::user_store_conformance!(planted);
}
