//! What SQLite's failures mean to a caller.

use chat_core::store::StoreError;

/// A store's result.
pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// A busy or unreachable file may be better in a moment; everything else is a defect.
pub(crate) fn failed(error: sqlx::Error) -> StoreError {
    let passing = match &error {
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::Io(_)
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| is_passing(&code)),
        _ => false,
    };
    if passing {
        StoreError::unavailable(error)
    } else {
        StoreError::corrupt(error)
    }
}

/// Primary result codes (the lowest byte): busy, locked, I/O error, full, cannot open.
fn is_passing(code: &str) -> bool {
    code.parse::<i32>()
        .is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 10 | 13 | 14))
}

/// A row that cannot be.
pub(crate) fn odd(what: &'static str) -> StoreError {
    StoreError::corrupt(what)
}
