//! Sealed stores: under the suite of every store, and what only they promise.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics"
)]

mod at_rest;
mod damage;
mod host;
mod rotation;
mod support;
mod switch;

mod memory {
    use chat_core::conformance::Ports;

    async fn fresh() -> (Ports, ()) {
        let store = crate::support::sealed(chat_core::memory::MemoryStore::new());
        std::future::ready((Ports::of(&store), ())).await
    }

    chat_core::store_conformance!(fresh);
}

mod sqlite {
    use chat_core::conformance::Ports;
    use tempfile::TempDir;

    async fn fresh() -> (Ports, TempDir) {
        let (store, folder) = crate::support::sqlite().await;
        (Ports::of(&crate::support::sealed(store)), folder)
    }

    chat_core::store_conformance!(fresh);
}

mod postgres {
    use chat_core::conformance::Ports;

    async fn fresh() -> (Ports, ()) {
        let (store, _) = crate::support::postgres().await;
        (Ports::of(&crate::support::sealed(store)), ())
    }

    chat_core::store_conformance!(fresh);
}

mod mongo {
    use chat_core::conformance::Ports;

    use crate::support::MongoPlace;

    async fn fresh() -> (Ports, MongoPlace) {
        let (store, place) = crate::support::mongo().await;
        (Ports::of(&crate::support::sealed(store)), place)
    }

    chat_core::store_conformance!(fresh);
}
