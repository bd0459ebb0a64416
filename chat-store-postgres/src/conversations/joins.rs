//! How often users became members.

use chat_core::id::UserId;

use crate::error::{Result, failed};
use crate::pool::Db;
use crate::rows::{self, unsigned};

const COUNTS: &str = r"select user_id, count from chat.joins where user_id = any ($1)";

pub(super) async fn counts(db: &mut Db<'_>, users: &[UserId]) -> Result<Vec<(UserId, u64)>> {
    let query = sqlx::query_as(db.sql(COUNTS)).bind(rows::texts(users));
    let found: Vec<(String, i64)> = query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    let count = |(user, count): (String, i64)| Ok((rows::user(&user)?, unsigned(count)?));
    found.into_iter().map(count).collect()
}
