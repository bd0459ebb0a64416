//! Texts as they are kept.

use std::collections::BTreeSet;

use bson::spec::BinarySubtype;
use bson::{Binary, doc};
use chat_core::id::MessageId;
use chat_core::model::{Fingerprint, KeptText, Retext};
use futures_util::TryStreamExt as _;
use mongodb::ClientSession;

use crate::conversations::lock;
use crate::error::{Result, failed};
use crate::rows::{self, TextRow, binaries, binary};
use crate::store::{MongoStore, limit as most};

pub(super) async fn texts(
    store: &MongoStore,
    before: Option<MessageId>,
    limit: usize,
) -> Result<Vec<KeptText>> {
    let below = before.map(|id| doc! { "_id": { "$lt": binary(id.as_uuid()) } });
    let columns = doc! { "conversation": 1, "sender": 1, "text": 1, "fingerprint": 1 };
    let messages = store.collection::<TextRow>("messages");
    let find = messages
        .find(below.unwrap_or_default())
        .projection(columns)
        .sort(doc! { "_id": -1 });
    let cursor = find.limit(most(limit)).await.map_err(failed)?;
    let found: Vec<TextRow> = cursor.try_collect().await.map_err(failed)?;
    rows::all(found)
}

/// Replaces texts within an open transaction.
pub(super) async fn replace(
    store: &MongoStore,
    session: &mut ClientSession,
    texts: &[Retext],
) -> Result<u64> {
    let ids = texts.iter().map(|to| to.from.conversation.as_uuid());
    let ids = binaries(ids.collect::<BTreeSet<_>>());
    lock(store, session, &ids).await?;
    let messages = store.messages();
    let mut replaced = 0;
    for to in texts {
        let this = doc! {
            "_id": binary(to.from.message.as_uuid()), "text": &to.from.text,
            "fingerprint": bytes(&to.from.fingerprint),
        };
        let fields = doc! {
            "text": &to.text, "fingerprint": bytes(&to.fingerprint), "words": &to.words,
        };
        let update = messages.update_one(this, doc! { "$set": fields });
        let done = update.session(&mut *session).await.map_err(failed)?;
        replaced += done.matched_count;
    }
    Ok(replaced)
}

fn bytes(fingerprint: &Fingerprint) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes: fingerprint.to_vec(),
    }
}
