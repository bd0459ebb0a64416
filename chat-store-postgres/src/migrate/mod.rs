//! The schema, in steps that go up and down.

mod append;
mod steps;

use async_trait::async_trait;
use chat_core::id::{Epoch, Timestamp};
use chat_core::store::{SchemaStore, Step};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::error::{Result, failed, odd};
use crate::pool::PostgresStore;
use steps::{SCRIPTS, STEPS};

/// One at a time, over all nodes: held until the transaction ends. The number is of our own choice;
/// another chat in the same database waits too, which does no harm.
const LOCK: &str = "select pg_advisory_xact_lock(7091512630284412983)";

/// Once it is our turn: a step that waits for a table has everybody else wait behind it.
const BRIEF_LOCKS: &str = "set local lock_timeout = '2s'";

/// Asked first: who may not make schemas may well use one.
const IS_MISSING: &str = "select to_regnamespace($1) is null";

/// Where the steps that were taken are noted.
const NOTES: &str = r"
create table if not exists chat.steps (
    version bigint primary key,
    name text not null,
    taken_at bigint not null
)";

const EXISTS: &str = "select to_regclass('chat.steps') is not null";

const VERSION: &str = "select coalesce(max(version), 0) from chat.steps";

const NOTE: &str = "insert into chat.steps (version, name, taken_at) values ($1, $2, $3)";

const FORGET: &str = "delete from chat.steps where version > $1";

const MAKE_EPOCH: &str = "insert into chat.meta (epoch) values ($1)";

#[async_trait]
impl SchemaStore for PostgresStore {
    fn steps(&self) -> &'static [Step] {
        STEPS
    }

    async fn version(&self) -> Result<i64> {
        let mut tx = self.read().await?;
        let noted = sqlx::query_scalar(self.sql(EXISTS));
        let noted: bool = noted.fetch_one(&mut *tx).await.map_err(failed)?;
        match noted {
            true => self.noted(&mut tx).await,
            false => Ok(0),
        }
    }

    async fn goto(&self, version: i64) -> Result<()> {
        let target = known(version)?;
        // One transaction a step: a crash leaves whole steps. Of several nodes one takes it, and the
        // others find it taken.
        loop {
            let mut tx = self.write().await?;
            let at = known(self.begin_steps(&mut tx).await?)?;
            if at == target {
                return tx.commit().await.map_err(failed);
            }
            if at < target {
                self.up(&mut tx, at).await?;
            } else {
                self.down(&mut tx, at - 1).await?;
            }
            tx.commit().await.map_err(failed)?;
        }
    }

    async fn force(&self, version: i64) -> Result<()> {
        let target = known(version)?;
        let mut tx = self.write().await?;
        let at = self.begin_steps(&mut tx).await?;
        let forget = sqlx::query(self.sql(FORGET)).bind(version);
        forget.execute(&mut *tx).await.map_err(failed)?;
        for step in STEPS.iter().take(target).filter(|step| step.version > at) {
            self.note(&mut tx, step).await?;
        }
        tx.commit().await.map_err(failed)
    }
}

/// How many of [`STEPS`] make up `version`.
fn known(version: i64) -> Result<usize> {
    let count = usize::try_from(version).ok();
    let count = count.filter(|count| *count <= STEPS.len());
    count.ok_or_else(|| odd("a version of the schema that this build does not know"))
}

impl PostgresStore {
    /// The version, once it is our turn and there is a place to note it in.
    async fn begin_steps(&self, connection: &mut PgConnection) -> Result<i64> {
        self.unhurried(connection).await?;
        for statement in [LOCK, BRIEF_LOCKS] {
            let turn = sqlx::raw_sql(self.sql(statement));
            turn.execute(&mut *connection).await.map_err(failed)?;
        }
        let missing = sqlx::query_scalar(self.sql(IS_MISSING)).bind(self.schema());
        let missing: bool = missing.fetch_one(&mut *connection).await.map_err(failed)?;
        if missing {
            let make = sqlx::raw_sql(AssertSqlSafe(format!("create schema {}", self.schema())));
            make.execute(&mut *connection).await.map_err(failed)?;
        }
        let make = sqlx::raw_sql(self.sql(NOTES));
        make.execute(&mut *connection).await.map_err(failed)?;
        self.noted(connection).await
    }

    async fn noted(&self, connection: &mut PgConnection) -> Result<i64> {
        let version = sqlx::query_scalar(self.sql(VERSION));
        version.fetch_one(connection).await.map_err(failed)
    }

    async fn note(&self, connection: &mut PgConnection, step: &Step) -> Result<()> {
        let note = sqlx::query(self.sql(NOTE))
            .bind(step.version)
            .bind(step.name)
            .bind(Timestamp::now().as_millis());
        note.execute(connection).await.map(drop).map_err(failed)
    }

    async fn run(&self, connection: &mut PgConnection, scripts: &[&'static str]) -> Result<()> {
        for script in scripts {
            let script = sqlx::raw_sql(self.sql(script));
            script.execute(&mut *connection).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn up(&self, connection: &mut PgConnection, index: usize) -> Result<()> {
        self.run(connection, SCRIPTS[index].up).await?;
        if index == 0 {
            let epoch = sqlx::query(self.sql(MAKE_EPOCH)).bind(Epoch::random().as_uuid());
            epoch.execute(&mut *connection).await.map_err(failed)?;
        }
        self.note(connection, &STEPS[index]).await
    }

    async fn down(&self, connection: &mut PgConnection, index: usize) -> Result<()> {
        self.run(connection, SCRIPTS[index].down).await?;
        let forget = sqlx::query(self.sql(FORGET)).bind(STEPS[index].version - 1);
        forget.execute(connection).await.map(drop).map_err(failed)
    }
}
