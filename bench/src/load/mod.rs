//! The load generator: one thread, any number of clients, every delivery checked.
//!
//! A [`Fleet`](fleet::Fleet) keeps the connections and speaks WebSocket by itself, so that it costs little next to
//! the server: frames are made once and patched, what comes is read into one buffer and looked into only for its
//! [`Marker`](marker::Marker). What a server wants to be told is in its [`Adapter`](adapter::Adapter); whether what
//! came is what was sent, in the [`Checker`](checker::Checker).

pub(crate) mod adapter;
pub(crate) mod checker;
mod connection;
pub(crate) mod fleet;
mod handshake;
pub(crate) mod marker;
mod template;
pub(crate) mod visit;
