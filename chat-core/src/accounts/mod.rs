//! The built-in accounts: passwords, access tokens, refresh tokens and tickets.
//!
//! For hosts without a login of their own; others leave the feature `accounts` off and compile none
//! of this. [`Accounts`] works over the ports [`AccountStore`] and [`LoginStore`], and is an
//! [`Authenticator`](crate::auth::Authenticator).

mod authenticate;
mod config;
mod error;
mod password;
mod profile;
mod sessions;
mod throttle;
mod ticket;
mod token;
mod validate;

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::auth::{EndSessions, Identity};
use crate::id::{LoginId, Timestamp, UserId};
use crate::model::{Account, AccountPatch, Login, NewAccount};
use crate::store::{AccountKey, AccountStore, EndLogins, LoginStore};

use password::Passwords;
use sessions::Liveness;
use throttle::Attempts;
use ticket::Tickets;
use token::Tokens;

pub use config::{AccountsConfig, ConfigError, PasswordCost};
pub use error::{AccountError, FieldError};
pub use profile::ProfilePatch;
pub use ticket::Ticket;
pub use token::Keys;

/// The ports that accounts lean on.
#[derive(Debug, Clone)]
pub struct AccountStores {
    /// Who can log in.
    pub accounts: Arc<dyn AccountStore>,
    /// Who is logged in.
    pub logins: Arc<dyn LoginStore>,
}

impl AccountStores {
    /// One backend for both.
    #[must_use]
    pub fn of<S: AccountStore + LoginStore>(store: S) -> Self {
        let store = Arc::new(store);
        Self {
            accounts: Arc::clone(&store) as _,
            logins: store,
        }
    }
}

/// The built-in accounts. Clones share them.
#[derive(Debug, Clone)]
pub struct Accounts {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    stores: AccountStores,
    config: AccountsConfig,
    passwords: Passwords,
    tokens: Tokens,
    tickets: Tickets,
    attempts: Attempts,
    liveness: Liveness,
    sessions: Arc<dyn EndSessions>,
}

/// Who wants an account.
#[derive(Clone)]
pub struct Registration {
    /// The unique name; 2 to 32 ASCII letters, digits, `_`, `.` and `-`.
    pub username: String,
    /// The unique e-mail address.
    pub email: String,
    /// The password, taken verbatim but for NFC.
    pub password: String,
    /// A phone number, private.
    pub phone: Option<String>,
    /// The name to show; the user name if none is given.
    pub display_name: Option<String>,
}

impl Registration {
    /// Somebody whose front end knows no user names: theirs is made at random, since every account has one.
    #[must_use]
    pub fn without_username(email: String, password: String, display_name: String) -> Self {
        Self {
            username: Uuid::new_v4().simple().to_string(),
            email,
            password,
            phone: None,
            display_name: Some(display_name),
        }
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// What somebody logs in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginName<'a> {
    /// The e-mail address, in any case.
    Email(&'a str),
    /// The user name, in any case.
    Username(&'a str),
}

/// A session's tokens.
#[derive(Clone)]
pub struct LoggedIn {
    /// Whose.
    pub account: Account,
    /// The session.
    pub login: LoginId,
    /// For requests.
    pub access_token: String,
    /// How many seconds the access token lives.
    pub access_expires_in: u64,
    /// For a new pair of tokens; once.
    pub refresh_token: String,
    /// How many seconds the refresh token lives.
    pub refresh_expires_in: u64,
}

impl fmt::Debug for LoggedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoggedIn")
            .field("login", &self.login)
            .finish_non_exhaustive()
    }
}

impl Accounts {
    /// Accounts over these stores. Sockets of ended logins are closed through `sessions`.
    ///
    /// # Errors
    /// [`ConfigError`] for settings that are not safe.
    pub fn new(
        stores: AccountStores,
        config: AccountsConfig,
        keys: &Keys,
        sessions: Arc<dyn EndSessions>,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let shared = Shared {
            passwords: Passwords::new(config.password_cost)?,
            tokens: Tokens::new(&config, keys),
            tickets: Tickets::default(),
            attempts: Attempts::default(),
            liveness: Liveness::default(),
            stores,
            config,
            sessions,
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Makes an account and logs it in.
    ///
    /// # Errors
    /// [`AccountError`]; [`AccountError::Taken`] if the name or the address is somebody's.
    pub async fn register(
        &self,
        wish: Registration,
        device: Option<&str>,
    ) -> Result<LoggedIn, AccountError> {
        let account = self.create(wish).await?;
        self.begin(account, device).await
    }

    /// Makes an account and begins no session.
    ///
    /// # Errors
    /// [`AccountError`]; [`AccountError::Taken`] if the name or the address is somebody's.
    pub async fn create(&self, wish: Registration) -> Result<Account, AccountError> {
        let account = self.check_registration(&wish)?;
        let password_hash = self.shared.passwords.hash(wish.password).await?;
        let account = NewAccount {
            password_hash,
            ..account
        };
        self.shared.stores.accounts.create(&account).await??;
        Ok(account)
    }

    fn check_registration(&self, wish: &Registration) -> Result<NewAccount, FieldError> {
        let username = validate::username(&wish.username)?;
        let email = validate::email(&wish.email)?;
        let display_name = wish.display_name.as_deref().unwrap_or(wish.username.trim());
        validate::password(&wish.password, &self.shared.config, &[&username, &email])?;
        Ok(NewAccount {
            id: token::new_user_id(),
            email,
            phone: wish.phone.as_deref().map(validate::phone).transpose()?,
            display_name: validate::display_name(display_name)?,
            username,
            avatar: None,
            password_hash: String::new(),
            disabled: false,
            created_at: Timestamp::now(),
        })
    }

    /// Logs in.
    ///
    /// An unknown name costs and says the same as a wrong password.
    ///
    /// # Errors
    /// [`AccountError::InvalidCredentials`]; [`AccountError::TooManyAttempts`];
    /// [`AccountError::Busy`]; [`AccountError::Store`].
    pub async fn login(
        &self,
        name: LoginName<'_>,
        password: &str,
        device: Option<&str>,
    ) -> Result<LoggedIn, AccountError> {
        let lower = match name {
            LoginName::Email(text) | LoginName::Username(text) => text.trim().to_lowercase(),
        };
        let key = match name {
            LoginName::Email(_) => AccountKey::Email(&lower),
            LoginName::Username(_) => AccountKey::Username(&lower),
        };
        let account = self.shared.stores.accounts.find(key).await?;
        let throttled = account
            .as_ref()
            .map_or_else(|| lower.clone(), |account| account.id.to_string());
        self.shared.attempts.begin(&throttled)?;
        let known = account.filter(|account| !account.disabled);
        let hash = known.as_ref().map(|account| account.password_hash.as_str());
        let verified = self.shared.passwords.verify(password, hash).await?;
        let (Some(account), true) = (known, verified) else {
            return Err(AccountError::InvalidCredentials);
        };
        self.shared.attempts.forgive(&throttled);
        let account = self.rehash(account, password).await?;
        self.begin(account, device).await
    }

    /// Hashes a password anew if it was hashed at another cost.
    async fn rehash(&self, account: Account, password: &str) -> Result<Account, AccountError> {
        if self.shared.passwords.is_current(&account.password_hash) {
            return Ok(account);
        }
        let hash = self.shared.passwords.hash(password.to_owned()).await?;
        let patch = AccountPatch {
            password_hash: Some(hash),
            ..AccountPatch::default()
        };
        let updated = self
            .shared
            .stores
            .accounts
            .update(&account.id, &patch)
            .await?;
        Ok(updated.unwrap_or(account))
    }

    async fn begin(
        &self,
        account: Account,
        device: Option<&str>,
    ) -> Result<LoggedIn, AccountError> {
        let now = Timestamp::now();
        let login = Login {
            id: LoginId::new(),
            user: account.id.clone(),
            generation: 1,
            created_at: now,
            refreshed_at: now,
            expires_at: now.plus(self.shared.config.session_life),
            device: device.map(|device| {
                device
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(200)
                    .collect()
            }),
        };
        let ended = self
            .shared
            .stores
            .logins
            .create(&login, self.shared.config.logins_per_user)
            .await?;
        self.end_now(&account.id, &ended);
        Ok(self.tokens(account, &login))
    }

    fn tokens(&self, account: Account, login: &Login) -> LoggedIn {
        let config = &self.shared.config;
        LoggedIn {
            access_token: self.shared.tokens.access(&account.id, login.id),
            access_expires_in: config.access_life.as_secs(),
            refresh_token: self.shared.tokens.refresh(login.id, login.generation),
            refresh_expires_in: config
                .idle_life
                .min(login.expires_at.since(Timestamp::now()))
                .as_secs(),
            login: login.id,
            account,
        }
    }

    /// Ends the session that asks. Ending it again is no error.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn logout(&self, identity: &Identity) -> Result<(), AccountError> {
        match identity.login {
            Some(login) => self.end_login(identity, login).await.map(drop),
            None => Ok(()),
        }
    }

    /// Ends the session of an access token, if the token is good still: for front ends that keep no other.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn logout_by_access(&self, access_token: &str) -> Result<(), AccountError> {
        match self.shared.tokens.read_access(access_token) {
            Ok(identity) => self.logout(&identity).await,
            Err(_) => Ok(()),
        }
    }

    /// Ends the session of a refresh token, if there is one.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn logout_by_refresh(&self, refresh_token: &str) -> Result<(), AccountError> {
        let Ok((login, _)) = self.shared.tokens.read_refresh(refresh_token) else {
            return Ok(());
        };
        let found = self
            .shared
            .stores
            .logins
            .find(login, Timestamp::now())
            .await?;
        let Some(found) = found else { return Ok(()) };
        self.end(&found.user, EndLogins::One(login)).await.map(drop)
    }

    /// The user's sessions, the latest used first.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn logins(&self, identity: &Identity) -> Result<Vec<Login>, AccountError> {
        Ok(self
            .shared
            .stores
            .logins
            .list(&identity.user, Timestamp::now())
            .await?)
    }

    /// Ends one of the user's sessions; whether there was one.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn end_login(
        &self,
        identity: &Identity,
        login: LoginId,
    ) -> Result<bool, AccountError> {
        Ok(!self
            .end(&identity.user, EndLogins::One(login))
            .await?
            .is_empty())
    }

    async fn end(&self, user: &UserId, which: EndLogins) -> Result<Vec<LoginId>, AccountError> {
        let ended = self.shared.stores.logins.end(user, which).await?;
        self.end_now(user, &ended);
        Ok(ended)
    }

    /// Ended logins are refused at once, and their sockets closed.
    fn end_now(&self, user: &UserId, ended: &[LoginId]) {
        if !ended.is_empty() {
            self.shared.liveness.forget(ended);
            self.shared.sessions.end_sessions(user, ended);
        }
    }

    /// A ticket for one WebSocket, or for one `authenticate` command.
    ///
    /// # Errors
    /// [`AccountError::TooManyAttempts`] for more than 30 a minute.
    pub fn issue_ticket(&self, identity: &Identity) -> Result<Ticket, AccountError> {
        self.shared.tickets.issue(identity)
    }
}
