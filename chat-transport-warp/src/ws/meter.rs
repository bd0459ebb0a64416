//! How much a client sends, below the codec: what a session's limits never see.
//!
//! Bytes over the rate are simply read later, so that TCP slows the sender down. Fragments over their
//! rate close the connection: nobody sends that many, and an endless message of empty ones would never
//! reach a session.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// A connection's rates; the burst is what comes in one second.
#[derive(Debug)]
pub(super) struct Meter {
    bytes: Bucket,
    fragments: Bucket,
}

#[derive(Debug)]
struct Bucket {
    per_second: f64,
    /// Below zero: what was taken too early.
    left: f64,
    at: Instant,
}

impl Bucket {
    fn full(per_second: u32, now: Instant) -> Self {
        let per_second = f64::from(per_second);
        Self {
            per_second,
            left: per_second,
            at: now,
        }
    }

    fn take(&mut self, count: usize, now: Instant) {
        let fresh = now.duration_since(self.at).as_secs_f64() * self.per_second;
        self.left = (self.left + fresh).min(self.per_second) - count as f64;
        self.at = now;
    }

    /// When nothing is owed any more.
    fn paid_at(&self) -> Instant {
        let owed = (-self.left).max(0.0) / self.per_second;
        self.at + Duration::try_from_secs_f64(owed).unwrap_or(Duration::MAX)
    }
}

impl Meter {
    pub(super) fn new(bytes_per_second: u32, fragments_per_second: u32, now: Instant) -> Self {
        Self {
            bytes: Bucket::full(bytes_per_second, now),
            fragments: Bucket::full(fragments_per_second, now),
        }
    }

    /// Counts what was read just now; false if these are too many fragments.
    pub(super) fn count(&mut self, bytes: usize, fragments: usize, now: Instant) -> bool {
        self.bytes.take(bytes, now);
        self.fragments.take(fragments, now);
        self.fragments.left >= 0.0
    }

    /// Waits until more may be read.
    ///
    /// # Cancel safety
    /// Dropping the future does nothing.
    pub(super) async fn pause(&self) {
        if self.bytes.left < 0.0 {
            sleep_until(self.bytes.paid_at()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn bytes_over_the_rate_are_read_later() {
        let mut meter = Meter::new(1_000, 10, Instant::now());
        assert!(meter.count(1_000, 0, Instant::now()));
        let began = Instant::now();
        meter.pause().await;
        assert_eq!(
            began.elapsed(),
            Duration::ZERO,
            "a second's worth passes at once"
        );

        assert!(meter.count(500, 0, Instant::now()));
        meter.pause().await;
        assert_eq!(began.elapsed().as_millis(), 500);
    }

    #[tokio::test(start_paused = true)]
    async fn fragments_over_the_rate_are_too_many() {
        let mut meter = Meter::new(1_000, 10, Instant::now());
        assert!(meter.count(0, 10, Instant::now()));
        assert!(!meter.count(0, 1, Instant::now()));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(meter.count(0, 8, Instant::now()));
    }
}
