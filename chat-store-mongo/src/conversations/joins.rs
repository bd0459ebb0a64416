//! How often users became members.

use std::collections::BTreeSet;

use bson::doc;
use chat_core::id::UserId;
use mongodb::ClientSession;

use crate::error::Result;
use crate::rows;
use crate::store::{ASKED_AT_ONCE, MongoStore, find_all};

pub(super) async fn counts(
    store: &MongoStore,
    session: &mut ClientSession,
    users: &[UserId],
) -> Result<Vec<(UserId, u64)>> {
    let mut counts = Vec::with_capacity(users.len());
    let asked: BTreeSet<&UserId> = users.iter().collect();
    let asked = rows::texts(asked);
    for asked in asked.chunks(ASKED_AT_ONCE) {
        let these = doc! { "_id": { "$in": asked } };
        for row in find_all(session, &store.joins(), these).await? {
            counts.push((rows::user(&row.user)?, rows::unsigned(row.count)?));
        }
    }
    Ok(counts)
}

/// Counts users who become members now. In one order: of transactions that count the same users, the
/// one that came first to the first of them goes on.
pub(super) async fn join(
    store: &MongoStore,
    session: &mut ClientSession,
    users: impl IntoIterator<Item = &UserId>,
) -> Result<()> {
    let users: BTreeSet<&UserId> = users.into_iter().collect();
    let join = |user: &UserId| {
        let one = doc! { "$inc": { "count": 1_i64 } };
        doc! { "q": { "_id": user.as_str() }, "u": one, "upsert": true }
    };
    let joins = users.into_iter().map(join).collect();
    store.update_all(Some(session), "joins", joins).await
}
