//! What a user is in, and the inbox.

use bson::{Document, doc};
use chat_core::id::{ConversationId, Timestamp, UserId};
use chat_core::model::{InboxEntry, Markers, Membership};
use chat_core::store::InboxCursor;
use mongodb::ClientSession;
use serde::Deserialize;

use crate::error::Result;
use crate::rows::{self, ConversationRow, MemberRow, MessageRow, binary};
use crate::store::{MongoStore, aggregate, limit as most};

/// A member's own row, with what was joined to it.
#[derive(Debug, Deserialize)]
struct Row {
    me: MemberRow,
    conversation_row: ConversationRow,
    last: Option<MessageRow>,
    peer: Option<MemberRow>,
}

/// The user's own rows as `me`, each with its conversation.
fn mine(store: &MongoStore, user: &UserId) -> Vec<Document> {
    let conversation = doc! {
        "from": store.name("conversations"), "localField": "me.conversation", "foreignField": "_id",
        "as": "conversation_row",
    };
    vec![
        doc! { "$match": { "user": user.as_str(), "active": true } },
        doc! { "$project": { "_id": 0_i64, "me": "$$ROOT" } },
        doc! { "$lookup": conversation },
        doc! { "$unwind": "$conversation_row" },
    ]
}

/// Joins the other side as `peer`. Only direct conversations have theirs looked up: in a group that
/// would be everyone.
fn with_peer(store: &MongoStore, user: &UserId) -> [Document; 2] {
    let is_direct = doc! { "$eq": ["$conversation_row.kind", 1_i64] };
    let other = doc! { "$match": {
        "$expr": { "$eq": ["$conversation", "$$direct"] }, "user": { "$ne": user.as_str() },
    } };
    let peer = doc! {
        "from": store.name("members"),
        "let": { "direct": { "$cond": [is_direct, "$me.conversation", null] } },
        "pipeline": [other], "as": "peer",
    };
    [doc! { "$lookup": peer }, first("peer")]
}

/// The first of the rows joined as `field`, if there is one.
fn first(field: &str) -> Document {
    doc! { "$set": { field: { "$first": format!("${field}") } } }
}

pub(super) async fn memberships(
    store: &MongoStore,
    session: &mut ClientSession,
    user: &UserId,
) -> Result<Vec<Membership>> {
    let mut pipeline = mine(store, user);
    pipeline.extend(with_peer(store, user));
    let found: Vec<Row> = aggregate(session, &store.members(), pipeline).await?;
    found.into_iter().map(membership).collect()
}

fn membership(row: Row) -> Result<Membership> {
    let (me, conversation) = (row.me, row.conversation_row);
    let peer = match row.peer {
        Some(peer) => Some((rows::user(&peer.user)?, markers(&peer)?)),
        None => None,
    };
    Ok(Membership {
        conversation: ConversationId::from_uuid(rows::plain(conversation.id)),
        kind: rows::kind(conversation.kind)?,
        rev: rows::rev(conversation.rev)?,
        last_seq: rows::seq(conversation.last_seq)?,
        visible_from: rows::seq(me.visible_from)?,
        markers: markers(&me)?,
        peer,
    })
}

fn markers(row: &MemberRow) -> Result<Markers> {
    Ok(Markers {
        delivered: rows::seq(row.delivered)?,
        read: rows::seq(row.read)?,
    })
}

/// The page is cut before messages and peers are joined to it.
pub(super) async fn inbox(
    store: &MongoStore,
    session: &mut ClientSession,
    user: &UserId,
    after: Option<InboxCursor>,
    limit: usize,
) -> Result<Vec<InboxEntry>> {
    let mut pipeline = mine(store, user);
    if let Some(after) = after {
        let at = after.active_at.as_millis();
        let id = binary(after.conversation.as_uuid());
        pipeline.push(doc! { "$match": { "$or": [
            { "conversation_row.active_at": { "$lt": at } },
            { "conversation_row.active_at": at, "conversation_row._id": { "$lt": id } },
        ] } });
    }
    let newest = doc! { "conversation_row.active_at": -1, "conversation_row._id": -1 };
    pipeline.push(doc! { "$sort": newest });
    pipeline.push(doc! { "$limit": most(limit) });
    pipeline.extend(with_last_message(store));
    pipeline.extend(with_peer(store, user));
    let page: Vec<Row> = aggregate(session, &store.members(), pipeline).await?;
    page.into_iter().map(entry).collect()
}

/// Joins the last message as `last`, if the member sees it.
fn with_last_message(store: &MongoStore) -> [Document; 2] {
    let last = doc! { "$match": { "$expr": { "$and": [
        { "$eq": ["$seq", "$$last"] }, { "$gt": ["$seq", "$$from"] },
    ] } } };
    let last = doc! {
        "from": store.name("messages"), "localField": "me.conversation", "foreignField": "conversation",
        "let": { "last": "$conversation_row.last_seq", "from": "$me.visible_from" },
        "pipeline": [last], "as": "last",
    };
    [doc! { "$lookup": last }, first("last")]
}

fn entry(row: Row) -> Result<InboxEntry> {
    Ok(InboxEntry {
        active_at: Timestamp::from_millis(row.conversation_row.active_at),
        conversation: row.conversation_row.try_into()?,
        me: row.me.try_into()?,
        peer: row.peer.map(TryInto::try_into).transpose()?,
        last_message: row.last.map(TryInto::try_into).transpose()?,
    })
}
