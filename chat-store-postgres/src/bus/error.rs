//! Why a call failed.

use std::time::Duration;

use chat_core::presence::{BusError, MAX_PAYLOAD};

/// Why a call failed: the source of a [`BusError`].
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("a payload is larger than {MAX_PAYLOAD} bytes")]
    TooLarge,
    #[error("Postgres cannot be used as a bus")]
    Postgres(#[from] sqlx::Error),
    #[error("Postgres did not answer within {0:?}")]
    Slow(Duration),
}

impl From<Fault> for BusError {
    fn from(fault: Fault) -> Self {
        Self::new(fault)
    }
}
