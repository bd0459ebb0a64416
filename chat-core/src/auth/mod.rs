//! The port to whoever knows who is asking.

use std::fmt::Debug;
use std::future::Future;
use std::marker::PhantomData;

use async_trait::async_trait;

use crate::id::{LoginId, Timestamp, UserId};

/// What a client showed, by the way it came.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Credential<'a> {
    /// The token of an `Authorization: Bearer` header (RFC 6750), or of a WebSocket's `?token=`.
    Bearer(&'a str),
    /// The value of the access cookie.
    Cookie(&'a str),
    /// A one-use ticket.
    Ticket(&'a str),
}

impl Debug for Credential<'_> {
    /// The way only: the rest is a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Bearer(_) => "Bearer(..)",
            Self::Cookie(_) => "Cookie(..)",
            Self::Ticket(_) => "Ticket(..)",
        })
    }
}

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user.
    pub user: UserId,
    /// The login session behind it, for those who have such; ending it ends its sockets.
    pub login: Option<LoginId>,
    /// When the credential ends; a socket must show a new one before that.
    pub expires_at: Option<Timestamp>,
}

impl Identity {
    /// A user without a login session, for as long as the credential is shown.
    #[must_use]
    pub const fn of(user: UserId) -> Self {
        Self {
            user,
            login: None,
            expires_at: None,
        }
    }
}

/// Why nobody was recognised.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// The credential is not valid: forged, malformed, of another kind, or its session has ended.
    #[error("the credential is not valid")]
    Invalid,
    /// It was valid and has expired.
    #[error("the credential has expired")]
    Expired,
    /// It could not be checked.
    #[error("the credential cannot be checked now")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Tells who shows a credential.
///
/// # Contract
/// * Never trusts: every answer rests on a check of the credential itself.
/// * Revocation: a credential whose session was ended is refused within 5 seconds, on every node.
/// * Says nothing of the credential in errors or logs.
///
/// # Implementing
/// With the feature `conformance`, `authenticator_conformance!` tests an implementation.
#[async_trait]
pub trait Authenticator: Debug + Send + Sync + 'static {
    /// Who shows this?
    ///
    /// # Errors
    /// [`AuthError`].
    async fn authenticate(&self, credential: Credential<'_>) -> Result<Identity, AuthError>;
}

/// An [`Authenticator`] from a closure of the host: bearer token or cookie value in, identity out.
///
/// Tickets are refused: whoever issues tickets implements the trait.
pub struct AuthenticateWith<F, Fut> {
    check: F,
    future: PhantomData<fn() -> Fut>,
}

impl<F, Fut> AuthenticateWith<F, Fut>
where
    F: Fn(String) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Identity, AuthError>> + Send + 'static,
{
    /// Asks `check` about every token.
    pub const fn new(check: F) -> Self {
        Self {
            check,
            future: PhantomData,
        }
    }
}

impl<F, Fut> Debug for AuthenticateWith<F, Fut> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuthenticateWith(..)")
    }
}

#[async_trait]
impl<F, Fut> Authenticator for AuthenticateWith<F, Fut>
where
    F: Fn(String) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Identity, AuthError>> + Send + 'static,
{
    async fn authenticate(&self, credential: Credential<'_>) -> Result<Identity, AuthError> {
        match credential {
            Credential::Bearer(token) | Credential::Cookie(token) => {
                (self.check)(token.to_owned()).await
            }
            Credential::Ticket(_) => Err(AuthError::Invalid),
        }
    }
}

/// What a chat is told by whoever keeps logins and accounts, at once: first of all to end the sockets of login
/// sessions.
pub trait EndSessions: Debug + Send + Sync + 'static {
    /// Closes every socket of these logins of `user`, here and on other nodes.
    fn end_sessions(&self, user: &UserId, logins: &[LoginId]);

    /// The profile of `user` is another now: what is kept of it is dropped, here and on other nodes.
    fn profile_changed(&self, user: &UserId);

    /// The login sessions that have a socket here, with their users: whoever keeps logins looks now and then
    /// whether they still are, for other nodes may not have been able to tell.
    fn open_sessions(&self) -> Vec<(UserId, LoginId)>;
}
