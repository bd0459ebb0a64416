//! How a use case fails, and what a client is told of it.

use std::sync::Arc;
use std::time::Duration;

use crate::media::{InvalidDataUri, MediaError, Rejected};
use crate::model::Refusal;
use crate::protocol::Code;
use crate::store::StoreError;

/// Why a use case did not happen. Nothing was stored, except where a store failed: then it may
/// have been, and repeating the request settles it.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The domain's rules.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A value that cannot be.
    #[error("{detail}")]
    Invalid {
        /// What a client is told.
        code: Code,
        /// The field at fault.
        field: &'static str,
        /// In words.
        detail: &'static str,
    },
    /// A user or an upload that is not there, or not for the asker.
    #[error("not found")]
    NotFound,
    /// The host's policy.
    #[error("denied: {0}")]
    Denied(String),
    /// Too fast.
    #[error("too many requests")]
    RateLimited {
        /// When it may be tried again.
        retry_after: Duration,
    },
    /// Too much is waiting for the store.
    #[error("too much is under way")]
    Busy,
    /// The store did not answer in time.
    #[error("storage did not answer in time")]
    Timeout,
    /// The store failed.
    #[error(transparent)]
    Store(Arc<StoreError>),
    /// The bytes of an upload were not taken.
    #[error(transparent)]
    Rejected(#[from] Rejected),
    /// Media could not be kept or read.
    #[error(transparent)]
    Media(Arc<MediaError>),
    /// The user's uploads are used up.
    #[error("no uploads left for now")]
    Quota,
}

impl Error {
    /// A value that cannot be.
    #[must_use]
    pub const fn invalid(code: Code, field: &'static str, detail: &'static str) -> Self {
        Self::Invalid {
            code,
            field,
            detail,
        }
    }

    /// The code that a client is told.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Refused(refusal) => of_refusal(*refusal),
            Self::Invalid { code, .. } => *code,
            Self::NotFound => Code::NotFound,
            Self::Denied(_) => Code::Denied,
            Self::RateLimited { .. } => Code::RateLimited,
            Self::Busy => Code::Busy,
            Self::Timeout => Code::StorageUnavailable,
            Self::Store(error) if error.is_retryable() => Code::StorageUnavailable,
            Self::Store(_) => Code::Internal,
            Self::Rejected(Rejected::Unsupported) => Code::UnsupportedMedia,
            Self::Rejected(Rejected::Damaged | Rejected::TooLarge) => Code::DamagedMedia,
            Self::Media(error) => match **error {
                MediaError::Full(_) => Code::StorageFull,
                MediaError::Busy => Code::Busy,
                MediaError::Unavailable(_) => Code::StorageUnavailable,
            },
            Self::Quota => Code::QuotaExceeded,
        }
    }

    /// What a client is told in words: never a source's.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Store(_) | Self::Timeout => "storage cannot be reached; try again".to_owned(),
            Self::Media(_) => "media cannot be kept or read now; try again".to_owned(),
            Self::Refused(_)
            | Self::Invalid { .. }
            | Self::NotFound
            | Self::Denied(_)
            | Self::RateLimited { .. }
            | Self::Busy
            | Self::Rejected(_)
            | Self::Quota => self.to_string(),
        }
    }

    /// The field at fault, if one is.
    #[must_use]
    pub const fn field(&self) -> Option<&'static str> {
        match self {
            Self::Invalid { field, .. } => Some(field),
            _ => None,
        }
    }

    /// When the same request may be tried again, if that helps.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } => Some(*retry_after),
            _ if self.code().is_retryable() => Some(Duration::from_secs(1)),
            _ => None,
        }
    }
}

fn of_refusal(refusal: Refusal) -> Code {
    match refusal {
        Refusal::NotMember | Refusal::UnknownMember | Refusal::UnknownMessage => Code::NotFound,
        Refusal::Forbidden => Code::Forbidden,
        Refusal::LastOwner => Code::LastOwner,
        Refusal::Full => Code::GroupFull,
        Refusal::ClientIdReused => Code::IdempotencyConflict,
        Refusal::UnknownReply | Refusal::UnknownUpload => Code::InvalidReference,
        Refusal::MessageDeleted => Code::MessageDeleted,
        Refusal::TooManyReactions => Code::TooManyReactions,
        Refusal::PastHead => Code::InvalidSeq,
        Refusal::Blocked => Code::Blocked,
        Refusal::Held => Code::StorageUnavailable,
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<MediaError> for Error {
    fn from(error: MediaError) -> Self {
        Self::Media(Arc::new(error))
    }
}

impl From<InvalidDataUri> for Error {
    fn from(error: InvalidDataUri) -> Self {
        let (code, detail) = match error {
            InvalidDataUri::Malformed => (Code::UnsupportedMedia, "not a base64 data URI"),
            InvalidDataUri::Encoding => (Code::UnsupportedMedia, "not valid base64"),
            InvalidDataUri::TooLarge => (Code::TooLarge, "the file is too large"),
        };
        Self::invalid(code, "file", detail)
    }
}
