//! When users were last there.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bson::doc;
use chat_core::id::{Timestamp, UserId};
use chat_core::store::{LastSeenStore, StoreError};
use futures_util::TryStreamExt as _;

use crate::error::failed;
use crate::rows::{self, SeenRow};
use crate::store::{MongoStore, within};

#[async_trait]
impl LastSeenStore for MongoStore {
    async fn touch(&self, seen: &[(UserId, Timestamp)]) -> Result<(), StoreError> {
        within(Box::pin(async move {
        let mut latest: BTreeMap<&UserId, Timestamp> = BTreeMap::new();
        for (user, at) in seen {
            let kept = latest.entry(user).or_insert(*at);
            *kept = (*at).max(*kept);
        }
        let updates = latest.into_iter().map(|(user, at)| {
            doc! {
                "q": { "_id": user.as_str() }, "u": { "$max": { "at": at.as_millis() } }, "upsert": true,
            }
        });
        self.update_all(None, "last_seen", updates.collect()).await
        })).await
    }

    async fn find(&self, users: &[UserId]) -> Result<Vec<(UserId, Timestamp)>, StoreError> {
        within(Box::pin(async move {
            let filter = doc! { "_id": { "$in": rows::texts(users) } };
            let cursor = self.last_seen().find(filter).await.map_err(failed)?;
            let found: Vec<SeenRow> = cursor.try_collect().await.map_err(failed)?;
            found
                .into_iter()
                .map(|row| Ok((rows::user(&row.user)?, Timestamp::from_millis(row.at))))
                .collect()
        }))
        .await
    }
}
