//! The usual load, and a fault now and then.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::sleep;

use super::{Fault, Stage};
use crate::check::{Anomaly, Evidence, check};
use crate::cluster::Failure;
use crate::history::{Kind, Op};
use crate::report::Row;
use crate::workload::{Load, Shape, chance};

/// Between two looks at how far the load is.
const LOOK: Duration = Duration::from_millis(50);

/// Messages of one part of a run; more are sent in several parts, each with its own groups and check.
const PART: u64 = 100_000;

/// What a run may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// A delivery, from its acknowledgement.
    pub delivery: Duration,
    /// The time in which nobody is acknowledged.
    pub unavailable: Duration,
    /// Whether connections may end without a close frame.
    pub may_cut: bool,
}

impl Bounds {
    /// What clients may notice of a node or store that comes back at once.
    pub const RESTART: Self = Self {
        delivery: Duration::from_secs(10),
        unavailable: Duration::from_secs(10),
        may_cut: true,
    };
}

/// A load that a fault strikes again and again.
#[derive(Debug, Clone, Copy)]
pub struct Strikes {
    /// What breaks.
    pub fault: Fault,
    /// Between two faults.
    pub gap: Duration,
    /// How often it breaks at least, however soon all messages are acknowledged.
    pub at_least: usize,
    /// What it may take.
    pub bounds: Bounds,
    /// How much load.
    pub shape: Shape,
}

impl Strikes {
    /// Runs until there are enough acknowledgements and faults.
    pub(super) async fn run(&self, stage: &Stage) -> Result<Row, Failure> {
        let mut row = Row::default();
        let mut cluster = stage.cluster().await?;
        let mut left = stage.options.acks;
        for part in 0.. {
            let seed = stage.options.seed.wrapping_add(part);
            let load = Load::start(&cluster, part, &self.shape, seed, &stage.folder).await?;
            let mut random = chance(seed, 1 << 40);
            let mut strikes = 0;
            while load.acked() < left.min(PART) || strikes < self.at_least {
                self.wait(&load, left, strikes).await;
                self.fault
                    .strike(&mut cluster, &mut random, &mut row)
                    .await?;
                strikes += 1;
            }
            // What the last fault did must come to an end by itself.
            sleep(self.gap).await;
            cluster.heal_links();
            left = left.saturating_sub(load.acked());
            let evidence = load.finish(&cluster).await?;
            self.judge(&evidence, &mut row);
            if left == 0 {
                break;
            }
        }
        row.peak_kib = cluster.peak_kib();
        Ok(row)
    }

    /// Waits for the next fault's time; without faults for the load.
    async fn wait(&self, load: &Load, left: u64, strikes: usize) {
        sleep(self.gap).await;
        while self.fault == Fault::None && strikes + 1 >= self.at_least {
            if load.acked() >= left.min(PART) {
                return;
            }
            sleep(LOOK).await;
        }
    }

    fn judge(&self, evidence: &Evidence, row: &mut Row) {
        let verdict = check(evidence, self.bounds.delivery);
        if verdict.nacked > 0 {
            // Every sender is a member and sends what is right.
            row.findings.add(Anomaly::Disturbed, || {
                format!("{} sends were refused", verdict.nacked)
            });
        }
        let unavailable = verdict.unavailable;
        if unavailable > self.bounds.unavailable {
            row.findings.add(Anomaly::Overdue, || {
                format!("nobody was acknowledged for {unavailable:?}")
            });
        }
        row.take(verdict);
        let closes = closes(evidence);
        let cut = closes.get("1006").copied().unwrap_or_default();
        if cut > 0 && !self.bounds.may_cut {
            row.findings.add(Anomaly::Disturbed, || {
                format!("{cut} connections ended without a close frame")
            });
        }
        for (code, count) in closes {
            *row.closes.entry(code).or_default() += count;
        }
    }
}

/// How often connections ended, by close code.
fn closes(evidence: &Evidence) -> BTreeMap<String, usize> {
    let mut closes = BTreeMap::new();
    let ends = evidence.history.iter().filter(|record| {
        record.op == Op::Connect && matches!(record.kind, Kind::Info | Kind::Nack)
    });
    for code in ends.filter_map(|record| record.code.clone()) {
        *closes.entry(code).or_default() += 1;
    }
    closes
}
