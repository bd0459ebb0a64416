//! The HTTP client by which the chat's crates ask other services: over TLS or not, within a bounded time, following no
//! redirect, through no proxy.

mod body;
mod client;

pub use body::{PIECE, Patient, pieces};
pub use client::{Http, Patience, Sent, TlsError};
