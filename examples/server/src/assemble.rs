//! Putting the parts together.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;
use std::sync::Arc;

use chat_core::accounts::{AccountStores, Accounts, AccountsConfig, Keys};
use chat_core::auth::EndSessions;
use chat_core::chat::Chat;
use chat_core::id::{LoginId, UserId};
use chat_core::media::Spool;
use chat_media::ImageInspector;
use chat_transport_warp::TransportConfig;

use crate::config::{Config, Profile};
use crate::notify::with_notifiers;
use crate::run::Failure;
use crate::store::{self, Store};
use crate::{bus, media};

/// The chat, ready to be served.
pub(crate) struct Assembled {
    pub(crate) chat: Chat,
    pub(crate) accounts: Accounts,
    pub(crate) transport: TransportConfig,
    /// Who serves uploads, if it is not this server.
    pub(crate) media_origin: Option<String>,
}

/// Opens the store that is configured and builds everything on it.
pub(crate) async fn assemble(config: &Config) -> Result<Assembled, Failure> {
    fs::create_dir_all(&config.data_dir).map_err(|error| Failure::io(&config.data_dir, error))?;
    let store = store::open_to_serve(config).await?;
    let uploader = media::open(config).await?;
    let media_origin = media::origin(&uploader).await?;
    let mut chat = Chat::builder(Arc::clone(&store), Arc::clone(&store))
        .media(ImageInspector::default(), uploader)
        .spool(Spool::open(config.data_dir.join("incoming")).await?)
        .limits(config.limits.clone());
    if let Some(bus) = bus::open(config).await? {
        chat = chat.bus(bus);
    }
    let chat = with_notifiers(chat, config, &store)?.build();
    let accounts = accounts(config, &store, Arc::new(chat.clone()))?;
    let mut transport = TransportConfig::with_accounts(accounts.clone());
    let strict = config.profile == Profile::Production;
    transport.secure_cookies = strict;
    transport.strict_transport = strict;
    transport.query_token = !strict;
    transport.origins.clone_from(&config.origins);
    transport
        .trusted_proxies
        .clone_from(&config.trusted_proxies);
    transport.ice.clone_from(&config.ice);
    transport.requests_per_second = config.requests_per_second;
    transport.request_burst = transport
        .request_burst
        .max(config.requests_per_second as u32 * 5);
    transport.logins_per_minute = config.logins_per_minute;
    transport.registrations = config.registrations;
    Ok(Assembled {
        chat,
        accounts,
        transport,
        media_origin,
    })
}

/// The built-in accounts, for a program that serves nobody: it has no sockets to close. Servers see
/// what it did when they next look at a session, which is within seconds.
pub(crate) fn offline_accounts(
    config: &Config,
    store: &Arc<dyn Store>,
) -> Result<Accounts, Failure> {
    fs::create_dir_all(&config.data_dir).map_err(|error| Failure::io(&config.data_dir, error))?;
    accounts(config, store, Arc::new(NoSockets))
}

#[derive(Debug)]
struct NoSockets;

impl EndSessions for NoSockets {
    fn end_sessions(&self, _user: &UserId, _logins: &[LoginId]) {}

    fn profile_changed(&self, _user: &UserId) {}

    fn open_sessions(&self) -> Vec<(UserId, LoginId)> {
        Vec::new()
    }
}

fn accounts(
    config: &Config,
    store: &Arc<dyn Store>,
    end: Arc<dyn EndSessions>,
) -> Result<Accounts, Failure> {
    let stores = AccountStores::of(Arc::clone(store));
    let rules = match config.profile {
        Profile::Development => AccountsConfig::default(),
        Profile::Production => AccountsConfig::production(),
    };
    let rules = AccountsConfig {
        access_life: config.access_life,
        skew: config.skew,
        ..rules
    };
    let keys = Keys::new(secret(config)?, Vec::new())?;
    Ok(Accounts::new(stores, rules, &keys, end)?)
}

/// The secret that is set, or the one made at the first start and kept beside the data.
fn secret(config: &Config) -> Result<String, Failure> {
    if let Some(secret) = &config.secret {
        return Ok(secret.clone());
    }
    let path = config.data_dir.join("secret");
    match fs::read_to_string(&path) {
        Ok(secret) => Ok(secret.trim().to_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            make_secret(&path).map_err(|error| Failure::io(&path, error))
        }
        Err(error) => Err(Failure::io(&path, error)),
    }
}

fn make_secret(path: &Path) -> io::Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    let secret: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(secret.as_bytes())?;
    file.sync_all()?;
    Ok(secret)
}
