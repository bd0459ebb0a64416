//! Reactions: who gave them, and what a message tells of them.

use bson::{Document, doc};
use chat_core::id::{MessageId, UserId};
use chat_core::model::{Reaction, ReactionSummary, Reactor};
use chat_core::store::ReactorQuery;
use futures_util::TryStreamExt as _;
use mongodb::ClientSession;

use super::history::find;
use crate::error::{Result, failed};
use crate::rows::{self, ReactionRow, binary, signed};
use crate::store::{MongoStore, limit as most};

pub(super) async fn reactors(
    store: &MongoStore,
    session: &mut ClientSession,
    viewer: &UserId,
    query: &ReactorQuery<'_>,
) -> Result<Option<Vec<Reactor>>> {
    let found = find(store, session, query.conversation, viewer, query.message).await?;
    if found.is_none() {
        return Ok(None);
    }
    let after = query.after.unwrap_or_default().get();
    let which = doc! {
        "message": binary(query.message.as_uuid()), "reaction": query.reaction.as_str(),
        "rev": { "$gt": after },
    };
    let page = page(store, session, which, query.limit).await?;
    rows::all(page).map(Some)
}

/// Whether a user gave a message the reaction, and the first others who did.
pub(super) async fn reacted(
    store: &MongoStore,
    session: &mut ClientSession,
    message: MessageId,
    reaction: &Reaction,
    user: &UserId,
) -> Result<(bool, Vec<UserId>)> {
    let reactions = store.reactions();
    let mine = reactions.find_one(doc! { "_id": key(message, reaction, user) });
    let mine = mine.session(&mut *session).await.map_err(failed)?;
    let which = doc! {
        "message": binary(message.as_uuid()), "reaction": reaction.as_str(),
        "user": { "$ne": user.as_str() },
    };
    let others = page(store, session, which, ReactionSummary::USERS).await?;
    let others = others.iter().map(|row| rows::user(&row.user));
    let others: Result<Vec<UserId>> = others.collect();
    Ok((mine.is_some(), others?))
}

/// The first of some reactions, in the order in which they were given.
async fn page(
    store: &MongoStore,
    session: &mut ClientSession,
    which: Document,
    limit: usize,
) -> Result<Vec<ReactionRow>> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let reactions = store.reactions();
    let find = reactions.find(which).sort(doc! { "rev": 1 });
    let find = find.limit(most(limit)).session(&mut *session);
    let mut cursor = find.await.map_err(failed)?;
    cursor.stream(session).try_collect().await.map_err(failed)
}

/// The key of a reaction. MongoDB compares it whole, the order of the fields too.
pub(super) fn key(message: MessageId, reaction: &Reaction, user: &UserId) -> Document {
    doc! { "m": binary(message.as_uuid()), "r": reaction.as_str(), "u": user.as_str() }
}

/// What a message tells of its reactions.
pub(super) fn told(reactions: &[ReactionSummary]) -> Vec<Document> {
    let told = |summary: &ReactionSummary| {
        doc! {
            "reaction": summary.reaction.as_str(), "count": signed(summary.count),
            "users": rows::texts(&summary.users),
        }
    };
    reactions.iter().map(told).collect()
}

/// From reactions to what their messages should tell of them: `_id` is the message, and `reactions` are
/// as [`told`] has them.
pub(crate) fn summaries() -> Vec<Document> {
    let first = i32::try_from(ReactionSummary::USERS).unwrap_or(i32::MAX);
    let one = doc! {
        "_id": { "message": "$message", "reaction": "$reaction" },
        "count": { "$sum": 1_i64 }, "users": { "$push": "$user" },
    };
    let told = doc! {
        "reaction": "$_id.reaction", "count": "$count", "users": { "$slice": ["$users", first] },
    };
    vec![
        doc! { "$sort": { "message": 1, "reaction": 1, "rev": 1 } },
        doc! { "$group": one },
        doc! { "$sort": { "_id.message": 1, "_id.reaction": 1 } },
        doc! { "$group": { "_id": "$_id.message", "reactions": { "$push": told } } },
    ]
}
