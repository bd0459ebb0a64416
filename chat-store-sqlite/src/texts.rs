//! Texts as they are kept.

use chat_core::id::MessageId;
use chat_core::model::{KeptText, Retext};
use uuid::Uuid;

use crate::error::{Result, failed};
use crate::messages::index;
use crate::pool::Db;
use crate::rows::{self, TextRow, signed};

const TEXTS: &str = r"
select id, conversation, sender, text, fingerprint from chat_messages where id < ? order by id desc limit ?";

const REPLACE: &str = r"
update chat_messages set text = ?4, fingerprint = ?5 where id = ?1 and text = ?2 and fingerprint = ?3";

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

/// Replaces texts within an open transaction that writes.
pub(crate) async fn replace(db: &mut Db<'_>, texts: &[Retext]) -> Result<u64> {
    let mut replaced = 0;
    for to in texts {
        let replace = sqlx::query(db.sql(REPLACE))
            .bind(to.from.message.as_uuid())
            .bind(&to.from.text)
            .bind(to.from.fingerprint.as_slice())
            .bind(&to.text)
            .bind(to.fingerprint.as_slice());
        let done = replace.execute(&mut *db.connection).await.map_err(failed)?;
        if done.rows_affected() > 0 {
            index(db, to.from.message, &to.words).await?;
            replaced += 1;
        }
    }
    Ok(replaced)
}
