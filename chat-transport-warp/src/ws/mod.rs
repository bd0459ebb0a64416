//! WebSockets: the upgrade is ours, from the handshake's check to the last byte.
//!
//! [`handshake`] checks a request, [`upgrade`] takes the connection out of hyper's hands,
//! [`codec`] speaks RFC 6455, and a [`Socket`] carries bytes between the connection and a
//! [`Receiver`](chat_core::session::Receiver) until one of the two ends.

pub mod codec;
mod driver;
pub mod handshake;
mod meter;
mod opening;
mod reader;
mod sink;
mod socket;
pub mod upgrade;
mod writer;

pub use opening::Opening;
pub use socket::{Socket, SocketConfig};
