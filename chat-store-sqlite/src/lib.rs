//! The embedded store of chat-core on SQLite: durable, with migrations inside.
//!
//! One file, in WAL mode with `synchronous = FULL`: what was acknowledged survives a power failure
//! as far as the disk keeps its word. One connection writes, several read.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use chat_core::store::SchemaStore as _;
//! use chat_store_sqlite::SqliteStore;
//!
//! let store = SqliteStore::open("chat.db").await?;
//! store.migrate().await?;
//! # Ok(())
//! # }
//! ```

mod accounts;
mod admin;
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

pub use pool::SqliteStore;
