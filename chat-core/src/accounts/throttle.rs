//! Failed logins: from the fifth on an account waits, longer each time. On tokio's clock.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::AccountError;

/// Failures that cost nothing.
const FREE: u32 = 5;

/// The longest wait.
const MAX_WAIT: Duration = Duration::from_secs(15 * 60);

/// Failures are forgotten after this long without another.
const FORGET: Duration = Duration::from_secs(60 * 60);

/// How many names are kept before old ones are forgotten.
const MAX_NAMES: usize = 10_000;

/// Attempts per account, by whatever it is known; names nobody has count too.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    by_name: Mutex<HashMap<String, Attempt>>,
}

#[derive(Debug, Clone, Copy)]
struct Attempt {
    failures: u32,
    last: Instant,
}

impl Attempt {
    fn wait(self) -> Duration {
        let doublings = self.failures.saturating_sub(FREE);
        match self.failures {
            0..FREE => Duration::ZERO,
            _ => Duration::from_secs(1_u64 << doublings.min(20)).min(MAX_WAIT),
        }
    }
}

impl Attempts {
    /// Counts an attempt as failed until [`forgive`](Self::forgive): many at once do not pass.
    pub(super) fn begin(&self, name: &str) -> Result<(), AccountError> {
        let now = Instant::now();
        let mut by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        if by_name.len() >= MAX_NAMES {
            by_name.retain(|_, attempt| now.duration_since(attempt.last) < FORGET);
        }
        if by_name.len() >= MAX_NAMES && !by_name.contains_key(name) {
            return Err(AccountError::Busy);
        }
        let attempt = by_name.entry(name.to_owned()).or_insert(Attempt {
            failures: 0,
            last: now,
        });
        if now.duration_since(attempt.last) >= FORGET {
            attempt.failures = 0;
        }
        let since = now.duration_since(attempt.last);
        if let Some(left) = attempt
            .wait()
            .checked_sub(since)
            .filter(|left| !left.is_zero())
        {
            return Err(AccountError::TooManyAttempts { retry_after: left });
        }
        *attempt = Attempt {
            failures: attempt.failures.saturating_add(1),
            last: now,
        };
        Ok(())
    }

    /// The attempt succeeded.
    pub(super) fn forgive(&self, name: &str) {
        self.by_name
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_sixth_attempt_waits_and_each_failure_doubles_the_wait() {
        let attempts = Attempts::default();
        for _ in 0..5 {
            attempts.begin("ada").unwrap();
        }
        for seconds in [1, 2, 4, 8] {
            let Err(AccountError::TooManyAttempts { retry_after }) = attempts.begin("ada") else {
                panic!("passed")
            };
            assert_eq!(retry_after, Duration::from_secs(seconds));
            tokio::time::advance(retry_after).await;
            attempts.begin("ada").unwrap();
        }
        attempts.begin("bob").unwrap();
        attempts.forgive("ada");
        attempts.begin("ada").unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn no_wait_is_longer_than_a_quarter_of_an_hour() {
        let attempts = Attempts::default();
        for _ in 0..40 {
            if let Err(AccountError::TooManyAttempts { retry_after }) = attempts.begin("ada") {
                assert!(retry_after <= MAX_WAIT);
                tokio::time::advance(retry_after).await;
            }
        }
    }
}
