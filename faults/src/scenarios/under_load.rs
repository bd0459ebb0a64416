//! The usual load, and a fault now and then.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::{Beside, Fault, Scene, Stage};
use crate::check::{Anomaly, Evidence, check};
use crate::cluster::{Cluster, Failure};
use crate::history::{Kind, Op, Record};
use crate::report::Row;
use crate::workload::{Load, Shape, chance};

/// Messages of one part of a run; more are sent in several parts, each with its own groups and check.
const PART: u64 = 100_000;

/// Messages of one round of strikes.
const ROUND: u64 = 20_000;

/// How often acknowledgements are counted.
const LOOK: Duration = Duration::from_millis(100);

/// What a run may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// A delivery, from its acknowledgement.
    pub delivery: Duration,
    /// 99 of a hundred deliveries, while nothing is broken.
    pub calm: Duration,
    /// The time in which nobody is acknowledged.
    pub unavailable: Duration,
    /// The time from the end of a fault to the next acknowledgement.
    pub recovery: Duration,
    /// Whether connections may end without a close frame.
    pub may_cut: bool,
    /// Resident memory of a node, in MiB.
    pub memory_mib: u64,
}

impl Bounds {
    /// What clients may notice of a node or store that is gone, from its end to its return.
    pub const USUAL: Self = Self {
        delivery: Duration::from_secs(10),
        calm: Duration::from_millis(250),
        unavailable: Duration::from_secs(10),
        recovery: Duration::from_secs(5),
        may_cut: true,
        memory_mib: 512,
    };
}

/// A load that a fault strikes again and again.
#[derive(Debug, Clone, Copy)]
pub struct Strikes {
    /// What breaks.
    pub fault: Fault,
    /// Between two faults.
    pub gap: Duration,
    /// How often it breaks for every 20,000 messages, however soon they are acknowledged.
    pub times: usize,
    /// What it may take.
    pub bounds: Bounds,
    /// How much load.
    pub shape: Shape,
    /// What is done beside the load.
    pub beside: Option<Beside>,
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
            let (over, stop) = watch::channel(false);
            let beside = self
                .beside
                .map(|beside| tokio::spawn(beside(scene(&load, &cluster, part, seed, stop))));
            self.strike(&load, &mut cluster, left.min(PART), seed, &mut row)
                .await?;
            over.send_replace(true);
            if let Some(beside) = beside {
                row.merge(beside.await??);
            }
            cluster.heal();
            left = left.saturating_sub(load.acked());
            let evidence = load.finish(&cluster).await?;
            self.judge(&evidence, &mut row);
            if left == 0 {
                break;
            }
        }
        self.weigh(&mut cluster, &mut row);
        Ok(row)
    }

    /// Breaks and heals as often as that many messages ask for, and waits for the rest of them.
    async fn strike(
        &self,
        load: &Load,
        cluster: &mut Cluster,
        acks: u64,
        seed: u64,
        row: &mut Row,
    ) -> Result<(), Failure> {
        let mut random = chance(seed, 1 << 40);
        let rounds = usize::try_from(acks.div_ceil(ROUND))?;
        for _ in 0..self.times * rounds {
            sleep(self.gap).await;
            let note = |kind| load.history.note(Record::new(0, Op::Fault, kind));
            if self.fault != Fault::None {
                note(Kind::Invoke).await;
                self.fault.strike(cluster, &mut random, row).await?;
                note(Kind::Ok).await;
            }
        }
        while load.acked() < acks {
            sleep(LOOK).await;
        }
        // What the last fault did must come to an end by itself.
        sleep(self.gap).await;
        Ok(())
    }

    fn judge(&self, evidence: &Evidence, row: &mut Row) {
        let verdict = check(evidence, self.bounds.delivery);
        let calm = Duration::from_micros(verdict.calm.p99_us);
        for (what, took, bound) in [
            (
                "nobody was acknowledged",
                verdict.unavailable,
                self.bounds.unavailable,
            ),
            (
                "nobody was acknowledged after a fault",
                verdict.recovery,
                self.bounds.recovery,
            ),
            (
                "of deliveries without a fault, 99 %",
                calm,
                self.bounds.calm,
            ),
        ] {
            if took > bound {
                row.findings
                    .add(Anomaly::Overdue, || format!("{what}: {took:?}"));
            }
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

    fn weigh(&self, cluster: &mut Cluster, row: &mut Row) {
        row.peak_kib = cluster.peak_kib();
        if row.peak_kib > self.bounds.memory_mib << 10 {
            let peak = row.peak_kib >> 10;
            row.findings
                .add(Anomaly::Unbounded, || format!("a node had {peak} MiB"));
        }
    }
}

fn scene(
    load: &Load,
    cluster: &Cluster,
    number: u64,
    seed: u64,
    stop: watch::Receiver<bool>,
) -> Scene {
    Scene {
        cast: load.cast.clone(),
        bases: cluster.bases(),
        entrances: cluster.entrances(),
        history: load.history.clone(),
        number,
        seed,
        stop,
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
