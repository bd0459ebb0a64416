//! Records of uploads.

use std::collections::HashMap;

use async_trait::async_trait;
use bson::{Document, doc};
use chat_core::id::{Timestamp, UploadId, UserId};
use chat_core::model::{Purpose, Upload, UploadUsage};
use chat_core::store::{StoreError, UploadStore};
use futures_util::TryStreamExt as _;
use mongodb::ClientSession;
use serde::Deserialize;

use crate::admin::patiently;
use crate::error::{self, failed};
use crate::rows::{self, UploadRow, binaries, binary};
use crate::store::{MongoStore, aggregate, find_all, limit as most, within};
use crate::turns::Places;

/// A sum over an owner's uploads.
#[derive(Debug, Deserialize)]
struct UsageRow {
    bytes: i64,
    recent: i64,
}

#[async_trait]
impl UploadStore for MongoStore {
    async fn create(&self, upload: &Upload) -> Result<(), StoreError> {
        within(Box::pin(async move {
            let uploads = self.uploads();
            let insert = uploads.insert_one(UploadRow::from(upload));
            insert.await.map(drop).map_err(failed)
        }))
        .await
    }

    async fn set_url(&self, id: UploadId, url: &str) -> Result<(), StoreError> {
        within(Box::pin(async move {
            let (id, uploads) = (binary(id.as_uuid()), self.uploads());
            let update = uploads.update_one(doc! { "_id": id }, doc! { "$set": { "url": url } });
            update.await.map(drop).map_err(failed)
        }))
        .await
    }

    async fn find(&self, id: UploadId, viewer: &UserId) -> Result<Option<Upload>, StoreError> {
        within(Box::pin(async move {
            let id = binary(id.as_uuid());
            let mut view = self.view().await?;
            let found = find_all(&mut view, &self.uploads(), doc! { "_id": id }).await?;
            let Some(row) = found.into_iter().next() else {
                return Ok(None);
            };
            let is_open = row.owner == viewer.as_str() || row.purpose == Purpose::Avatar.as_str();
            let may_read = is_open || self.was_sent_to(&mut view, id, viewer).await?;
            may_read.then(|| row.try_into()).transpose()
        }))
        .await
    }

    async fn owned(&self, owner: &UserId, ids: &[UploadId]) -> Result<Vec<Upload>, StoreError> {
        within(Box::pin(async move {
            let asked = binaries(ids.iter().map(|id| id.as_uuid()));
            let filter = doc! { "_id": { "$in": asked }, "owner": owner.as_str() };
            let cursor = self.uploads().find(filter).await.map_err(failed)?;
            let found: Vec<UploadRow> = cursor.try_collect().await.map_err(failed)?;
            let mut owned: HashMap<UploadId, Upload> = HashMap::with_capacity(found.len());
            for row in found {
                let upload = Upload::try_from(row)?;
                owned.insert(upload.id, upload);
            }
            Ok(ids.iter().filter_map(|id| owned.get(id).cloned()).collect())
        }))
        .await
    }

    async fn usage(&self, owner: &UserId, since: Timestamp) -> Result<UploadUsage, StoreError> {
        within(Box::pin(async move {
            let is_recent = doc! { "$cond": [
                { "$gte": ["$created_at", since.as_millis()] }, 1_i64, 0_i64,
            ] };
            let sums = doc! {
                "_id": null, "bytes": { "$sum": "$size" }, "recent": { "$sum": is_recent },
            };
            let pipeline = vec![
                doc! { "$match": { "owner": owner.as_str() } },
                doc! { "$group": sums },
            ];
            let mut view = self.view().await?;
            let found: Vec<UsageRow> = aggregate(&mut view, &self.uploads(), pipeline).await?;
            let usage = |row: &UsageRow| UploadUsage {
                bytes: row.bytes.unsigned_abs(),
                recent: row.recent.unsigned_abs(),
            };
            Ok(found.first().map(usage).unwrap_or_default())
        }))
        .await
    }

    async fn orphans(
        &self,
        purpose: Purpose,
        before: Timestamp,
        after: Option<&Upload>,
        limit: usize,
    ) -> Result<Vec<Upload>, StoreError> {
        patiently(Box::pin(async move {
            if limit == 0 {
                return Ok(Vec::new());
            }
            let mut old = doc! {
                "purpose": purpose.as_str(), "created_at": { "$lt": before.as_millis() },
            };
            if let Some(after) = after {
                let (at, id) = (after.created_at.as_millis(), binary(after.id.as_uuid()));
                let later = doc! { "created_at": { "$gt": at } };
                old.insert(
                    "$or",
                    vec![later, doc! { "created_at": at, "_id": { "$gt": id } }],
                );
            }
            let links = doc! {
                "from": self.name("upload_links"), "localField": "_id", "foreignField": "upload",
                "pipeline": [{ "$limit": 1_i64 }], "as": "links",
            };
            let shows = doc! { "$match": { "$expr": { "$eq": ["$avatar", "$$upload"] } } };
            let accounts = doc! {
                "from": self.name("accounts"), "localField": "owner", "foreignField": "_id",
                "let": { "upload": "$_id" }, "pipeline": [shows], "as": "accounts",
            };
            let conversations = doc! {
                "from": self.name("conversations"), "localField": "_id", "foreignField": "avatar",
                "pipeline": [{ "$limit": 1_i64 }], "as": "conversations",
            };
            let pipeline = vec![
                doc! { "$match": old },
                doc! { "$sort": { "created_at": 1, "_id": 1 } },
                doc! { "$lookup": links },
                doc! { "$match": { "links": [] } },
                doc! { "$lookup": accounts },
                doc! { "$match": { "accounts": [] } },
                doc! { "$lookup": conversations },
                doc! { "$match": { "conversations": [] } },
                doc! { "$limit": most(limit) },
            ];
            let mut view = self.view().await?;
            let found: Vec<UploadRow> = aggregate(&mut view, &self.uploads(), pipeline).await?;
            rows::all(found)
        }))
        .await
    }

    async fn delete(&self, id: UploadId) -> Result<bool, StoreError> {
        let id = binary(id.as_uuid());
        self.transact(Places::of([id]), id, |store, session, id| {
            Box::pin(delete(store, session, *id))
        })
        .await
    }
}

impl MongoStore {
    /// Whether a message that the viewer may read holds the upload.
    async fn was_sent_to(
        &self,
        view: &mut ClientSession,
        upload: bson::Uuid,
        viewer: &UserId,
    ) -> error::Result<bool> {
        let sees = doc! { "$match": {
            "user": viewer.as_str(), "active": true,
            "$expr": { "$lt": ["$visible_from", "$$seq"] },
        } };
        let members = doc! {
            "from": self.name("members"), "localField": "conversation", "foreignField": "conversation",
            "let": { "seq": "$seq" }, "pipeline": [sees], "as": "members",
        };
        let pipeline = vec![
            doc! { "$match": { "upload": upload } },
            doc! { "$lookup": members },
            doc! { "$match": { "members": { "$ne": [] } } },
            doc! { "$limit": 1_i64 },
        ];
        let found: Vec<Document> = aggregate(view, &self.upload_links(), pipeline).await?;
        Ok(!found.is_empty())
    }
}

/// A send that attaches the upload meanwhile writes to it too, so that one of both is repeated.
async fn delete(
    store: &MongoStore,
    session: &mut ClientSession,
    id: bson::Uuid,
) -> error::Result<bool> {
    let links = store.upload_links();
    let link = links.find_one(doc! { "upload": id }).session(&mut *session);
    if link.await.map_err(failed)?.is_some() {
        return Ok(false);
    }
    let (accounts, conversations) = (store.accounts(), store.conversations());
    let shown = doc! { "avatar": id };
    let group = conversations.find_one(shown).session(&mut *session);
    let group = group.await.map_err(failed)?;
    let uploads = store.uploads();
    let upload = uploads.find_one(doc! { "_id": id }).session(&mut *session);
    let Some(upload) = upload.await.map_err(failed)?.filter(|_| group.is_none()) else {
        return Ok(false);
    };
    let shown = doc! { "_id": &upload.owner, "avatar": id };
    let account = accounts.find_one(shown).session(&mut *session);
    if account.await.map_err(failed)?.is_some() {
        return Ok(false);
    }
    let delete = uploads.delete_one(doc! { "_id": id }).session(session);
    Ok(delete.await.map_err(failed)?.deleted_count == 1)
}
