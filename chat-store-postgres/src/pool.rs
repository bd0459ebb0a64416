//! The handle: a pool of connections, and the name of our schema.

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use chat_core::store::StoreError;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres, SqlSafeStr as _, SqlStr, Transaction};

use crate::error::{Result, failed, odd};

/// How long a call waits for a connection or for a lock.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// Connections that a store opens by itself.
const CONNECTIONS: u32 = 16;

/// What the statements in this crate call our schema.
const SCHEMA: &str = "chat";

/// For the rest of a transaction: what operators do, and steps of the schema, may take long.
const UNHURRIED: &str = "set local statement_timeout = 0; set local lock_timeout = '60s'";

/// A transaction that writes.
const BEGIN: &str = "begin";

/// A transaction that reads one moment.
const SNAPSHOT: &str = "begin isolation level repeatable read, read only";

/// All storage ports on one Postgres database. Clones share it.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    pool: PgPool,
    names: Names,
}

impl PostgresStore {
    /// Connects. [`migrate`](chat_core::store::SchemaStore::migrate) comes next.
    ///
    /// A call that waits longer than 1.5 s for a connection or a lock, or 5 s for an answer, fails
    /// with [`StoreError::Unavailable`].
    ///
    /// # Errors
    /// [`StoreError`] if the URL is none or the server cannot be reached.
    pub async fn connect(url: &str) -> std::result::Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url).map_err(failed)?.options([
            ("lock_timeout", "1500"),
            ("statement_timeout", "5000"),
            ("idle_in_transaction_session_timeout", "10000"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE)
            // A round trip a call. A connection that died fails its call, which is safe to repeat.
            .test_before_acquire(false);
        Ok(Self::on(pool.connect_with(options).await.map_err(failed)?))
    }

    /// Uses a pool of the host. How long a call may wait is the pool's to say.
    #[must_use]
    pub const fn on(pool: PgPool) -> Self {
        Self {
            pool,
            names: Names(None),
        }
    }

    /// Keeps everything in `schema` instead of `chat`, so that several chats live in one database.
    ///
    /// # Errors
    /// [`StoreError`] if it is not 1 to 48 of a-z, 0-9 and `_`, beginning with a letter.
    pub fn with_schema(mut self, schema: &str) -> std::result::Result<Self, StoreError> {
        self.names = Names::new(schema)?;
        Ok(self)
    }

    /// The pool.
    #[must_use]
    pub const fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Closes the connections, once what is under way is done.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Begins a transaction that writes. Each statement sees what was committed before it began, so
    /// what is read behind a lock is the latest.
    pub(crate) async fn write(&self) -> Result<Transaction<'static, Postgres>> {
        self.begin(BEGIN).await
    }

    /// Begins a transaction that reads: all its statements see one moment.
    pub(crate) async fn read(&self) -> Result<Transaction<'static, Postgres>> {
        self.begin(SNAPSHOT).await
    }

    /// Begins in a task of its own, which ends what it began if nobody waits for it any more. A `begin` that is
    /// dropped half-way would give its connection back in a transaction that sqlx knows nothing of (0.9.0), and
    /// what the next call does there would be told as done and never be committed.
    async fn begin(&self, how: &'static str) -> Result<Transaction<'static, Postgres>> {
        let pool = self.pool.clone();
        let begun = tokio::spawn(async move { pool.begin_with(how).await });
        let begun = begun.await.map_err(StoreError::unavailable)?;
        begun.map_err(failed)
    }

    /// Lifts the limits of ordinary calls for the rest of a transaction.
    pub(crate) async fn unhurried(&self, transaction: &mut PgConnection) -> Result<()> {
        let lift = sqlx::raw_sql(UNHURRIED);
        lift.execute(transaction).await.map(drop).map_err(failed)
    }

    /// A connection for one statement.
    pub(crate) async fn connection(&self) -> Result<PoolConnection<Postgres>> {
        self.pool.acquire().await.map_err(failed)
    }

    /// A connection, and what our schema is called there.
    pub(crate) const fn db<'c>(&'c self, connection: &'c mut PgConnection) -> Db<'c> {
        let names = &self.names;
        Db { connection, names }
    }

    pub(crate) fn schema(&self) -> &str {
        self.names.0.as_deref().unwrap_or(SCHEMA)
    }

    /// A statement of this crate, with the schema's name as it is here.
    pub(crate) fn sql(&self, statement: &'static str) -> SqlStr {
        self.names.sql(statement)
    }
}

/// A connection, and what our schema is called there.
#[derive(Debug)]
pub(crate) struct Db<'c> {
    pub(crate) connection: &'c mut PgConnection,
    names: &'c Names,
}

impl Db<'_> {
    pub(crate) fn sql(&self, statement: &'static str) -> SqlStr {
        self.names.sql(statement)
    }
}

/// The schema, if it is not [`SCHEMA`].
#[derive(Debug, Clone)]
pub(crate) struct Names(Option<Arc<str>>);

impl Names {
    /// Those of `schema`, if it is one.
    pub(crate) fn new(schema: &str) -> Result<Self> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let fits = (1..=48).contains(&schema.len())
            && schema.starts_with(|first: char| first.is_ascii_lowercase())
            && schema.bytes().all(plain);
        if !fits {
            return Err(odd(
                "a schema is 1 to 48 of a-z, 0-9 and _, beginning with a letter",
            ));
        }
        Ok(Self((schema != SCHEMA).then(|| schema.into())))
    }

    pub(crate) fn sql(&self, statement: &'static str) -> SqlStr {
        match &self.0 {
            None => statement.into_sql_str(),
            // The name was checked, and the statement is ours.
            Some(schema) => {
                let statement = statement.replace("chat.", &format!("{schema}."));
                AssertSqlSafe(statement).into_sql_str()
            }
        }
    }
}
