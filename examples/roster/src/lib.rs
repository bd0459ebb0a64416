//! Direct messages by user name, and to everyone, for users with accounts; nothing is kept after the process.
//!
//! The built-in accounts are the login. What goes to everyone goes into one group that all are members of, what goes
//! to one into the direct conversation of the two. `frames` writes events as the front end expects them, and
//! `socket` takes what the front end says.

mod frames;
mod routes;
mod socket;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chat_core::accounts::{AccountStores, Accounts, AccountsConfig, ConfigError, Keys};
use chat_core::chat::{Chat, Error};
use chat_core::id::{ConversationId, UserId};
use chat_core::memory::MemoryStore;
use chat_core::model::Account;
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
            access_life: TOKEN_LIFE,
            idle_life: TOKEN_LIFE,
            session_life: TOKEN_LIFE,
            ..AccountsConfig::default()
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
    /// The owner of the group of everyone, who is no user.
    house: UserId,
    everyone: ConversationId,
    names: Names,
    config: Config,
}

impl Roster {
    /// A roster without users.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(config: Config) -> Result<Self, OpenError> {
        let store = MemoryStore::new();
        let limits = Limits {
            group_members: USERS,
            ..Limits::default()
        };
        let chat = Chat::builder(store.clone(), store.clone()).limits(limits);
        let chat = chat.build();
        let stores = AccountStores {
            accounts: Arc::new(store.clone()),
            logins: Arc::new(store.clone()),
        };
        let sessions = Arc::new(chat.clone());
        let accounts = Accounts::new(stores, config.accounts.clone(), &config.keys, sessions)?;
        let house = house();
        let everyone = chat.create_group(&house, "Everyone", &[]).await?;
        Ok(Self {
            store,
            chat,
            accounts,
            house,
            everyone: everyone.conversation.id,
            names: Names::default(),
            config,
        })
    }

    /// The chat.
    #[must_use]
    pub const fn chat(&self) -> &Chat {
        &self.chat
    }
}

fn house() -> UserId {
    UserId::new("house").expect("a word is an id")
}

/// Why a roster was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A setting of the accounts is not safe.
    #[error(transparent)]
    Accounts(#[from] ConfigError),
    /// The group of everyone was not made.
    #[error(transparent)]
    Chat(#[from] Error),
}

/// What those who connected are called: frames name people, events tell ids, and names never change. Clones share
/// them.
#[derive(Debug, Clone, Default)]
struct Names(Arc<RwLock<HashMap<UserId, Arc<str>>>>);

impl Names {
    fn note(&self, account: &Account) -> Arc<str> {
        let name: Arc<str> = account.display_name.as_str().into();
        let mut names = self.0.write().unwrap_or_else(PoisonError::into_inner);
        names.insert(account.id.clone(), Arc::clone(&name));
        name
    }

    fn of(&self, user: &UserId) -> Option<Arc<str>> {
        let names = self.0.read().unwrap_or_else(PoisonError::into_inner);
        names.get(user).cloned()
    }
}
