//! What is measured: servers as child processes.

mod child;
mod peers;

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::layout::{Layout, RoomKind};
use crate::load::adapter::Kind;

pub(crate) use child::{Child, scratch};
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
    /// The server of this name: `floor`, `floor-long`, `chat-memory`, `chat-sqlite`, `chat-postgres`, or one of the peers.
    ///
    /// # Errors
    /// If there is none, or the environment does not say where its store is.
    pub(crate) fn named(name: &str) -> Result<Self, Failure> {
        let store = match name {
            "floor" | "floor-long" => None,
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
            None if name == "floor" => (Kind::Plain, "floor"),
            None => (Kind::PlainLong, "floor"),
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

    /// Whether it is this library's on the store in memory.
    pub(crate) fn is_in_memory(&self) -> bool {
        matches!(self.store, Some(Store::Memory))
    }

    /// Whether its store is a Postgres, which fills itself quickly.
    pub(crate) fn is_on_postgres(&self) -> bool {
        matches!(&self.store, Some(Store::Url(url)) if url.starts_with("postgres"))
    }

    /// Whether its store is filled within a minute or two.
    pub(crate) fn is_sql(&self) -> bool {
        self.store == Some(Store::Sqlite) || self.is_on_postgres()
    }

    /// The URL of its store, where that is durable; `scratch` is a folder of this run.
    pub(crate) fn url(&self, scratch: &Path) -> Option<String> {
        match self.store.as_ref()? {
            Store::Memory => None,
            Store::Sqlite => Some(format!("sqlite:{}", scratch.join("chat.db").display())),
            Store::Url(url) => Some(url.clone()),
        }
    }

    /// The command line for what is there.
    fn command_on(&self, there: &There<'_>) -> Vec<OsString> {
        let users = there.users.to_string();
        let words = [
            "--store", there.url, "--name", there.name, "--users", &users,
        ];
        let command = self.command.iter().cloned();
        command.chain(words.map(OsString::from)).collect()
    }

    /// The command line for these rooms; `scratch` is a folder of this run.
    fn command(&self, layout: Layout, scratch: &Path) -> Vec<OsString> {
        let mut command = self.command.clone();
        if self.store.is_none() {
            return command;
        }
        let store = self.url(scratch).unwrap_or_else(|| "memory".to_owned());
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

/// What a store has already.
#[derive(Debug)]
pub(crate) struct There<'a> {
    /// The store.
    pub(crate) url: &'a str,
    /// What everything in it is named with.
    pub(crate) name: &'a str,
    /// How many users there are.
    pub(crate) users: usize,
}

fn url(variable: &str) -> Result<String, Failure> {
    env::var(variable).map_err(|error| format!("{variable}: {error}").into())
}
