//! The tokens of the measured host's own login: JWTs under a key that both sides are started with.

use std::env;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chat_core::auth::{AuthError, AuthenticateWith, Authenticator, Identity};
use chat_core::id::{Timestamp, UserId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::Failure;

/// The environment variable with the key.
pub(crate) const KEY: &str = "BENCH_KEY";

/// How long a token is good.
const LIFE: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    sub: UserId,
    exp: u64,
}

/// Makes and checks tokens.
#[derive(Clone)]
pub(crate) struct Tokens {
    encoding: EncodingKey,
    decoding: Arc<DecodingKey>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(..)")
    }
}

impl Tokens {
    /// Tokens under `key`.
    pub(crate) fn new(key: &str) -> Self {
        // Fails only where somebody has chosen one already, which then signs.
        let _ = jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER.install_default();
        Self {
            encoding: EncodingKey::from_secret(key.as_bytes()),
            decoding: Arc::new(DecodingKey::from_secret(key.as_bytes())),
        }
    }

    /// Tokens under the key in the environment.
    ///
    /// # Errors
    /// Without one.
    pub(crate) fn from_env() -> Result<Self, Failure> {
        let key = env::var(KEY).map_err(|error| format!("{KEY}: {error}"))?;
        Ok(Self::new(&key))
    }

    /// A user's token.
    ///
    /// # Errors
    /// If it cannot be signed.
    pub(crate) fn mint(&self, user: &str) -> Result<String, Failure> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let claims = Claims {
            sub: UserId::new(user)?,
            exp: (now + LIFE).as_secs(),
        };
        let header = Header::new(Algorithm::HS256);
        Ok(jsonwebtoken::encode(&header, &claims, &self.encoding)?)
    }

    /// What checks them in the chat.
    pub(crate) fn authenticator(&self) -> impl Authenticator {
        let key = Arc::clone(&self.decoding);
        AuthenticateWith::new(move |token: String| {
            let identity = identity(&token, &key);
            async move { identity }
        })
    }
}

fn identity(token: &str, key: &DecodingKey) -> Result<Identity, AuthError> {
    let validation = Validation::new(Algorithm::HS256);
    let read = jsonwebtoken::decode::<Claims>(token, key, &validation);
    let claims = read.map_err(|_| AuthError::Invalid)?.claims;
    let ends = i64::try_from(claims.exp).unwrap_or(i64::MAX / 1_000);
    Ok(Identity {
        expires_at: Some(Timestamp::from_millis(ends.saturating_mul(1_000))),
        ..Identity::of(claims.sub)
    })
}

#[cfg(test)]
mod tests {
    use chat_core::auth::{Authenticator as _, Credential};

    use super::Tokens;

    #[tokio::test]
    async fn a_token_opens_for_its_user_under_its_key_alone() {
        let tokens = Tokens::new("a key");
        let token = tokens.mint("user-7").unwrap();
        let shown = Credential::Bearer(&token);

        let identity = tokens.authenticator().authenticate(shown).await.unwrap();

        assert_eq!(identity.user.as_str(), "user-7");
        let other = Tokens::new("another key");
        assert!(other.authenticator().authenticate(shown).await.is_err());
    }
}
