//! The store of chat-core on Postgres (13 and later), with migrations inside; and a bus between nodes
//! on the same database.
//!
//! Everything lives in a schema of its own, `chat` unless the host names another, so that it stays
//! apart from the host's tables. What was acknowledged is as durable as the server's
//! `synchronous_commit`, which is on by default.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use chat_core::store::SchemaStore as _;
//! use chat_store_postgres::PostgresStore;
//!
//! let store = PostgresStore::connect("postgres://app@localhost/app").await?;
//! store.migrate().await?;
//! # Ok(())
//! # }
//! ```

mod accounts;
mod admin;
mod bus;
mod conversations;
mod error;
mod last_seen;
mod logins;
mod messages;
mod migrate;
mod people;
mod pool;
mod push;
mod rows;
mod texts;
mod uploads;
mod users;

pub use bus::PostgresBus;
pub use pool::PostgresStore;
