//! Those who gave a message a reaction.

use chat_core::id::UserId;
use chat_core::model::Reactor;
use chat_core::store::ReactorQuery;

use super::history::find;
use crate::error::{Result, failed};
use crate::pool::Db;
use crate::rows::{self, ReactorRow, signed};

const REACTORS: &str = r"
select user, rev, at from chat_reactions
where conversation = ?1 and seq = ?2 and reaction = ?3 and rev > ?4 order by rev limit ?5";

pub(super) async fn reactors(
    db: &mut Db<'_>,
    viewer: &UserId,
    query: &ReactorQuery<'_>,
) -> Result<Option<Vec<Reactor>>> {
    let Some(message) = find(db, query.conversation, viewer, query.message).await? else {
        return Ok(None);
    };
    let page = sqlx::query_as(db.sql(REACTORS))
        .bind(query.conversation.as_uuid())
        .bind(message.seq.get())
        .bind(query.reaction.as_str())
        .bind(query.after.unwrap_or_default().get())
        .bind(signed(query.limit as u64));
    let found: Vec<ReactorRow> = page.fetch_all(&mut *db.connection).await.map_err(failed)?;
    rows::all(found).map(Some)
}
