//! Accounts, their logins and their browsers.

use chat_core::id::{Timestamp, UploadId};
use chat_core::model::{Account, Login, PushSubscription};
use chat_core::store::StoreError;
use uuid::Uuid;

use super::columns::{Columns, row};
use super::values::user;

row! {
    AccountRow {
        id: String,
        username: String,
        email: String,
        phone: Option<String>,
        display_name: String,
        avatar: Option<Uuid>,
        password_hash: String,
        disabled: bool,
        created_at: i64,
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
            avatar: row.avatar.map(UploadId::from_uuid),
            password_hash: row.password_hash,
            disabled: row.disabled,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

row! {
    LoginRow {
        id: Uuid,
        user: String,
        generation: i64,
        created_at: i64,
        refreshed_at: i64,
        expires_at: i64,
        device: Option<String>,
    }
}

impl TryFrom<LoginRow> for Login {
    type Error = StoreError;

    fn try_from(row: LoginRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: chat_core::id::LoginId::from_uuid(row.id),
            user: user(&row.user)?,
            generation: row.generation,
            created_at: Timestamp::from_millis(row.created_at),
            refreshed_at: Timestamp::from_millis(row.refreshed_at),
            expires_at: Timestamp::from_millis(row.expires_at),
            device: row.device,
        })
    }
}

row! {
    PushRow {
        endpoint: String,
        user: String,
        login: Option<Uuid>,
        p256dh: String,
        auth: String,
        created_at: i64,
    }
}

impl TryFrom<PushRow> for PushSubscription {
    type Error = StoreError;

    fn try_from(row: PushRow) -> Result<Self, StoreError> {
        Ok(Self {
            endpoint: row.endpoint,
            user: user(&row.user)?,
            login: row.login.map(chat_core::id::LoginId::from_uuid),
            p256dh: row.p256dh,
            auth: row.auth,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}
