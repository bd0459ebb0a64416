//! Searching messages by their words.

use chat_core::id::UserId;
use chat_core::model::Message;
use chat_core::store::SearchQuery;
use uuid::Uuid;

use crate::error::{Result, failed};
use crate::pool::Db;
use crate::rows::{self, MessageRow, signed};

/// The index has the conversation as one more word, so that it gives the hits of the conversations
/// searched, and no others. It is asked once for each of one's memberships: only of those that are.
const SEARCH: &str = r"
select m.id, m.conversation, m.seq, m.rev, m.sender, m.client_id, m.kind, m.text, m.attachments,
    m.reply_id, m.reply_seq, m.created_at, m.first_rev, m.edited_at, m.reactions
from chat.messages as m
join chat.members as me on me.conversation = m.conversation and me.user_id = $1
where m.words @@ $2::text::tsquery and me.conversation = any ($5) and me.active and m.seq > me.visible_from and ($3::uuid is null or m.id < $3)
order by m.id desc limit $4";

pub(super) async fn search(
    db: &mut Db<'_>,
    viewer: &UserId,
    query: &SearchQuery<'_>,
) -> Result<Vec<Message>> {
    if query.words.is_empty() || query.conversations.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = query.conversations.iter().map(|id| id.as_uuid()).collect();
    let before: Option<Uuid> = query.before.map(|id| id.as_uuid());
    let search = sqlx::query_as(db.sql(SEARCH))
        .bind(viewer.as_str())
        .bind(expression(query))
        .bind(before)
        .bind(signed(query.limit as u64))
        .bind(ids);
    let found: Vec<MessageRow> = search
        .fetch_all(&mut *db.connection)
        .await
        .map_err(failed)?;
    rows::all(found)
}

/// All of the words, in one of the conversations: each in quotes, where only the quote and the
/// backslash have a meaning (Postgres, 8.11.2).
fn expression(query: &SearchQuery<'_>) -> String {
    let scopes = query
        .conversations
        .iter()
        .map(|id| quoted(&rows::scope(*id)));
    let words = query.words.iter().map(|word| quoted(word));
    let (scopes, words) = (scopes.collect::<Vec<_>>(), words.collect::<Vec<_>>());
    format!("({}) & {}", scopes.join(" | "), words.join(" & "))
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\\', "\\\\").replace('\'', "''"))
}
