//! What chat-core brings itself under the conformance suite.

#![expect(
    clippy::unwrap_used,
    reason = "a fixture that cannot be made fails its test"
)]

mod authenticators;
mod policies;

use std::sync::Arc;

use chat_core::conformance::Ports;
use chat_core::media::MediaUploader;
use chat_core::memory::{MemoryBus, MemoryMedia, MemoryStore};
use chat_core::presence::PresenceBus;

async fn fresh() -> (Ports, ()) {
    std::future::ready((Ports::of(&MemoryStore::new()), ())).await
}

async fn fresh_bus() -> (Arc<dyn PresenceBus>, ()) {
    std::future::ready((Arc::new(MemoryBus::default()) as _, ())).await
}

async fn fresh_media() -> (Arc<dyn MediaUploader>, ()) {
    std::future::ready((Arc::new(MemoryMedia::default()) as _, ())).await
}

chat_core::store_conformance!(fresh);
chat_core::bus_conformance!(fresh_bus);
chat_core::media_conformance!(fresh_media);

/// The bus's time is tokio's.
mod leases_end {
    use std::sync::Arc;

    use chat_core::memory::MemoryBus;
    use chat_core::presence::PresenceBus;
    use tokio::time::advance;

    async fn fresh() -> (Arc<dyn PresenceBus>, ()) {
        tokio::time::pause();
        std::future::ready((Arc::new(MemoryBus::default()) as _, ())).await
    }

    chat_core::lease_conformance!(fresh, advance);
}

/// Everything once more through the ports' own `impl`s for `Arc<T>`.
mod through_wrappers {
    use std::sync::Arc;

    use chat_core::presence::PresenceBus;

    async fn fresh() -> (chat_core::conformance::Ports, ()) {
        let (ports, ()) = super::fresh().await;
        (ports.wrapped(), ())
    }

    async fn fresh_bus() -> (Arc<dyn PresenceBus>, ()) {
        let (bus, ()) = super::fresh_bus().await;
        (Arc::new(bus), ())
    }

    chat_core::store_conformance!(fresh);
    chat_core::bus_conformance!(fresh_bus);
}

/// Users who have no account here, as a host's.
mod inserted_users {
    use std::sync::Arc;

    use chat_core::conformance::hosted_users::Planted;
    use chat_core::id::UserId;
    use chat_core::memory::MemoryStore;
    use chat_core::model::Profile;
    use chat_core::store::UserStore;

    async fn planted(users: Vec<Planted>) -> (Arc<dyn UserStore>, Vec<Option<UserId>>, ()) {
        let store = MemoryStore::new();
        let insert = |(number, user): (usize, Planted)| {
            let id = UserId::new(number.to_string()).unwrap();
            let profile = Profile {
                id: id.clone(),
                username: Some(user.username),
                display_name: user.display_name,
                avatar: None,
                avatar_url: None,
            };
            // Whoever is inserted cannot be disabled.
            (!user.disabled).then(|| {
                store.insert_user(profile);
                id
            })
        };
        let ids = users.into_iter().enumerate().map(insert).collect();
        std::future::ready((Arc::new(store) as _, ids, ())).await
    }

    chat_core::user_store_conformance!(planted);
}

/// Users with accounts, as a host of the built-in login has them.
mod users_with_accounts {
    use std::sync::Arc;

    use chat_core::conformance::hosted_users::Planted;
    use chat_core::id::{Timestamp, UserId};
    use chat_core::memory::MemoryStore;
    use chat_core::model::Account;
    use chat_core::store::{AccountStore, UserStore};

    async fn planted(users: Vec<Planted>) -> (Arc<dyn UserStore>, Vec<Option<UserId>>, ()) {
        let store = MemoryStore::new();
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
        (Arc::new(store), ids, ())
    }

    chat_core::user_store_conformance!(planted);
}
