//! REST and WebSocket for chat-core as one composable warp filter, and a hardened listener.

pub mod listener;
pub mod ws;
