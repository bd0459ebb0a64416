//! REST of the real server: what is refused, how, and that nothing leaks.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]
#![expect(
    clippy::too_many_lines,
    reason = "a table of inputs and answers is one thing"
)]

mod accounts;
#[path = "../common/mod.rs"]
mod common;
mod cookies;
mod messages;
mod routes;
mod support;
mod uploads;
