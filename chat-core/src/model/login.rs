//! A login session of the built-in accounts.

use crate::id::{LoginId, Timestamp, UserId};

/// One login of a user on one device, from the login to the logout.
///
/// A refresh token names its login and a generation; each use moves the login to the next
/// generation, so that the store can tell a repeated use from a stolen token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The session's id, carried by its access tokens.
    pub id: LoginId,
    /// Whose.
    pub user: UserId,
    /// Generation of the refresh token that is valid now; the first is 1.
    pub generation: i64,
    /// When the user logged in.
    pub created_at: Timestamp,
    /// When the present generation began.
    pub refreshed_at: Timestamp,
    /// When the session ends whatever happens.
    pub expires_at: Timestamp,
    /// What the device called itself (its `User-Agent`), cut to 200 characters.
    pub device: Option<String>,
}

/// What became of a refresh token that was presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotation {
    /// It was the valid one; the login is now one generation further.
    Advanced(Login),
    /// It was the parent of the valid one, used within the window: two tabs refreshed at once.
    /// The login is unchanged.
    Repeated(Login),
    /// It was used long ago: somebody has a copy. The login has been ended.
    Reused(Login),
    /// There is no such login, or it has ended or expired.
    Ended,
}
