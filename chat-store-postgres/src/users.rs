//! Users: those with an account.

use async_trait::async_trait;
use chat_core::id::UserId;
use chat_core::model::{Account, Page, Profile};
use chat_core::store::{AccountStore as _, StoreError, UserQuery, UserStore};

use crate::error::failed;
use crate::pool::PostgresStore;
use crate::rows::{self, AccountRow};

const SEARCH: &str = r#"
select id, username, email, phone, display_name, avatar, password_hash, disabled, created_at
from chat.accounts
where username > $1 and not disabled
  and ($2::text is null or username ilike $2 or display_name collate "C" ilike $2)
order by username limit $3"#;

#[async_trait]
impl UserStore for PostgresStore {
    async fn find(&self, ids: &[UserId]) -> Result<Vec<Profile>, StoreError> {
        let found = self.find_all(ids).await?;
        Ok(found.iter().map(Account::profile).collect())
    }

    async fn search(&self, query: &UserQuery<'_>) -> Result<Page<Profile>, StoreError> {
        let limit = i64::try_from(query.limit).unwrap_or(i64::MAX - 1);
        let mut connection = self.connection().await?;
        let search = sqlx::query_as(self.sql(SEARCH))
            .bind(query.cursor.unwrap_or_default())
            .bind(query.text.map(contains))
            .bind(limit + 1);
        let mut found: Vec<AccountRow> =
            search.fetch_all(&mut *connection).await.map_err(failed)?;
        let more = found.len() > query.limit;
        found.truncate(query.limit);
        let next = found
            .last()
            .filter(|_| more)
            .map(|row| row.username.clone());
        let items = rows::all::<_, Account>(found)?
            .iter()
            .map(Account::profile)
            .collect();
        Ok(Page { items, next })
    }
}

/// A pattern for `ilike` (in collation `C`, where only ASCII has cases) that matches `text` anywhere, and every sign in it as itself.
fn contains(text: &str) -> String {
    let mut pattern = String::from("%");
    for sign in text.chars() {
        if matches!(sign, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(sign);
    }
    pattern.push('%');
    pattern
}
