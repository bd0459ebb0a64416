//! Searching messages by their words.

use chat_core::id::UserId;
use chat_core::model::Message;
use chat_core::store::SearchQuery;

use crate::error::{Result, failed};
use crate::pool::Db;
use crate::rows::{self, MessageRow, signed};

const SEARCH: &str = r"
select m.id, m.conversation, m.seq, m.rev, m.sender, m.client_id, m.fingerprint, m.kind, m.text, m.attachments,
    m.reply_id, m.reply_seq, m.created_at, m.first_rev, m.edited_at, m.reactions
from chat_words as hit
cross join chat_messages as m on m.row = hit.rowid
cross join chat_members as me on me.conversation = m.conversation and me.user = ?1
where hit.chat_words match ?2 and me.active and m.seq > me.visible_from and (?3 is null or m.id < ?3)
order by m.id desc limit ?4";

pub(super) async fn search(
    db: &mut Db<'_>,
    viewer: &UserId,
    query: &SearchQuery<'_>,
) -> Result<Vec<Message>> {
    if query.words.is_empty() || query.conversations.is_empty() {
        return Ok(Vec::new());
    }
    let search = sqlx::query_as(db.sql(SEARCH))
        .bind(viewer.as_str())
        .bind(expression(query))
        .bind(query.before.map(|id| id.as_uuid()))
        .bind(signed(query.limit as u64));
    let found: Vec<MessageRow> = search
        .fetch_all(&mut *db.connection)
        .await
        .map_err(failed)?;
    rows::all(found)
}

/// All of the words, in one of the conversations: each in quotes, where nothing has a meaning but the
/// quote itself (https://sqlite.org/fts5.html, 3.1).
fn expression(query: &SearchQuery<'_>) -> String {
    let scopes = query
        .conversations
        .iter()
        .map(|id| quoted(&id.as_uuid().simple().to_string()));
    let words = query.words.iter().map(|word| quoted(word));
    let (scopes, words) = (scopes.collect::<Vec<_>>(), words.collect::<Vec<_>>());
    format!(
        "scope : ({}) AND words : ({})",
        scopes.join(" OR "),
        words.join(" AND ")
    )
}

fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}
