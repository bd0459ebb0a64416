//! The browsers that take pushes.

use async_trait::async_trait;
use chat_core::id::UserId;
use chat_core::model::PushSubscription;
use chat_core::store::{PushStore, StoreError};

use crate::error::failed;
use crate::pool::SqliteStore;
use crate::rows::{self, PushRow, signed};

const SUBSCRIBE: &str = r"
insert into chat_pushes (endpoint, user, login, p256dh, auth, created_at) values (?, ?, ?, ?, ?, ?)
on conflict (endpoint) do update set user = excluded.user, login = excluded.login, p256dh = excluded.p256dh,
    auth = excluded.auth, created_at = excluded.created_at";

const CROWD_OUT: &str = r"
delete from chat_pushes where user = ?1 and endpoint in (
    select endpoint from chat_pushes where user = ?1 order by created_at desc, endpoint desc limit -1 offset ?2
)";

const SUBSCRIPTIONS: &str = r"
select endpoint, user, login, p256dh, auth, created_at
from chat_pushes where user in (select value from json_each(?))";

const UNSUBSCRIBE: &str = "delete from chat_pushes where endpoint = ? and user = ?";

const FORGET: &str = "delete from chat_pushes where endpoint in (select value from json_each(?))";

#[async_trait]
impl PushStore for SqliteStore {
    async fn subscribe(
        &self,
        subscription: &PushSubscription,
        at_most: usize,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let subscribe = sqlx::query(self.sql(SUBSCRIBE))
            .bind(&subscription.endpoint)
            .bind(subscription.user.as_str())
            .bind(subscription.login.map(|login| login.as_uuid()))
            .bind(&subscription.p256dh)
            .bind(&subscription.auth)
            .bind(subscription.created_at.as_millis());
        subscribe.execute(&mut *tx).await.map_err(failed)?;
        let crowd_out = sqlx::query(self.sql(CROWD_OUT))
            .bind(subscription.user.as_str())
            .bind(signed(at_most as u64));
        crowd_out.execute(&mut *tx).await.map_err(failed)?;
        tx.commit().await.map_err(failed)
    }

    async fn subscriptions(&self, users: &[UserId]) -> Result<Vec<PushSubscription>, StoreError> {
        let mut reader = self.reader().await?;
        let query = sqlx::query_as(self.sql(SUBSCRIPTIONS)).bind(rows::text_list(users));
        let found: Vec<PushRow> = query.fetch_all(&mut *reader).await.map_err(failed)?;
        rows::all(found)
    }

    async fn unsubscribe(&self, user: &UserId, endpoint: &str) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let unsubscribe = sqlx::query(self.sql(UNSUBSCRIBE))
            .bind(endpoint)
            .bind(user.as_str());
        let ended = unsubscribe.execute(&mut *tx).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        Ok(ended.rows_affected() == 1)
    }

    async fn forget(&self, endpoints: &[String]) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let forget = sqlx::query(self.sql(FORGET)).bind(serde_json::json!(endpoints).to_string());
        forget.execute(&mut *tx).await.map_err(failed)?;
        tx.commit().await.map_err(failed)
    }
}
