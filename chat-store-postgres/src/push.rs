//! The browsers that take pushes.

use async_trait::async_trait;
use chat_core::id::UserId;
use chat_core::model::PushSubscription;
use chat_core::store::{PushStore, StoreError};

use crate::error::failed;
use crate::pool::PostgresStore;
use crate::rows::{self, PushRow, signed};

const SUBSCRIBE: &str = r"
insert into chat.pushes (endpoint, user_id, login, p256dh, auth, created_at) values ($1, $2, $3, $4, $5, $6)
on conflict (endpoint) do update set user_id = excluded.user_id, login = excluded.login,
    p256dh = excluded.p256dh, auth = excluded.auth, created_at = excluded.created_at";

const CROWD_OUT: &str = r"
delete from chat.pushes where user_id = $1 and endpoint in (
    select endpoint from chat.pushes where user_id = $1 order by created_at desc, endpoint desc offset $2
)";

const SUBSCRIPTIONS: &str = r"
select endpoint, user_id, login, p256dh, auth, created_at from chat.pushes where user_id = any ($1)";

const UNSUBSCRIBE: &str = r"delete from chat.pushes where endpoint = $1 and user_id = $2";

const FORGET: &str = r"delete from chat.pushes where endpoint = any ($1)";

#[async_trait]
impl PushStore for PostgresStore {
    /// Not one transaction, so that two calls of one user never wait for each other in a circle.
    async fn subscribe(
        &self,
        subscription: &PushSubscription,
        at_most: usize,
    ) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        let subscribe = sqlx::query(self.sql(SUBSCRIBE))
            .bind(&subscription.endpoint)
            .bind(subscription.user.as_str())
            .bind(subscription.login.map(|login| login.as_uuid()))
            .bind(&subscription.p256dh)
            .bind(&subscription.auth)
            .bind(subscription.created_at.as_millis());
        subscribe.execute(&mut *connection).await.map_err(failed)?;
        let crowd_out = sqlx::query(self.sql(CROWD_OUT))
            .bind(subscription.user.as_str())
            .bind(signed(at_most as u64));
        let crowded = crowd_out.execute(&mut *connection).await;
        crowded.map(drop).map_err(failed)
    }

    async fn subscriptions(&self, users: &[UserId]) -> Result<Vec<PushSubscription>, StoreError> {
        let mut connection = self.connection().await?;
        let query = sqlx::query_as(self.sql(SUBSCRIPTIONS)).bind(rows::texts(users));
        let found: Vec<PushRow> = query.fetch_all(&mut *connection).await.map_err(failed)?;
        rows::all(found)
    }

    async fn unsubscribe(&self, user: &UserId, endpoint: &str) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        let unsubscribe = sqlx::query(self.sql(UNSUBSCRIBE))
            .bind(endpoint)
            .bind(user.as_str());
        let ended = unsubscribe.execute(&mut *connection).await;
        Ok(ended.map_err(failed)?.rows_affected() == 1)
    }

    async fn forget(&self, endpoints: &[String]) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        let forget = sqlx::query(self.sql(FORGET)).bind(endpoints);
        let forgotten = forget.execute(&mut *connection).await;
        forgotten.map(drop).map_err(failed)
    }
}
