//! The shop's own login: a session behind a cookie, by which chat knows who asks too.

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use async_trait::async_trait;
use chat_core::auth::{AuthError, Authenticator, Credential, Identity};
use chat_core::id::{LoginId, Timestamp};
use serde::Deserialize;
use sqlx::PgPool;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::customers::CustomerId;
use crate::failure::Failure;

/// Where browsers keep the session's token.
pub const COOKIE: &str = "__Host-shop_session";

const ADD: &str = "
insert into customers (name, email, password_hash) values ($1, $2, $3)
on conflict (email) do nothing returning id";

const PASSWORD: &str = "select id, password_hash from customers where email = $1 and not closed";

/// Who reads the table cannot log in with what is there: it has the tokens' digests alone.
const BEGIN: &str = "
insert into sessions (token_digest, customer, expires_at)
values (sha256($1), $2, now() + interval '30 days')";

const FIND: &str = "
select s.id, s.customer, (extract(epoch from s.expires_at) * 1000)::bigint as expires_at
from sessions s join customers c on c.id = s.customer
where s.token_digest = sha256($1) and s.expires_at > now() and not c.closed";

const END: &str = "delete from sessions where id = $1";

/// A hash to check where there is no customer, so that an answer takes as long.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash("").unwrap_or_default());

/// Whoever registers.
#[derive(Deserialize)]
pub(crate) struct Registration {
    name: String,
    email: String,
    password: String,
}

/// What a customer logs in with.
#[derive(Deserialize)]
pub(crate) struct Password {
    email: String,
    password: String,
}

/// A customer who is logged in.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Session {
    id: Uuid,
    /// Who it is.
    pub(crate) customer: CustomerId,
    expires_at: i64,
}

impl Session {
    /// What chat calls this session: ending it ends its sockets.
    pub(crate) const fn login(&self) -> LoginId {
        LoginId::from_uuid(self.id)
    }
}

/// The sessions, which tell chat who asks.
#[derive(Debug, Clone)]
pub(crate) struct Logins(pub(crate) PgPool);

impl Logins {
    /// Makes a customer.
    ///
    /// # Errors
    /// [`Failure::Taken`] if somebody has the e-mail address.
    pub(crate) async fn register(&self, new: Registration) -> Result<CustomerId, Failure> {
        // Without a hash the table refuses the row.
        let hashed = spawn_blocking(move || hash(&new.password))
            .await
            .ok()
            .flatten();
        let added = sqlx::query_scalar(ADD)
            .bind(new.name)
            .bind(new.email)
            .bind(hashed);
        added.fetch_optional(&self.0).await?.ok_or(Failure::Taken)
    }

    /// Begins a session; its token.
    ///
    /// # Errors
    /// [`Failure::Unauthorized`] if the password is not of a customer with this address.
    pub(crate) async fn begin(&self, shown: Password) -> Result<String, Failure> {
        let found = sqlx::query_as(PASSWORD).bind(shown.email);
        let found: Option<(CustomerId, String)> = found.fetch_optional(&self.0).await?;
        let (customer, hash) = found.unzip();
        let right = move || matches(&shown.password, hash.as_ref().unwrap_or(&NOBODY));
        let right = spawn_blocking(right).await.unwrap_or(false);
        let customer = customer.filter(|_| right).ok_or(Failure::Unauthorized)?;
        let token = Uuid::new_v4().simple().to_string();
        let begun = sqlx::query(BEGIN).bind(token.as_bytes()).bind(customer);
        begun.execute(&self.0).await?;
        Ok(token)
    }

    /// The session of this token.
    pub(crate) async fn find(&self, token: &str) -> Result<Option<Session>, sqlx::Error> {
        let found = sqlx::query_as(FIND).bind(token.as_bytes());
        found.fetch_optional(&self.0).await
    }

    /// Ends a session.
    pub(crate) async fn end(&self, session: &Session) -> Result<(), sqlx::Error> {
        let ended = sqlx::query(END).bind(session.id);
        ended.execute(&self.0).await.map(drop)
    }
}

#[async_trait]
impl Authenticator for Logins {
    /// Of requests, of WebSockets that open, and of sockets that stay open.
    async fn authenticate(&self, credential: Credential<'_>) -> Result<Identity, AuthError> {
        let Credential::Cookie(token) = credential else {
            return Err(AuthError::Invalid);
        };
        let found = self.find(token).await;
        let session = found
            .map_err(|error| AuthError::Unavailable(error.into()))?
            .ok_or(AuthError::Invalid)?;
        Ok(Identity {
            user: session.customer.into(),
            login: Some(session.login()),
            expires_at: Some(Timestamp::from_millis(session.expires_at)),
        })
    }
}

fn hash(password: &str) -> Option<String> {
    let hash = Argon2::default().hash_password(password.as_bytes()).ok()?;
    Some(hash.to_string())
}

fn matches(password: &str, hash: &str) -> bool {
    Argon2::default()
        .verify_password(password.as_bytes(), hash)
        .is_ok()
}
