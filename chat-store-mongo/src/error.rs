//! What MongoDB's failures mean to a caller.

use chat_core::store::StoreError;
use mongodb::error::{
    Error, ErrorKind, RETRYABLE_ERROR, RETRYABLE_WRITE_ERROR, SYSTEM_OVERLOADED_ERROR,
    TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT, WriteFailure,
};

/// A store's result.
pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// A server that cannot be reached, is not the primary or is too busy may be better in a moment;
/// everything else is a defect.
pub(crate) fn failed(error: Error) -> StoreError {
    if is_passing(&error) {
        StoreError::unavailable(error)
    } else {
        StoreError::corrupt(error)
    }
}

/// What MongoDB says itself may pass.
const LABELS: [&str; 5] = [
    TRANSIENT_TRANSACTION_ERROR,
    UNKNOWN_TRANSACTION_COMMIT_RESULT,
    RETRYABLE_WRITE_ERROR,
    RETRYABLE_ERROR,
    SYSTEM_OVERLOADED_ERROR,
];

/// Host unreachable or not found, lock and time limits, shutting down, no primary or another one,
/// interrupted, write conflict, lost cursors, snapshots and sessions, a write concern that was not
/// met in time, and a collection that is being made or dropped.
const CODES: [i32; 28] = [
    6, 7, 24, 43, 46, 50, 63, 64, 89, 91, 112, 133, 134, 175, 189, 202, 239, 246, 251, 262, 317,
    10107, 11600, 11601, 11602, 13388, 13435, 13436,
];

fn is_passing(error: &Error) -> bool {
    let by_kind = matches!(
        &*error.kind,
        ErrorKind::Io(_)
            | ErrorKind::ConnectionPoolCleared { .. }
            | ErrorKind::ServerSelection { .. }
            | ErrorKind::DnsResolve { .. }
            | ErrorKind::Shutdown
    );
    let by_label = LABELS.iter().any(|label| error.contains_label(label));
    by_kind || by_label || codes(error).iter().any(|code| CODES.contains(code))
}

fn codes(error: &Error) -> Vec<i32> {
    match &*error.kind {
        ErrorKind::Command(error) => vec![error.code],
        ErrorKind::Write(WriteFailure::WriteError(error)) => vec![error.code],
        ErrorKind::Write(WriteFailure::WriteConcernError(error)) => vec![error.code],
        ErrorKind::InsertMany(error) => {
            let writes = error.write_errors.iter().flatten().map(|error| error.code);
            let concern = error.write_concern_error.iter().map(|error| error.code);
            writes.chain(concern).collect()
        }
        _ => Vec::new(),
    }
}

/// The code of a duplicate key.
pub(crate) const DUPLICATE: i32 = 11_000;

/// Another document has the same key.
pub(crate) fn is_duplicate(error: &StoreError) -> bool {
    match error {
        StoreError::Corrupt(source) => {
            let error = source.downcast_ref::<Error>();
            error.is_some_and(|error| codes(error).contains(&DUPLICATE))
                || source.downcast_ref::<Duplicate>().is_some()
        }
        _ => false,
    }
}

/// Whether MongoDB gave an error this label.
pub(crate) fn has_label(error: &StoreError, label: &str) -> bool {
    match error {
        StoreError::Unavailable(source) => source
            .downcast_ref::<Error>()
            .is_some_and(|error| error.contains_label(label)),
        _ => false,
    }
}

/// A duplicate key that a command of our own answered.
#[derive(Debug)]
struct Duplicate(String);

impl std::fmt::Display for Duplicate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Duplicate {}

/// What a write of a command of our own failed with.
pub(crate) fn write_failed(code: i32, message: String) -> StoreError {
    match code {
        DUPLICATE => StoreError::corrupt(Duplicate(message)),
        code if CODES.contains(&code) => StoreError::unavailable(message),
        _ => StoreError::corrupt(message),
    }
}

/// A document that cannot be.
pub(crate) fn odd(what: &'static str) -> StoreError {
    StoreError::corrupt(what)
}
