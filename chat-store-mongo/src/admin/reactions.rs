//! Erasing the reactions of a user, and those to the user's messages.

use std::collections::BTreeSet;

use bson::{Document, doc};
use chat_core::id::{ConversationId, UserId};
use futures_util::TryStreamExt as _;
use mongodb::ClientSession;
use serde::Deserialize;

use super::patiently;
use crate::conversations::lock;
use crate::error::{Result, failed};
use crate::messages::summaries;
use crate::rows::{ReactionRow, plain};
use crate::store::{MongoStore, aggregate};
use crate::turns::Places;

/// How many reactions go in one transaction, and how many messages are cleared at once.
const AT_ONCE: i64 = 200;

/// Takes back the reactions that a user gave, page by page; how many there were.
pub(super) async fn take_reactions(store: &MongoStore, user: &UserId) -> Result<u64> {
    let mut taken = 0;
    loop {
        let page = patiently(Box::pin(given(store, user))).await?;
        if page.is_empty() {
            return Ok(taken);
        }
        let ids = page.iter().map(|row| plain(row.conversation));
        let places = Places::of(ids.map(ConversationId::from_uuid));
        taken += store
            .transact(places, page, |store, session, page| {
                Box::pin(take(store, session, page))
            })
            .await?;
    }
}

async fn given(store: &MongoStore, user: &UserId) -> Result<Vec<ReactionRow>> {
    let reactions = store.reactions();
    let find = reactions
        .find(doc! { "user": user.as_str() })
        .limit(AT_ONCE);
    let cursor = find.await.map_err(failed)?;
    cursor.try_collect().await.map_err(failed)
}

/// What a message should tell of its reactions.
#[derive(Debug, Deserialize)]
struct TruthRow {
    #[serde(rename = "_id")]
    message: bson::Uuid,
    reactions: Vec<Document>,
}

async fn take(
    store: &MongoStore,
    session: &mut ClientSession,
    page: &[ReactionRow],
) -> Result<u64> {
    let conversations: BTreeSet<_> = page.iter().map(|row| row.conversation.bytes()).collect();
    let conversations = conversations.into_iter().map(bson::Uuid::from_bytes);
    lock(store, session, &conversations.collect::<Vec<_>>()).await?;
    let reactions = store.reactions();
    let key = |row: &ReactionRow| doc! { "m": row.id.m, "r": &row.id.r, "u": &row.id.u };
    let keys: Vec<Document> = page.iter().map(key).collect();
    let delete = reactions.delete_many(doc! { "_id": { "$in": keys } });
    let deleted = delete.session(&mut *session).await.map_err(failed)?;
    let messages: BTreeSet<_> = page.iter().map(|row| row.message.bytes()).collect();
    let messages: Vec<bson::Uuid> = messages.into_iter().map(bson::Uuid::from_bytes).collect();
    let mut pipeline = vec![doc! { "$match": { "message": { "$in": &messages } } }];
    pipeline.extend(summaries());
    let truths: Vec<TruthRow> = aggregate(session, &reactions, pipeline).await?;
    let told = |id: &bson::Uuid| {
        let truth = truths.iter().find(|truth| truth.message == *id);
        truth.map_or_else(Vec::new, |truth| truth.reactions.clone())
    };
    let tell = |id: &bson::Uuid| {
        doc! { "q": { "_id": *id }, "u": { "$set": { "reactions": told(id) } } }
    };
    let updates = messages.iter().map(tell).collect();
    store.update_all(Some(session), "messages", updates).await?;
    Ok(deleted.deleted_count)
}

/// The id of a message.
#[derive(Debug, Deserialize)]
struct IdRow {
    #[serde(rename = "_id")]
    id: bson::Uuid,
}

/// Clears the reactions to messages of a user that are deleted already.
pub(super) async fn clear_own(
    store: &MongoStore,
    user: &UserId,
    conversations: &[bson::Uuid],
) -> Result<()> {
    let told = doc! {
        "conversation": { "$in": conversations }, "sender": user.as_str(),
        "reactions.0": { "$exists": true },
    };
    loop {
        let messages = store.collection::<IdRow>("messages");
        let find = messages
            .find(told.clone())
            .projection(doc! { "_id": 1_i64 });
        let cursor = find.limit(AT_ONCE).await.map_err(failed)?;
        let found: Vec<IdRow> = cursor.try_collect().await.map_err(failed)?;
        if found.is_empty() {
            return Ok(());
        }
        let ids: Vec<bson::Uuid> = found.into_iter().map(|row| row.id).collect();
        let reactions = store.reactions();
        let clear = reactions.delete_many(doc! { "message": { "$in": &ids } });
        clear.await.map_err(failed)?;
        let none: [&str; 0] = [];
        let forget = doc! { "$set": { "reactions": none.as_slice() } };
        let messages = store.messages();
        let forget = messages.update_many(doc! { "_id": { "$in": &ids } }, forget);
        forget.await.map_err(failed)?;
    }
}
