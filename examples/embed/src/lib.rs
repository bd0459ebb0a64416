//! A small web shop, as it was before there was a chat, and the chat mounted into it.
//!
//! [`customers`] lets chat read the shop's users, `login` tells it who asks, and [`orders`] says
//! something in the transaction that makes it true. `docs/embedding.md` walks through them.

pub mod customers;
pub mod failure;
mod login;
pub mod orders;
mod routes;

use chat_core::chat::Chat;
use chat_core::store::SchemaStore as _;
use chat_store_postgres::PostgresStore;
use sqlx::PgPool;

pub use login::COOKIE;

use customers::Customers;
use failure::Failure;
use login::Logins;
use orders::Orders;

/// The shop. Clones share it.
#[derive(Debug, Clone)]
pub struct Shop {
    logins: Logins,
    orders: Orders,
    chat: Chat,
}

impl Shop {
    /// Opens the shop on its database, with chat's tables in a schema beside the shop's own, and
    /// brings both up to date.
    ///
    /// # Errors
    /// [`Failure`] if the database cannot be reached or is not as it should be.
    pub async fn open(pool: PgPool, schema: &str) -> Result<Self, Failure> {
        let migrated = sqlx::migrate!().run(&pool).await;
        migrated.map_err(sqlx::Error::from)?;
        let store = PostgresStore::on(pool.clone()).with_schema(schema)?;
        store.migrate().await?;
        let chat = Chat::builder(store.clone(), Customers(pool.clone())).build();
        Ok(Self {
            logins: Logins(pool.clone()),
            orders: Orders {
                pool,
                store,
                chat: chat.clone(),
            },
            chat,
        })
    }

    /// The orders.
    #[must_use]
    pub const fn orders(&self) -> &Orders {
        &self.orders
    }

    /// The chat.
    #[must_use]
    pub const fn chat(&self) -> &Chat {
        &self.chat
    }
}
