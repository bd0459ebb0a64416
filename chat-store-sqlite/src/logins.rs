//! Login sessions.

use async_trait::async_trait;
use chat_core::id::{LoginId, Timestamp, UserId};
use chat_core::model::{Login, Rotation};
use chat_core::store::{EndLogins, LoginStore, StoreError};
use uuid::Uuid;

use crate::error::failed;
use crate::pool::SqliteStore;
use crate::rows::{self, LoginRow};

const CROWD_OUT: &str = r"
delete from chat_logins where id in (
    select id from chat_logins where user = ? order by refreshed_at desc, id desc limit -1 offset ?
) returning id";

const INSERT: &str = r"
insert into chat_logins (id, user, generation, created_at, refreshed_at, expires_at, device)
values (?, ?, ?, ?, ?, ?, ?)";

const FIND: &str = r"
select id, user, generation, created_at, refreshed_at, expires_at, device
from chat_logins where id = ? and expires_at > ?";

const LIVE: &str = r"
select id from chat_logins where id in (select unhex(value) from json_each(?1)) and expires_at > ?2";

const LIST: &str = r"
select id, user, generation, created_at, refreshed_at, expires_at, device
from chat_logins where user = ? and expires_at > ? order by refreshed_at desc, id desc";

const ADVANCE: &str =
    "update chat_logins set generation = generation + 1, refreshed_at = ? where id = ?";

const DELETE: &str = "delete from chat_logins where id = ?";

const END: &str = r"
delete from chat_logins where user = ?1 and (?2 is null or id = ?2) and (?3 is null or id <> ?3) returning id";

#[async_trait]
impl LoginStore for SqliteStore {
    async fn create(&self, login: &Login, max: usize) -> Result<Vec<LoginId>, StoreError> {
        let keep = i64::try_from(max.saturating_sub(1)).unwrap_or(i64::MAX);
        let mut tx = self.write().await?;
        let crowded = sqlx::query_scalar(self.sql(CROWD_OUT))
            .bind(login.user.as_str())
            .bind(keep);
        let gone: Vec<Uuid> = crowded.fetch_all(&mut *tx).await.map_err(failed)?;
        let insert = sqlx::query(self.sql(INSERT))
            .bind(login.id.as_uuid())
            .bind(login.user.as_str())
            .bind(login.generation)
            .bind(login.created_at.as_millis())
            .bind(login.refreshed_at.as_millis())
            .bind(login.expires_at.as_millis())
            .bind(&login.device);
        insert.execute(&mut *tx).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        Ok(gone.into_iter().map(LoginId::from_uuid).collect())
    }

    async fn find(&self, id: LoginId, now: Timestamp) -> Result<Option<Login>, StoreError> {
        let mut reader = self.reader().await?;
        let query = sqlx::query_as(self.sql(FIND))
            .bind(id.as_uuid())
            .bind(now.as_millis());
        let found: Option<LoginRow> = query.fetch_optional(&mut *reader).await.map_err(failed)?;
        found.map(Login::try_from).transpose()
    }

    async fn live(&self, logins: &[LoginId], now: Timestamp) -> Result<Vec<LoginId>, StoreError> {
        let ids = rows::hex_list(logins.iter().map(|id| id.as_uuid()));
        let mut reader = self.reader().await?;
        let query = sqlx::query_scalar(self.sql(LIVE))
            .bind(ids)
            .bind(now.as_millis());
        let found: Vec<Uuid> = query.fetch_all(&mut *reader).await.map_err(failed)?;
        Ok(found.into_iter().map(LoginId::from_uuid).collect())
    }

    async fn list(&self, user: &UserId, now: Timestamp) -> Result<Vec<Login>, StoreError> {
        let mut reader = self.reader().await?;
        let query = sqlx::query_as(self.sql(LIST))
            .bind(user.as_str())
            .bind(now.as_millis());
        let found: Vec<LoginRow> = query.fetch_all(&mut *reader).await.map_err(failed)?;
        rows::all(found)
    }

    async fn rotate(
        &self,
        id: LoginId,
        generation: i64,
        now: Timestamp,
        window_ms: i64,
    ) -> Result<Rotation, StoreError> {
        let mut tx = self.write().await?;
        let query = sqlx::query_as(self.sql(FIND))
            .bind(id.as_uuid())
            .bind(now.as_millis());
        let found: Option<LoginRow> = query.fetch_optional(&mut *tx).await.map_err(failed)?;
        let Some(login) = found.map(Login::try_from).transpose()? else {
            return Ok(Rotation::Ended);
        };
        let within = now
            .as_millis()
            .saturating_sub(login.refreshed_at.as_millis())
            < window_ms;
        let rotation = match login.generation - generation {
            0 => {
                let advance = sqlx::query(self.sql(ADVANCE))
                    .bind(now.as_millis())
                    .bind(id.as_uuid());
                advance.execute(&mut *tx).await.map_err(failed)?;
                Rotation::Advanced(Login {
                    generation: generation + 1,
                    refreshed_at: now,
                    ..login
                })
            }
            ..0 => Rotation::Ended,
            1 if within => Rotation::Repeated(login),
            1.. => {
                sqlx::query(self.sql(DELETE))
                    .bind(id.as_uuid())
                    .execute(&mut *tx)
                    .await
                    .map_err(failed)?;
                Rotation::Reused(login)
            }
        };
        tx.commit().await.map_err(failed)?;
        Ok(rotation)
    }

    async fn end(&self, user: &UserId, which: EndLogins) -> Result<Vec<LoginId>, StoreError> {
        let (one, kept) = match which {
            EndLogins::One(id) => (Some(id.as_uuid()), None),
            EndLogins::Others(id) => (None, Some(id.as_uuid())),
            EndLogins::All => (None, None),
        };
        let mut tx = self.write().await?;
        let query = sqlx::query_scalar(self.sql(END))
            .bind(user.as_str())
            .bind(one)
            .bind(kept);
        let ended: Vec<Uuid> = query.fetch_all(&mut *tx).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        Ok(ended.into_iter().map(LoginId::from_uuid).collect())
    }
}
