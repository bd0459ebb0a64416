//! Searching messages by their words.

use bson::{Document, doc};
use chat_core::id::UserId;
use chat_core::model::Message;
use chat_core::store::SearchQuery;
use mongodb::ClientSession;

use crate::conversations::member_key;
use crate::error::Result;
use crate::rows::{self, MessageRow, binary};
use crate::store::{MongoStore, aggregate, limit as most};

/// From the viewer's own rows: of each conversation no more messages than the page holds.
pub(super) async fn search(
    store: &MongoStore,
    session: &mut ClientSession,
    viewer: &UserId,
    query: &SearchQuery<'_>,
) -> Result<Vec<Message>> {
    let mine = query.conversations.iter().map(|id| member_key(*id, viewer));
    let mine: Vec<Document> = mine.collect();
    let newest = doc! { "$sort": { "_id": -1 } };
    let most = doc! { "$limit": most(query.limit) };
    let hits = doc! {
        "from": store.name("messages"), "localField": "conversation", "foreignField": "conversation",
        "let": { "from": "$visible_from" },
        "pipeline": [{ "$match": matching(query) }, newest.clone(), most.clone()], "as": "hit",
    };
    let pipeline = vec![
        doc! { "$match": { "_id": { "$in": mine }, "active": true } },
        doc! { "$lookup": hits },
        doc! { "$unwind": "$hit" },
        doc! { "$replaceRoot": { "newRoot": "$hit" } },
        newest,
        most,
    ];
    let found: Vec<MessageRow> = aggregate(session, &store.members(), pipeline).await?;
    rows::all(found)
}

fn matching(query: &SearchQuery<'_>) -> Document {
    let mut matching = doc! {
        "words": { "$all": query.words }, "$expr": { "$gt": ["$seq", "$$from"] },
    };
    if let Some(before) = query.before {
        matching.insert("_id", doc! { "$lt": binary(before.as_uuid()) });
    }
    matching
}
