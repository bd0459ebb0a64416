//! Tokens shown: refreshing, and telling who asks.

use async_trait::async_trait;
use tokio::time::Instant;

use super::{AccountError, Accounts, LoggedIn};
use crate::auth::{AuthError, Authenticator, Credential, Identity};
use crate::id::{LoginId, Timestamp, UserId};
use crate::model::{Login, Rotation};
use crate::store::{AccountKey, EndLogins, StoreError};

impl Accounts {
    /// Exchanges a refresh token for a new pair. Used again within seconds it gives the very same
    /// successor, so that two tabs stay one session; used later, the session is ended, for somebody
    /// has a copy.
    ///
    /// # Errors
    /// [`AccountError::TokenInvalid`], [`AccountError::TokenReused`],
    /// [`AccountError::WrongTokenType`], [`AccountError::Store`].
    pub async fn refresh(&self, refresh_token: &str) -> Result<LoggedIn, AccountError> {
        let (login, generation) = self.shared.tokens.read_refresh(refresh_token)?;
        let now = Timestamp::now();
        let config = &self.shared.config;
        let found = self.shared.stores.logins.find(login, now).await?;
        let found = found.ok_or(AccountError::TokenInvalid)?;
        if now.since(found.refreshed_at) >= config.idle_life {
            self.end(&found.user, EndLogins::One(login)).await?;
            return Err(AccountError::TokenInvalid);
        }
        let window = i64::try_from(config.refresh_window.as_millis()).unwrap_or(i64::MAX);
        match self
            .shared
            .stores
            .logins
            .rotate(login, generation, now, window)
            .await?
        {
            Rotation::Advanced(login) | Rotation::Repeated(login) => {
                self.continue_login(login).await
            }
            Rotation::Reused(login) => {
                tracing::warn!(user = %login.user, login = %login.id, "a refresh token was used twice; its session ended");
                self.end_now(&login.user, &[login.id]);
                Err(AccountError::TokenReused)
            }
            Rotation::Ended => Err(AccountError::TokenInvalid),
        }
    }

    async fn continue_login(&self, login: Login) -> Result<LoggedIn, AccountError> {
        let account = self
            .shared
            .stores
            .accounts
            .find(AccountKey::Id(&login.user))
            .await?;
        let account = account
            .filter(|account| !account.disabled)
            .ok_or(AccountError::TokenInvalid)?;
        Ok(self.tokens(account, &login))
    }

    /// Whether the login is alive and its account enabled.
    async fn is_alive(&self, user: &UserId, login: LoginId) -> Result<bool, StoreError> {
        if self.shared.liveness.is_known(login) {
            return Ok(true);
        }
        let asked = Instant::now();
        let found = self
            .shared
            .stores
            .logins
            .find(login, Timestamp::now())
            .await?;
        let account = self
            .shared
            .stores
            .accounts
            .find(AccountKey::Id(user))
            .await?;
        let alive = found.is_some_and(|found| found.user == *user)
            && account.is_some_and(|account| !account.disabled);
        if alive {
            self.shared.liveness.note(login, asked);
        }
        Ok(alive)
    }
}

#[async_trait]
impl Authenticator for Accounts {
    async fn authenticate(&self, credential: Credential<'_>) -> Result<Identity, AuthError> {
        let identity = match credential {
            Credential::Bearer(token) | Credential::Cookie(token) => {
                self.shared.tokens.read_access(token)?
            }
            Credential::Ticket(ticket) => self.shared.tickets.redeem(ticket)?,
        };
        let login = identity.login.ok_or(AuthError::Invalid)?;
        match self.is_alive(&identity.user, login).await {
            Ok(true) => Ok(identity),
            Ok(false) => Err(AuthError::Invalid),
            Err(error) => Err(AuthError::Unavailable(Box::new(error))),
        }
    }
}
