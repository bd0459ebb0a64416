//! The presence bus between nodes on the database that is there anyway: `LISTEN` and `NOTIFY`, and a table of
//! leases.
//!
//! ```text
//! publish ─▶ speaker ─▶ NOTIFY ─▶ Postgres ─▶ every node's ear ─▶ handover ─▶ the node, if it subscribed
//! ```
//!
//! * One channel for all topics, which each node sorts out for itself: the cost of many channels grows with every
//!   listener, and a topic that a node is not subscribed to costs it a look into a set. So every node reads what every
//!   other one publishes: a handful of nodes is what this is for, and Redis for more.
//! * `NOTIFY` takes a lock of the whole database at its commit. It is sent outside all other transactions, over one
//!   connection of its own, a call's publications at once.
//! * Leases end by the server's clock, in a table that is not logged: after a crash of the server nobody is online
//!   until the next renewal.
//!
//! A connection that is silent is not believed: who hears nothing for a second says something itself, which all hear,
//! and who hears nothing for three seconds counts as deaf and listens anew.

mod assembly;
mod ear;
mod error;
mod handle;
mod handover;
mod leases;
mod line;
mod speaker;
mod wire;

pub use handle::PostgresBus;
