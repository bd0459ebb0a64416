//! All of one user, and the store's own soundness.

mod audit;
mod erase;
mod reactions;
mod texts;

use std::time::Duration;

use async_trait::async_trait;
use bson::{Document, doc};
use chat_core::id::{ConversationId, MessageId, Seq, Timestamp, UploadId, UserId};
use chat_core::model::{KeptText, Member, Message, Reacted, Retext, Upload};
use chat_core::store::{AdminStore, Damage, Erased, StoreError};
use futures_util::TryStreamExt as _;
use futures_util::future::BoxFuture;
use mongodb::ClientSession;
use mongodb::options::Hint;

use crate::error::{Result, failed};
use crate::rows::{self, MemberRow, MessageRow, ReactionRow, UploadRow, binary, plain};
use crate::store::{MongoStore, find_all, limit as most};
use crate::turns::Places;

/// How long a command may take that goes through all of a user, or of the store. MongoDB keeps a
/// snapshot no longer than that.
const STAMINA: Duration = Duration::from_secs(300);

#[async_trait]
impl AdminStore for MongoStore {
    async fn sent(
        &self,
        user: &UserId,
        after: Option<(ConversationId, Seq)>,
        limit: usize,
    ) -> Result<Vec<Message>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        patiently(Box::pin(async move {
            let mut view = self.view().await?;
            let mut ids = conversations_of(self, &mut view, user).await?;
            if let Some((conversation, _)) = after {
                let at = binary(conversation.as_uuid()).bytes();
                ids.retain(|id| id.bytes() > at);
            }
            sent(self, &mut view, &behind(user, &ids, after), limit).await
        }))
        .await
    }

    async fn uploads_of(
        &self,
        user: &UserId,
        after: Option<UploadId>,
        limit: usize,
    ) -> Result<Vec<Upload>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        patiently(Box::pin(async move {
            let mut filter = doc! { "owner": user.as_str() };
            if let Some(after) = after {
                filter.insert("_id", doc! { "$gt": binary(after.as_uuid()) });
            }
            let uploads = self.uploads();
            let find = uploads.find(filter).sort(doc! { "_id": 1 });
            let cursor = find.limit(most(limit)).await.map_err(failed)?;
            let found: Vec<UploadRow> = cursor.try_collect().await.map_err(failed)?;
            rows::all(found)
        }))
        .await
    }

    async fn reactions_of(
        &self,
        user: &UserId,
        after: Option<&Reacted>,
        limit: usize,
    ) -> Result<Vec<Reacted>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        patiently(Box::pin(async move {
            let reactions = self.reactions();
            let find = reactions
                .find(doc! { "$or": given_behind(user, after) })
                .sort(doc! { "conversation": 1, "seq": 1, "reaction": 1 });
            let cursor = find.limit(most(limit)).await.map_err(failed)?;
            let found: Vec<ReactionRow> = cursor.try_collect().await.map_err(failed)?;
            rows::all(found)
        }))
        .await
    }

    async fn standings(&self, user: &UserId) -> Result<Vec<(ConversationId, Member)>> {
        patiently(Box::pin(async move {
            let mut view = self.view().await?;
            let mine = doc! { "user": user.as_str() };
            let mut found = find_all(&mut view, &self.members(), mine).await?;
            found.sort_by_key(|row| row.conversation.bytes());
            let standing = |row: MemberRow| {
                let id = ConversationId::from_uuid(plain(row.conversation));
                Ok((id, row.try_into()?))
            };
            found.into_iter().map(standing).collect()
        }))
        .await
    }

    async fn erase(&self, user: &UserId, at: Timestamp) -> Result<Erased> {
        erase::erase(self, user, at).await
    }

    async fn texts(&self, before: Option<MessageId>, limit: usize) -> Result<Vec<KeptText>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        patiently(Box::pin(texts::texts(self, before, limit))).await
    }

    async fn replace_texts(&self, texts: &[Retext]) -> Result<u64> {
        let mut replaced = 0;
        for some in texts.chunks(AT_ONCE) {
            let places = Places::of(some.iter().map(|to| to.from.conversation));
            let replace = self.transact(places, some.to_vec(), |store, session, texts| {
                Box::pin(texts::replace(store, session, texts))
            });
            replaced += replace.await?;
        }
        Ok(replaced)
    }

    async fn audit(&self, limit: usize) -> Result<Vec<Damage>> {
        audit::audit(self, limit).await
    }
}

/// How many texts are replaced in one transaction: each is a round trip, and sends into their conversations wait.
const AT_ONCE: usize = 20;

/// Bounds a call that goes through much.
pub(crate) async fn patiently<T>(call: BoxFuture<'_, Result<T>>) -> Result<T> {
    match tokio::time::timeout(STAMINA, call).await {
        Ok(answer) => answer,
        Err(elapsed) => Err(StoreError::unavailable(elapsed)),
    }
}

/// Where the user ever was.
async fn conversations_of(
    store: &MongoStore,
    session: &mut ClientSession,
    user: &UserId,
) -> Result<Vec<bson::Uuid>> {
    let mine = doc! { "user": user.as_str() };
    let found = find_all(session, &store.members(), mine).await?;
    Ok(found.into_iter().map(|row| row.conversation).collect())
}

/// The user's messages in `later` conversations, and in one from a seq on.
fn behind(
    user: &UserId,
    later: &[bson::Uuid],
    after: Option<(ConversationId, Seq)>,
) -> Vec<Document> {
    let user = user.as_str();
    let mut any = vec![doc! { "conversation": { "$in": later }, "sender": user }];
    if let Some((conversation, seq)) = after {
        let conversation = binary(conversation.as_uuid());
        let rest = doc! { "$gt": seq.get() };
        any.push(doc! { "conversation": conversation, "seq": rest, "sender": user });
    }
    any
}

/// The user's reactions behind one.
fn given_behind(user: &UserId, after: Option<&Reacted>) -> Vec<Document> {
    let user = user.as_str();
    let Some(after) = after else {
        return vec![doc! { "user": user }];
    };
    let conversation = binary(after.conversation.as_uuid());
    let (seq, reaction) = (after.seq.get(), after.reaction.as_str());
    vec![
        doc! { "user": user, "conversation": { "$gt": conversation } },
        doc! { "user": user, "conversation": conversation, "seq": { "$gt": seq } },
        doc! {
            "user": user, "conversation": conversation, "seq": seq, "reaction": { "$gt": reaction },
        },
    ]
}

async fn sent(
    store: &MongoStore,
    session: &mut ClientSession,
    any: &[Document],
    limit: usize,
) -> Result<Vec<Message>> {
    let order = doc! { "conversation": 1, "seq": 1 };
    let messages = store.messages();
    let find = messages
        .find(doc! { "$or": any })
        .sort(order.clone())
        .hint(Hint::Keys(order))
        .limit(most(limit));
    let mut cursor = find.session(&mut *session).await.map_err(failed)?;
    let found: Vec<MessageRow> = cursor.stream(session).try_collect().await.map_err(failed)?;
    rows::all(found)
}
