//! How long things took.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::anomaly::{Anomaly, Findings};
use super::evidence::{Evidence, Index};
use crate::history::Op;

/// How long deliveries took, in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// Half of them took at most.
    pub p50_us: u64,
    /// Of a hundred, 99 took at most.
    pub p99_us: u64,
    /// The longest.
    pub max_us: u64,
}

impl Latency {
    /// Of these times, in nanoseconds.
    #[must_use]
    pub fn of(mut times: Vec<u64>) -> Self {
        times.sort_unstable();
        let at = |share: usize| {
            let place = (times.len() * share / 100).min(times.len().saturating_sub(1));
            times.get(place).copied().unwrap_or_default() / 1_000
        };
        Self {
            p50_us: at(50),
            p99_us: at(99),
            max_us: at(100),
        }
    }
}

/// From each acknowledgement to the receipts of other clients; one before the acknowledgement took no time.
pub(super) fn check(
    evidence: &Evidence,
    index: &Index<'_>,
    late_after: Duration,
    findings: &mut Findings,
) -> Latency {
    let mut times = Vec::new();
    for record in evidence.of(Op::Deliver) {
        let send = record.payload.and_then(|payload| index.sends.get(&payload));
        let Some((ack, sender)) = send.and_then(|send| Some((send.acks.first()?, send.sender?)))
        else {
            continue;
        };
        if sender == record.client {
            continue;
        }
        let took = record.at.saturating_sub(ack.at);
        times.push(took);
        if Duration::from_nanos(took) > late_after {
            let (client, seq) = (record.client, ack.seq);
            findings.add(Anomaly::Late, || {
                format!("client {client} got {seq} after {} ms", took / 1_000_000)
            });
        }
    }
    Latency::of(times)
}

/// The longest time between two acknowledgements, whoever's, in which a send was open.
pub(super) fn unavailable(index: &Index<'_>) -> Duration {
    let mut acks: Vec<(u64, u64)> = index
        .sends
        .values()
        .filter_map(|send| Some((send.acks.first()?.at, send.begun)))
        .collect();
    acks.sort_unstable();
    let gaps = acks.windows(2).map(|pair| {
        let [(before, _), (after, begun)] = [pair[0], pair[1]];
        after - before.max(begun)
    });
    Duration::from_nanos(gaps.max().unwrap_or_default())
}
