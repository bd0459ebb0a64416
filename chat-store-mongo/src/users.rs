//! Users: those with an account.

use async_trait::async_trait;
use bson::{Document, doc};
use chat_core::id::UserId;
use chat_core::model::{Account, Page, Profile};
use chat_core::store::{AccountStore as _, StoreError, UserQuery, UserStore};
use futures_util::TryStreamExt as _;

use crate::error::failed;
use crate::rows::{self, AccountRow};
use crate::store::{MongoStore, limit, within};

#[async_trait]
impl UserStore for MongoStore {
    async fn find(&self, ids: &[UserId]) -> Result<Vec<Profile>, StoreError> {
        let found = self.find_all(ids).await?;
        Ok(found.iter().map(Account::profile).collect())
    }

    async fn search(&self, query: &UserQuery<'_>) -> Result<Page<Profile>, StoreError> {
        within(Box::pin(async move {
            let accounts = self.accounts();
            let search = accounts
                .find(filter(query))
                .sort(doc! { "username": 1 })
                .limit(limit(query.limit).saturating_add(1));
            let cursor = search.await.map_err(failed)?;
            let mut found: Vec<AccountRow> = cursor.try_collect().await.map_err(failed)?;
            let more = found.len() > query.limit;
            found.truncate(query.limit);
            let next = found
                .last()
                .filter(|_| more)
                .map(|row| row.username.clone());
            let items = profiles(found)?;
            Ok(Page { items, next })
        }))
        .await
    }
}

fn profiles(found: Vec<AccountRow>) -> Result<Vec<Profile>, StoreError> {
    let accounts = rows::all::<_, Account>(found)?;
    Ok(accounts.iter().map(Account::profile).collect())
}

fn filter(query: &UserQuery<'_>) -> Document {
    let after = query.cursor.unwrap_or_default();
    let mut filter = doc! { "username": { "$gt": after }, "disabled": false };
    if let Some(text) = query.text {
        let pattern = literal(text);
        filter.insert(
            "$or",
            vec![
                doc! { "username": { "$regex": &pattern } },
                doc! { "display_name": { "$regex": &pattern } },
            ],
        );
    }
    filter
}

/// A pattern that matches `text` anywhere, every sign in it as itself, ASCII letters in either case.
/// The option `i` would fold other letters too.
fn literal(text: &str) -> String {
    let mut pattern = String::new();
    for sign in text.chars() {
        match sign {
            'a'..='z' | 'A'..='Z' => {
                let (small, large) = (sign.to_ascii_lowercase(), sign.to_ascii_uppercase());
                pattern.extend(['[', small, large, ']']);
            }
            // A pattern ends at the first NUL.
            '\0' => pattern.push_str("\\x00"),
            _ if sign.is_ascii_punctuation() || sign == ' ' => pattern.extend(['\\', sign]),
            _ => pattern.push(sign),
        }
    }
    pattern
}
