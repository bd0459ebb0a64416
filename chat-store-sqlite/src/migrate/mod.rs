//! The schema, in steps that go up and down.

mod steps;

use async_trait::async_trait;
use chat_core::id::{Epoch, Timestamp};
use chat_core::store::{SchemaStore, Step};
use sqlx::SqliteConnection;

use crate::error::{Result, failed, odd};
use crate::pool::SqliteStore;
use steps::{SCRIPTS, STEPS};

/// Where the steps that were taken are noted.
const NOTES: &str = r"
create table if not exists chat_steps (
    version integer primary key,
    name text not null,
    taken_at integer not null
) strict";

const VERSION: &str = "select coalesce(max(version), 0) from chat_steps";

const EXISTS: &str =
    "select exists (select 1 from sqlite_schema where type = 'table' and name = 'chat_steps')";

const NOTE: &str = "insert into chat_steps (version, name, taken_at) values (?, ?, ?)";

const FORGET: &str = "delete from chat_steps where version > ?";

const MAKE_EPOCH: &str = "insert into chat_meta (only, epoch) values (1, ?)";

#[async_trait]
impl SchemaStore for SqliteStore {
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
        // One transaction a step: a crash leaves whole steps. Each holds the file's lock from its
        // start, so that of several processes one takes it and the others find it taken.
        loop {
            let mut tx = self.write_many().await?;
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
        let mut tx = self.write_many().await?;
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

impl SqliteStore {
    /// The version, once there is a place to note it in.
    async fn begin_steps(&self, connection: &mut SqliteConnection) -> Result<i64> {
        let make = sqlx::raw_sql(self.sql(NOTES));
        make.execute(&mut *connection).await.map_err(failed)?;
        self.noted(connection).await
    }

    async fn noted(&self, connection: &mut SqliteConnection) -> Result<i64> {
        let version = sqlx::query_scalar(self.sql(VERSION));
        version.fetch_one(connection).await.map_err(failed)
    }

    async fn note(&self, connection: &mut SqliteConnection, step: &Step) -> Result<()> {
        let note = sqlx::query(self.sql(NOTE))
            .bind(step.version)
            .bind(step.name)
            .bind(Timestamp::now().as_millis());
        note.execute(connection).await.map(drop).map_err(failed)
    }

    async fn up(&self, connection: &mut SqliteConnection, index: usize) -> Result<()> {
        let step = sqlx::raw_sql(self.sql(SCRIPTS[index].0));
        step.execute(&mut *connection).await.map_err(failed)?;
        if index == 0 {
            let epoch = sqlx::query(self.sql(MAKE_EPOCH)).bind(Epoch::random().as_uuid());
            epoch.execute(&mut *connection).await.map_err(failed)?;
        }
        self.note(connection, &STEPS[index]).await
    }

    async fn down(&self, connection: &mut SqliteConnection, index: usize) -> Result<()> {
        let step = sqlx::raw_sql(self.sql(SCRIPTS[index].1));
        step.execute(&mut *connection).await.map_err(failed)?;
        let forget = sqlx::query(self.sql(FORGET)).bind(STEPS[index].version - 1);
        forget.execute(connection).await.map(drop).map_err(failed)
    }
}
