//! Whether a run kept every promise: pure functions from a history and the final logs to anomalies.
//!
//! One file per kind of promise. [`check`] runs all of them over one [`Evidence`].

mod anomaly;
mod answers;
mod deliveries;
mod evidence;
mod latency;
mod logs;
mod markers;
mod membership;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use anomaly::{Anomaly, Findings};
pub use evidence::{Entry, Evidence, FinalLog, FinalMarker};
pub use latency::Latency;

use evidence::Index;

/// What a run showed.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// What was wrong.
    pub findings: Findings,
    /// How many sends were begun.
    pub sent: usize,
    /// How many were acknowledged.
    pub acked: usize,
    /// How many were refused.
    pub nacked: usize,
    /// Of how many nobody was told; each may be in the log once, or not.
    pub indeterminate: usize,
    /// Of those, how many are in the log.
    pub appeared: usize,
    /// From a send's acknowledgement to each other client's receipt.
    pub latency: Latency,
    /// The same of what was acknowledged while nothing was broken, nor had been for [`SETTLED`].
    pub calm: Latency,
    /// From the loss of a connection to the end of the next resume.
    pub reconnect: Latency,
    /// The longest time in which somebody tried to send and nobody was acknowledged.
    pub unavailable: Duration,
    /// The longest time from the end of a fault to the next acknowledgement.
    pub recovery: Duration,
}

/// Everything must be as before within this time after a fault.
pub const SETTLED: Duration = Duration::from_secs(5);

/// Checks everything. A delivery that takes longer than `late_after` is an anomaly.
#[must_use]
pub fn check(evidence: &Evidence, late_after: Duration) -> Verdict {
    let index = Index::of(evidence);
    let mut findings = Findings::default();
    answers::check(&index, &mut findings);
    logs::check(evidence, &index, &mut findings);
    deliveries::check(evidence, &index, &mut findings);
    membership::check(evidence, &mut findings);
    markers::check(evidence, &mut findings);
    let (latency, calm) = latency::check(evidence, &index, late_after, &mut findings);
    let unknown = || index.sends.iter().filter(|(_, send)| send.is_unknown());
    let stored = |payload| index.stored.contains_key(payload);
    Verdict {
        findings,
        sent: index.sends.len(),
        acked: index.count(|send| !send.acks.is_empty()),
        nacked: index.count(|send| send.acks.is_empty() && send.nacked),
        indeterminate: unknown().count(),
        appeared: unknown().filter(|(payload, _)| stored(payload)).count(),
        latency,
        calm,
        reconnect: latency::reconnect(evidence),
        unavailable: latency::unavailable(&index),
        recovery: latency::recovery(evidence, &index),
    }
}
