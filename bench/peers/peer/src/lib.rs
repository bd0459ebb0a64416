//! What the peers share: where they listen, how they say so, and the frames of those that speak plain JSON.
//!
//! A peer listens on 127.0.0.1 at the port in `PORT`, or any free one, says `{"port":N}` and a newline on standard
//! output once it does, and ends when it is told to by SIGTERM, whose default it leaves.

use std::io::{self, Write};
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// Who connects, and the room it is in: the query of `/ws?user=N&room=R`.
#[derive(Debug, Clone, Deserialize)]
pub struct Place {
    /// The user's name.
    pub user: String,
    /// The room's name.
    pub room: String,
}

/// What a client sends.
#[derive(Debug, Deserialize)]
pub struct Said {
    /// Where it is said.
    pub room: String,
    /// What.
    pub text: String,
}

/// What everybody in the room gets, the sender too.
#[derive(Debug, Clone, Serialize)]
pub struct Heard {
    /// Where it was said.
    pub room: String,
    /// By whom.
    pub from: String,
    /// What.
    pub text: String,
}

/// Listens and says where.
///
/// # Errors
/// An [`io::Error`] if the port is not a number or not free, or standard output is closed.
pub async fn listen() -> io::Result<TcpListener> {
    let port = match std::env::var("PORT") {
        Ok(port) => port.parse().map_err(io::Error::other)?,
        Err(_) => 0,
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let port = listener.local_addr()?.port();
    let mut out = io::stdout();
    writeln!(out, "{{\"port\":{port}}}")?;
    out.flush()?;
    Ok(listener)
}
