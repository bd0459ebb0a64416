//! One's own account: the profile, the password, and disabling.

use std::collections::HashMap;

use super::{AccountError, Accounts, LoggedIn, validate};
use crate::auth::Identity;
use crate::id::{Timestamp, UploadId, UserId};
use crate::model::{Account, AccountPatch};
use crate::store::{AccountKey, EndLogins};

/// What to change of one's profile; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfilePatch {
    /// Another name to show.
    pub display_name: Option<String>,
    /// Another phone number, or none.
    pub phone: Option<Option<String>>,
    /// Another picture, or none; the caller has checked that it is the user's.
    pub avatar: Option<Option<UploadId>>,
}

impl Accounts {
    /// One's own account.
    ///
    /// # Errors
    /// [`AccountError::NotFound`]; [`AccountError::Store`].
    pub async fn me(&self, user: &UserId) -> Result<Account, AccountError> {
        let account = self
            .shared
            .stores
            .accounts
            .find(AccountKey::Id(user))
            .await?;
        account.ok_or(AccountError::NotFound)
    }

    /// The accounts of these users that there are, in the order asked: for lists, in one query.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn of(
        &self,
        users: impl IntoIterator<Item = UserId> + Send,
    ) -> Result<Vec<Account>, AccountError> {
        let users: Vec<UserId> = users.into_iter().collect();
        let found = self.shared.stores.accounts.find_all(&users).await?;
        let found: HashMap<&UserId, &Account> =
            found.iter().map(|account| (&account.id, account)).collect();
        let asked = users.iter().filter_map(|user| found.get(user));
        Ok(asked.map(|account| (*account).clone()).collect())
    }

    /// Changes one's own profile.
    ///
    /// # Errors
    /// [`AccountError::Field`]; [`AccountError::NotFound`]; [`AccountError::Store`].
    pub async fn update_profile(
        &self,
        user: &UserId,
        patch: ProfilePatch,
    ) -> Result<Account, AccountError> {
        let phone = patch
            .phone
            .map(|phone| phone.as_deref().map(validate::phone).transpose());
        let patch = AccountPatch {
            display_name: patch
                .display_name
                .as_deref()
                .map(validate::display_name)
                .transpose()?,
            phone: phone.transpose()?,
            avatar: patch.avatar,
            ..AccountPatch::default()
        };
        let account = self.shared.stores.accounts.update(user, &patch).await?;
        let account = account.ok_or(AccountError::NotFound)?;
        self.shared.sessions.profile_changed(user);
        Ok(account)
    }

    /// Changes one's password. All other sessions end; this one goes on with new tokens.
    ///
    /// # Errors
    /// [`AccountError::ReauthRequired`] if the current password is missing or wrong, which counts as
    /// a failed login; [`AccountError::Field`] for a new one that breaks the rules.
    pub async fn change_password(
        &self,
        identity: &Identity,
        current: &str,
        new: &str,
    ) -> Result<LoggedIn, AccountError> {
        let account = self.me(&identity.user).await?;
        let key = account.id.to_string();
        self.shared.attempts.begin(&key)?;
        if !self
            .shared
            .passwords
            .verify(current, Some(&account.password_hash))
            .await?
        {
            return Err(AccountError::ReauthRequired);
        }
        self.shared.attempts.forgive(&key);
        validate::password(
            new,
            &self.shared.config,
            &[&account.username, &account.email],
        )?;
        let hash = self.shared.passwords.hash(new.to_owned()).await?;
        let patch = AccountPatch {
            password_hash: Some(hash),
            ..AccountPatch::default()
        };
        let account = self
            .shared
            .stores
            .accounts
            .update(&account.id, &patch)
            .await?;
        let account = account.ok_or(AccountError::NotFound)?;
        let login = identity.login.ok_or(AccountError::TokenInvalid)?;
        self.end(&account.id, EndLogins::Others(login)).await?;
        self.renew(account, login).await
    }

    /// New tokens for a session whose old ones are not to count any more.
    async fn renew(
        &self,
        account: Account,
        login: crate::id::LoginId,
    ) -> Result<LoggedIn, AccountError> {
        let now = Timestamp::now();
        let found = self
            .shared
            .stores
            .logins
            .find(login, now)
            .await?
            .ok_or(AccountError::TokenInvalid)?;
        match self
            .shared
            .stores
            .logins
            .rotate(login, found.generation, now, 0)
            .await?
        {
            crate::model::Rotation::Advanced(login) => Ok(self.tokens(account, &login)),
            _ => Err(AccountError::TokenInvalid),
        }
    }

    /// Disables an account, which ends all its sessions, or enables it again.
    ///
    /// # Errors
    /// [`AccountError::NotFound`]; [`AccountError::Store`].
    pub async fn set_disabled(&self, user: &UserId, disabled: bool) -> Result<(), AccountError> {
        let patch = AccountPatch {
            disabled: Some(disabled),
            ..AccountPatch::default()
        };
        let account = self.shared.stores.accounts.update(user, &patch).await?;
        account.ok_or(AccountError::NotFound)?;
        if disabled {
            self.end(user, EndLogins::All).await?;
        }
        Ok(())
    }
}
