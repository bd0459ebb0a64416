//! Servers that help two devices to connect for a call: STUN, and TURN with credentials that end by themselves.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chat_core::id::{Timestamp, UserId};
use chat_core::protocol::{IceServer, IceServers};
use hmac::{Hmac, Mac as _};
use sha1::Sha1;

/// How long a credential for TURN is good: 8 h. A call that lasts longer loses its relay.
const LIFE: Duration = Duration::from_secs(8 * 3600);

/// The servers that clients are told of; by default none, so that only devices that reach each other directly
/// connect.
#[derive(Clone, Default)]
pub struct IceConfig {
    stun: Vec<String>,
    turn: Vec<String>,
    secret: String,
}

/// Servers that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidIce {
    /// A text that is no address of such a server.
    #[error("`{0}` is not a stun:, stuns:, turn: or turns: address, as turn:turn.example:3478")]
    Address(String),
    /// TURN takes nobody without a credential.
    #[error("a TURN server needs the secret that it shares with this server")]
    NoSecret,
}

impl IceConfig {
    /// These servers; `secret` is the one that the TURN servers know (coturn's `static-auth-secret`).
    ///
    /// # Errors
    /// [`InvalidIce`] for an address of another kind, or of a TURN server without a secret.
    pub fn new(
        addresses: impl IntoIterator<Item = impl Into<String>>,
        secret: Option<&str>,
    ) -> Result<Self, InvalidIce> {
        let mut config = Self::default();
        for address in addresses {
            let address = address.into();
            let (scheme, host) = address.split_once(':').unwrap_or_default();
            let is_host =
                !host.is_empty() && !host.contains(|c: char| c == '/' || c.is_whitespace());
            match scheme {
                "stun" | "stuns" if is_host => config.stun.push(address),
                "turn" | "turns" if is_host => config.turn.push(address),
                _ => return Err(InvalidIce::Address(address)),
            }
        }
        match secret.filter(|secret| !secret.is_empty()) {
            Some(secret) => config.secret.push_str(secret),
            None if config.turn.is_empty() => {}
            None => return Err(InvalidIce::NoSecret),
        }
        Ok(config)
    }

    /// The servers for `user`, with credentials from `now` on.
    pub(crate) fn servers(&self, user: &UserId, now: Timestamp) -> IceServers {
        let mut ice_servers = Vec::new();
        if !self.stun.is_empty() {
            ice_servers.push(IceServer {
                urls: self.stun.clone(),
                username: None,
                credential: None,
            });
        }
        let has_turn = !self.turn.is_empty();
        if has_turn {
            let username = format!("{}:{user}", now.plus(LIFE).as_millis() / 1_000);
            ice_servers.push(IceServer {
                urls: self.turn.clone(),
                credential: Some(self.credential(&username)),
                username: Some(username),
            });
        }
        IceServers {
            ice_servers,
            expires_in: has_turn.then_some(LIFE.as_secs()),
        }
    }

    /// The password that goes with a user name: "A REST API For Access To TURN Services"
    /// (draft-uberti-behave-turn-rest-00, section 2.2).
    fn credential(&self, username: &str) -> String {
        let mut mac = Hmac::<Sha1>::new_from_slice(self.secret.as_bytes())
            .expect("HMAC takes a key of any length");
        mac.update(username.as_bytes());
        STANDARD.encode(mac.finalize().into_bytes())
    }
}

impl fmt::Debug for IceConfig {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceConfig")
            .field("stun", &self.stun)
            .field("turn", &self.turn)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STUN: &str = "stun:stun.example:3478";
    const TURN: &str = "turns:turn.example:5349?transport=tcp";

    /// The credential was computed by OpenSSL: `openssl dgst -sha1 -hmac north -binary | base64`.
    #[test]
    fn a_credential_is_the_one_that_coturn_computes() {
        let ice = IceConfig::new([STUN, TURN], Some("north")).unwrap();
        let ada = UserId::new("ada").unwrap();

        let told = ice.servers(&ada, Timestamp::from_millis(1_700_000_000_999));

        let [stun, turn] = told.ice_servers.as_slice() else {
            panic!("{told:?}")
        };
        assert_eq!((stun.urls[0].as_str(), &stun.username), (STUN, &None));
        assert_eq!(turn.urls, [TURN]);
        assert_eq!(turn.username.as_deref(), Some("1700028800:ada"));
        let credential = turn.credential.as_deref();
        assert_eq!(credential, Some("yjuEuHrXPZ16lhAP7VdAOVryF3s="));
        assert_eq!(told.expires_in, Some(28_800));
    }

    #[test]
    fn what_cannot_be_used_is_told_at_the_start() {
        let refused = |address: &str| IceConfig::new([address], Some("north")).unwrap_err();
        for address in ["", "stun:", "http://stun.example", "turn://x", "turn:a b"] {
            assert_eq!(refused(address), InvalidIce::Address(address.to_owned()));
        }
        for secret in [None, Some("")] {
            let refused = IceConfig::new([TURN], secret).unwrap_err();
            assert_eq!(refused, InvalidIce::NoSecret);
            assert!(IceConfig::new([STUN], secret).is_ok());
        }
    }

    #[test]
    fn the_secret_is_not_shown() {
        let ice = IceConfig::new([TURN], Some("north")).unwrap();
        assert!(!format!("{ice:?}").contains("north"));
    }
}
