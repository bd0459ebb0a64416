//! Accounts.

use async_trait::async_trait;
use bson::{Bson, Document, doc};
use chat_core::id::UserId;
use chat_core::model::{Account, AccountPatch, NewAccount};
use chat_core::store::{AccountKey, AccountStore, StoreError, Taken};
use futures_util::TryStreamExt as _;
use mongodb::ClientSession;
use mongodb::options::ReturnDocument;

use crate::error::{self, failed};
use crate::rows::{self, AccountRow, binary};
use crate::store::{MongoStore, find_all, within};
use crate::turns::Places;

#[async_trait]
impl AccountStore for MongoStore {
    async fn create(&self, account: &NewAccount) -> Result<Result<(), Taken>, StoreError> {
        let row = AccountRow::from(account);
        self.transact(
            Places::of([&account.username, &account.email]),
            row,
            |store, session, row| Box::pin(create(store, session, row)),
        )
        .await
    }

    async fn find(&self, key: AccountKey<'_>) -> Result<Option<Account>, StoreError> {
        within(Box::pin(async move {
            let filter = match key {
                AccountKey::Id(id) => doc! { "_id": id.as_str() },
                AccountKey::Email(email) => doc! { "email": email },
                AccountKey::Username(name) => doc! { "username": name },
            };
            let found = self.accounts().find_one(filter).await.map_err(failed)?;
            found.map(Account::try_from).transpose()
        }))
        .await
    }

    async fn find_all(&self, ids: &[UserId]) -> Result<Vec<Account>, StoreError> {
        within(Box::pin(async move {
            let filter = doc! { "_id": { "$in": rows::texts(ids) } };
            let cursor = self.accounts().find(filter).await.map_err(failed)?;
            let found: Vec<AccountRow> = cursor.try_collect().await.map_err(failed)?;
            rows::all(found)
        }))
        .await
    }

    async fn update(
        &self,
        user: &UserId,
        patch: &AccountPatch,
    ) -> Result<Option<Account>, StoreError> {
        within(Box::pin(async move {
            let filter = doc! { "_id": user.as_str() };
            let set = settings(patch);
            if set.is_empty() {
                return AccountStore::find(self, AccountKey::Id(user)).await;
            }
            let accounts = self.accounts();
            let update = accounts
                .find_one_and_update(filter, doc! { "$set": set })
                .return_document(ReturnDocument::After);
            let updated = update.await.map_err(failed)?;
            updated.map(Account::try_from).transpose()
        }))
        .await
    }
}

async fn create(
    store: &MongoStore,
    session: &mut ClientSession,
    row: &AccountRow,
) -> error::Result<Result<(), Taken>> {
    let same = doc! { "$or": [
        { "_id": &row.id }, { "username": &row.username }, { "email": &row.email },
    ] };
    let others = find_all(session, &store.accounts(), same).await?;
    if others.iter().any(|other| other.username == row.username) {
        return Ok(Err(Taken::Username));
    }
    if !others.is_empty() {
        return Ok(Err(Taken::Email));
    }
    let accounts = store.accounts();
    let insert = accounts.insert_one(row).session(session);
    insert.await.map_err(failed)?;
    Ok(Ok(()))
}

/// What a patch sets: only what it names.
fn settings(patch: &AccountPatch) -> Document {
    let mut set = Document::new();
    if let Some(name) = &patch.display_name {
        set.insert("display_name", name);
    }
    if let Some(phone) = &patch.phone {
        set.insert("phone", phone.clone());
    }
    if let Some(avatar) = patch.avatar {
        let avatar = avatar.map_or(Bson::Null, |id| binary(id.as_uuid()).into());
        set.insert("avatar", avatar);
    }
    if let Some(hash) = &patch.password_hash {
        set.insert("password_hash", hash);
    }
    if let Some(disabled) = patch.disabled {
        set.insert("disabled", disabled);
    }
    set
}
