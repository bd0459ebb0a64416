//! How a bus fails.

/// A bus that cannot be reached. Messages are safe: only cross-node latency and presence suffer.
#[derive(Debug, thiserror::Error)]
#[error("the presence bus cannot be reached")]
pub struct BusError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl BusError {
    /// The bus cannot be reached because of `source`.
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}
