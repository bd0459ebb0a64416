//! How long to wait before the next attempt.

use std::time::Duration;

use tokio::time::sleep;

use crate::config::Limits;

/// Waits that double, with jitter, so that nodes do not come back all at once.
#[derive(Debug)]
pub(crate) struct Backoff {
    limits: Limits,
    next: Duration,
}

impl Backoff {
    pub(crate) const fn new(limits: Limits) -> Self {
        Self {
            limits,
            next: limits.first_wait,
        }
    }

    /// After a success.
    pub(crate) const fn reset(&mut self) {
        self.next = self.limits.first_wait;
    }

    /// Waits, the next time longer.
    pub(crate) async fn wait(&mut self) {
        let wait = jittered(self.next);
        self.next = (self.next * 2).min(self.limits.longest_wait);
        sleep(wait).await;
    }
}

/// Between a half of it and all of it.
fn jittered(wait: Duration) -> Duration {
    // Without a source of randomness the nodes only come closer together.
    let random = getrandom::u32().unwrap_or_default();
    let part = f64::from(random) / f64::from(u32::MAX);
    wait.mul_f64(0.5 + part / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_cut_by_at_most_a_half() {
        let whole = Duration::from_secs(1);
        for _ in 0..100 {
            let wait = jittered(whole);
            assert!(wait >= whole / 2 && wait <= whole, "{wait:?}");
        }
    }
}
