//! What differs between servers: where to connect, how to say something, what is answered.

mod chat;
mod plain;
mod socketio;

use std::fmt::Debug;
use std::time::Duration;

use crate::Failure;
use crate::layout::Seat;
use crate::serve::Ready;
use crate::token::Tokens;

use super::template::ID;

/// How a server is spoken to.
pub(crate) trait Adapter: Debug + Send + Sync {
    /// Where a user connects: path and query.
    fn target(&self, seat: Seat, room: usize) -> String;

    /// Further lines of the request, each with its end.
    fn headers(&self, seat: Seat) -> String;

    /// What it means that a connection was upgraded.
    fn opened(&self) -> Heard;

    /// What a room is called in requests; nothing where none can be made.
    fn conversation(&self, _room: usize) -> String {
        String::new()
    }

    /// The payload of a message to a room, around [`marker::text`](super::marker::text).
    fn message(&self, room: usize) -> String;

    /// What a frame without a marker means. `back` is set for a connection that was there before and resumes.
    fn hear(&self, room: usize, payload: &[u8], back: bool) -> Heard;
}

/// What a frame means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Nothing to the benchmark.
    Nothing,
    /// From now on the connection takes part.
    Ready,
    /// The server wants to be told this.
    Say(String),
    /// A message was refused.
    Refused,
    /// The server goes away, and wants to be left alone for so long.
    Later(Duration),
}

/// The kinds of servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `{"room":"R","text":"..."}` to `/ws?user=N&room=R`.
    Plain,
    /// The same with as many bytes as this library's events have.
    PlainLong,
    /// The event `say` of Socket.IO.
    SocketIo,
    /// This library's protocol.
    Chat,
}

impl Kind {
    /// The kind of this name.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn named(name: &str) -> Result<Self, Failure> {
        match name {
            "plain" => Ok(Self::Plain),
            "socketio" => Ok(Self::SocketIo),
            "chat" => Ok(Self::Chat),
            other => Err(format!("no adapter is called {other}").into()),
        }
    }

    /// An adapter for a server that said it is ready.
    pub(crate) fn adapter(self, ready: Ready, tokens: &Tokens) -> Box<dyn Adapter> {
        match self {
            Self::Plain => Box::new(plain::Plain::Short),
            Self::PlainLong => Box::new(plain::Plain::Long),
            Self::SocketIo => Box::new(socketio::SocketIo),
            Self::Chat => Box::new(chat::Protocol::new(ready, tokens.clone())),
        }
    }
}
