//! One connection, which is made anew when it is asked for and not there.

use sqlx::postgres::{PgArguments, PgConnectOptions, PgRow};
use sqlx::query::Query;
use sqlx::{ConnectOptions as _, PgConnection, Postgres, SqlStr};
use tokio::sync::Mutex;

use super::error::Fault;

/// A connection that takes one statement after the other, in the order of the calls.
#[derive(Debug)]
pub(super) struct Line {
    options: PgConnectOptions,
    connection: Mutex<Option<PgConnection>>,
}

impl Line {
    /// What is sent is worth nothing after a crash, so nothing waits for the disk.
    pub(super) fn new(options: &PgConnectOptions) -> Self {
        let options = options.clone().options([
            ("synchronous_commit", "off"),
            ("statement_timeout", "1500"),
            ("lock_timeout", "1500"),
        ]);
        Self {
            options,
            connection: Mutex::new(None),
        }
    }

    /// Connects, if it is not connected.
    pub(super) async fn connect(&self) -> Result<(), Fault> {
        let mut connection = self.connection.lock().await;
        if connection.is_none() {
            *connection = Some(self.options.connect().await?);
        }
        Ok(())
    }

    /// Runs a statement, with what `bind` binds to it. A connection that ended since the last call is made anew, and a
    /// call that is dropped midway takes its connection along: no answer is taken for another's.
    pub(super) async fn run<'q>(
        &self,
        statement: SqlStr,
        bind: impl Fn(Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments>
        + Send
        + Sync,
    ) -> Result<Vec<PgRow>, Fault> {
        let mut place = self.connection.lock().await;
        if let Some(mut connection) = place.take() {
            let query = bind(sqlx::query(statement.clone()));
            match query.fetch_all(&mut connection).await {
                Err(error) if is_broken(&error) => {}
                answer => {
                    *place = Some(connection);
                    return Ok(answer?);
                }
            }
        }
        let mut connection = self.options.connect().await?;
        let query = bind(sqlx::query(statement));
        let answer = query.fetch_all(&mut connection).await;
        if !answer.as_ref().is_err_and(is_broken) {
            *place = Some(connection);
        }
        Ok(answer?)
    }
}

/// Whether an error was the connection's last: all but the server's word on a statement, unless that is of a server
/// that goes (SQLSTATE 57P01 to 57P05).
fn is_broken(error: &sqlx::Error) -> bool {
    match error.as_database_error() {
        Some(error) => error.code().is_some_and(|code| code.starts_with("57P")),
        None => true,
    }
}
