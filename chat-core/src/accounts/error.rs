//! How an account's use case fails.

use std::time::Duration;

use crate::protocol::Code;
use crate::store::{StoreError, Taken};

/// A field that breaks its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FieldError {
    /// Which field.
    pub field: &'static str,
    /// The stable code.
    pub code: Code,
    /// The rule, in words.
    pub message: &'static str,
}

/// Why a use case of accounts did not happen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// Unknown user, wrong password or disabled account: which, is not said.
    #[error("wrong user or password")]
    InvalidCredentials,
    /// Too many failed attempts, or too many tickets.
    #[error("too many attempts")]
    TooManyAttempts {
        /// When the next may be made.
        retry_after: Duration,
    },
    /// The user name or address is somebody's.
    #[error(transparent)]
    Taken(#[from] Taken),
    /// A field that breaks its rule.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// A refresh token that is not valid, or whose session has ended.
    #[error("the token is not valid")]
    TokenInvalid,
    /// A refresh token that was used before: its session has been ended.
    #[error("the token was used before")]
    TokenReused,
    /// An access token where a refresh token belongs.
    #[error("a token of another kind")]
    WrongTokenType,
    /// The current password is needed and was wrong or missing.
    #[error("the current password is needed")]
    ReauthRequired,
    /// Too many passwords are being checked.
    #[error("too many passwords are being checked")]
    Busy,
    /// The account is gone.
    #[error("no such account")]
    NotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AccountError {
    /// The code that a client is told.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::InvalidCredentials => Code::InvalidCredentials,
            Self::TooManyAttempts { .. } => Code::TooManyAttempts,
            Self::Taken(_) => Code::Unavailable,
            Self::Field(error) => error.code,
            Self::TokenInvalid => Code::InvalidToken,
            Self::TokenReused => Code::TokenReused,
            Self::WrongTokenType => Code::WrongTokenType,
            Self::ReauthRequired => Code::ReauthRequired,
            Self::Busy => Code::Busy,
            Self::NotFound => Code::NotFound,
            Self::Store(error) if error.is_retryable() => Code::StorageUnavailable,
            Self::Store(_) => Code::Internal,
        }
    }

    /// The field at fault, if one is.
    #[must_use]
    pub const fn field(&self) -> Option<&'static str> {
        match self {
            Self::Field(error) => Some(error.field),
            Self::Taken(Taken::Username) => Some("username"),
            Self::Taken(Taken::Email) => Some("email"),
            _ => None,
        }
    }

    /// What a client is told in words: never a source's.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Store(_) => "storage cannot be reached; try again".to_owned(),
            _ => self.to_string(),
        }
    }

    /// When the same request may be tried again, if that helps.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyAttempts { retry_after } => Some(*retry_after),
            _ if self.code().is_retryable() => Some(Duration::from_secs(1)),
            _ => None,
        }
    }
}
