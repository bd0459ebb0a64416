//! Direct messages by user name, and to everyone, for users with accounts; nothing is kept after the process.
//!
//! The built-in accounts are the login. What goes to everyone goes into one room that all are in, what goes
//! to one into the direct conversation of the two. `frames` writes events as the front end expects them, and
//! `socket` takes what the front end says.

mod frames;
mod routes;
mod socket;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use chat_core::accounts::{AccountStores, Accounts, AccountsConfig, Keys};
use chat_core::chat::{Chat, Room};
use chat_core::id::UserId;
use chat_core::memory::MemoryStore;
use chat_core::protocol::Limits;
use chat_transport_warp::ws::SocketConfig;

/// How many users there may be, the house included.
const USERS: u32 = 10_000;

/// How long a token is good for.
const TOKEN_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// What a roster is opened with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where front ends on other sites are, exactly as browsers say it.
    pub origins: Vec<String>,
    /// What tokens are made with.
    pub keys: Keys,
    /// How much a login costs and how long it lasts.
    pub accounts: AccountsConfig,
    /// When silent clients are pinged, and given up.
    pub socket: SocketConfig,
}

impl Config {
    /// The defaults, for these front ends and keys.
    #[must_use]
    pub fn new(origins: Vec<String>, keys: Keys) -> Self {
        let accounts = AccountsConfig {
            password_min: 6,
            ..AccountsConfig::default().without_refresh(TOKEN_LIFE)
        };
        Self {
            origins,
            keys,
            accounts,
            socket: SocketConfig::default(),
        }
    }
}

/// The roster. Clones share it.
#[derive(Debug, Clone)]
pub struct Roster {
    store: MemoryStore,
    chat: Chat,
    accounts: Accounts,
    everyone: Room,
    config: Config,
}

impl Roster {
    /// A roster without users.
    ///
    /// # Errors
    /// A setting of the accounts is not safe.
    pub async fn open(config: Config) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let store = MemoryStore::new();
        let limits = Limits {
            group_members: USERS,
            ..Limits::default()
        };
        let chat = Chat::builder(store.clone(), store.clone()).limits(limits);
        let chat = chat.build();
        let stores = AccountStores::of(store.clone());
        let sessions = Arc::new(chat.clone());
        let accounts = Accounts::new(stores, config.accounts.clone(), &config.keys, sessions)?;
        Ok(Self {
            everyone: Room::create(&chat, UserId::new("house")?, "Everyone").await?,
            store,
            chat,
            accounts,
            config,
        })
    }

    /// The chat.
    #[must_use]
    pub const fn chat(&self) -> &Chat {
        &self.chat
    }
}
