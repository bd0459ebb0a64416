//! Blocks, and what users let others see.

use async_trait::async_trait;
use chat_core::id::{ConversationId, Timestamp, UserId};
use chat_core::model::{Block, Blocking, Privacy};
use chat_core::store::{PeopleStore, StoreError};

use crate::conversations::pair_key;
use crate::error::failed;
use crate::pool::{Db, SqliteStore};
use crate::rows::{self, audience_number, signed};

const BLOCK: &str = r"
insert into chat_blocks (user, other, pair, at)
select ?1, ?2, ?3, ?4 where (select count(*) from chat_blocks where user = ?1) < ?5
on conflict do nothing";

const STANDS: &str = "select exists (select 1 from chat_blocks where user = ? and other = ?)";

const UNBLOCK: &str = "delete from chat_blocks where user = ? and other = ?";

const BLOCKED: &str = r"
select other, at from chat_blocks where user = ?1 and other > ?2 order by other limit ?3";

const BLOCKS: &str =
    "select user, other from chat_blocks where pair in (select value from json_each(?))";

const BARRED: &str = r"
select exists (
    select 1 from chat_conversations as c cross join chat_blocks as block on block.pair = c.pair where c.id = ?
)";

const SET_PRIVACY: &str = r"
insert into chat_privacy (user, last_seen) values (?, ?)
on conflict (user) do update set last_seen = excluded.last_seen";

const PRIVACY: &str =
    "select user, last_seen from chat_privacy where user in (select value from json_each(?))";

/// One connection writes, so that no append is under way while a block is made.
#[async_trait]
impl PeopleStore for SqliteStore {
    async fn block(
        &self,
        user: &UserId,
        other: &UserId,
        at: Timestamp,
        at_most: usize,
    ) -> Result<Blocking, StoreError> {
        let mut tx = self.write().await?;
        let block = sqlx::query(self.sql(BLOCK))
            .bind(user.as_str())
            .bind(other.as_str())
            .bind(pair_key(user, other))
            .bind(at.as_millis())
            .bind(signed(at_most as u64));
        let made = block.execute(&mut *tx).await.map_err(failed)?;
        if made.rows_affected() == 1 {
            tx.commit().await.map_err(failed)?;
            return Ok(Blocking::New);
        }
        let stands = sqlx::query_scalar(self.sql(STANDS))
            .bind(user.as_str())
            .bind(other.as_str());
        let stands: bool = stands.fetch_one(&mut *tx).await.map_err(failed)?;
        Ok(match stands {
            true => Blocking::Known,
            false => Blocking::Full,
        })
    }

    async fn unblock(&self, user: &UserId, other: &UserId) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let unblock = sqlx::query(self.sql(UNBLOCK))
            .bind(user.as_str())
            .bind(other.as_str());
        let ended = unblock.execute(&mut *tx).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        Ok(ended.rows_affected() == 1)
    }

    async fn blocked(
        &self,
        user: &UserId,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Vec<(UserId, Timestamp)>, StoreError> {
        let mut reader = self.reader().await?;
        let query = sqlx::query_as(self.sql(BLOCKED))
            .bind(user.as_str())
            .bind(after.map_or("", UserId::as_str))
            .bind(signed(limit as u64));
        let found: Vec<(String, i64)> = query.fetch_all(&mut *reader).await.map_err(failed)?;
        found
            .into_iter()
            .map(|(other, at)| Ok((rows::user(&other)?, Timestamp::from_millis(at))))
            .collect()
    }

    async fn blocks(&self, viewer: &UserId, others: &[UserId]) -> Result<Vec<Block>, StoreError> {
        let pairs: Vec<String> = others.iter().map(|other| pair_key(viewer, other)).collect();
        let mut reader = self.reader().await?;
        let query = sqlx::query_as(self.sql(BLOCKS)).bind(serde_json::json!(pairs).to_string());
        let found: Vec<(String, String)> = query.fetch_all(&mut *reader).await.map_err(failed)?;
        let block = |(by, other): (String, String)| {
            let (by, other) = (rows::user(&by)?, rows::user(&other)?);
            Ok(Block { by, other })
        };
        found.into_iter().map(block).collect()
    }

    async fn barred(&self, conversation: ConversationId) -> Result<bool, StoreError> {
        let mut reader = self.reader().await?;
        barred(&mut self.db(&mut reader), conversation).await
    }

    async fn set_privacy(&self, user: &UserId, privacy: Privacy) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let set = sqlx::query(self.sql(SET_PRIVACY))
            .bind(user.as_str())
            .bind(audience_number(privacy.last_seen));
        set.execute(&mut *tx).await.map_err(failed)?;
        tx.commit().await.map_err(failed)
    }

    async fn privacy(&self, users: &[UserId]) -> Result<Vec<(UserId, Privacy)>, StoreError> {
        let mut reader = self.reader().await?;
        let query = sqlx::query_as(self.sql(PRIVACY)).bind(rows::text_list(users));
        let found: Vec<(String, i64)> = query.fetch_all(&mut *reader).await.map_err(failed)?;
        let chosen = |(user, last_seen): (String, i64)| {
            let last_seen = rows::audience(last_seen)?;
            Ok((rows::user(&user)?, Privacy { last_seen }))
        };
        found.into_iter().map(chosen).collect()
    }
}

/// Whether a block stands between the two of a direct conversation.
pub(crate) async fn barred(
    db: &mut Db<'_>,
    conversation: ConversationId,
) -> Result<bool, StoreError> {
    let query = sqlx::query_scalar(db.sql(BARRED)).bind(conversation.as_uuid());
    query.fetch_one(&mut *db.connection).await.map_err(failed)
}
