//! Asking other services.

use std::error::Error;

use chat_core::media::{MediaError, Reading};

pub use chat_http::Patience;
pub(crate) use chat_http::{Http, PIECE, Sent, pieces};

/// The longest answer that is not an object, in bytes.
pub(crate) const MAX_ANSWER: usize = 256 << 10;

/// A service that cannot be used as it is configured.
#[derive(Debug, thiserror::Error)]
#[error("not a usable place for media: {problem}")]
pub struct InvalidPlace {
    problem: &'static str,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl InvalidPlace {
    pub(crate) const fn new(problem: &'static str) -> Self {
        Self {
            problem,
            source: None,
        }
    }

    pub(crate) fn because(
        problem: &'static str,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self {
            problem,
            source: Some(source.into()),
        }
    }
}

impl From<chat_http::TlsError> for InvalidPlace {
    fn from(error: chat_http::TlsError) -> Self {
        Self::because("no service can be asked", error)
    }
}

/// What a service answered that it should not have.
pub(crate) fn odd(problem: impl Into<String>) -> MediaError {
    MediaError::unavailable(problem.into())
}

/// A reading without bytes, of an object of this size.
pub(crate) fn nothing_of(size: u64) -> Reading {
    Reading::new(size, tokio::io::empty())
}
