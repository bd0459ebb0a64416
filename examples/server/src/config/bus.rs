//! How nodes hear of each other, as it is configured.

use super::ConfigError;
use super::sources::Sources;

/// How nodes hear of each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BusUrl {
    /// A Redis, or several that are a Cluster.
    Redis(String),
    /// A Postgres database, usually the store's.
    Postgres(String),
}

impl BusUrl {
    /// None where there is only one node.
    pub(super) fn read(sources: &Sources) -> Result<Option<Self>, ConfigError> {
        let url = sources.text("CHAT_BUS_URL").unwrap_or("none");
        let begins = |scheme: &str| url.starts_with(scheme);
        if url == "none" {
            Ok(None)
        } else if begins("redis://") || begins("rediss://") || begins("redis-cluster://") {
            Ok(Some(Self::Redis(url.to_owned())))
        } else if begins("postgres://") || begins("postgresql://") {
            Ok(Some(Self::Postgres(url.to_owned())))
        } else {
            let problem = "must begin with redis://, redis-cluster:// or postgres://, or be none";
            Err(ConfigError::setting("CHAT_BUS_URL", problem))
        }
    }
}
