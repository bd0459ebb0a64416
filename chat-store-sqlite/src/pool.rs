//! The handle: one connection that writes, some that read.

use std::path::Path;
use std::time::Duration;

use chat_core::store::StoreError;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqlitePool, Transaction};

use crate::error::{Result, failed};

/// How long a call waits for its turn, or for another process that writes.
const PATIENCE: Duration = Duration::from_millis(1_800);

/// Connections that read.
const READERS: u32 = 4;

/// All storage ports on one SQLite file. Clones share it.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens the file, making it if there is none. [`migrate`](Self::migrate) comes next.
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
            .statement_cache_capacity(64);
        let pool = || {
            SqlitePoolOptions::new()
                .acquire_timeout(PATIENCE)
                .idle_timeout(None)
                .max_lifetime(None)
        };
        let writer = pool()
            .max_connections(1)
            .connect_with(options.clone())
            .await
            .map_err(failed)?;
        let readers = pool()
            .max_connections(READERS)
            .connect_with(options.read_only(true))
            .await;
        Ok(Self {
            writer,
            readers: readers.map_err(failed)?,
        })
    }

    /// Closes the file, once what is under way is done.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Begins a transaction that writes: it has the lock from the start, so it never has to give up
    /// what it read.
    pub(crate) async fn write(&self) -> Result<Transaction<'static, Sqlite>> {
        self.writer
            .begin_with("begin immediate")
            .await
            .map_err(failed)
    }

    /// Begins a transaction that reads: all its statements see one moment.
    pub(crate) async fn read(&self) -> Result<Transaction<'static, Sqlite>> {
        self.readers.begin().await.map_err(failed)
    }

    /// A connection for one statement that reads.
    pub(crate) async fn reader(&self) -> Result<PoolConnection<Sqlite>> {
        self.readers.acquire().await.map_err(failed)
    }

    pub(crate) const fn writer(&self) -> &SqlitePool {
        &self.writer
    }
}

#[doc(hidden)]
impl SqliteStore {
    /// The writer's `synchronous` setting, as SQLite numbers it: for the test of durability.
    pub async fn synchronous(&self) -> Result<i64> {
        sqlx::query_scalar("pragma synchronous")
            .fetch_one(&self.writer)
            .await
            .map_err(failed)
    }
}
