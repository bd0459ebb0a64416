//! Pages of history.

use chat_core::id::{ConversationId, MessageId, UserId};
use chat_core::model::Message;
use chat_core::store::Window;

use crate::error::{Result, failed};
use crate::pool::Db;
use crate::rows::{self, MessageRow, signed};

const VISIBLE_FROM: &str =
    r"select visible_from from chat.members where conversation = $1 and user_id = $2 and active";

/// The last ones below a seq, newest first.
const BELOW: &str = r"
select id, conversation, seq, rev, sender, client_id, kind, text, attachments, reply_id, reply_seq, created_at,
    first_rev, edited_at, reactions
from chat.messages where conversation = $1 and seq < $2 and seq > $3 order by seq desc limit $4";

/// The first ones above a seq.
const ABOVE: &str = r"
select id, conversation, seq, rev, sender, client_id, kind, text, attachments, reply_id, reply_seq, created_at,
    first_rev, edited_at, reactions
from chat.messages where conversation = $1 and seq > $2 order by seq limit $3";

const FIND: &str = r"
select m.id, m.conversation, m.seq, m.rev, m.sender, m.client_id, m.kind, m.text, m.attachments,
    m.reply_id, m.reply_seq, m.created_at, m.first_rev, m.edited_at, m.reactions
from chat.messages as m
join chat.members as me on me.conversation = m.conversation and me.user_id = $3
where m.id = $1 and m.conversation = $2 and me.active and m.seq > me.visible_from";

pub(super) async fn find(
    db: &mut Db<'_>,
    conversation: ConversationId,
    viewer: &UserId,
    message: MessageId,
) -> Result<Option<Message>> {
    let query = sqlx::query_as(db.sql(FIND))
        .bind(message.as_uuid())
        .bind(conversation.as_uuid())
        .bind(viewer.as_str());
    let found: Option<MessageRow> = query
        .fetch_optional(&mut *db.connection)
        .await
        .map_err(failed)?;
    found.map(Message::try_from).transpose()
}

pub(super) async fn history(
    db: &mut Db<'_>,
    conversation: ConversationId,
    viewer: &UserId,
    window: Window,
    limit: usize,
) -> Result<Option<Vec<Message>>> {
    let query = sqlx::query_scalar(db.sql(VISIBLE_FROM))
        .bind(conversation.as_uuid())
        .bind(viewer.as_str());
    let from: Option<i64> = query
        .fetch_optional(&mut *db.connection)
        .await
        .map_err(failed)?;
    let Some(from) = from else { return Ok(None) };
    let rows = match window {
        Window::Latest => below(db, conversation, i64::MAX, from, limit).await?,
        Window::Before(seq) => below(db, conversation, seq.get(), from, limit).await?,
        Window::After(seq) => above(db, conversation, seq.get().max(from), limit).await?,
        Window::Around(seq) => {
            let half = limit / 2;
            let mut rows = below(db, conversation, seq.get(), from, half).await?;
            let place = seq.get().saturating_sub(1).max(from);
            rows.extend(above(db, conversation, place, limit - half).await?);
            rows
        }
    };
    rows::all(rows).map(Some)
}

async fn below(
    db: &mut Db<'_>,
    conversation: ConversationId,
    seq: i64,
    from: i64,
    limit: usize,
) -> Result<Vec<MessageRow>> {
    let query = sqlx::query_as(db.sql(BELOW))
        .bind(conversation.as_uuid())
        .bind(seq)
        .bind(from)
        .bind(signed(limit as u64));
    let mut rows: Vec<MessageRow> = query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    rows.reverse();
    Ok(rows)
}

async fn above(
    db: &mut Db<'_>,
    conversation: ConversationId,
    seq: i64,
    limit: usize,
) -> Result<Vec<MessageRow>> {
    let query = sqlx::query_as(db.sql(ABOVE))
        .bind(conversation.as_uuid())
        .bind(seq)
        .bind(signed(limit as u64));
    query.fetch_all(&mut *db.connection).await.map_err(failed)
}
