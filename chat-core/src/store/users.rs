//! The port to the users: the only one that a host with its own user table has to write.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::id::UserId;
use crate::model::{Page, Profile};
use crate::store::StoreError;

/// Which users to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserQuery<'a> {
    /// Text that the user name or the display name contains, without regard to ASCII case; always
    /// literal. `None` lists everyone.
    pub text: Option<&'a str>,
    /// [`Page::next`] of the page before; `None` for the first page. It comes from outside: a
    /// cursor that is not of this store starts at the first page or gives an empty page.
    pub cursor: Option<&'a str>,
    /// How many at most; at least 1.
    pub limit: usize,
}

/// Looks up users. They are the host's: nothing here makes, changes or deletes one.
///
/// # Contract
/// * Concurrency: any number of calls at once, on any handle.
/// * `find`: returns each known user once, in any order; unknown ids are left out; duplicates in
///   the question do no harm. An id is its text: who numbers users finds nobody for `007`. A
///   disabled user is found still: their messages keep a name.
/// * `search`: pages through the matching users in an order of the implementer's choice that is
///   total and stable; following the cursors gives each exactly once while users do not change.
///   Disabled users are left out. `%`, `_`, `*` and the like mean themselves.
/// * Cancellation: both only read.
#[async_trait]
pub trait UserStore: Debug + Send + Sync + 'static {
    /// The profiles of those among `ids` who exist.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn find(&self, ids: &[UserId]) -> Result<Vec<Profile>, StoreError>;

    /// One page of users.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn search(&self, query: &UserQuery<'_>) -> Result<Page<Profile>, StoreError>;
}

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<T: UserStore + ?Sized> UserStore for Arc<T> {
    async fn find(&self, ids: &[UserId]) -> Result<Vec<Profile>, StoreError> {
        (**self).find(ids).await
    }

    async fn search(&self, query: &UserQuery<'_>) -> Result<Page<Profile>, StoreError> {
        (**self).search(query).await
    }
}
