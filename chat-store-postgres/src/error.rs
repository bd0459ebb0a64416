//! What Postgres's failures mean to a caller.

use chat_core::store::StoreError;

/// A store's result.
pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// A server that is away, busy or locked may be better in a moment; everything else is a defect.
pub(crate) fn failed(error: sqlx::Error) -> StoreError {
    let passing = match &error {
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
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

/// Classes of SQLSTATE (Postgres, appendix A): connection exception, transaction rollback,
/// insufficient resources, object not in prerequisite state (a lock), operator intervention, system error.
fn is_passing(code: &str) -> bool {
    ["08", "40", "53", "55", "57", "58"]
        .iter()
        .any(|class| code.starts_with(class))
}

/// Whether a row is still held by another: SQLSTATE 23503.
pub(crate) fn is_held(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation)
}

/// A row that cannot be.
pub(crate) fn odd(what: &'static str) -> StoreError {
    StoreError::corrupt(what)
}
