//! Pages of history.

use bson::{Document, doc};
use chat_core::id::{ConversationId, MessageId, UserId};
use chat_core::model::Message;
use chat_core::store::Window;
use futures_util::TryStreamExt as _;
use mongodb::ClientSession;

use crate::conversations::member_key;
use crate::error::{Result, failed};
use crate::rows::{self, MessageRow, binary};
use crate::store::{MongoStore, limit as most};

pub(super) async fn find(
    store: &MongoStore,
    session: &mut ClientSession,
    conversation: ConversationId,
    viewer: &UserId,
    message: MessageId,
) -> Result<Option<Message>> {
    let me = doc! { "_id": member_key(conversation, viewer), "active": true };
    let members = store.members();
    let me = members.find_one(me).session(&mut *session);
    let Some(me) = me.await.map_err(failed)? else {
        return Ok(None);
    };
    let this = doc! {
        "_id": binary(message.as_uuid()), "conversation": me.conversation,
        "seq": { "$gt": me.visible_from },
    };
    let messages = store.messages();
    let found = messages.find_one(this).session(session);
    let found = found.await.map_err(failed)?;
    found.map(Message::try_from).transpose()
}

pub(super) async fn history(
    store: &MongoStore,
    session: &mut ClientSession,
    conversation: ConversationId,
    viewer: &UserId,
    window: Window,
    limit: usize,
) -> Result<Option<Vec<Message>>> {
    let me = doc! { "_id": member_key(conversation, viewer), "active": true };
    let members = store.members();
    let me = members.find_one(me).session(&mut *session);
    let Some(me) = me.await.map_err(failed)? else {
        return Ok(None);
    };
    let from = me.visible_from;
    let mut log = Log {
        store,
        session,
        conversation: me.conversation,
    };
    let rows = match window {
        Window::Latest => log.below(i64::MAX, from, limit).await?,
        Window::Before(seq) => log.below(seq.get(), from, limit).await?,
        Window::After(seq) => log.above(seq.get().max(from), limit).await?,
        Window::Around(seq) => {
            let half = limit / 2;
            let mut rows = log.below(seq.get(), from, half).await?;
            let place = seq.get().saturating_sub(1).max(from);
            rows.extend(log.above(place, limit - half).await?);
            rows
        }
    };
    rows::all(rows).map(Some)
}

/// A conversation's messages.
struct Log<'a> {
    store: &'a MongoStore,
    session: &'a mut ClientSession,
    conversation: bson::Uuid,
}

impl Log<'_> {
    /// The last ones below a seq.
    async fn below(&mut self, seq: i64, from: i64, limit: usize) -> Result<Vec<MessageRow>> {
        let seqs = doc! { "$lt": seq, "$gt": from };
        let mut rows = self.page(seqs, -1, limit).await?;
        rows.reverse();
        Ok(rows)
    }

    /// The first ones above a seq.
    async fn above(&mut self, seq: i64, limit: usize) -> Result<Vec<MessageRow>> {
        self.page(doc! { "$gt": seq }, 1, limit).await
    }

    async fn page(&mut self, seqs: Document, order: i32, limit: usize) -> Result<Vec<MessageRow>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let messages = self.store.messages();
        let find = messages
            .find(doc! { "conversation": self.conversation, "seq": seqs })
            .sort(doc! { "seq": order })
            .limit(most(limit));
        let mut cursor = find.session(&mut *self.session).await.map_err(failed)?;
        let rows = cursor.stream(self.session).try_collect();
        rows.await.map_err(failed)
    }
}
