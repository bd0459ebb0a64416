//! How often one address or one user may ask, on this node.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chat_core::id::UserId;
use chat_core::protocol::Code;
use tokio::time::Instant;

use super::client;
use super::problem::Problem;
use crate::config::TransportConfig;

/// Which rate a route counts against.
#[cfg_attr(
    not(feature = "accounts"),
    expect(dead_code, reason = "only the accounts' routes count addresses")
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rate {
    /// None.
    None,
    /// The user's.
    User,
    /// The address's, as large as a user's.
    Address,
    /// The address's, for logging in.
    Login,
    /// The address's, for registering.
    Register,
}

/// How many keys one rate keeps.
const MAX_KEYS: usize = 20_000;

/// All rates.
#[derive(Debug)]
pub(super) struct Rates {
    users: Keyed<UserId>,
    addresses: Keyed<IpAddr>,
    logins: Keyed<IpAddr>,
    registrations: Keyed<IpAddr>,
}

impl Rates {
    pub(super) fn new(config: &TransportConfig) -> Self {
        Self {
            users: Keyed::new(config.request_burst, config.requests_per_second),
            addresses: Keyed::new(config.request_burst, config.requests_per_second),
            logins: Keyed::new(
                config.logins_per_minute,
                f64::from(config.logins_per_minute) / 60.0,
            ),
            registrations: Keyed::new(
                config.registrations,
                f64::from(config.registrations) / 180.0,
            ),
        }
    }

    /// Counts a request of a user.
    pub(super) fn user(&self, user: &UserId) -> Result<(), Problem> {
        self.users.take(user)
    }

    /// Counts a request of an address; one that came by no socket of ours is the host's to count.
    pub(super) fn address(&self, rate: Rate, address: Option<IpAddr>) -> Result<(), Problem> {
        let Some(address) = address.map(client::group) else {
            return Ok(());
        };
        match rate {
            Rate::Address => self.addresses.take(&address),
            Rate::Login => self.logins.take(&address),
            Rate::Register => self.registrations.take(&address),
            Rate::None | Rate::User => Ok(()),
        }
    }
}

/// A token bucket per key: the moment at which it will be full again says all.
#[derive(Debug)]
struct Keyed<K> {
    burst: f64,
    per_second: f64,
    full_at: Mutex<HashMap<K, Instant>>,
}

impl<K: Hash + Eq + Clone> Keyed<K> {
    fn new(burst: u32, per_second: f64) -> Self {
        Self {
            burst: f64::from(burst.max(1)),
            per_second: per_second.max(0.001),
            full_at: Mutex::default(),
        }
    }

    fn take(&self, key: &K) -> Result<(), Problem> {
        let now = Instant::now();
        let one = Duration::from_secs_f64(1.0 / self.per_second);
        let whole = Duration::from_secs_f64(self.burst / self.per_second);
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() >= MAX_KEYS {
            full_at.retain(|_, at| *at > now);
        }
        if full_at.len() >= MAX_KEYS && !full_at.contains_key(key) {
            return Err(Problem::new(Code::Busy, "too many clients at once").retry_after(one));
        }
        let at = full_at.entry(key.clone()).or_insert(now);
        let next = (*at).max(now) + one;
        if next > now + whole {
            let wait = next - (now + whole);
            return Err(Problem::new(Code::RateLimited, "too many requests").retry_after(wait));
        }
        *at = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_and_then_the_rate() {
        let keyed = Keyed::new(3, 1.0);
        for _ in 0..3 {
            keyed.take(&1).unwrap();
        }
        assert_eq!(keyed.take(&1).unwrap_err().code(), Code::RateLimited);
        keyed.take(&2).unwrap();
        tokio::time::advance(Duration::from_millis(1_001)).await;
        keyed.take(&1).unwrap();
        assert!(keyed.take(&1).is_err());
    }
}
