//! When users were last there.

use async_trait::async_trait;
use chat_core::id::{Timestamp, UserId};
use chat_core::store::{LastSeenStore, StoreError};

use crate::error::failed;
use crate::pool::PostgresStore;
use crate::rows;

const TOUCH: &str = r"
insert into chat.last_seen as known (user_id, at)
select seen.user_id, max(seen.at) from unnest($1::text[], $2::bigint[]) as seen (user_id, at) group by 1 order by 1
on conflict (user_id) do update set at = greatest(known.at, excluded.at)";

const FIND: &str = r"select user_id, at from chat.last_seen where user_id = any ($1)";

#[async_trait]
impl LastSeenStore for PostgresStore {
    async fn touch(&self, seen: &[(UserId, Timestamp)]) -> Result<(), StoreError> {
        let users: Vec<&str> = seen.iter().map(|(user, _)| user.as_str()).collect();
        let times: Vec<i64> = seen.iter().map(|(_, at)| at.as_millis()).collect();
        let mut connection = self.connection().await?;
        let touch = sqlx::query(self.sql(TOUCH)).bind(users).bind(times);
        touch
            .execute(&mut *connection)
            .await
            .map(drop)
            .map_err(failed)
    }

    async fn find(&self, users: &[UserId]) -> Result<Vec<(UserId, Timestamp)>, StoreError> {
        let mut connection = self.connection().await?;
        let query = sqlx::query_as(self.sql(FIND)).bind(rows::texts(users));
        let found: Vec<(String, i64)> = query.fetch_all(&mut *connection).await.map_err(failed)?;
        found
            .into_iter()
            .map(|(user, at)| Ok((rows::user(&user)?, Timestamp::from_millis(at))))
            .collect()
    }
}
