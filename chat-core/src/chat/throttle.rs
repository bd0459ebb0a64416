//! Token buckets: a burst at once, then a steady rate. On tokio's clock, which tests can stop.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::chat::Error;

/// How many keys are kept before those whose bucket is full again are forgotten.
const MAX_KEYS: usize = 10_000;

/// One bucket.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    pub(crate) fn full(burst: u32) -> Self {
        Self {
            tokens: f64::from(burst),
            at: Instant::now(),
        }
    }

    /// Takes one token.
    ///
    /// # Errors
    /// [`Error::RateLimited`] with the time until there is one.
    pub(crate) fn take(&mut self, burst: u32, per_second: f64) -> Result<(), Error> {
        self.refill(burst, per_second);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        let wait = (1.0 - self.tokens) / per_second.max(f64::MIN_POSITIVE);
        let retry_after = Duration::try_from_secs_f64(wait).unwrap_or(Duration::MAX);
        Err(Error::RateLimited { retry_after })
    }

    fn refill(&mut self, burst: u32, per_second: f64) {
        let now = Instant::now();
        let fresh = now.duration_since(self.at).as_secs_f64() * per_second;
        self.tokens = (self.tokens + fresh).min(f64::from(burst));
        self.at = now;
    }
}

/// A bucket per key, in bounded memory.
#[derive(Debug)]
pub(super) struct KeyedBuckets<K> {
    burst: u32,
    per_second: f64,
    buckets: Mutex<HashMap<K, Bucket>>,
}

impl<K: Hash + Eq + Clone> KeyedBuckets<K> {
    pub(super) fn new(burst: u32, per_second: f64) -> Self {
        Self {
            burst,
            per_second,
            buckets: Mutex::default(),
        }
    }

    /// Takes one of `key`'s tokens.
    ///
    /// # Errors
    /// [`Error::RateLimited`]; [`Error::Busy`] if so many keys are in use that there is no room.
    pub(super) fn take(&self, key: &K) -> Result<(), Error> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_KEYS && !buckets.contains_key(key) {
            self.forget_full(&mut buckets);
            if buckets.len() >= MAX_KEYS {
                return Err(Error::Busy);
            }
        }
        let bucket = buckets
            .entry(key.clone())
            .or_insert_with(|| Bucket::full(self.burst));
        bucket.take(self.burst, self.per_second)
    }

    fn forget_full(&self, buckets: &mut HashMap<K, Bucket>) {
        buckets.retain(|_, bucket| {
            bucket.refill(self.burst, self.per_second);
            bucket.tokens < f64::from(self.burst)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_then_the_rate_and_the_hint_is_right() {
        let buckets = KeyedBuckets::new(2, 0.5);
        assert!(buckets.take(&"a").is_ok() && buckets.take(&"a").is_ok());

        let Err(Error::RateLimited { retry_after }) = buckets.take(&"a") else {
            panic!("passed")
        };
        assert!(buckets.take(&"b").is_ok(), "keys are independent");

        tokio::time::advance(retry_after).await;
        assert!(buckets.take(&"a").is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn full_buckets_are_forgotten_when_there_are_too_many() {
        let buckets = KeyedBuckets::new(1, 1.0);
        for key in 0..MAX_KEYS {
            buckets.take(&key).unwrap();
        }
        assert!(matches!(buckets.take(&MAX_KEYS), Err(Error::Busy)));

        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(buckets.take(&MAX_KEYS).is_ok());
        assert_eq!(buckets.buckets.lock().unwrap().len(), 1);
    }
}
