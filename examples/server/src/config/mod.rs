//! The server's settings: from the environment, `.env` and a TOML file, checked before anything
//! starts.

mod bus;
mod limits;
mod media;
mod network;
mod notify;
mod seal;
mod settings;
mod sources;
mod store;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chat_core::protocol::Limits;
use chat_seal::KeyRing;
use chat_transport_warp::{IceConfig, Network};

pub(crate) use bus::BusUrl;
pub(crate) use media::MediaUrl;
pub(crate) use notify::{Notify, PushSettings, WebhookSettings};
pub(crate) use settings::help;
use sources::Sources;
pub(crate) use store::StoreUrl;

use crate::web::Docs;

/// How strict the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Works with nothing set up.
    Development,
    /// Refuses whatever is not safe in public.
    Production,
}

/// The settings, typed and checked.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) data_dir: PathBuf,
    pub(crate) store: StoreUrl,
    pub(crate) store_prefix: Option<String>,
    pub(crate) bus: Option<BusUrl>,
    pub(crate) media: MediaUrl,
    pub(crate) notify: Notify,
    pub(crate) metrics_listen: Option<SocketAddr>,
    pub(crate) secret: Option<String>,
    pub(crate) seal: Option<Arc<KeyRing>>,
    pub(crate) profile: Profile,
    pub(crate) docs: Docs,
    pub(crate) origins: Vec<String>,
    pub(crate) trusted_proxies: Vec<Network>,
    pub(crate) ice: IceConfig,
    pub(crate) log: String,
    pub(crate) limits: Limits,
    pub(crate) requests_per_second: f64,
    pub(crate) logins_per_minute: u32,
    pub(crate) registrations: u32,
    pub(crate) max_per_address: usize,
    pub(crate) access_life: Duration,
    pub(crate) skew: Duration,
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("{name}: {problem}")]
    Setting { name: String, problem: String },
    #[error("cannot read {path}")]
    File {
        path: String,
        source: std::io::Error,
    },
}

impl ConfigError {
    pub(super) fn setting(name: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Setting {
            name: name.into(),
            problem: problem.into(),
        }
    }
}

impl Config {
    /// Reads the settings of this process.
    pub(crate) fn load() -> Result<Self, ConfigError> {
        Self::read(&Sources::of_process()?)
    }

    fn read(sources: &Sources) -> Result<Self, ConfigError> {
        let profile = match sources.text("CHAT_PROFILE").unwrap_or("development") {
            "development" => Profile::Development,
            "production" => Profile::Production,
            _ => {
                return Err(ConfigError::setting(
                    "CHAT_PROFILE",
                    "must be development or production",
                ));
            }
        };
        let data_dir = PathBuf::from(sources.text("CHAT_DATA_DIR").unwrap_or("data"));
        #[cfg(feature = "defects")]
        chat_core::defects::switch(defect(sources)?);
        let config = Self {
            listen: network::listen(sources)?,
            store: StoreUrl::read(sources, &data_dir)?,
            store_prefix: sources.text("CHAT_STORE_PREFIX").map(str::to_owned),
            bus: BusUrl::read(sources)?,
            media: MediaUrl::read(sources, &data_dir)?,
            notify: Notify::read(sources)?,
            metrics_listen: sources
                .text("CHAT_METRICS_LISTEN")
                .map(|text| network::address("CHAT_METRICS_LISTEN", text))
                .transpose()?,
            data_dir,
            secret: sources.text("CHAT_JWT_SECRET").map(str::to_owned),
            seal: seal::keys(sources)?,
            profile,
            docs: docs(sources, profile)?,
            origins: network::origins(sources)?,
            trusted_proxies: network::proxies(sources)?,
            ice: network::ice(sources)?,
            log: sources.text("CHAT_LOG").unwrap_or("info").to_owned(),
            limits: limits::limits(sources)?,
            requests_per_second: sources.value("CHAT_REQUESTS_PER_SECOND")?.unwrap_or(20.0),
            logins_per_minute: sources.value("CHAT_LOGINS_PER_MINUTE")?.unwrap_or(30),
            registrations: sources.value("CHAT_REGISTRATIONS")?.unwrap_or(6),
            max_per_address: sources.value("CHAT_CONNECTIONS_PER_ADDRESS")?.unwrap_or(50),
            access_life: limits::seconds(sources, "CHAT_ACCESS_SECONDS", 600, 1..=86_400)?,
            skew: limits::seconds(sources, "CHAT_SKEW_SECONDS", 30, 0..=60)?,
        };
        config.check()
    }

    /// What is fine while developing may not be in public.
    fn check(self) -> Result<Self, ConfigError> {
        if self.profile == Profile::Development {
            return Ok(self);
        }
        if self.secret.is_none() {
            return Err(ConfigError::setting(
                "CHAT_JWT_SECRET",
                "must be set in the production profile",
            ));
        }
        if self.store == StoreUrl::Memory {
            return Err(ConfigError::setting(
                "CHAT_STORE_URL",
                "memory keeps nothing; the production profile needs a store that does",
            ));
        }
        if let Some(origin) = self
            .origins
            .iter()
            .find(|origin| !origin.starts_with("https://"))
        {
            return Err(ConfigError::setting(
                "CHAT_CORS_ORIGINS",
                format!("{origin} is not https"),
            ));
        }
        Ok(self)
    }
}

fn docs(sources: &Sources, profile: Profile) -> Result<Docs, ConfigError> {
    match (sources.text("CHAT_DOCS"), profile) {
        (Some("on"), _) | (None, Profile::Development) => Ok(Docs::Shown),
        (Some("off"), _) | (None, Profile::Production) => Ok(Docs::Hidden),
        (Some(_), _) => Err(ConfigError::setting("CHAT_DOCS", "must be on or off")),
    }
}

/// The bug that this server is to have.
#[cfg(feature = "defects")]
fn defect(sources: &Sources) -> Result<Option<chat_core::defects::Defect>, ConfigError> {
    use chat_core::defects::Defect;
    let Some(name) = sources.text("CHAT_DEFECT") else {
        return Ok(None);
    };
    let found = Defect::ALL
        .iter()
        .find(|defect| format!("{defect:?}") == name);
    let unknown = || ConfigError::setting("CHAT_DEFECT", "no such bug");
    found.copied().map(Some).ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::read(&Sources::of_pairs(pairs))
    }

    fn complaint(pairs: &[(&str, &str)]) -> String {
        read(pairs).unwrap_err().to_string()
    }

    #[test]
    fn nothing_set_is_a_working_development_server() {
        let config = read(&[]).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.store, StoreUrl::Sqlite("data/chat.db".into()));
        assert_eq!(config.docs, Docs::Shown);
    }

    #[test]
    fn port_alone_works_and_listen_counts_more() {
        assert_eq!(read(&[("PORT", "9000")]).unwrap().listen.port(), 9000);
        let both = [("PORT", "9000"), ("CHAT_LISTEN", "0.0.0.0:1")];
        assert_eq!(read(&both).unwrap().listen.to_string(), "0.0.0.0:1");
    }

    #[test]
    fn tokens_live_as_long_as_is_set() {
        let lives = |pairs| {
            let config = read(pairs).unwrap();
            (config.access_life.as_secs(), config.skew.as_secs())
        };
        assert_eq!(lives(&[]), (600, 30));
        let set = [("CHAT_ACCESS_SECONDS", "60"), ("CHAT_SKEW_SECONDS", "0")];
        assert_eq!(lives(&set), (60, 0));
    }

    #[test]
    fn a_wrong_value_is_refused_by_name() {
        for (name, value) in [
            ("CHAT_ACCESS_SECONDS", "0"),
            ("CHAT_ACCESS_SECONDS", "-1"),
            ("CHAT_ACCESS_SECONDS", "10m"),
            ("CHAT_SKEW_SECONDS", "61"),
            ("CHAT_LISTEN", "8080"),
            ("PORT", "x"),
            ("CHAT_PROFILE", "prod"),
            ("CHAT_DOCS", "yes"),
            ("CHAT_STORE_URL", "oracle://x"),
            ("CHAT_BUS_URL", "nats://x"),
            ("CHAT_METRICS_LISTEN", "9100"),
            ("CHAT_CORS_ORIGINS", "*"),
            ("CHAT_CORS_ORIGINS", "https://a.example/path"),
            ("CHAT_TRUSTED_PROXIES", "proxy.example"),
            ("CHAT_ICE_SERVERS", "stun.example"),
            ("CHAT_GROUP_MEMBERS", "1"),
            ("CHAT_SENDS_PER_SECOND", "fast"),
        ] {
            assert!(
                complaint(&[(name, value)]).starts_with(name),
                "{name}={value}"
            );
        }
    }

    #[test]
    fn turn_servers_need_a_secret() {
        let turn = ("CHAT_ICE_SERVERS", "stun:a.example, turn:b.example");
        assert!(complaint(&[turn]).starts_with("CHAT_TURN_SECRET"));
        assert!(read(&[turn, ("CHAT_TURN_SECRET", "north")]).is_ok());
    }

    #[test]
    fn keys_come_with_a_key_of_the_index_and_are_checked() {
        let key = |letter: &str| format!("{}=", letter.repeat(43));
        let (keys, index) = (format!("a:{}", key("A")), key("E"));
        let both = [
            ("CHAT_SEAL_KEYS", keys.as_str()),
            ("CHAT_SEAL_INDEX_KEY", &index),
        ];
        assert_eq!(read(&both).unwrap().seal.unwrap().current(), "a");
        assert!(read(&[]).unwrap().seal.is_none());
        assert!(complaint(&both[..1]).starts_with("CHAT_SEAL_INDEX_KEY"));
        assert!(complaint(&both[1..]).starts_with("CHAT_SEAL_KEYS"));
        let twice = format!("{keys},{keys}");
        for bad in ["x", "a:AAAA", &twice] {
            let problem = complaint(&[("CHAT_SEAL_KEYS", bad), both[1]]);
            assert!(problem.starts_with("CHAT_SEAL_KEYS"), "{problem}");
        }
        let problem = complaint(&[both[0], ("CHAT_SEAL_INDEX_KEY", "AAAA")]);
        assert!(problem.starts_with("CHAT_SEAL_INDEX_KEY"), "{problem}");
    }

    #[test]
    fn production_refuses_what_is_not_safe() {
        let production = ("CHAT_PROFILE", "production");
        let secret = ("CHAT_JWT_SECRET", "0123456789abcdef0123456789abcdef");
        let config = read(&[production, secret]).unwrap();
        assert_eq!(config.docs, Docs::Hidden);
        assert!(complaint(&[production]).starts_with("CHAT_JWT_SECRET"));
        assert!(
            complaint(&[production, secret, ("CHAT_STORE_URL", "memory:")])
                .starts_with("CHAT_STORE_URL")
        );
        let origin = ("CHAT_CORS_ORIGINS", "http://a.example");
        assert!(complaint(&[production, secret, origin]).starts_with("CHAT_CORS_ORIGINS"));
    }
}
