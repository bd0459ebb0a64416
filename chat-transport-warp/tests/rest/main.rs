//! REST over the in-memory backend: what each route does, and what it does with bad input.
#![cfg(feature = "accounts")]
#![expect(
    clippy::unwrap_used,
    reason = "what tests share fails a test as they do"
)]

mod accounts;
mod bodies;
mod calls;
mod conversations;
mod credentials;
mod document;
mod files;
mod headers;
mod identifiers;
mod matrix;
mod messages;
mod mounting;
mod people;
mod push;
mod rates;
mod revisions;
mod streams;
mod support;
mod uploads;
mod users;
