//! Accounts, their logins and their browsers.

use chat_core::id::{LoginId, Timestamp, UploadId};
use chat_core::model::{Account, Login, PushSubscription};
use chat_core::store::StoreError;
use serde::{Deserialize, Serialize};

use super::values::{binary, plain, user};

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AccountRow {
    #[serde(rename = "_id")]
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) phone: Option<String>,
    pub(crate) display_name: String,
    pub(crate) avatar: Option<bson::Uuid>,
    pub(crate) password_hash: String,
    pub(crate) disabled: bool,
    pub(crate) created_at: i64,
}

impl From<&Account> for AccountRow {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id.as_str().to_owned(),
            username: account.username.clone(),
            email: account.email.clone(),
            phone: account.phone.clone(),
            display_name: account.display_name.clone(),
            avatar: account.avatar.map(|id| binary(id.as_uuid())),
            password_hash: account.password_hash.clone(),
            disabled: account.disabled,
            created_at: account.created_at.as_millis(),
        }
    }
}

impl TryFrom<AccountRow> for Account {
    type Error = StoreError;

    fn try_from(row: AccountRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: user(&row.id)?,
            username: row.username,
            email: row.email,
            phone: row.phone,
            display_name: row.display_name,
            avatar: row.avatar.map(|id| UploadId::from_uuid(plain(id))),
            password_hash: row.password_hash,
            disabled: row.disabled,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct LoginRow {
    #[serde(rename = "_id")]
    pub(crate) id: bson::Uuid,
    pub(crate) user: String,
    pub(crate) generation: i64,
    pub(crate) created_at: i64,
    pub(crate) refreshed_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) device: Option<String>,
}

impl From<&Login> for LoginRow {
    fn from(login: &Login) -> Self {
        Self {
            id: binary(login.id.as_uuid()),
            user: login.user.as_str().to_owned(),
            generation: login.generation,
            created_at: login.created_at.as_millis(),
            refreshed_at: login.refreshed_at.as_millis(),
            expires_at: login.expires_at.as_millis(),
            device: login.device.clone(),
        }
    }
}

impl TryFrom<LoginRow> for Login {
    type Error = StoreError;

    fn try_from(row: LoginRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: LoginId::from_uuid(plain(row.id)),
            user: user(&row.user)?,
            generation: row.generation,
            created_at: Timestamp::from_millis(row.created_at),
            refreshed_at: Timestamp::from_millis(row.refreshed_at),
            expires_at: Timestamp::from_millis(row.expires_at),
            device: row.device,
        })
    }
}

/// A browser that takes pushes. Not to be shown: see [`PushSubscription`].
#[derive(Serialize, Deserialize)]
pub(crate) struct PushRow {
    #[serde(rename = "_id")]
    endpoint: String,
    user: String,
    login: Option<bson::Uuid>,
    p256dh: String,
    auth: String,
    created_at: i64,
}

impl From<&PushSubscription> for PushRow {
    fn from(subscription: &PushSubscription) -> Self {
        Self {
            endpoint: subscription.endpoint.clone(),
            user: subscription.user.as_str().to_owned(),
            login: subscription.login.map(|login| binary(login.as_uuid())),
            p256dh: subscription.p256dh.clone(),
            auth: subscription.auth.clone(),
            created_at: subscription.created_at.as_millis(),
        }
    }
}

impl TryFrom<PushRow> for PushSubscription {
    type Error = StoreError;

    fn try_from(row: PushRow) -> Result<Self, StoreError> {
        Ok(Self {
            endpoint: row.endpoint,
            user: user(&row.user)?,
            login: row.login.map(|login| LoginId::from_uuid(plain(login))),
            p256dh: row.p256dh,
            auth: row.auth,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}
