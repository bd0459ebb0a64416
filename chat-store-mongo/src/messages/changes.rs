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
    let ids = binaries(since.iter().map(|place| place.conversation.as_uuid()));
    let mut all = unchanged(store, session, ids).await?;
    let place = |place: &Since| {
        let id = binary(place.conversation.as_uuid());
        let floor = all.get(&id)?.conversation.floor_after(place.rev);
        Some((id, place.rev.get(), floor.get()))
    };
    let places = Places::new(since.iter().filter_map(place));
    let enough = doc! { "$limit": most(limit).saturating_add(1) };
    let conversations = store.conversations();
    let behind = doc! { "$match": { "$expr": { "$gt": ["$rev", "$$since"] } } };
    let in_order = doc! { "$sort": { "rev": 1, "user": 1 } };
    let pipeline = places.rows(
        store,
        "members",
        vec![behind.clone(), in_order, enough.clone()],
    );
    let members: Vec<MemberRow> = aggregate(session, &conversations, pipeline).await?;
    for row in members {
        if let Some(changes) = all.get_mut(&row.conversation) {
            changes.members.push(row.try_into()?);
        }
    }
    let above = doc! { "$match": { "$expr": { "$gt": ["$seq", "$$floor"] } } };
    let newest = doc! { "$sort": { "seq": -1 } };
    let was_revised = |exists| doc! { "$match": { "first_rev": { "$exists": exists } } };
    let new = vec![
        above,
        newest,
        enough.clone(),
        was_revised(false),
        behind.clone(),
    ];
    let in_order = doc! { "$sort": { "rev": 1 } };
    let revised = vec![was_revised(true), behind, in_order, enough];
    for stages in [new, revised] {
        let pipeline = places.rows(store, "messages", stages);
        let messages: Vec<MessageRow> = aggregate(session, &conversations, pipeline).await?;
        for row in messages {
            if let Some(changes) = all.get_mut(&row.conversation) {
                changes.messages.push(row.try_into()?);
            }
        }
    }
    let in_order = places.ids.iter().filter_map(|id| all.remove(id));
    Ok(in_order.map(|changes| cut(changes, limit)).collect())
}

/// The conversations, with nothing that changed in them.
async fn unchanged(
    store: &MongoStore,
    session: &mut ClientSession,
    ids: Vec<bson::Uuid>,
) -> Result<HashMap<bson::Uuid, Changes>> {
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
    Ok(all)
}

/// Conversations, and where in them is read from.
struct Places {
    ids: Vec<bson::Uuid>,
    revs: Vec<i64>,
    floors: Vec<i64>,
}

impl Places {
    fn new(places: impl Iterator<Item = (bson::Uuid, i64, i64)>) -> Self {
        let (mut ids, mut revs, mut floors) = (Vec::new(), Vec::new(), Vec::new());
        for (id, rev, floor) in places {
            ids.push(id);
            revs.push(rev);
            floors.push(floor);
        }
        Self { ids, revs, floors }
    }

    /// What the stages find among the rows of each place's conversation.
    fn rows(&self, store: &MongoStore, collection: &str, stages: Vec<Document>) -> Vec<Document> {
        let place = doc! { "$indexOfArray": [self.ids.clone(), "$_id"] };
        let asked = doc! {
            "since": { "$arrayElemAt": [self.revs.clone(), place.clone()] },
            "floor": { "$arrayElemAt": [self.floors.clone(), place] },
        };
        let rows = doc! {
            "from": store.name(collection), "localField": "_id", "foreignField": "conversation",
            "let": { "since": "$since", "floor": "$floor" },
            "pipeline": stages,
            "as": "row",
        };
        vec![
            doc! { "$match": { "_id": { "$in": self.ids.clone() } } },
            doc! { "$project": asked },
            // Unwound, so that the rows of one place need not fit into one document.
            doc! { "$lookup": rows },
            doc! { "$unwind": "$row" },
            doc! { "$replaceRoot": { "newRoot": "$row" } },
        ]
    }
}

/// In order by rev; more than the limit is not told in part.
fn cut(mut changes: Changes, limit: usize) -> Changes {
    if changes.members.len() + changes.messages.len() <= limit {
        changes.messages.sort_unstable_by_key(|message| message.rev);
        return changes;
    }
    Changes {
        members: Vec::new(),
        messages: Vec::new(),
        truncated: true,
        ..changes
    }
}
