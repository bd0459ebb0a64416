//! The handle: one connection that writes, some that read; and the names of our tables.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chat_core::store::StoreError;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{
    AssertSqlSafe, SqlSafeStr as _, SqlStr, Sqlite, SqliteConnection, SqlitePool, Transaction,
};

use crate::error::{Result, failed, odd};

/// How long a call waits for its turn, or for another process that writes.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// Connections that read.
const READERS: u32 = 4;

/// How many pages are in the log before they go into the file: 16 MiB of them. What is written again and again, as the last
/// pages of busy rooms, goes there once.
const LOGGED: &str = "4000";

/// How a transaction that writes begins.
///
/// It has the lock from the start, so it never has to give up what it read. A statement that changes many rows keeps aside
/// what the pages were before, which is a file of its own as soon as they are more than 64 KiB: a batch of sends into some
/// rooms is. On our own connection it is memory, unless there may be any number of rows.
#[derive(Debug, Clone, Copy)]
struct Begin {
    /// Of up to a batch of rows.
    some: &'static str,
    /// Of any number.
    many: &'static str,
}

impl Begin {
    const OURS: Self = Self {
        some: "pragma temp_store = memory; begin immediate",
        many: "pragma temp_store = file; begin immediate",
    };

    /// To change the setting takes a host's temporary tables away.
    const HOSTS: Self = Self {
        some: "begin immediate",
        many: "begin immediate",
    };
}

/// What the statements in this crate call our tables by.
const PREFIX: &str = "chat_";

/// All storage ports on one SQLite file. Clones share it.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
    begin: Begin,
    names: Names,
}

impl SqliteStore {
    /// Opens the file, making it if there is none. [`migrate`](chat_core::store::SchemaStore::migrate)
    /// comes next.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be opened or is no database.
    pub async fn open(path: impl AsRef<Path> + Send) -> std::result::Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
            .pragma("wal_autocheckpoint", LOGGED)
            .statement_cache_capacity(64);
        let pool = || {
            SqlitePoolOptions::new()
                .acquire_timeout(PATIENCE)
                .idle_timeout(None)
                .max_lifetime(None)
        };
        let writer = pool().max_connections(1).connect_with(options.clone());
        let writer = writer.await.map_err(failed)?;
        let readers = pool().max_connections(READERS);
        let readers = readers.connect_with(options.read_only(true)).await;
        let store = Self::on(writer, readers.map_err(failed)?);
        let begin = Begin::OURS;
        Ok(Self { begin, ..store })
    }

    /// Uses pools of the host: one that writes (best with a single connection) and one that reads;
    /// they may be the same. How durable an acknowledged message is follows from their
    /// `journal_mode` and `synchronous`; `foreign_keys` has to be on.
    #[must_use]
    pub fn on(writer: SqlitePool, readers: SqlitePool) -> Self {
        let names = Names(None);
        Self {
            writer,
            readers,
            begin: Begin::HOSTS,
            names,
        }
    }

    /// Has our tables' names begin with `prefix` instead of `chat_`, so that several chats, or a
    /// host's own tables, live in one file.
    ///
    /// # Errors
    /// [`StoreError`] if it is not 1 to 32 of a-z, 0-9 and `_`, beginning with a letter.
    pub fn with_prefix(mut self, prefix: &str) -> std::result::Result<Self, StoreError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let fits = (1..=32).contains(&prefix.len())
            && prefix.starts_with(|first: char| first.is_ascii_lowercase())
            && prefix.bytes().all(plain);
        if !fits {
            return Err(odd(
                "a prefix is 1 to 32 of a-z, 0-9 and _, beginning with a letter",
            ));
        }
        self.names = Names((prefix != PREFIX).then(|| prefix.into()));
        Ok(self)
    }

    /// Closes the file, once what is under way is done.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Begins a transaction that writes up to a batch of rows.
    pub(crate) async fn write(&self) -> Result<Transaction<'static, Sqlite>> {
        let begun = self.writer.begin_with(self.begin.some);
        begun.await.map_err(failed)
    }

    /// Begins a transaction that writes any number of rows.
    pub(crate) async fn write_many(&self) -> Result<Transaction<'static, Sqlite>> {
        let begun = self.writer.begin_with(self.begin.many);
        begun.await.map_err(failed)
    }

    /// Begins a transaction that reads: all its statements see one moment.
    pub(crate) async fn read(&self) -> Result<Transaction<'static, Sqlite>> {
        self.readers.begin().await.map_err(failed)
    }

    /// A connection for one statement that reads.
    pub(crate) async fn reader(&self) -> Result<PoolConnection<Sqlite>> {
        self.readers.acquire().await.map_err(failed)
    }

    /// A connection, and what our tables are called there.
    pub(crate) const fn db<'c>(&'c self, connection: &'c mut SqliteConnection) -> Db<'c> {
        let names = &self.names;
        Db { connection, names }
    }

    /// A statement of this crate, with the tables' names as they are here.
    pub(crate) fn sql(&self, statement: &'static str) -> SqlStr {
        self.names.sql(statement)
    }
}

/// A connection, and what our tables are called there.
#[derive(Debug)]
pub(crate) struct Db<'c> {
    pub(crate) connection: &'c mut SqliteConnection,
    names: &'c Names,
}

impl Db<'_> {
    pub(crate) fn sql(&self, statement: &'static str) -> SqlStr {
        self.names.sql(statement)
    }
}

/// The prefix, if it is not [`PREFIX`].
#[derive(Debug, Clone)]
struct Names(Option<Arc<str>>);

impl Names {
    fn sql(&self, statement: &'static str) -> SqlStr {
        match &self.0 {
            None => statement.into_sql_str(),
            // The prefix was checked, and the statement is ours.
            Some(prefix) => AssertSqlSafe(statement.replace(PREFIX, prefix)).into_sql_str(),
        }
    }
}

#[doc(hidden)]
impl SqliteStore {
    /// The writer's `synchronous` setting, as SQLite numbers it: for the test of durability.
    pub async fn synchronous(&self) -> Result<i64> {
        let asked = sqlx::query_scalar("pragma synchronous");
        asked.fetch_one(&self.writer).await.map_err(failed)
    }
}
