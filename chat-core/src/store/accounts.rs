//! The ports of the built-in accounts: who can log in, and who is logged in.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::id::{LoginId, Timestamp, UserId};
use crate::model::{Account, AccountPatch, Login, NewAccount, Rotation};
use crate::store::StoreError;

/// What an account is looked up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountKey<'a> {
    /// Its id.
    Id(&'a UserId),
    /// Its e-mail address, in lower case.
    Email(&'a str),
    /// Its user name, in lower case.
    Username(&'a str),
}

/// Which unique field of a new account another account has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Taken {
    /// The user name.
    #[error("the user name is taken")]
    Username,
    /// The e-mail address.
    #[error("the e-mail address is taken")]
    Email,
}

/// Keeps accounts. A backend with it also offers them as a [`UserStore`](super::UserStore).
///
/// # Contract
/// * Atomicity: of any number of `create`s with one user name or address, at once or not, exactly
///   one succeeds. If both are taken, the user name is named.
/// * Visibility: once a call returns, every later read on any handle sees it.
/// * `find_all`: those that there are, each once and in any order, in one query.
/// * `update`: changes the named fields together and no others; returns the account after it, or
///   none if there is no such account.
/// * Cancellation: a dropped call has happened whole or not at all.
#[async_trait]
pub trait AccountStore: Debug + Send + Sync + 'static {
    /// Stores a new account.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn create(&self, account: &NewAccount) -> Result<Result<(), Taken>, StoreError>;

    /// The account with `key`.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn find(&self, key: AccountKey<'_>) -> Result<Option<Account>, StoreError>;

    /// The accounts among `ids`.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn find_all(&self, ids: &[UserId]) -> Result<Vec<Account>, StoreError>;

    /// Changes an account.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn update(
        &self,
        user: &UserId,
        patch: &AccountPatch,
    ) -> Result<Option<Account>, StoreError>;
}

/// Which logins of a user to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndLogins {
    /// This one, if it is the user's.
    One(LoginId),
    /// All but this one.
    Others(LoginId),
    /// All.
    All,
}

/// Keeps login sessions. An ended or expired login is as if it never was.
///
/// # Contract
/// * `create`: keeps at most `max` logins a user; those refreshed longest ago are ended for it.
/// * `rotate`: judges the presented generation and moves on in one step. Of any number of calls at
///   once with the valid generation exactly one is [`Rotation::Advanced`]. A generation one behind
///   is [`Rotation::Repeated`] until `now` is `window_ms` past the last advance, then, like any
///   older one, [`Rotation::Reused`], which ends the login. A generation ahead of the valid one is
///   [`Rotation::Ended`] and changes nothing.
/// * `live`: those of the logins that are neither ended nor expired, each once and in any order. The number of
///   queries does not grow with logins.
/// * `end`: returns the ids it ended; ending twice is no error.
/// * Time: all expiry is judged by the `now` that is passed in.
/// * Visibility: once a call returns, every later read on any handle sees it.
/// * Cancellation: a dropped call has happened whole or not at all.
#[async_trait]
pub trait LoginStore: Debug + Send + Sync + 'static {
    /// Stores a new login; returns the ids of those that had to go.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn create(&self, login: &Login, max: usize) -> Result<Vec<LoginId>, StoreError>;

    /// The login, if it is neither ended nor expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn find(&self, id: LoginId, now: Timestamp) -> Result<Option<Login>, StoreError>;

    /// Those among `logins` that are neither ended nor expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn live(&self, logins: &[LoginId], now: Timestamp) -> Result<Vec<LoginId>, StoreError>;

    /// All live logins of a user, the latest refreshed first.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn list(&self, user: &UserId, now: Timestamp) -> Result<Vec<Login>, StoreError>;

    /// Uses the refresh token of `generation`.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn rotate(
        &self,
        id: LoginId,
        generation: i64,
        now: Timestamp,
        window_ms: i64,
    ) -> Result<Rotation, StoreError>;

    /// Ends logins of a user.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn end(&self, user: &UserId, which: EndLogins) -> Result<Vec<LoginId>, StoreError>;
}

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<T: AccountStore + ?Sized> AccountStore for Arc<T> {
    async fn create(&self, account: &NewAccount) -> Result<Result<(), Taken>, StoreError> {
        (**self).create(account).await
    }

    async fn find(&self, key: AccountKey<'_>) -> Result<Option<Account>, StoreError> {
        (**self).find(key).await
    }

    async fn find_all(&self, ids: &[UserId]) -> Result<Vec<Account>, StoreError> {
        (**self).find_all(ids).await
    }

    async fn update(
        &self,
        user: &UserId,
        patch: &AccountPatch,
    ) -> Result<Option<Account>, StoreError> {
        (**self).update(user, patch).await
    }
}

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<T: LoginStore + ?Sized> LoginStore for Arc<T> {
    async fn create(&self, login: &Login, max: usize) -> Result<Vec<LoginId>, StoreError> {
        (**self).create(login, max).await
    }

    async fn find(&self, id: LoginId, now: Timestamp) -> Result<Option<Login>, StoreError> {
        (**self).find(id, now).await
    }

    async fn live(&self, logins: &[LoginId], now: Timestamp) -> Result<Vec<LoginId>, StoreError> {
        (**self).live(logins, now).await
    }

    async fn list(&self, user: &UserId, now: Timestamp) -> Result<Vec<Login>, StoreError> {
        (**self).list(user, now).await
    }

    async fn rotate(
        &self,
        id: LoginId,
        generation: i64,
        now: Timestamp,
        window_ms: i64,
    ) -> Result<Rotation, StoreError> {
        (**self).rotate(id, generation, now, window_ms).await
    }

    async fn end(&self, user: &UserId, which: EndLogins) -> Result<Vec<LoginId>, StoreError> {
        (**self).end(user, which).await
    }
}
