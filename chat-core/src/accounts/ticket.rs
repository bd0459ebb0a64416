//! Tickets: a credential that may travel in a URL, for it is good once and for half a minute.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::{AccountError, token};
use crate::auth::{AuthError, Identity};
use crate::id::UserId;

/// How long a ticket is good.
const LIFE: Duration = Duration::from_secs(30);

/// How many a user may have asked for within a minute.
const PER_MINUTE: usize = 30;

/// How many are kept in all.
const MAX_TICKETS: usize = 10_000;

/// A ticket as given out.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket {
    /// What to show.
    pub value: String,
    /// How many seconds it is good.
    pub expires_in: u64,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(..)")
    }
}

/// The tickets that were given out and not used, on this node.
#[derive(Default)]
pub(super) struct Tickets {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: HashMap<String, (Identity, Instant)>,
    asked: HashMap<UserId, Vec<Instant>>,
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tickets(..)")
    }
}

impl Tickets {
    pub(super) fn issue(&self, identity: &Identity) -> Result<Ticket, AccountError> {
        let now = Instant::now();
        let minute = Duration::from_secs(60);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.open.len() >= MAX_TICKETS || state.asked.len() >= MAX_TICKETS {
            state.open.retain(|_, (_, end)| *end > now);
            state
                .asked
                .retain(|_, at| at.iter().any(|at| now.duration_since(*at) < minute));
        }
        if state.open.len() >= MAX_TICKETS || state.asked.len() >= MAX_TICKETS {
            return Err(AccountError::Busy);
        }
        let asked = state.asked.entry(identity.user.clone()).or_default();
        asked.retain(|at| now.duration_since(*at) < minute);
        if let (PER_MINUTE.., Some(first)) = (asked.len(), asked.first()) {
            return Err(AccountError::TooManyAttempts {
                retry_after: minute - now.duration_since(*first),
            });
        }
        asked.push(now);
        let value = token::random_text();
        state
            .open
            .insert(value.clone(), (identity.clone(), now + LIFE));
        Ok(Ticket {
            value,
            expires_in: LIFE.as_secs(),
        })
    }

    /// Uses a ticket up.
    pub(super) fn redeem(&self, value: &str) -> Result<Identity, AuthError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.open.remove(value) {
            Some((identity, end)) if end > Instant::now() => Ok(identity),
            _ => Err(AuthError::Invalid),
        }
    }
}
