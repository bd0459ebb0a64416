//! What finds each kind of damage: one aggregation each, of one moment.

use bson::{Bson, Document, doc};
use chat_core::model::{ConversationKind, MessageKind, Role};
use chat_core::store::{Damage, DamageKind};
use futures_util::TryStreamExt as _;
use mongodb::Collection;
use serde::Deserialize;

use super::patiently;
use crate::error::{Result, failed};
use crate::messages::summaries;
use crate::rows::{kind_number, message_kind_number, plain, role_number};
use crate::store::{MongoStore, limit as most};

/// Where something is wrong.
#[derive(Debug, Deserialize)]
struct PlaceRow {
    id: Option<bson::Uuid>,
    what: String,
}

/// What an aggregation begins with, and its stages but the limit.
struct Search {
    collection: &'static str,
    stages: Vec<Document>,
}

/// Up to so many places, if a search limits them itself.
type Make = fn(&MongoStore, i64) -> Search;

/// How to find each kind.
const SEARCHES: &[(DamageKind, Make)] = &[
    (DamageKind::SeqGap, seq_gaps),
    (DamageKind::DoubledClientId, doubled_client_ids),
    (DamageKind::MarkerPastHead, markers_past_head),
    (DamageKind::RevPastHead, revs_past_head),
    (DamageKind::OrphanUpload, orphan_uploads),
    (DamageKind::WrongReactions, wrong_reactions),
    (DamageKind::WrongMembers, wrong_members),
    (DamageKind::LeftAfterErasure, left_after_erasure),
];

pub(super) async fn audit(store: &MongoStore, limit: usize) -> Result<Vec<Damage>> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let mut damages = Vec::new();
    for (kind, search) in SEARCHES {
        let search = search(store, most(limit));
        let found = patiently(Box::pin(run(store, search, most(limit)))).await?;
        let kind = *kind;
        damages.extend(found.into_iter().map(|place| Damage { kind, place }));
    }
    Ok(damages)
}

async fn run(store: &MongoStore, search: Search, limit: i64) -> Result<Vec<String>> {
    let Search {
        collection,
        mut stages,
    } = search;
    stages.push(doc! { "$limit": limit });
    let mut view = store.view().await?;
    let collection: Collection<Document> = store.collection(collection);
    let aggregate = collection.aggregate(stages).allow_disk_use(true);
    let aggregate = aggregate.with_type::<PlaceRow>().session(&mut view);
    let mut cursor = aggregate.await.map_err(failed)?;
    let found: Vec<PlaceRow> = cursor
        .stream(&mut view)
        .try_collect()
        .await
        .map_err(failed)?;
    let place = |row: PlaceRow| match row.id {
        Some(id) => format!("{}: {}", plain(id), row.what),
        None => row.what,
    };
    Ok(found.into_iter().map(place).collect())
}

/// Messages of no conversation too.
fn seq_gaps(store: &MongoStore, _: i64) -> Search {
    let counts = doc! {
        "_id": "$conversation", "count": { "$sum": 1_i64 },
        "first": { "$min": "$seq" }, "last": { "$max": "$seq" },
    };
    let messages = doc! {
        "coll": store.name("messages"), "pipeline": [{ "$group": counts }],
    };
    // What one side has not, `$max` passes over.
    let both = doc! {
        "_id": "$_id", "last_seq": { "$max": "$last_seq" }, "count": { "$max": "$count" },
        "first": { "$max": "$first" }, "last": { "$max": "$last" },
    };
    let or = |field: &str, value: i64| doc! { "$ifNull": [field, value] };
    let is_wrong = doc! { "$or": [
        { "$ne": [or("$count", 0), "$last_seq"] },
        { "$ne": [or("$last", 0), "$last_seq"] },
        { "$ne": [or("$first", 1), 1_i64] },
    ] };
    let what = concat(&[
        text(or("$count", 0)),
        " messages up to ".into(),
        text(or("$last", 0)),
        ", last seq ".into(),
        text(or("$last_seq", 0)),
    ]);
    let stages = vec![
        doc! { "$project": { "last_seq": 1_i64 } },
        doc! { "$unionWith": messages },
        doc! { "$group": both },
        doc! { "$match": { "$expr": is_wrong } },
        place("$_id", what),
    ];
    Search {
        collection: "conversations",
        stages,
    }
}

fn doubled_client_ids(_: &MongoStore, _: i64) -> Search {
    let same = doc! {
        "conversation": "$conversation", "sender": "$sender", "client_id": "$client_id",
    };
    let what = concat(&["$_id.sender".into(), " ".into(), "$_id.client_id".into()]);
    let stages = vec![
        doc! { "$match": { "client_id": { "$exists": true } } },
        doc! { "$group": { "_id": same, "count": { "$sum": 1_i64 } } },
        doc! { "$match": { "count": { "$gt": 1_i64 } } },
        place("$_id.conversation", what),
    ];
    Search {
        collection: "messages",
        stages,
    }
}

/// Of no conversation at all, every marker is past the head.
fn markers_past_head(store: &MongoStore, _: i64) -> Search {
    let heads = doc! {
        "from": store.name("conversations"), "localField": "conversation", "foreignField": "_id",
        "pipeline": [{ "$project": { "last_seq": 1_i64 } }], "as": "head",
    };
    let head = doc! { "$ifNull": [{ "$first": "$head.last_seq" }, -1_i64] };
    let is_wrong = doc! { "$or": [
        { "$gt": ["$read", "$delivered"] },
        { "$gt": ["$delivered", "$head"] },
        { "$gt": ["$visible_from", "$head"] },
    ] };
    let stages = vec![
        doc! { "$lookup": heads },
        doc! { "$set": { "head": head } },
        doc! { "$match": { "$expr": is_wrong } },
        place("$conversation", "$user"),
    ];
    Search {
        collection: "members",
        stages,
    }
}

fn revs_past_head(store: &MongoStore, limit: i64) -> Search {
    let past = |collection: &str, what: Document| {
        doc! { "$lookup": {
            "from": store.name(collection), "localField": "_id", "foreignField": "conversation",
            "let": { "head": "$rev" },
            "pipeline": [
                { "$match": { "$expr": { "$gt": ["$rev", "$$head"] } } },
                { "$limit": limit },
                { "$project": { "_id": 0_i64, "what": what } },
            ],
            "as": collection,
        } }
    };
    let settings = doc! { "$cond": [
        { "$gt": ["$settings_rev", "$rev"] }, [{ "$literal": "settings" }], [],
    ] };
    let all = doc! { "$concatArrays": ["$members.what", "$messages.what", settings] };
    let stages = vec![
        past("members", concat(&["member ".into(), "$user".into()])),
        past("messages", concat(&["message ".into(), text("$seq")])),
        doc! { "$project": { "what": all } },
        doc! { "$unwind": "$what" },
        place("$_id", "$what"),
    ];
    Search {
        collection: "conversations",
        stages,
    }
}

/// By the links: to no upload, or of no message that holds it. Then by the messages: without a
/// link.
fn orphan_uploads(store: &MongoStore, _: i64) -> Search {
    let uploads = doc! {
        "from": store.name("uploads"), "localField": "upload", "foreignField": "_id",
        "pipeline": [{ "$project": { "_id": 1_i64 } }], "as": "uploads",
    };
    let holding = doc! { "$expr": { "$and": [
        { "$eq": ["$seq", "$$seq"] }, { "$in": ["$$upload", "$attachments.upload"] },
    ] } };
    let messages = doc! {
        "from": store.name("messages"), "localField": "conversation",
        "foreignField": "conversation", "let": { "seq": "$seq", "upload": "$upload" },
        "pipeline": [{ "$match": holding }, { "$project": { "_id": 1_i64 } }], "as": "messages",
    };
    let same = doc! { "$expr": { "$and": [
        { "$eq": ["$conversation", "$$conversation"] }, { "$eq": ["$seq", "$$seq"] },
    ] } };
    let links = doc! {
        "from": store.name("upload_links"), "localField": "attachments.upload",
        "foreignField": "upload", "let": { "conversation": "$conversation", "seq": "$seq" },
        "pipeline": [{ "$match": same }, { "$project": { "_id": 1_i64 } }], "as": "links",
    };
    let by_messages = vec![
        doc! { "$match": { "attachments.0": { "$exists": true } } },
        doc! { "$project": { "conversation": 1_i64, "seq": 1_i64, "attachments": 1_i64 } },
        doc! { "$unwind": "$attachments" },
        doc! { "$lookup": links },
        doc! { "$match": { "links": [] } },
        place("$_id", literal("holds an upload that is not there")),
    ];
    let stages = vec![
        doc! { "$lookup": uploads },
        doc! { "$lookup": messages },
        doc! { "$match": { "$or": [{ "uploads": [] }, { "messages": [] }] } },
        place("$upload", literal("is not there, or held by no message")),
        doc! { "$unionWith": { "coll": store.name("messages"), "pipeline": by_messages } },
    ];
    Search {
        collection: "upload_links",
        stages,
    }
}

/// By what was given: told otherwise. Then by the messages: told of what nobody gave.
fn wrong_reactions(store: &MongoStore, _: i64) -> Search {
    let message = doc! {
        "from": store.name("messages"), "localField": "_id", "foreignField": "_id",
        "pipeline": [{ "$project": { "reactions": 1_i64 } }], "as": "message",
    };
    let told = doc! { "$ifNull": [{ "$first": "$message.reactions" }, []] };
    let given = doc! {
        "from": store.name("reactions"), "localField": "_id", "foreignField": "message",
        "pipeline": [{ "$limit": 1_i64 }, { "$project": { "_id": 1_i64 } }], "as": "given",
    };
    let by_messages = vec![
        doc! { "$match": { "reactions.0": { "$exists": true } } },
        doc! { "$project": { "_id": 1_i64 } },
        doc! { "$lookup": given },
        doc! { "$match": { "given": [] } },
        place("$_id", literal("tells of reactions that nobody gave")),
    ];
    let mut stages = summaries();
    stages.extend([
        doc! { "$lookup": message },
        doc! { "$match": { "$expr": { "$ne": ["$reactions", told] } } },
        place("$_id", literal("tells of other reactions than were given")),
        doc! { "$unionWith": { "coll": store.name("messages"), "pipeline": by_messages } },
    ]);
    Search {
        collection: "reactions",
        stages,
    }
}

fn wrong_members(store: &MongoStore, _: i64) -> Search {
    let owner = role_number(Role::Owner);
    let one_if = |condition: Document| doc! { "$sum": { "$cond": [condition, 1_i64, 0_i64] } };
    let is_active = doc! { "$eq": ["$active", true] };
    let counts = doc! {
        "_id": null, "sides": { "$sum": 1_i64 }, "active": one_if(is_active.clone()),
        "owners": one_if(doc! { "$and": [is_active, { "$eq": ["$role", owner] }] }),
    };
    let members = doc! {
        "from": store.name("members"), "localField": "_id", "foreignField": "conversation",
        "pipeline": [{ "$group": counts }], "as": "members",
    };
    let count = |field: &str| {
        let field = format!("$members.{field}");
        doc! { "$ifNull": [{ "$first": field }, 0_i64] }
    };
    let is = |kind| doc! { "$eq": ["$kind", kind_number(kind)] };
    let is_wrong = doc! { "$or": [
        { "$ne": ["$active", "$member_count"] },
        { "$and": [is(ConversationKind::Direct), { "$ne": ["$sides", 2_i64] }] },
        { "$and": [
            is(ConversationKind::Group), { "$gt": ["$active", 0_i64] }, { "$eq": ["$owners", 0_i64] },
        ] },
    ] };
    let counted = doc! {
        "active": count("active"), "sides": count("sides"), "owners": count("owners"),
    };
    let what = concat(&[text("$member_count"), " members told".into()]);
    let stages = vec![
        doc! { "$lookup": members },
        doc! { "$set": counted },
        doc! { "$match": { "$expr": is_wrong } },
        place("$_id", what),
    ];
    Search {
        collection: "conversations",
        stages,
    }
}

/// Messages are gone through once, and not for each who was erased.
fn left_after_erasure(store: &MongoStore, _: i64) -> Search {
    let sources = [
        ("accounts", "_id", "account"),
        ("logins", "user", "login"),
        ("last_seen", "_id", "last seen"),
        ("joins", "_id", "count of joinings"),
        ("blocks", "user", "block"),
        ("blocks", "other", "block"),
        ("privacy", "_id", "privacy"),
        ("pushes", "user", "push subscription"),
        ("uploads", "owner", "upload"),
        ("members", "user", "membership"),
        ("reactions", "user", "reaction"),
    ];
    let left = |(collection, field, what): (&str, &str, &str)| {
        let which = match collection {
            "members" => doc! { "active": true },
            _ => doc! {},
        };
        doc! { "$lookup": {
            "from": store.name(collection), "localField": "_id", "foreignField": field,
            "pipeline": [
                { "$match": which }, { "$limit": 1_i64 },
                { "$project": { "_id": 0_i64, "what": { "$literal": what } } },
            ],
            "as": format!("{collection}_{field}"),
        } }
    };
    let whats = sources.map(|(collection, field, _)| format!("${collection}_{field}.what"));
    let deleted = message_kind_number(MessageKind::Deleted);
    let erased = doc! {
        "from": store.name("erasures"), "localField": "_id", "foreignField": "_id", "as": "gone",
    };
    let by_messages = vec![
        doc! { "$match": { "$or": [
            { "kind": { "$ne": deleted } }, { "client_id": { "$exists": true } },
            { "reactions.0": { "$exists": true } },
        ] } },
        doc! { "$group": { "_id": "$sender" } },
        doc! { "$lookup": erased },
        doc! { "$match": { "gone": { "$ne": [] } } },
        doc! { "$project": { "what": { "$literal": "message" } } },
    ];
    let mut stages: Vec<Document> = sources.map(left).into();
    stages.extend([
        doc! { "$project": { "what": { "$concatArrays": whats.as_slice() } } },
        doc! { "$unwind": "$what" },
        doc! { "$unionWith": { "coll": store.name("messages"), "pipeline": by_messages } },
        place(
            "$none",
            concat(&["$_id".into(), ": ".into(), "$what".into()]),
        ),
    ]);
    Search {
        collection: "erasures",
        stages,
    }
}

/// What a place is told by.
fn place(id: &str, what: impl Into<Bson>) -> Document {
    doc! { "$project": { "_id": 0_i64, "id": id, "what": what.into() } }
}

fn concat(parts: &[Bson]) -> Document {
    doc! { "$concat": parts }
}

fn text(of: impl Into<Bson>) -> Bson {
    doc! { "$toString": of.into() }.into()
}

fn literal(text: &str) -> Document {
    doc! { "$literal": text }
}
