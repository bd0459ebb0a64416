//! WebSockets: the upgrade is ours, from the handshake's check to the last byte.
//!
//! [`handshake`] checks a request, [`upgrade`] takes the connection out of hyper's hands,
//! [`codec`] speaks RFC 6455, and the driver carries bytes between the socket and a
//! [`Session`](chat_core::session::Session) until one of the two ends.

pub mod codec;
mod driver;

pub mod handshake;
mod meter;
mod reader;
mod sink;
pub mod upgrade;

pub use driver::{SocketConfig, drive};
