//! Blocks, and what users let others see.

use async_trait::async_trait;
use bson::{Document, doc};
use chat_core::id::{ConversationId, Timestamp, UserId};
use chat_core::model::{Block, Blocking, Privacy};
use chat_core::store::PeopleStore;
use futures_util::TryStreamExt as _;
use mongodb::ClientSession;

use crate::conversations::pair_key;
use crate::error::{Result, failed};
use crate::rows::{self, BlockKey, BlockRow, PrivacyRow, audience_number, binary};
use crate::store::{ASKED_AT_ONCE, MongoStore, find_all, limit as most, within};
use crate::turns::Places;

/// A block to make.
struct Wish {
    row: BlockRow,
    at_most: u64,
}

#[async_trait]
impl PeopleStore for MongoStore {
    async fn block(
        &self,
        user: &UserId,
        other: &UserId,
        at: Timestamp,
        at_most: usize,
    ) -> Result<Blocking> {
        let wish = Wish {
            row: row(user, other, at),
            at_most: at_most as u64,
        };
        let places = Places::of([(user, other)]);
        let blocking = self.transact(places, wish, |store, session, wish| {
            Box::pin(block(store, session, wish))
        });
        let blocking = blocking.await?;
        if blocking != Blocking::Full {
            self.await_appends(pair_key(user, other)).await?;
        }
        Ok(blocking)
    }

    async fn unblock(&self, user: &UserId, other: &UserId) -> Result<bool> {
        within(Box::pin(async move {
            let blocks = self.blocks_made();
            let this = doc! { "_id": block_key(user.as_str(), other.as_str()) };
            let ended = blocks.delete_one(this).await.map_err(failed)?;
            Ok(ended.deleted_count == 1)
        }))
        .await
    }

    async fn blocked(
        &self,
        user: &UserId,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Vec<(UserId, Timestamp)>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        within(Box::pin(async move {
            let after = after.map_or("", UserId::as_str);
            let blocks = self.blocks_made();
            let find = blocks
                .find(doc! { "user": user.as_str(), "other": { "$gt": after } })
                .sort(doc! { "other": 1 })
                .limit(most(limit));
            let cursor = find.await.map_err(failed)?;
            let found: Vec<BlockRow> = cursor.try_collect().await.map_err(failed)?;
            found
                .into_iter()
                .map(|row| Ok((rows::user(&row.other)?, Timestamp::from_millis(row.at))))
                .collect()
        }))
        .await
    }

    async fn blocks(&self, viewer: &UserId, others: &[UserId]) -> Result<Vec<Block>> {
        within(Box::pin(async move {
            let pairs: Vec<String> = others.iter().map(|other| pair_key(viewer, other)).collect();
            let (blocks, mut found) = (self.blocks_made(), Vec::new());
            for pairs in pairs.chunks(ASKED_AT_ONCE / 2) {
                let cursor = blocks.find(doc! { "pair": { "$in": pairs } });
                let cursor = cursor.await.map_err(failed)?;
                let some: Vec<BlockRow> = cursor.try_collect().await.map_err(failed)?;
                found.extend(some);
            }
            let block = |row: BlockRow| {
                let (by, other) = (rows::user(&row.user)?, rows::user(&row.other)?);
                Ok(Block { by, other })
            };
            found.into_iter().map(block).collect()
        }))
        .await
    }

    async fn barred(&self, conversation: ConversationId) -> Result<bool> {
        within(Box::pin(async move {
            let mut view = self.view().await?;
            let this = doc! { "_id": binary(conversation.as_uuid()) };
            let found = find_all(&mut view, &self.conversations(), this).await?;
            let pairs = found.into_iter().filter_map(|row| row.pair).collect();
            Ok(!barred_pairs(self, &mut view, pairs).await?.is_empty())
        }))
        .await
    }

    async fn set_privacy(&self, user: &UserId, privacy: Privacy) -> Result<()> {
        within(Box::pin(async move {
            let this = doc! { "_id": user.as_str() };
            let set = doc! { "$set": { "last_seen": audience_number(privacy.last_seen) } };
            let privacy = self.privacy_chosen();
            let set = privacy.update_one(this, set).upsert(true);
            set.await.map(drop).map_err(failed)
        }))
        .await
    }

    async fn privacy(&self, users: &[UserId]) -> Result<Vec<(UserId, Privacy)>> {
        within(Box::pin(async move {
            let filter = doc! { "_id": { "$in": rows::texts(users) } };
            let cursor = self.privacy_chosen().find(filter).await.map_err(failed)?;
            let found: Vec<PrivacyRow> = cursor.try_collect().await.map_err(failed)?;
            let chosen = |row: PrivacyRow| {
                let last_seen = rows::audience(row.last_seen)?;
                Ok((rows::user(&row.user)?, Privacy { last_seen }))
            };
            found.into_iter().map(chosen).collect()
        }))
        .await
    }
}

impl MongoStore {
    /// Writes to the pair's conversation, if there is one, which waits for whatever transaction has it: an
    /// append that did not see the block is committed before that, or has to begin again and sees it.
    async fn await_appends(&self, pair: String) -> Result<()> {
        within(Box::pin(async move {
            let conversations = self.conversations();
            let touch = doc! { "$inc": { "lock": 1_i64 } };
            let touch = conversations.update_one(doc! { "pair": pair }, touch);
            touch.await.map(drop).map_err(failed)
        }))
        .await
    }
}

fn row(user: &UserId, other: &UserId, at: Timestamp) -> BlockRow {
    let (by, against) = (user.as_str().to_owned(), other.as_str().to_owned());
    BlockRow {
        id: BlockKey {
            u: by.clone(),
            o: against.clone(),
        },
        user: by,
        other: against,
        pair: pair_key(user, other),
        at: at.as_millis(),
    }
}

/// The key of a block. MongoDB compares it whole, the order of the fields too.
fn block_key(user: &str, other: &str) -> Document {
    doc! { "u": user, "o": other }
}

async fn block(store: &MongoStore, session: &mut ClientSession, wish: &Wish) -> Result<Blocking> {
    let (blocks, row) = (store.blocks_made(), &wish.row);
    let this = doc! { "_id": block_key(&row.user, &row.other) };
    let known = blocks.find_one(this).session(&mut *session);
    if known.await.map_err(failed)?.is_some() {
        return Ok(Blocking::Known);
    }
    let count = blocks.count_documents(doc! { "user": &row.user });
    let count = count.session(&mut *session).await.map_err(failed)?;
    if count >= wish.at_most {
        return Ok(Blocking::Full);
    }
    let insert = blocks.insert_one(row).session(session);
    insert.await.map_err(failed)?;
    Ok(Blocking::New)
}

/// Those of the pairs between whose two a block stands; a pair may come twice.
pub(crate) async fn barred_pairs(
    store: &MongoStore,
    session: &mut ClientSession,
    pairs: Vec<String>,
) -> Result<Vec<String>> {
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let these = doc! { "pair": { "$in": pairs } };
    let found = find_all(session, &store.blocks_made(), these).await?;
    Ok(found.into_iter().map(|row| row.pair).collect())
}
