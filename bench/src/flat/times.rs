//! What calls took, by name.

use std::time::{Duration, Instant};

/// What each call took.
#[derive(Debug, Default)]
pub(super) struct Times(Vec<(&'static str, Vec<Duration>)>);

impl Times {
    pub(super) fn note(&mut self, name: &'static str, started: Instant) {
        let took = started.elapsed();
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, times)) => times.push(took),
            None => self.0.push((name, vec![took])),
        }
    }

    /// Milliseconds that so many of 100 calls of each name did not take longer than, in the order of the first calls.
    pub(super) fn millis(&mut self, percent: usize) -> Vec<(&'static str, f64)> {
        let at = self.0.iter_mut().map(|(name, times)| {
            times.sort();
            let time = times[times.len() * percent / 100];
            (*name, time.as_secs_f64() * 1_000.0)
        });
        at.collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Times;

    #[test]
    fn shares_are_of_the_calls_of_one_name() {
        let mut times = Times::default();
        let now = Instant::now();
        for seconds in 1..=100 {
            times.note(
                "slow",
                now.checked_sub(Duration::from_secs(seconds)).unwrap(),
            );
        }
        times.note("quick", Instant::now());

        let median = times.millis(50);

        assert_eq!(median.len(), 2);
        assert!((51_000.0..52_000.0).contains(&median[0].1), "{median:?}");
        assert!(median[1].1 < 1_000.0, "{median:?}");
    }
}
