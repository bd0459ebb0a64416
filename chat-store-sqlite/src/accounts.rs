//! Accounts.

use async_trait::async_trait;
use chat_core::id::UserId;
use chat_core::model::{Account, AccountPatch, NewAccount};
use chat_core::store::{AccountKey, AccountStore, StoreError, Taken};

use crate::error::failed;
use crate::pool::SqliteStore;
use crate::rows::{self, AccountRow};

const INSERT: &str = r"
insert into chat_accounts (id, username, email, phone, display_name, avatar, password_hash, disabled, created_at)
values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing";

const TAKEN: &str = "select exists (select 1 from chat_accounts where username = ?)";

const BY_ID: &str = r"
select id, username, email, phone, display_name, avatar, password_hash, disabled, created_at
from chat_accounts where id = ?";

const BY_EMAIL: &str = r"
select id, username, email, phone, display_name, avatar, password_hash, disabled, created_at
from chat_accounts where email = ?";

const BY_USERNAME: &str = r"
select id, username, email, phone, display_name, avatar, password_hash, disabled, created_at
from chat_accounts where username = ?";

const BY_IDS: &str = r"
select id, username, email, phone, display_name, avatar, password_hash, disabled, created_at
from chat_accounts where id in (select value from json_each(?))";

const UPDATE: &str = r"
update chat_accounts set
    display_name = coalesce(?2, display_name),
    phone = iif(?3, ?4, phone),
    avatar = iif(?5, ?6, avatar),
    password_hash = coalesce(?7, password_hash),
    disabled = coalesce(?8, disabled)
where id = ?1
returning id, username, email, phone, display_name, avatar, password_hash, disabled, created_at";

#[async_trait]
impl AccountStore for SqliteStore {
    async fn create(&self, account: &NewAccount) -> Result<Result<(), Taken>, StoreError> {
        let mut tx = self.write().await?;
        let insert = sqlx::query(self.sql(INSERT))
            .bind(account.id.as_str())
            .bind(&account.username)
            .bind(&account.email)
            .bind(&account.phone)
            .bind(&account.display_name)
            .bind(account.avatar.map(|id| id.as_uuid()))
            .bind(&account.password_hash)
            .bind(account.disabled)
            .bind(account.created_at.as_millis());
        let inserted = insert
            .execute(&mut *tx)
            .await
            .map_err(failed)?
            .rows_affected();
        let answer = if inserted == 1 {
            Ok(())
        } else {
            let taken = sqlx::query_scalar(self.sql(TAKEN))
                .bind(&account.username)
                .fetch_one(&mut *tx);
            let by_name: bool = taken.await.map_err(failed)?;
            Err(if by_name {
                Taken::Username
            } else {
                Taken::Email
            })
        };
        tx.commit().await.map_err(failed)?;
        Ok(answer)
    }

    async fn find(&self, key: AccountKey<'_>) -> Result<Option<Account>, StoreError> {
        let (statement, value) = match key {
            AccountKey::Id(id) => (BY_ID, id.as_str()),
            AccountKey::Email(email) => (BY_EMAIL, email),
            AccountKey::Username(name) => (BY_USERNAME, name),
        };
        let mut reader = self.reader().await?;
        let query = sqlx::query_as(self.sql(statement)).bind(value);
        let found: Option<AccountRow> = query.fetch_optional(&mut *reader).await.map_err(failed)?;
        found.map(Account::try_from).transpose()
    }

    async fn find_all(&self, ids: &[UserId]) -> Result<Vec<Account>, StoreError> {
        let mut reader = self.reader().await?;
        let query = sqlx::query_as(self.sql(BY_IDS)).bind(rows::text_list(ids));
        let found: Vec<AccountRow> = query.fetch_all(&mut *reader).await.map_err(failed)?;
        rows::all(found)
    }

    async fn update(
        &self,
        user: &UserId,
        patch: &AccountPatch,
    ) -> Result<Option<Account>, StoreError> {
        let update = sqlx::query_as(self.sql(UPDATE))
            .bind(user.as_str())
            .bind(&patch.display_name)
            .bind(patch.phone.is_some())
            .bind(patch.phone.clone().flatten())
            .bind(patch.avatar.is_some())
            .bind(patch.avatar.flatten().map(|id| id.as_uuid()))
            .bind(&patch.password_hash)
            .bind(patch.disabled);
        let mut tx = self.write().await?;
        let updated: Option<AccountRow> = update.fetch_optional(&mut *tx).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        updated.map(Account::try_from).transpose()
    }
}
