//! Why a call failed.

use std::time::Duration;

use chat_core::presence::BusError;
use redis::{RedisError, ServerError};

/// Why a call failed: the source of a [`BusError`].
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("the URL is not of the form redis://[user:password@]host[:port][,host...][/db]")]
    Url(#[source] Option<RedisError>),
    #[error("TLS to Redis is not supported: use redis:// on a private network or through a tunnel")]
    Tls,
    #[error("a prefix is 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-'")]
    Prefix,
    #[error("several servers are named, but they are no Cluster")]
    NoCluster,
    #[error("a payload is larger than {} bytes", chat_core::presence::MAX_PAYLOAD)]
    TooLarge,
    #[error("there is no connection to Redis")]
    Down(#[source] Option<RedisError>),
    #[error("Redis cannot be used")]
    Redis(#[from] RedisError),
    #[error("Redis refused a command")]
    Refused(#[source] ServerError),
    #[error("Redis answered what was not asked")]
    Answer,
    #[error("Redis did not answer within {0:?}")]
    Slow(Duration),
    #[error("no server of the Cluster serves it now")]
    Unserved,
}

impl From<Fault> for BusError {
    fn from(fault: Fault) -> Self {
        Self::new(fault)
    }
}
