//! Whether a login is alive: asked of the store at most once in five seconds.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::id::LoginId;

/// How old an answer may be. A session ended on another node is refused after at most this long.
const FRESH: Duration = Duration::from_secs(5);

/// How many answers are kept.
const MAX_KNOWN: usize = 50_000;

/// Logins that were alive a moment ago.
#[derive(Debug, Default)]
pub(super) struct Liveness {
    alive: Mutex<HashMap<LoginId, Instant>>,
}

impl Liveness {
    /// Whether the login was alive a moment ago; false if nobody knows.
    pub(super) fn is_known(&self, login: LoginId) -> bool {
        let alive = self.alive.lock().unwrap_or_else(PoisonError::into_inner);
        alive.get(&login).is_some_and(|at| at.elapsed() < FRESH)
    }

    /// It is alive as of `asked`, the moment the store was asked.
    pub(super) fn note(&self, login: LoginId, asked: Instant) {
        let mut alive = self.alive.lock().unwrap_or_else(PoisonError::into_inner);
        if alive.len() >= MAX_KNOWN {
            alive.retain(|_, at| at.elapsed() < FRESH);
        }
        if alive.len() < MAX_KNOWN {
            alive.insert(login, asked);
        }
    }

    /// These have ended.
    pub(super) fn forget(&self, logins: &[LoginId]) {
        let mut alive = self.alive.lock().unwrap_or_else(PoisonError::into_inner);
        for login in logins {
            alive.remove(login);
        }
    }
}
