//! What is measured: servers as child processes.

mod child;
mod peers;

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::Failure;
use crate::layout::{Layout, RoomKind};
use crate::load::adapter::Kind;

pub(crate) use child::Child;
pub(crate) use peers::peers;

/// A server that can be started.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    /// What it is called in tables.
    pub(crate) name: String,
    /// How it is spoken to.
    pub(crate) kind: Kind,
    /// The program and its arguments.
    command: Vec<OsString>,
    /// Where it is started.
    folder: Option<PathBuf>,
    /// Whether it is this library's, whose rooms are made at its start.
    store: Option<Store>,
}

/// Where this library's server keeps its messages.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Store {
    Memory,
    /// A file in a folder of its own for each run.
    Sqlite,
    Url(String),
}

impl Subject {
    /// The server of this name: `floor`, `chat-memory`, `chat-sqlite`, `chat-postgres`, or one of the peers.
    ///
    /// # Errors
    /// If there is none, or the environment does not say where its store is.
    pub(crate) fn named(name: &str) -> Result<Self, Failure> {
        let store = match name {
            "floor" => None,
            "chat-memory" => Some(Store::Memory),
            "chat-sqlite" => Some(Store::Sqlite),
            "chat-postgres" => Some(Store::Url(url("TEST_POSTGRES_URL")?)),
            "chat-mongo" => Some(Store::Url(url("TEST_MONGO_URL")?)),
            other => {
                let mut peers = peers()?.into_iter();
                let peer = peers.find(|peer| peer.name == other);
                return peer.ok_or_else(|| format!("no server is called {other}").into());
            }
        };
        let (kind, word) = match store {
            None => (Kind::Plain, "floor"),
            Some(_) => (Kind::Chat, "chat"),
        };
        Ok(Self {
            name: name.to_owned(),
            kind,
            command: vec![env::current_exe()?.into(), "serve".into(), word.into()],
            folder: None,
            store,
        })
    }

    /// Whether a message is on a disk before it is acknowledged, so that its append has a cost worth telling apart.
    pub(crate) fn is_durable(&self) -> bool {
        matches!(self.store, Some(Store::Sqlite | Store::Url(_)))
    }

    /// The command line for these rooms; `scratch` is a folder of this run.
    fn command(&self, layout: Layout, scratch: &std::path::Path) -> Vec<OsString> {
        let mut command = self.command.clone();
        let Some(store) = &self.store else {
            return command;
        };
        let store = match store {
            Store::Memory => "memory".to_owned(),
            Store::Sqlite => format!("sqlite:{}", scratch.join("chat.db").display()),
            Store::Url(url) => url.clone(),
        };
        command.extend(["--store".into(), store.into()]);
        let rooms = layout.rooms.to_string();
        match layout.kind {
            RoomKind::Direct => command.extend(["--pairs".into(), rooms.into()]),
            RoomKind::Group => {
                let members = layout.members.to_string();
                let words = ["--rooms", &rooms, "--members", &members];
                command.extend(words.map(OsString::from));
            }
        }
        command
    }
}

fn url(variable: &str) -> Result<String, Failure> {
    env::var(variable).map_err(|error| format!("{variable}: {error}").into())
}
