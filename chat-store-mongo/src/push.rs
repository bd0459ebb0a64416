//! The browsers that take pushes.

use async_trait::async_trait;
use bson::{Document, doc};
use chat_core::id::UserId;
use chat_core::model::PushSubscription;
use chat_core::store::PushStore;
use futures_util::TryStreamExt as _;
use mongodb::Collection;

use crate::error::{Result, failed};
use crate::rows::{self, PushRow};
use crate::store::{MongoStore, within};

#[async_trait]
impl PushStore for MongoStore {
    async fn subscribe(&self, subscription: &PushSubscription, at_most: usize) -> Result<()> {
        within(Box::pin(async move {
            let (pushes, this) = (self.pushes(), doc! { "_id": &subscription.endpoint });
            let replace = pushes.replace_one(this, PushRow::from(subscription));
            replace.upsert(true).await.map_err(failed)?;
            self.crowd_out(&subscription.user, at_most).await
        }))
        .await
    }

    async fn subscriptions(&self, users: &[UserId]) -> Result<Vec<PushSubscription>> {
        within(Box::pin(async move {
            let filter = doc! { "user": { "$in": rows::texts(users) } };
            let cursor = self.pushes().find(filter).await.map_err(failed)?;
            let found: Vec<PushRow> = cursor.try_collect().await.map_err(failed)?;
            rows::all(found)
        }))
        .await
    }

    async fn unsubscribe(&self, user: &UserId, endpoint: &str) -> Result<bool> {
        within(Box::pin(async move {
            let this = doc! { "_id": endpoint, "user": user.as_str() };
            let ended = self.pushes().delete_one(this).await.map_err(failed)?;
            Ok(ended.deleted_count == 1)
        }))
        .await
    }

    async fn forget(&self, endpoints: &[String]) -> Result<()> {
        within(Box::pin(async move {
            let these = doc! { "_id": { "$in": endpoints } };
            let forgotten = self.pushes().delete_many(these).await;
            forgotten.map(drop).map_err(failed)
        }))
        .await
    }
}

impl MongoStore {
    /// Takes away what a user has beyond the latest.
    async fn crowd_out(&self, user: &UserId, at_most: usize) -> Result<()> {
        let pushes: Collection<Document> = self.collection("pushes");
        let surplus = pushes
            .find(doc! { "user": user.as_str() })
            .sort(doc! { "created_at": -1, "_id": -1 })
            .skip(at_most as u64)
            .projection(doc! { "_id": 1 });
        let surplus: Vec<Document> = surplus
            .await
            .map_err(failed)?
            .try_collect()
            .await
            .map_err(failed)?;
        let surplus: Vec<&str> = surplus
            .iter()
            .filter_map(|row| row.get_str("_id").ok())
            .collect();
        if surplus.is_empty() {
            return Ok(());
        }
        // One of them may be another user's by now.
        let theirs = doc! { "_id": { "$in": surplus }, "user": user.as_str() };
        let gone = pushes.delete_many(theirs);
        gone.await.map(drop).map_err(failed)
    }
}
