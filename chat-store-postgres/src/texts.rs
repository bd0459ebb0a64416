//! Texts as they are kept.

use chat_core::id::MessageId;
use chat_core::model::{KeptText, Retext};
use uuid::Uuid;

use crate::error::{Result, failed};
use crate::pool::Db;
use crate::rows::{self, TextRow, signed};

const TEXTS: &str = r"
select id, conversation, sender, text, fingerprint from chat.messages where id < $1 order by id desc limit $2";

/// As appends take the locks, so that nobody waits in a circle.
const LOCK: &str =
    r"select 1 from chat.conversations where id = any ($1) order by id for no key update";

const REPLACE: &str = r"
update chat.messages as m set
    text = asked.text, fingerprint = asked.fingerprint, words = array_to_tsvector(string_to_array(asked.lexemes, ' '))
from unnest($1::uuid[], $2::text[], $3::bytea[], $4::text[], $5::bytea[], $6::text[])
    as asked (id, old_text, old_fingerprint, text, fingerprint, lexemes)
where m.id = asked.id and m.text = asked.old_text and m.fingerprint = asked.old_fingerprint";

pub(crate) async fn texts(
    db: &mut Db<'_>,
    before: Option<MessageId>,
    limit: usize,
) -> Result<Vec<KeptText>> {
    let before = before.map_or(Uuid::max(), |id| id.as_uuid());
    let query = sqlx::query_as(db.sql(TEXTS))
        .bind(before)
        .bind(signed(limit as u64));
    let found: Vec<TextRow> = query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    rows::all(found)
}

/// Replaces texts within an open transaction.
pub(crate) async fn replace(db: &mut Db<'_>, texts: &[Retext]) -> Result<u64> {
    let conversations = texts.iter().map(|to| to.from.conversation.as_uuid());
    let conversations: Vec<Uuid> = conversations.collect();
    let lock = sqlx::query(db.sql(LOCK)).bind(conversations);
    lock.execute(&mut *db.connection).await.map_err(failed)?;
    let replace = sqlx::query(db.sql(REPLACE))
        .bind(column(texts, |to| to.from.message.as_uuid()))
        .bind(column(texts, |to| to.from.text.as_str()))
        .bind(column(texts, |to| to.from.fingerprint.to_vec()))
        .bind(column(texts, |to| to.text.as_str()))
        .bind(column(texts, |to| to.fingerprint.to_vec()))
        .bind(column(texts, lexemes));
    let done = replace.execute(&mut *db.connection).await.map_err(failed)?;
    Ok(done.rows_affected())
}

fn column<'a, T>(texts: &'a [Retext], value: impl FnMut(&'a Retext) -> T) -> Vec<T> {
    texts.iter().map(value).collect()
}

/// The words with the scope, in which no search looks that has no word.
fn lexemes(to: &Retext) -> String {
    match to.words.is_empty() {
        true => String::new(),
        false => format!(
            "{} {}",
            to.words.join(" "),
            rows::scope(to.from.conversation)
        ),
    }
}
