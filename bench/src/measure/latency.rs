//! How long messages took, of those that were meant to be sent in a window of time.

use std::ops::Range;

use hdrhistogram::Histogram;

use crate::Failure;

/// Longer ones count as this: an hour.
const LONGEST: u64 = 60 * 60 * 1_000_000;

/// Times in microseconds, to three digits.
#[derive(Debug)]
pub(crate) struct Latency {
    histogram: Histogram<u64>,
    window: Range<u64>,
}

impl Latency {
    /// Counts what was meant to be sent in `window`, in microseconds of the generator's clock.
    ///
    /// # Errors
    /// Never, with these bounds.
    pub(crate) fn within(window: Range<u64>) -> Result<Self, Failure> {
        Ok(Self {
            histogram: Histogram::new_with_bounds(1, LONGEST, 3)?,
            window,
        })
    }

    /// A message that was meant to be sent at `intended` came at `now`.
    pub(crate) fn note(&mut self, intended: u64, now: u64) {
        if self.window.contains(&intended) {
            let took = now.saturating_sub(intended).clamp(1, LONGEST);
            self.histogram.saturating_record(took);
        }
    }

    /// Milliseconds that this share of them, from 0 to 1, did not take longer than.
    pub(crate) fn millis(&self, share: f64) -> f64 {
        self.histogram.value_at_quantile(share) as f64 / 1_000.0
    }

    /// Milliseconds of the longest.
    pub(crate) fn longest(&self) -> f64 {
        self.histogram.max() as f64 / 1_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::Latency;

    #[test]
    fn only_what_was_meant_for_the_window_counts() {
        let mut latency = Latency::within(1_000..2_000).unwrap();
        for (intended, now) in [
            (999, 500_000),
            (1_000, 2_000),
            (1_999, 3_999),
            (2_000, 900_000),
        ] {
            latency.note(intended, now);
        }
        assert_eq!(latency.histogram.len(), 2);
        assert!((latency.longest() - 2.0).abs() < 0.01, "{latency:?}");
    }

    #[test]
    fn shares_are_to_three_digits() {
        let mut latency = Latency::within(0..1).unwrap();
        for took in 1..=100 {
            latency.note(0, took * 1_000);
        }
        assert!(
            (latency.millis(0.5) - 50.0).abs() < 0.1,
            "{}",
            latency.millis(0.5)
        );
        assert!((latency.millis(0.99) - 99.0).abs() < 0.1);
    }
}
