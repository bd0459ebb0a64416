//! How a backend fails.

use std::error::Error;

type Source = Box<dyn Error + Send + Sync>;

/// A failure of a backend. What a caller may ask for and not get is a
/// [`Refusal`](crate::model::Refusal) instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The backend cannot be reached or is too busy. The call may or may not have happened; every
    /// call is safe to repeat.
    #[error("storage cannot be reached")]
    Unavailable(#[source] Source),
    /// The backend holds something that cannot be, or refused what it should take: a defect, in
    /// its data or in our code. Repeating does not help.
    #[error("storage holds or answered something unexpected")]
    Corrupt(#[source] Source),
}

impl StoreError {
    /// The backend cannot be reached.
    pub fn unavailable(source: impl Into<Source>) -> Self {
        Self::Unavailable(source.into())
    }

    /// The backend holds something that cannot be.
    pub fn corrupt(source: impl Into<Source>) -> Self {
        Self::Corrupt(source.into())
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
