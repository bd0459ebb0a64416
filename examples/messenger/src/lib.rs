//! One-to-one texts and pictures behind a cookie login, on MongoDB or SQLite.
//!
//! The built-in accounts are the login, and what two people say to each other is their direct conversation. `auth`
//! and `messages` are the front end's routes, `frames` writes events as it expects them, and `socket` keeps its
//! connections and tells them who is online.

mod auth;
mod frames;
mod messages;
mod routes;
mod socket;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use chat_core::accounts::{AccountStores, Accounts, AccountsConfig, Keys};
use chat_core::chat::Chat;
use chat_core::media::MediaUploader;
use chat_core::protocol::Limits;
use chat_core::store::{
    AccountStore, ConversationStore, LastSeenStore, LoginStore, MessageStore, PeopleStore,
    SchemaStore, UploadStore, UserStore,
};
use chat_media::ImageInspector;
use chat_transport_warp::host::Sites;

/// How long a login lasts.
const LOGIN_LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Pictures that a user may send within an hour.
const PICTURES_PER_HOUR: u64 = 300;

/// What a messenger is opened with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the front end is, exactly as browsers say it; there may be several.
    pub origins: Vec<String>,
    /// Where browsers reach this server, without a `/` at the end: pictures that it keeps are read there.
    pub public_url: String,
    /// Where front ends are that send the cookie: on this site, or over HTTPS on others too.
    pub cookie: Sites,
    /// What cookies are made with.
    pub keys: Keys,
    /// How much a login costs and how long it lasts.
    pub accounts: AccountsConfig,
}

impl Config {
    /// The defaults, for these front ends, this address and these keys.
    #[must_use]
    pub fn new(origins: Vec<String>, public_url: String, keys: Keys) -> Self {
        let accounts = AccountsConfig {
            password_min: 6,
            ..AccountsConfig::default().without_refresh(LOGIN_LIFE)
        };
        Self {
            origins,
            public_url,
            cookie: Sites::Own,
            keys,
            accounts,
        }
    }
}

/// The messenger. Clones share it.
#[derive(Debug, Clone)]
pub struct Messenger {
    chat: Chat,
    accounts: Accounts,
    config: Arc<Config>,
}

impl Messenger {
    /// A messenger on this store, which is brought up to date, with its pictures kept by `uploader`.
    ///
    /// # Errors
    /// The store cannot be reached or brought up to date, or a setting of the accounts is not safe.
    pub async fn open<S>(
        store: S,
        uploader: impl MediaUploader,
        config: Config,
    ) -> Result<Self, Box<dyn Error + Send + Sync>>
    where
        S: ConversationStore + MessageStore + UploadStore + LastSeenStore + PeopleStore,
        S: UserStore + AccountStore + LoginStore + SchemaStore + Clone,
    {
        store.migrate().await?;
        let limits = Limits {
            uploads_per_hour: PICTURES_PER_HOUR,
            ..Limits::default()
        };
        let chat = Chat::builder(store.clone(), store.clone())
            .media(ImageInspector::default(), uploader)
            .limits(limits)
            .build();
        let stores = AccountStores::of(store);
        let sessions = Arc::new(chat.clone());
        let accounts = Accounts::new(stores, config.accounts.clone(), &config.keys, sessions)?;
        Ok(Self {
            chat,
            accounts,
            config: Arc::new(config),
        })
    }

    /// What runs beside the server: tells who is online, and closes the sockets of logins that have ended elsewhere.
    pub async fn run_beside(&self) {
        tokio::join!(self.tell_who_is_online(), self.accounts.watch_sessions());
    }

    /// The chat.
    #[must_use]
    pub const fn chat(&self) -> &Chat {
        &self.chat
    }
}
