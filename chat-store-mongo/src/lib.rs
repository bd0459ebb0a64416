//! The store of chat-core on MongoDB: a replica set, with transactions and migrations inside.
//!
//! It needs MongoDB 5.0 or later as a replica set (one node is enough), since a standalone server
//! has no transactions. What was acknowledged is in the journal of a majority.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use chat_core::store::SchemaStore as _;
//! use chat_store_mongo::MongoStore;
//!
//! let store = MongoStore::connect("mongodb://localhost/chat?replicaSet=rs0").await?;
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
mod push;
mod rows;
mod store;
mod transact;
mod turns;
mod uploads;
mod users;

pub use store::MongoStore;
