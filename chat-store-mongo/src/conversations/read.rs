//! Reading a conversation and its members; and its lock.

use std::collections::BTreeSet;

use bson::{Document, doc};
use chat_core::id::{ConversationId, Seq, UserId};
use chat_core::model::{Conversation, Member};
use futures_util::TryStreamExt as _;
use mongodb::ClientSession;
use serde::Deserialize;

use crate::error::{Result, failed};
use crate::rows::{self, ConversationRow, MemberRow, binary};
use crate::store::{MongoStore, aggregate, find_all, limit as most};

/// The key of a member. MongoDB compares it whole, the order of the fields too.
pub(crate) fn member_key(conversation: ConversationId, user: &UserId) -> Document {
    doc! { "c": binary(conversation.as_uuid()), "u": user.as_str() }
}

/// Takes the locks of conversations, and reads them: until the transaction ends, no other one gets
/// past here.
pub(crate) async fn lock(
    store: &MongoStore,
    session: &mut ClientSession,
    ids: &[bson::Uuid],
) -> Result<Vec<ConversationRow>> {
    let conversations = store.conversations();
    let lock = doc! { "$inc": { "lock": 1_i64 } };
    // Most often it is one.
    if let [id] = ids {
        let lock = conversations.find_one_and_update(doc! { "_id": *id }, lock);
        let found = lock.session(session).await.map_err(failed)?;
        return Ok(found.into_iter().collect());
    }
    let these = doc! { "_id": { "$in": ids } };
    let lock = conversations.update_many(these.clone(), lock);
    lock.session(&mut *session).await.map_err(failed)?;
    find_all(session, &conversations, these).await
}

pub(super) async fn load(
    store: &MongoStore,
    session: &mut ClientSession,
    id: ConversationId,
) -> Result<Option<Conversation>> {
    let conversations = store.conversations();
    let find = conversations.find_one(doc! { "_id": binary(id.as_uuid()) });
    let found = find.session(session).await.map_err(failed)?;
    found.map(Conversation::try_from).transpose()
}

pub(super) async fn active(
    store: &MongoStore,
    session: &mut ClientSession,
    id: ConversationId,
    user: &UserId,
) -> Result<Option<Member>> {
    let members = store.members();
    let find = members.find_one(doc! { "_id": member_key(id, user), "active": true });
    let found = find.session(session).await.map_err(failed)?;
    found.map(Member::try_from).transpose()
}

pub(super) async fn members(
    store: &MongoStore,
    session: &mut ClientSession,
    id: ConversationId,
    after: Option<&UserId>,
    limit: usize,
) -> Result<Vec<Member>> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let after = after.map_or("", UserId::as_str);
    let filter = doc! {
        "conversation": binary(id.as_uuid()), "user": { "$gt": after }, "active": true,
    };
    let members = store.members();
    let find = members
        .find(filter)
        .sort(doc! { "user": 1 })
        .limit(most(limit));
    let mut cursor = find.session(&mut *session).await.map_err(failed)?;
    let found: Vec<MemberRow> = cursor.stream(session).try_collect().await.map_err(failed)?;
    rows::all(found)
}

pub(super) async fn unreached(
    store: &MongoStore,
    session: &mut ClientSession,
    id: ConversationId,
    seq: Seq,
    after: Option<&UserId>,
    limit: usize,
) -> Result<Vec<Member>> {
    let after = after.map_or("", UserId::as_str);
    let filter = doc! {
        "conversation": binary(id.as_uuid()), "user": { "$gt": after }, "active": true,
        "delivered": { "$lt": seq.get() },
    };
    let members = store.members();
    let find = members
        .find(filter)
        .sort(doc! { "user": 1 })
        .limit(most(limit));
    let mut cursor = find.session(&mut *session).await.map_err(failed)?;
    let found: Vec<MemberRow> = cursor.stream(session).try_collect().await.map_err(failed)?;
    rows::all(found)
}

/// Rows changed after a rev, by rising rev.
pub(super) async fn changed_members(
    store: &MongoStore,
    session: &mut ClientSession,
    id: ConversationId,
    since: i64,
) -> Result<Vec<Member>> {
    let filter = doc! { "conversation": binary(id.as_uuid()), "rev": { "$gt": since } };
    let mut found = find_all(session, &store.members(), filter).await?;
    found.sort_by_key(|row| row.rev);
    rows::all(found)
}

#[derive(Debug, Deserialize)]
struct UserRow {
    #[serde(rename = "_id")]
    user: String,
}

/// The viewer's memberships are walked, never the others': somebody may be in very many.
pub(super) async fn acquainted(
    store: &MongoStore,
    session: &mut ClientSession,
    viewer: &UserId,
    among: &[UserId],
) -> Result<Vec<UserId>> {
    let they = doc! { "$match": { "user": { "$in": rows::texts(among) }, "active": true } };
    let they = doc! {
        "from": store.name("members"), "localField": "conversation", "foreignField": "conversation",
        "pipeline": [they, { "$project": { "user": 1_i64 } }], "as": "they",
    };
    let pipeline = vec![
        doc! { "$match": { "user": viewer.as_str(), "active": true } },
        doc! { "$lookup": they },
        doc! { "$unwind": "$they" },
        doc! { "$group": { "_id": "$they.user" } },
    ];
    let found: Vec<UserRow> = aggregate(session, &store.members(), pipeline).await?;
    let mut users: BTreeSet<UserId> = BTreeSet::new();
    for row in found {
        users.insert(rows::user(&row.user)?);
    }
    if among.contains(viewer) {
        users.insert(viewer.clone());
    }
    Ok(users.into_iter().collect())
}
