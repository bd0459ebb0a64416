//! Where messages are kept, as it is configured.

use std::fmt;
use std::path::{Path, PathBuf};

use super::ConfigError;
use super::sources::Sources;

/// Where messages are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreUrl {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// Memory: gone with the process.
    Memory,
    /// A Postgres database.
    Postgres(String),
    /// A MongoDB replica set.
    Mongo(String),
}

impl StoreUrl {
    pub(super) fn read(sources: &Sources, data_dir: &Path) -> Result<Self, ConfigError> {
        let Some(url) = sources.text("CHAT_STORE_URL") else {
            return Ok(Self::Sqlite(data_dir.join("chat.db")));
        };
        if matches!(url, "memory:" | "memory") {
            return Ok(Self::Memory);
        }
        let begins = |scheme: &str| url.starts_with(scheme);
        if begins("postgres://") || begins("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        if begins("mongodb://") || begins("mongodb+srv://") {
            return Ok(Self::Mongo(url.to_owned()));
        }
        let Some(path) = url.strip_prefix("sqlite:") else {
            return Err(ConfigError::setting(
                "CHAT_STORE_URL",
                "must begin with sqlite:, postgres:// or mongodb://, or be memory:",
            ));
        };
        let path = path.strip_prefix("//").unwrap_or(path);
        Ok(Self::Sqlite(PathBuf::from(path)))
    }

    /// The Cargo feature that brings the store.
    pub(crate) const fn feature(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Memory => "memory",
            Self::Postgres(_) => "postgres",
            Self::Mongo(_) => "mongo",
        }
    }
}

impl fmt::Display for StoreUrl {
    /// For people: without user and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = match self {
            Self::Sqlite(path) => return path.display().fmt(f),
            Self::Memory => return f.write_str("memory: gone when the server stops"),
            Self::Postgres(url) | Self::Mongo(url) => url,
        };
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
        let place = place.split_once('?').map_or(place, |(place, _)| place);
        write!(f, "{scheme}://{place}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_shown_without_its_password() {
        let store = |url| {
            let sources = Sources::of_pairs(&[("CHAT_STORE_URL", url)]);
            StoreUrl::read(&sources, Path::new("data")).unwrap()
        };
        for (url, feature, shown) in [
            (
                "postgres://me:se@cret@db.example/chat?sslmode=require",
                "postgres",
                "postgres://db.example/chat",
            ),
            (
                "mongodb://me:secret@a.example,b.example/?replicaSet=r",
                "mongo",
                "mongodb://a.example,b.example/",
            ),
            ("sqlite:///var/lib/chat.db", "sqlite", "/var/lib/chat.db"),
            ("sqlite:chat.db", "sqlite", "chat.db"),
            ("memory:", "memory", "memory: gone when the server stops"),
        ] {
            assert_eq!(
                (store(url).feature(), store(url).to_string().as_str()),
                (feature, shown)
            );
        }
    }
}
