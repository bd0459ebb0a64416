//! When users were last there.

use async_trait::async_trait;
use chat_core::id::{Timestamp, UserId};
use chat_core::store::{LastSeenStore, StoreError};

use crate::error::failed;
use crate::pool::SqliteStore;
use crate::rows;

const TOUCH: &str = r"
insert into chat_last_seen (user, at)
select value ->> 0, max(value ->> 1) from json_each(?) group by value ->> 0
on conflict (user) do update set at = max(at, excluded.at)";

const FIND: &str =
    "select user, at from chat_last_seen where user in (select value from json_each(?))";

#[async_trait]
impl LastSeenStore for SqliteStore {
    async fn touch(&self, seen: &[(UserId, Timestamp)]) -> Result<(), StoreError> {
        let seen: Vec<_> = seen
            .iter()
            .map(|(user, at)| (user.as_str(), at.as_millis()))
            .collect();
        let mut tx = self.write().await?;
        let touch = sqlx::query(self.sql(TOUCH)).bind(serde_json::json!(seen).to_string());
        touch.execute(&mut *tx).await.map_err(failed)?;
        tx.commit().await.map_err(failed)
    }

    async fn find(&self, users: &[UserId]) -> Result<Vec<(UserId, Timestamp)>, StoreError> {
        let mut reader = self.reader().await?;
        let query = sqlx::query_as(self.sql(FIND)).bind(rows::text_list(users));
        let found: Vec<(String, i64)> = query.fetch_all(&mut *reader).await.map_err(failed)?;
        found
            .into_iter()
            .map(|(user, at)| Ok((rows::user(&user)?, Timestamp::from_millis(at))))
            .collect()
    }
}
