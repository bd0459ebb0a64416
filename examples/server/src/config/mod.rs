//! The server's settings: from the environment, `.env` and a TOML file, checked before anything
//! starts.

mod media;
mod notify;
mod seal;
mod settings;
mod sources;

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chat_core::protocol::Limits;
use chat_seal::KeyRing;
use chat_transport_warp::{IceConfig, InvalidIce, Network};

pub(crate) use media::MediaUrl;
pub(crate) use notify::{Notify, PushSettings, WebhookSettings};
pub(crate) use settings::help;
use sources::Sources;

use crate::web::Docs;

/// How strict the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Works with nothing set up.
    Development,
    /// Refuses whatever is not safe in public.
    Production,
}

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

impl std::fmt::Display for StoreUrl {
    /// For people: without user and password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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

/// How nodes hear of each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BusUrl {
    /// A Redis, or several that are a Cluster.
    Redis(String),
    /// A Postgres database, usually the store's.
    Postgres(String),
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
            listen: listen(sources)?,
            store: store(sources, &data_dir)?,
            store_prefix: sources.text("CHAT_STORE_PREFIX").map(str::to_owned),
            bus: bus(sources)?,
            media: MediaUrl::read(sources, &data_dir)?,
            notify: Notify::read(sources)?,
            metrics_listen: sources
                .text("CHAT_METRICS_LISTEN")
                .map(|text| address("CHAT_METRICS_LISTEN", text))
                .transpose()?,
            data_dir,
            secret: sources.text("CHAT_JWT_SECRET").map(str::to_owned),
            seal: seal::keys(sources)?,
            profile,
            docs: docs(sources, profile)?,
            origins: origins(sources)?,
            trusted_proxies: proxies(sources)?,
            ice: ice(sources)?,
            log: sources.text("CHAT_LOG").unwrap_or("info").to_owned(),
            limits: limits(sources)?,
            requests_per_second: sources.value("CHAT_REQUESTS_PER_SECOND")?.unwrap_or(20.0),
            logins_per_minute: sources.value("CHAT_LOGINS_PER_MINUTE")?.unwrap_or(30),
            registrations: sources.value("CHAT_REGISTRATIONS")?.unwrap_or(6),
            max_per_address: sources.value("CHAT_CONNECTIONS_PER_ADDRESS")?.unwrap_or(50),
            access_life: seconds(sources, "CHAT_ACCESS_SECONDS", 600, 1..=86_400)?,
            skew: seconds(sources, "CHAT_SKEW_SECONDS", 30, 0..=60)?,
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

fn listen(sources: &Sources) -> Result<SocketAddr, ConfigError> {
    if let Some(listen) = sources.text("CHAT_LISTEN") {
        return address("CHAT_LISTEN", listen);
    }
    let port: Option<u16> = sources.value("PORT")?;
    Ok(SocketAddr::from(([127, 0, 0, 1], port.unwrap_or(8080))))
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

fn address(name: &'static str, text: &str) -> Result<SocketAddr, ConfigError> {
    let problem = "must be an address and a port, as 127.0.0.1:8080";
    text.parse()
        .map_err(|_| ConfigError::setting(name, problem))
}

/// How nodes hear of each other, unless there is only one.
fn bus(sources: &Sources) -> Result<Option<BusUrl>, ConfigError> {
    let url = sources.text("CHAT_BUS_URL").unwrap_or("none");
    let begins = |scheme: &str| url.starts_with(scheme);
    if url == "none" {
        Ok(None)
    } else if begins("redis://") || begins("rediss://") || begins("redis-cluster://") {
        Ok(Some(BusUrl::Redis(url.to_owned())))
    } else if begins("postgres://") || begins("postgresql://") {
        Ok(Some(BusUrl::Postgres(url.to_owned())))
    } else {
        let problem = "must begin with redis://, redis-cluster:// or postgres://, or be none";
        Err(ConfigError::setting("CHAT_BUS_URL", problem))
    }
}

fn seconds(
    sources: &Sources,
    name: &'static str,
    default: u64,
    within: RangeInclusive<u64>,
) -> Result<Duration, ConfigError> {
    let seconds = sources.value(name)?.unwrap_or(default);
    if within.contains(&seconds) {
        Ok(Duration::from_secs(seconds))
    } else {
        let (from, to) = (within.start(), within.end());
        let problem = format!("must be {from} to {to} seconds");
        Err(ConfigError::setting(name, problem))
    }
}

fn store(sources: &Sources, data_dir: &std::path::Path) -> Result<StoreUrl, ConfigError> {
    let Some(url) = sources.text("CHAT_STORE_URL") else {
        return Ok(StoreUrl::Sqlite(data_dir.join("chat.db")));
    };
    if matches!(url, "memory:" | "memory") {
        return Ok(StoreUrl::Memory);
    }
    let begins = |scheme: &str| url.starts_with(scheme);
    if begins("postgres://") || begins("postgresql://") {
        return Ok(StoreUrl::Postgres(url.to_owned()));
    }
    if begins("mongodb://") || begins("mongodb+srv://") {
        return Ok(StoreUrl::Mongo(url.to_owned()));
    }
    let Some(path) = url.strip_prefix("sqlite:") else {
        return Err(ConfigError::setting(
            "CHAT_STORE_URL",
            "must begin with sqlite:, postgres:// or mongodb://, or be memory:",
        ));
    };
    let path = path.strip_prefix("//").unwrap_or(path);
    Ok(StoreUrl::Sqlite(PathBuf::from(path)))
}

fn origins(sources: &Sources) -> Result<Vec<String>, ConfigError> {
    let list = sources.text("CHAT_CORS_ORIGINS").unwrap_or_default();
    let origins = list
        .split(',')
        .map(str::trim)
        .filter(|origin| !origin.is_empty());
    origins
        .map(|origin| {
            let rest = origin
                .strip_prefix("https://")
                .or_else(|| origin.strip_prefix("http://"));
            let plain = |rest: &str| !rest.is_empty() && !rest.contains(['/', '*', ' ', '@']);
            match rest {
                Some(rest) if plain(rest) => Ok(origin.to_owned()),
                _ => Err(ConfigError::setting(
                    "CHAT_CORS_ORIGINS",
                    format!("{origin} is not an origin, as https://app.example"),
                )),
            }
        })
        .collect()
}

fn proxies(sources: &Sources) -> Result<Vec<Network>, ConfigError> {
    let list = sources.text("CHAT_TRUSTED_PROXIES").unwrap_or_default();
    let proxies = list
        .split(',')
        .map(str::trim)
        .filter(|proxy| !proxy.is_empty());
    let wrong = |proxy| {
        ConfigError::setting(
            "CHAT_TRUSTED_PROXIES",
            format!("{proxy} is not an address or network, as 10.0.0.0/8"),
        )
    };
    proxies
        .map(|proxy| proxy.parse().map_err(|_| wrong(proxy)))
        .collect()
}

/// The servers for calls, unless only devices that reach each other directly are to connect.
fn ice(sources: &Sources) -> Result<IceConfig, ConfigError> {
    let list = sources.text("CHAT_ICE_SERVERS").unwrap_or_default();
    let addresses = list
        .split(',')
        .map(str::trim)
        .filter(|address| !address.is_empty());
    let ice = IceConfig::new(addresses, sources.text("CHAT_TURN_SECRET"));
    ice.map_err(|error| {
        let name = match &error {
            InvalidIce::NoSecret => "CHAT_TURN_SECRET",
            _ => "CHAT_ICE_SERVERS",
        };
        ConfigError::setting(name, error.to_string())
    })
}

fn limits(sources: &Sources) -> Result<Limits, ConfigError> {
    let mut limits = Limits::default();
    let set = |value: Option<u32>, limit: &mut u32| *limit = value.unwrap_or(*limit);
    set(sources.value("CHAT_SEND_BURST")?, &mut limits.send_burst);
    set(sources.value("CHAT_FRAME_BURST")?, &mut limits.frame_burst);
    let set = |value: Option<u64>, limit: &mut u64| *limit = value.unwrap_or(*limit);
    set(sources.value("CHAT_IMAGE_BYTES")?, &mut limits.image_bytes);
    set(sources.value("CHAT_AUDIO_BYTES")?, &mut limits.audio_bytes);
    set(sources.value("CHAT_VIDEO_BYTES")?, &mut limits.video_bytes);
    set(sources.value("CHAT_FILE_BYTES")?, &mut limits.file_bytes);
    limits.notify_after = seconds(sources, "CHAT_NOTIFY_AFTER_SECONDS", 5, 0..=3_600)?;
    limits.send_refill_per_second = sources
        .value("CHAT_SENDS_PER_SECOND")?
        .unwrap_or(limits.send_refill_per_second);
    limits.frame_refill_per_second = sources
        .value("CHAT_FRAMES_PER_SECOND")?
        .unwrap_or(limits.frame_refill_per_second);
    limits.connections_per_user = sources
        .value("CHAT_CONNECTIONS_PER_USER")?
        .unwrap_or(limits.connections_per_user);
    limits.group_members = sources
        .value("CHAT_GROUP_MEMBERS")?
        .unwrap_or(limits.group_members);
    if !(2..=10_000).contains(&limits.group_members) {
        return Err(ConfigError::setting(
            "CHAT_GROUP_MEMBERS",
            "must be 2 to 10000",
        ));
    }
    Ok(limits)
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
    fn a_store_is_shown_without_its_password() {
        let store = |url| read(&[("CHAT_STORE_URL", url)]).unwrap().store;
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
