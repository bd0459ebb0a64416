//! Servers that are measured: the floor, and a host of this library.
//!
//! Each listens on a free port of 127.0.0.1, or the one in `PORT`, and says on standard output when it is ready, by
//! one line of JSON: [`Ready`]. Peers do the same. A host of this library says in the end what it
//! [`Spent`], if it was asked to.

pub(crate) mod chat;
pub(crate) mod floor;

use std::collections::BTreeMap;
use std::env;
use std::io::{self, Write as _};

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::Failure;

/// Conversations, and the rev up to which a client knows each.
pub(crate) type Kept = BTreeMap<String, i64>;

/// What a server says when it can be connected to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Ready {
    /// The port of 127.0.0.1.
    pub(crate) port: u16,
    /// The ids of the rooms, where the server gives them out.
    #[serde(default)]
    pub(crate) conversations: Vec<String>,
    /// What the clients of each room have seen, where a server can be asked for the rest.
    #[serde(default)]
    pub(crate) kept: Vec<Kept>,
}

/// What a server did that it knows best itself.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Spent {
    /// Microseconds that its store took for a message.
    #[serde(default)]
    pub(crate) append_us_per_message: Option<f64>,
}

/// Prints something as a line.
fn say(something: &impl Serialize) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, something)?;
    writeln!(out)?;
    out.flush()?;
    Ok(())
}

fn listen() -> Result<TcpListener, Failure> {
    let port = match env::var("PORT") {
        Ok(port) => port.parse()?,
        Err(_) => 0,
    };
    Ok(chat_transport_warp::listen(([127, 0, 0, 1], port))?)
}
