//! How long the store took for what was sent, by the library's own metric: in a store that never waits, the CPU of its
//! appends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

use crate::Failure;

/// Nanoseconds in the store, and messages that were appended.
#[derive(Debug, Clone, Default)]
pub(super) struct Appends {
    nanos: Sum,
    drafts: Sum,
}

impl Appends {
    /// Takes note of them from now on; all other metrics of this process go nowhere.
    ///
    /// # Errors
    /// If somebody else takes note already.
    pub(super) fn note() -> Result<Self, Failure> {
        let appends = Self::default();
        metrics::set_global_recorder(appends.clone())?;
        Ok(appends)
    }

    /// Microseconds a message, if there was one.
    pub(super) fn micros_per_message(&self) -> Option<f64> {
        let (nanos, drafts) = (self.nanos.get(), self.drafts.get());
        (drafts > 0).then(|| nanos as f64 / 1e3 / drafts as f64)
    }
}

/// A sum of what is recorded, times `scale`.
#[derive(Debug, Clone, Default)]
struct Sum(Arc<AtomicU64>);

impl Sum {
    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn of(&self, scale: f64) -> Histogram {
        let sum = self.clone();
        Histogram::from_arc(Arc::new(Scaled { sum, scale }))
    }
}

#[derive(Debug)]
struct Scaled {
    sum: Sum,
    scale: f64,
}

impl HistogramFn for Scaled {
    fn record(&self, value: f64) {
        let scaled = (value * self.scale) as u64;
        self.sum.0.fetch_add(scaled, Ordering::Relaxed);
    }
}

impl Recorder for Appends {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        match key.name() {
            "chat_append_seconds" => self.nanos.of(1e9),
            "chat_append_drafts" => self.drafts.of(1.0),
            _ => Histogram::noop(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_store_took_is_shared_by_the_messages_of_a_batch() {
        let appends = Appends::default();
        assert_eq!(appends.micros_per_message(), None);

        metrics::with_local_recorder(&appends, || {
            metrics::histogram!("chat_append_seconds").record(0.000_6);
            metrics::histogram!("chat_append_drafts").record(3.0);
            metrics::histogram!("chat_append_seconds").record(0.000_2);
            metrics::histogram!("chat_append_drafts").record(1.0);
            metrics::histogram!("chat_other_seconds").record(9.0);
        });

        assert_eq!(appends.micros_per_message(), Some(200.0));
    }
}
