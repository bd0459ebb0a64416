//! Accounts.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::MemoryStore;
use crate::id::UserId;
use crate::model::{Account, AccountPatch, NewAccount};
use crate::store::{AccountKey, AccountStore, StoreError, Taken};

#[async_trait]
impl AccountStore for MemoryStore {
    async fn create(&self, account: &NewAccount) -> Result<Result<(), Taken>, StoreError> {
        let mut state = self.lock();
        if state.usernames.contains_key(&account.username) {
            return Ok(Err(Taken::Username));
        }
        if state.emails.contains_key(&account.email) {
            return Ok(Err(Taken::Email));
        }
        state
            .usernames
            .insert(account.username.clone(), account.id.clone());
        state
            .emails
            .insert(account.email.clone(), account.id.clone());
        state.accounts.insert(account.id.clone(), account.clone());
        Ok(Ok(()))
    }

    async fn find(&self, key: AccountKey<'_>) -> Result<Option<Account>, StoreError> {
        let state = self.lock();
        let id = match key {
            AccountKey::Id(id) => Some(id),
            AccountKey::Email(email) => state.emails.get(email),
            AccountKey::Username(name) => state.usernames.get(name),
        };
        Ok(id.and_then(|id| state.accounts.get(id)).cloned())
    }

    async fn find_all(&self, ids: &[UserId]) -> Result<Vec<Account>, StoreError> {
        let state = self.lock();
        let ids: BTreeSet<&UserId> = ids.iter().collect();
        let found = ids.into_iter().filter_map(|id| state.accounts.get(id));
        Ok(found.cloned().collect())
    }

    async fn update(
        &self,
        user: &UserId,
        patch: &AccountPatch,
    ) -> Result<Option<Account>, StoreError> {
        let mut state = self.lock();
        let Some(account) = state.accounts.get_mut(user) else {
            return Ok(None);
        };
        apply(account, patch.clone());
        Ok(Some(account.clone()))
    }
}

fn apply(account: &mut Account, patch: AccountPatch) {
    let AccountPatch {
        display_name,
        phone,
        avatar,
        password_hash,
        disabled,
    } = patch;
    account.display_name = display_name.unwrap_or_else(|| account.display_name.clone());
    account.phone = phone.unwrap_or_else(|| account.phone.clone());
    account.avatar = avatar.unwrap_or(account.avatar);
    account.password_hash = password_hash.unwrap_or_else(|| account.password_hash.clone());
    account.disabled = disabled.unwrap_or(account.disabled);
}
