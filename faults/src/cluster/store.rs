//! What nodes keep messages in, as a server that can be broken.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chat_core::store::MessageStore;
use chat_store_mongo::MongoStore;
use chat_store_postgres::PostgresStore;
use chat_store_sqlite::SqliteStore;
use chat_testkit::{Mongo, Postgres};

use super::Failure;

/// How often a killed server is started again before it counts as broken: its last processes may still hold its
/// memory.
const RESTARTS: usize = 20;

/// Which store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// A file of the one node.
    Sqlite,
    /// A private Postgres.
    Postgres,
    /// A private MongoDB replica set of one.
    Mongo,
}

/// A store of a cluster.
#[derive(Debug)]
pub enum Store {
    /// A file.
    Sqlite(PathBuf),
    /// A server.
    Postgres(Postgres),
    /// A server.
    Mongo(Mongo),
}

impl Store {
    /// Starts one; blocks for seconds.
    ///
    /// # Errors
    /// [`Failure`] if its program is missing or does not start.
    pub fn start(kind: StoreKind, folder: &Path) -> Result<Self, Failure> {
        Ok(match kind {
            StoreKind::Sqlite => Self::Sqlite(folder.join("chat.db")),
            StoreKind::Postgres => Self::Postgres(Postgres::start()?),
            StoreKind::Mongo => Self::Mongo(Mongo::start()?),
        })
    }

    /// Where it is, as `CHAT_STORE_URL` takes it.
    #[must_use]
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres(server) => server.url(),
            Self::Mongo(server) => server.url(),
        }
    }

    /// Opens it past all nodes.
    ///
    /// # Errors
    /// [`Failure`] if it cannot be reached.
    pub async fn open(&self) -> Result<Arc<dyn MessageStore>, Failure> {
        Ok(match self {
            Self::Sqlite(path) => Arc::new(SqliteStore::open(path).await?.with_prefix("chat_")?),
            Self::Postgres(server) => {
                let store = PostgresStore::connect(&server.url()).await?;
                Arc::new(store.with_schema("chat")?)
            }
            Self::Mongo(server) => {
                let store = MongoStore::connect(&server.url()).await?;
                Arc::new(store.with_prefix("chat_")?)
            }
        })
    }

    /// `kill -9`; a file has no process.
    pub fn kill(&mut self) {
        match self {
            Self::Sqlite(_) => {}
            Self::Postgres(server) => server.kill(),
            Self::Mongo(server) => server.kill(),
        }
    }

    /// Starts it again on the same data; blocks for seconds.
    ///
    /// # Errors
    /// [`Failure`] if it does not start.
    pub fn restart(&mut self) -> Result<(), Failure> {
        for _ in 1..RESTARTS {
            if self.try_restart().is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        self.try_restart()
    }

    fn try_restart(&mut self) -> Result<(), Failure> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(server) => Ok(server.restart()?),
            Self::Mongo(server) => Ok(server.restart()?),
        }
    }

    /// Stops it with SIGSTOP.
    ///
    /// # Errors
    /// [`Failure`] if it cannot be signalled.
    pub fn pause(&self) -> Result<(), Failure> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(server) => Ok(server.pause()?),
            Self::Mongo(server) => Ok(server.pause()?),
        }
    }

    /// Goes on after [`pause`](Self::pause).
    ///
    /// # Errors
    /// [`Failure`] if it cannot be signalled.
    pub fn resume(&self) -> Result<(), Failure> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(server) => Ok(server.resume()?),
            Self::Mongo(server) => Ok(server.resume()?),
        }
    }
}
