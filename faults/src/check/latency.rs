//! How long things took.

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::SETTLED;
use super::anomaly::{Anomaly, Findings};
use super::evidence::{Evidence, Index};
use crate::history::{Kind, Op};

/// How long things took, in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// How many there were.
    pub count: usize,
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
            count: times.len(),
            p50_us: at(50),
            p99_us: at(99),
            max_us: at(100),
        }
    }
}

impl Latency {
    /// Those of both; of the times, the longer each.
    #[must_use]
    pub fn or_worse(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            p50_us: self.p50_us.max(other.p50_us),
            p99_us: self.p99_us.max(other.p99_us),
            max_us: self.max_us.max(other.max_us),
        }
    }
}

/// From each acknowledgement to the receipts of other clients; one before the acknowledgement took no time. Of all,
/// and of those in calm times.
pub(super) fn check(
    evidence: &Evidence,
    index: &Index<'_>,
    late_after: Duration,
    findings: &mut Findings,
) -> (Latency, Latency) {
    let calm = Calm::of(evidence);
    let (mut all, mut in_calm) = (Vec::new(), Vec::new());
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
        all.push(took);
        if calm.holds(ack.at, record.at) {
            in_calm.push(took);
        }
        if Duration::from_nanos(took) > late_after {
            let (client, seq) = (record.client, ack.seq);
            findings.add(Anomaly::Late, || {
                format!("client {client} got {seq} after {} ms", took / 1_000_000)
            });
        }
    }
    (Latency::of(all), Latency::of(in_calm))
}

/// When something was broken, or had been just before.
struct Calm {
    broken: Vec<Range<u64>>,
}

impl Calm {
    fn of(evidence: &Evidence) -> Self {
        let settled = nanos(SETTLED);
        let mut broken = Vec::new();
        let mut since = None;
        for fault in evidence.of(Op::Fault) {
            match (fault.kind, since) {
                (Kind::Invoke, None) => since = Some(fault.at),
                (Kind::Ok, Some(from)) => {
                    broken.push(from..fault.at.saturating_add(settled));
                    since = None;
                }
                _ => {}
            }
        }
        broken.extend(since.map(|from| from..u64::MAX));
        Self { broken }
    }

    /// Whether nothing was broken from `from` to `to`.
    fn holds(&self, from: u64, to: u64) -> bool {
        self.broken
            .iter()
            .all(|broken| to < broken.start || from >= broken.end)
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// From the loss of each connection to the end of the client's next resume.
pub(super) fn reconnect(evidence: &Evidence) -> Latency {
    let mut lost = HashMap::new();
    let mut times = Vec::new();
    for record in evidence.of(Op::Connect) {
        match record.kind {
            Kind::Info => {
                lost.entry(record.client).or_insert(record.at);
            }
            Kind::Ok => {
                let lost = lost.remove(&record.client);
                times.extend(lost.map(|at| record.at.saturating_sub(at)));
            }
            Kind::Invoke | Kind::Nack => {}
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

/// The longest time from the end of a fault to the next acknowledgement.
pub(super) fn recovery(evidence: &Evidence, index: &Index<'_>) -> Duration {
    let sends = index.sends.values();
    let mut acks: Vec<u64> = sends
        .flat_map(|send| send.acks.iter().map(|ack| ack.at))
        .collect();
    acks.sort_unstable();
    let ends = evidence
        .of(Op::Fault)
        .filter(|fault| fault.kind == Kind::Ok);
    let times = ends.filter_map(|end| {
        let next = acks.partition_point(|at| *at < end.at);
        Some(acks.get(next)? - end.at)
    });
    Duration::from_nanos(times.max().unwrap_or_default())
}
