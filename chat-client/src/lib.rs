//! Rust client of the chat protocol: connect, send with retry, receive in order, resume.
//!
//! [`Rest`] speaks to the REST API, [`Client`] keeps a WebSocket: it reconnects by itself, resumes
//! from the revs it has, and repeats a send under one client id until it is stored or refused. What
//! it hands out is in order and complete, each event once.
//!
//! ```no_run
//! use chat_client::{Client, Rest};
//! use chat_core::protocol::MessageBody;
//!
//! # async fn run(conversation: chat_core::id::ConversationId) -> Result<(), Box<dyn std::error::Error>> {
//! let rest = Rest::new("http://127.0.0.1:8080")?.login("ada@example.com", "correct horse").await?;
//! let mut client = Client::connect(&rest);
//! let sent = client.sender().send(conversation, MessageBody::text("hello")).await?;
//! while let Some(event) = client.next().await {
//!     println!("{event:?}");
//! }
//! # Ok(())
//! # }
//! ```

mod client;
mod position;
mod rest;
mod socket;

pub use client::{Client, Delivery, SendError, Sender};
pub use position::Positions;
pub use rest::{Rest, RestError};
