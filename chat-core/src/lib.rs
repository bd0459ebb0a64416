//! Embeddable chat: the domain, its ports, the hub, the use cases and the sessions.

#[cfg(feature = "accounts")]
pub mod accounts;
pub mod auth;
pub mod chat;
#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(not(feature = "defects"))]
mod defects;
#[cfg(feature = "defects")]
pub mod defects;
pub mod hub;
pub mod id;
pub mod media;
pub mod memory;
pub mod model;
pub mod notify;
pub mod policy;
pub mod presence;
pub mod protocol;
pub mod session;
pub mod store;
mod sync;
