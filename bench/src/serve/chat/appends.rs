//! How long the store took for what was sent, by the library's own metric: in a store that never waits, the CPU of its
//! appends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

use crate::Failure;

/// Time in the store, and messages that were appended.
#[derive(Debug, Clone)]
pub(super) struct Appends {
    nanos: Arc<Sum>,
    drafts: Arc<Sum>,
    /// The same as who records asks for them: made once, for that is asked each time.
    seconds_in: Histogram,
    drafts_in: Histogram,
}

impl Appends {
    fn new() -> Self {
        let (nanos, drafts) = (Sum::times(1e9), Sum::times(1.0));
        Self {
            seconds_in: Histogram::from_arc(Arc::clone(&nanos)),
            drafts_in: Histogram::from_arc(Arc::clone(&drafts)),
            nanos,
            drafts,
        }
    }

    /// Takes note of them from now on; all other metrics of this process go nowhere.
    ///
    /// # Errors
    /// If somebody else takes note already.
    pub(super) fn note() -> Result<Self, Failure> {
        let appends = Self::new();
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
#[derive(Debug)]
struct Sum {
    sum: AtomicU64,
    scale: f64,
}

impl Sum {
    fn times(scale: f64) -> Arc<Self> {
        let sum = AtomicU64::new(0);
        Arc::new(Self { sum, scale })
    }

    fn get(&self) -> u64 {
        self.sum.load(Ordering::Relaxed)
    }
}

impl HistogramFn for Sum {
    fn record(&self, value: f64) {
        let scaled = (value * self.scale) as u64;
        self.sum.fetch_add(scaled, Ordering::Relaxed);
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
            "chat_append_seconds" => self.seconds_in.clone(),
            "chat_append_drafts" => self.drafts_in.clone(),
            _ => Histogram::noop(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_store_took_is_shared_by_the_messages_of_a_batch() {
        let appends = Appends::new();
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
