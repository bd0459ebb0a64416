//! Whether a login is alive: asked of the store at most once in five seconds, and for those with open
//! sockets every twenty.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Accounts;
use crate::id::{LoginId, Timestamp, UserId};
use crate::store::StoreError;

/// How often the logins of open sockets are looked at.
const LOOK: Duration = Duration::from_secs(20);

/// How many are asked for at once.
const AT_ONCE: usize = 500;

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

impl Accounts {
    /// Closes sockets whose login has ended though nobody told this node, because the node that ended it could
    /// not reach the bus: within half a minute. Never returns; spawn it where sockets are served.
    pub async fn watch_sessions(&self) {
        loop {
            sleep(LOOK).await;
            let open = self.shared.sessions.open_sessions();
            for some in open.chunks(AT_ONCE) {
                if let Err(error) = self.close_ended(some).await {
                    tracing::warn!(error = &error as &dyn Error, "cannot look at open sessions");
                }
            }
        }
    }

    async fn close_ended(&self, open: &[(UserId, LoginId)]) -> Result<(), StoreError> {
        let logins: Vec<LoginId> = open.iter().map(|(_, login)| *login).collect();
        let live = self
            .shared
            .stores
            .logins
            .live(&logins, Timestamp::now())
            .await?;
        let live: HashSet<LoginId> = live.into_iter().collect();
        for (user, login) in open.iter().filter(|(_, login)| !live.contains(login)) {
            self.end_now(user, &[*login]);
        }
        Ok(())
    }
}
