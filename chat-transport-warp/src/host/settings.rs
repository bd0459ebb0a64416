//! What a small program is told by its environment.

use std::env;
use std::num::ParseIntError;

#[cfg(feature = "accounts")]
use chat_core::accounts::{ConfigError, Keys};

/// Where a program listens, and where its front ends are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The port: `PORT`.
    pub port: u16,
    /// The origins of front ends: `CLIENT_URL`, separated by commas.
    pub origins: Vec<String>,
}

impl Settings {
    /// What the environment says; without it this port, and a front end on `http://localhost:5173`.
    ///
    /// # Errors
    /// [`ParseIntError`] if `PORT` is no port.
    pub fn from_env(port: u16) -> Result<Self, ParseIntError> {
        let origins = env::var("CLIENT_URL");
        let origins = origins.as_deref().unwrap_or("http://localhost:5173");
        Ok(Self {
            port: env::var("PORT").map_or(Ok(port), |port| port.parse())?,
            origins: split(origins),
        })
    }
}

/// What tokens are made with: the secret in `JWT_SECRET`, or without it one of this process alone, with which its
/// tokens end.
///
/// # Errors
/// [`InvalidSecret`].
#[cfg(feature = "accounts")]
pub fn keys_from_env() -> Result<Keys, InvalidSecret> {
    match env::var("JWT_SECRET") {
        Ok(secret) => Keys::new(secret, Vec::new()).map_err(InvalidSecret),
        Err(_) => Ok(Keys::random()),
    }
}

/// `JWT_SECRET` can be guessed.
#[cfg(feature = "accounts")]
#[derive(Debug, thiserror::Error)]
#[error("JWT_SECRET is not to be used")]
pub struct InvalidSecret(#[source] ConfigError);

fn split(origins: &str) -> Vec<String> {
    let origins = origins.split(',').map(str::trim);
    let named = origins.filter(|origin| !origin.is_empty());
    named.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_what_stands_between_the_commas() {
        assert_eq!(split("http://a, http://b,"), ["http://a", "http://b"]);
    }
}
