//! Users: those with an account.

use async_trait::async_trait;
use chat_core::id::UserId;
use chat_core::model::{Account, Page, Profile};
use chat_core::store::{AccountStore as _, StoreError, UserQuery, UserStore};

use crate::error::failed;
use crate::pool::SqliteStore;
use crate::rows::{self, AccountRow};

const SEARCH: &str = r"
select id, username, email, phone, display_name, avatar, password_hash, disabled, created_at
from chat_accounts
where username > ?1 and not disabled
  and (?2 is null or username like ?2 escape '\' or display_name like ?2 escape '\')
order by username limit ?3";

#[async_trait]
impl UserStore for SqliteStore {
    async fn find(&self, ids: &[UserId]) -> Result<Vec<Profile>, StoreError> {
        let found = self.find_all(ids).await?;
        Ok(found.iter().map(Account::profile).collect())
    }

    async fn search(&self, query: &UserQuery<'_>) -> Result<Page<Profile>, StoreError> {
        let limit = i64::try_from(query.limit).unwrap_or(i64::MAX - 1);
        let mut reader = self.reader().await?;
        let search = sqlx::query_as(self.sql(SEARCH))
            .bind(query.cursor.unwrap_or_default())
            .bind(query.text.map(contains))
            .bind(limit + 1);
        let mut found: Vec<AccountRow> = search.fetch_all(&mut *reader).await.map_err(failed)?;
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

/// A pattern for `like` that matches `text` anywhere, and every sign in it as itself.
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
