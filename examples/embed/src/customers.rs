//! The shop's customers: its own table, and how chat reads it.

use async_trait::async_trait;
use chat_core::id::UserId;
use chat_core::model::{Page, Profile};
use chat_core::store::{StoreError, UserQuery, UserStore};
use sqlx::PgPool;

const FIND: &str = "select id, name from customers where id = any ($1)";

/// `strpos` takes every sign as itself. In collation `C` only ASCII has cases.
const SEARCH: &str = r#"
select id, name from customers
where id > $1 and not closed
  and ($2::text is null or strpos(lower(name collate "C"), lower($2 collate "C")) > 0)
order by id limit $3"#;

/// A customer's number. Chat knows the customer by the same digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct CustomerId(pub i64);

impl CustomerId {
    /// The shop itself, which the first migration makes.
    pub const SHOP: Self = Self(1);

    /// The customer whom chat calls `user`. `007` is nobody, and not customer 7.
    fn of(user: &UserId) -> Option<Self> {
        let id = Self(user.as_str().parse().ok()?);
        (UserId::from(id) == *user).then_some(id)
    }
}

impl From<CustomerId> for UserId {
    fn from(id: CustomerId) -> Self {
        Self::new(id.0.to_string()).expect("digits are a user id")
    }
}

/// The table of customers, as chat's users.
#[derive(Debug, Clone)]
pub struct Customers(pub PgPool);

#[async_trait]
impl UserStore for Customers {
    async fn find(&self, ids: &[UserId]) -> Result<Vec<Profile>, StoreError> {
        let ids: Vec<_> = ids.iter().filter_map(CustomerId::of).collect();
        let query = sqlx::query_as(FIND).bind(ids);
        let found: Vec<Row> = query
            .fetch_all(&self.0)
            .await
            .map_err(StoreError::unavailable)?;
        Ok(found.into_iter().map(Profile::from).collect())
    }

    async fn search(&self, query: &UserQuery<'_>) -> Result<Page<Profile>, StoreError> {
        let after: i64 = query.cursor.and_then(|id| id.parse().ok()).unwrap_or(0);
        // One more than asked for tells whether there is another page.
        let limit = i64::try_from(query.limit).map_or(i64::MAX, |limit| limit.saturating_add(1));
        let search = sqlx::query_as(SEARCH)
            .bind(after)
            .bind(query.text)
            .bind(limit);
        let mut found: Vec<Row> = search
            .fetch_all(&self.0)
            .await
            .map_err(StoreError::unavailable)?;
        let more = found.len() > query.limit;
        found.truncate(query.limit);
        let next = found
            .last()
            .filter(|_| more)
            .map(|row| row.id.0.to_string());
        let items = found.into_iter().map(Profile::from).collect();
        Ok(Page { items, next })
    }
}

/// What others may know of a customer.
#[derive(Debug, sqlx::FromRow)]
struct Row {
    id: CustomerId,
    name: String,
}

impl From<Row> for Profile {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.into(),
            username: None,
            display_name: row.name,
            avatar: None,
            avatar_url: None,
        }
    }
}
