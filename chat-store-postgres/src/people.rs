//! Blocks, and what users let others see.

use async_trait::async_trait;
use chat_core::id::{ConversationId, Timestamp, UserId};
use chat_core::model::{Block, Blocking, Privacy};
use chat_core::store::{PeopleStore, StoreError};
use sqlx::PgConnection;

use crate::conversations::pair_key;
use crate::error::failed;
use crate::pool::{Db, PostgresStore};
use crate::rows::{self, audience_number, signed};

const BLOCK: &str = r"
insert into chat.blocks (user_id, other_id, pair, at)
select $1, $2, $3, $4 where (select count(*) from chat.blocks where user_id = $1) < $5
on conflict do nothing";

/// Whatever was appended by those who did not see the block yet is committed before this lock is had;
/// whoever has it later sees the block.
const AWAIT_APPENDS: &str = r"select 1 from chat.conversations where pair = $1 for no key update";

const STANDS: &str =
    r"select exists (select 1 from chat.blocks where user_id = $1 and other_id = $2)";

const UNBLOCK: &str = r"delete from chat.blocks where user_id = $1 and other_id = $2";

const BLOCKED: &str = r"
select other_id, at from chat.blocks where user_id = $1 and other_id > $2 order by other_id limit $3";

const BLOCKS: &str = r"select user_id, other_id from chat.blocks where pair = any ($1)";

const BARRED: &str = r"
select exists (
    select 1 from chat.conversations as c join chat.blocks as block on block.pair = c.pair where c.id = $1
)";

const SET_PRIVACY: &str = r"
insert into chat.privacy (user_id, last_seen) values ($1, $2)
on conflict (user_id) do update set last_seen = excluded.last_seen";

const PRIVACY: &str = r"select user_id, last_seen from chat.privacy where user_id = any ($1)";

#[async_trait]
impl PeopleStore for PostgresStore {
    async fn block(
        &self,
        user: &UserId,
        other: &UserId,
        at: Timestamp,
        at_most: usize,
    ) -> Result<Blocking, StoreError> {
        let (mut connection, pair) = (self.connection().await?, pair_key(user, other));
        let block = sqlx::query(self.sql(BLOCK))
            .bind(user.as_str())
            .bind(other.as_str())
            .bind(&pair)
            .bind(at.as_millis())
            .bind(signed(at_most as u64));
        let made = block.execute(&mut *connection).await.map_err(failed)?;
        let blocking = match made.rows_affected() {
            1 => Blocking::New,
            _ if self.stands(&mut connection, user, other).await? => Blocking::Known,
            _ => return Ok(Blocking::Full),
        };
        // An earlier call may have failed between the two, so this is done for a known one too.
        let appends = sqlx::query(self.sql(AWAIT_APPENDS)).bind(pair);
        appends.execute(&mut *connection).await.map_err(failed)?;
        Ok(blocking)
    }

    async fn unblock(&self, user: &UserId, other: &UserId) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        let unblock = sqlx::query(self.sql(UNBLOCK))
            .bind(user.as_str())
            .bind(other.as_str());
        let ended = unblock.execute(&mut *connection).await.map_err(failed)?;
        Ok(ended.rows_affected() == 1)
    }

    async fn blocked(
        &self,
        user: &UserId,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Vec<(UserId, Timestamp)>, StoreError> {
        let mut connection = self.connection().await?;
        let query = sqlx::query_as(self.sql(BLOCKED))
            .bind(user.as_str())
            .bind(after.map_or("", UserId::as_str))
            .bind(signed(limit as u64));
        let found: Vec<(String, i64)> = query.fetch_all(&mut *connection).await.map_err(failed)?;
        found
            .into_iter()
            .map(|(other, at)| Ok((rows::user(&other)?, Timestamp::from_millis(at))))
            .collect()
    }

    async fn blocks(&self, viewer: &UserId, others: &[UserId]) -> Result<Vec<Block>, StoreError> {
        let pairs: Vec<String> = others.iter().map(|other| pair_key(viewer, other)).collect();
        let mut connection = self.connection().await?;
        let query = sqlx::query_as(self.sql(BLOCKS)).bind(pairs);
        let found: Vec<(String, String)> =
            query.fetch_all(&mut *connection).await.map_err(failed)?;
        let block = |(by, other): (String, String)| {
            let (by, other) = (rows::user(&by)?, rows::user(&other)?);
            Ok(Block { by, other })
        };
        found.into_iter().map(block).collect()
    }

    async fn barred(&self, conversation: ConversationId) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        barred(&mut self.db(&mut connection), conversation).await
    }

    async fn set_privacy(&self, user: &UserId, privacy: Privacy) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        let set = sqlx::query(self.sql(SET_PRIVACY))
            .bind(user.as_str())
            .bind(audience_number(privacy.last_seen));
        let set = set.execute(&mut *connection).await;
        set.map(drop).map_err(failed)
    }

    async fn privacy(&self, users: &[UserId]) -> Result<Vec<(UserId, Privacy)>, StoreError> {
        let mut connection = self.connection().await?;
        let query = sqlx::query_as(self.sql(PRIVACY)).bind(rows::texts(users));
        let found: Vec<(String, i16)> = query.fetch_all(&mut *connection).await.map_err(failed)?;
        let chosen = |(user, last_seen): (String, i16)| {
            let last_seen = rows::audience(last_seen)?;
            Ok((rows::user(&user)?, Privacy { last_seen }))
        };
        found.into_iter().map(chosen).collect()
    }
}

impl PostgresStore {
    async fn stands(
        &self,
        connection: &mut PgConnection,
        user: &UserId,
        other: &UserId,
    ) -> Result<bool, StoreError> {
        let stands = sqlx::query_scalar(self.sql(STANDS))
            .bind(user.as_str())
            .bind(other.as_str());
        stands.fetch_one(connection).await.map_err(failed)
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
