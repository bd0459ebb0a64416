//! How often users became members.

use chat_core::id::UserId;

use crate::error::{Result, failed};
use crate::pool::Db;
use crate::rows::{self, unsigned};

const COUNTS: &str = r"
select user, count from chat_joins where user in (select value from json_each(?))";

const JOIN: &str = r"
insert into chat_joins (user, count) select distinct value, 1 from json_each(?) where true
on conflict (user) do update set count = count + 1";

pub(super) async fn counts(db: &mut Db<'_>, users: &[UserId]) -> Result<Vec<(UserId, u64)>> {
    let query = sqlx::query_as(db.sql(COUNTS)).bind(rows::text_list(users));
    let found: Vec<(String, i64)> = query.fetch_all(&mut *db.connection).await.map_err(failed)?;
    let count = |(user, count): (String, i64)| Ok((rows::user(&user)?, unsigned(count)?));
    found.into_iter().map(count).collect()
}

/// Counts users who become members now, each once.
pub(super) async fn join<'u>(
    db: &mut Db<'_>,
    users: impl IntoIterator<Item = &'u UserId>,
) -> Result<()> {
    let join = sqlx::query(db.sql(JOIN)).bind(rows::text_list(users));
    let joined = join.execute(&mut *db.connection).await;
    joined.map(drop).map_err(failed)
}
