//! What a small program is told by its environment.

use std::env;
use std::num::ParseIntError;

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
