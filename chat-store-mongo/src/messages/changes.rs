//! What changed since a rev, in many conversations at once.

use std::collections::{BTreeSet, HashMap};

use bson::{Document, doc};
use chat_core::id::{ConversationId, Rev};
use chat_core::model::Changes;
use chat_core::store::Since;
use mongodb::ClientSession;

use crate::error::Result;
use crate::rows::{self, HeadRow, MemberRow, MessageRow, binaries, binary, plain};
use crate::store::{ASKED_AT_ONCE, MongoStore, aggregate, find_all, limit as most};

pub(super) async fn heads(
    store: &MongoStore,
    session: &mut ClientSession,
    conversations: &[ConversationId],
) -> Result<Vec<(ConversationId, Rev)>> {
    let mut heads = Vec::with_capacity(conversations.len());
    let asked: BTreeSet<_> = conversations.iter().map(|id| id.as_uuid()).collect();
    for asked in binaries(asked).chunks(ASKED_AT_ONCE) {
        let pipeline = vec![
            doc! { "$match": { "_id": { "$in": asked } } },
            doc! { "$project": { "rev": 1_i64 } },
        ];
        let found: Vec<HeadRow> = aggregate(session, &store.conversations(), pipeline).await?;
        for row in found {
            let id = ConversationId::from_uuid(plain(row.id));
            heads.push((id, rows::rev(row.rev)?));
        }
    }
    Ok(heads)
}

pub(super) async fn changes(
    store: &MongoStore,
    session: &mut ClientSession,
    since: &[Since],
    limit: usize,
) -> Result<Vec<Changes>> {
    let places: Vec<(bson::Uuid, i64)> = since
        .iter()
        .map(|place| (binary(place.conversation.as_uuid()), place.rev.get()))
        .collect();
    let ids: Vec<bson::Uuid> = places.iter().map(|(id, _)| *id).collect();
    let filter = doc! { "_id": { "$in": ids } };
    let found = find_all(session, &store.conversations(), filter).await?;
    let mut all: HashMap<bson::Uuid, Changes> = HashMap::with_capacity(found.len());
    for row in found {
        let id = row.id;
        let (members, messages) = (Vec::new(), Vec::new());
        all.insert(
            id,
            Changes {
                conversation: row.try_into()?,
                members,
                messages,
                truncated: false,
            },
        );
    }
    let enough = most(limit).saturating_add(1);
    let conversations = store.conversations();
    let order = doc! { "rev": 1, "user": 1 };
    let pipeline = behind(store, &places, "members", order, enough);
    let members: Vec<MemberRow> = aggregate(session, &conversations, pipeline).await?;
    for row in members {
        if let Some(changes) = all.get_mut(&row.conversation) {
            changes.members.push(row.try_into()?);
        }
    }
    let pipeline = behind(store, &places, "messages", doc! { "rev": 1 }, enough);
    let messages: Vec<MessageRow> = aggregate(session, &conversations, pipeline).await?;
    for row in messages {
        if let Some(changes) = all.get_mut(&row.conversation) {
            changes.messages.push(row.try_into()?);
        }
    }
    let in_order = places.iter().filter_map(|(id, _)| all.remove(id));
    Ok(in_order.map(|changes| cut(changes, limit)).collect())
}

/// Up to `enough` rows of each place's conversation above the place's rev, in order.
fn behind(
    store: &MongoStore,
    places: &[(bson::Uuid, i64)],
    collection: &str,
    order: Document,
    enough: i64,
) -> Vec<Document> {
    let (ids, revs): (Vec<bson::Uuid>, Vec<i64>) = places.iter().copied().unzip();
    let place = doc! { "$indexOfArray": [ids.clone(), "$_id"] };
    let rows = doc! {
        "from": store.name(collection), "localField": "_id", "foreignField": "conversation",
        "let": { "since": "$since" },
        "pipeline": [
            { "$match": { "$expr": { "$gt": ["$rev", "$$since"] } } },
            { "$sort": order },
            { "$limit": enough },
        ],
        "as": "row",
    };
    vec![
        doc! { "$match": { "_id": { "$in": ids } } },
        doc! { "$project": { "since": { "$arrayElemAt": [revs, place] } } },
        // Unwound, so that the rows of one place need not fit into one document.
        doc! { "$lookup": rows },
        doc! { "$unwind": "$row" },
        doc! { "$replaceRoot": { "newRoot": "$row" } },
    ]
}

/// More than the limit is not told in part.
fn cut(changes: Changes, limit: usize) -> Changes {
    if changes.members.len() + changes.messages.len() <= limit {
        return changes;
    }
    Changes {
        members: Vec::new(),
        messages: Vec::new(),
        truncated: true,
        ..changes
    }
}
