//! An account of the built-in login: a user who can prove it with a password.

use crate::id::{Timestamp, UploadId, UserId};
use crate::model::Profile;

/// An account as kept. Hosts with their own login have none.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The user's id.
    pub id: UserId,
    /// Unique, lower case.
    pub username: String,
    /// Unique, lower case; private.
    pub email: String,
    /// Private.
    pub phone: Option<String>,
    /// The name to show.
    pub display_name: String,
    /// The picture to show.
    pub avatar: Option<UploadId>,
    /// A PHC string (argon2id).
    pub password_hash: String,
    /// A disabled account can neither log in nor use a token.
    pub disabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Account {
    /// The public part.
    #[must_use]
    pub fn profile(&self) -> Profile {
        Profile {
            id: self.id.clone(),
            username: Some(self.username.clone()),
            display_name: self.display_name.clone(),
            avatar: self.avatar,
            avatar_url: None,
        }
    }
}

impl std::fmt::Debug for Account {
    /// Without the hash, the address and the number: debug output ends up in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("id", &self.id)
            .field("username", &self.username)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}

/// An account to make: all that a store must keep of it.
pub type NewAccount = Account;

/// What to change of an account; `None` leaves a field as it is.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AccountPatch {
    /// A new name to show.
    pub display_name: Option<String>,
    /// A new phone number, or none.
    pub phone: Option<Option<String>>,
    /// A new picture, or none.
    pub avatar: Option<Option<UploadId>>,
    /// A new password hash.
    pub password_hash: Option<String>,
    /// Disable or enable.
    pub disabled: Option<bool>,
}

impl std::fmt::Debug for AccountPatch {
    /// Without the hash and the number, as for [`Account`].
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountPatch")
            .field("display_name", &self.display_name)
            .field("avatar", &self.avatar)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}
