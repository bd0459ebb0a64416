//! REST and WebSocket for chat-core as one composable warp filter, and a hardened listener.
//!
//! [`routes`] mounts under any prefix beside a host's own routes; [`serve`] runs that filter, or any
//! other, in an accept loop that can face the public. For hosts of another framework [`service`] is the same as a
//! tower service, and [`serve_service`] runs theirs. [`host`] is for front ends that have routes and frames of
//! their own.
//!
//! ```no_run
//! use chat_core::auth::{AuthError, AuthenticateWith, Identity};
//! use chat_core::chat::Chat;
//! use chat_core::id::UserId;
//! use chat_core::memory::MemoryStore;
//! use chat_transport_warp::{ListenerConfig, TransportConfig, listen, routes, serve};
//! use warp::Filter;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let store = MemoryStore::new();
//! let chat = Chat::builder(store.clone(), store).build();
//! let login = AuthenticateWith::new(|token: String| async move {
//!     let user = UserId::new(token).map_err(|_| AuthError::Invalid)?;
//!     Ok(Identity::of(user))
//! });
//! let host = warp::path("orders").map(|| "the host's own");
//! let app = warp::path("chat").and(routes(chat, TransportConfig::new(login))).or(host);
//! let listener = listen(([127, 0, 0, 1], 0))?;
//! serve(listener, app, ListenerConfig::default(), std::future::pending()).await;
//! # Ok(())
//! # }
//! ```

mod config;
pub mod host;
mod ice;
pub mod listener;
mod network;
mod rest;
mod service;
pub mod ws;

pub use config::TransportConfig;
pub use ice::{IceConfig, InvalidIce};
pub use listener::{ListenerConfig, listen, serve, serve_service};
pub use network::{InvalidNetwork, Network};
pub use rest::routes;
pub use service::{ChatService, service};
