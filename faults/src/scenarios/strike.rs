//! Faults that strike under load, each with its healing.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::clock;
use crate::check::Anomaly;
use crate::cluster::{Cluster, Failure, blocking};
use crate::proxy::{Link, Mode};
use crate::report::Row;

/// A node that was told to end must have ended within.
const DRAINED: Duration = Duration::from_secs(30);

/// In seconds.
const HOUR: i64 = 3_600;

/// What breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: what the load does by itself.
    None,
    /// A node is killed with SIGKILL and started again.
    NodeKill,
    /// A node stands still for a while, by SIGSTOP.
    NodeStop {
        /// How long at least.
        from: Duration,
        /// How long at most.
        to: Duration,
    },
    /// A node is told to end by SIGTERM, and started again once it has.
    NodeRestart,
    /// The store is killed with SIGKILL and started again.
    StoreKill,
    /// The bus is killed with SIGKILL, and started again, empty, after a while.
    BusKill(Duration),
    /// A node's link to the bus is cut and refused for a while.
    BusCut(Duration),
    /// A node's link to the bus takes everything and gives nothing for a while.
    BusHalfOpen(Duration),
    /// Everything on the bus takes longer, each way, for a while.
    BusSlow {
        /// How much longer.
        by: Duration,
        /// How long.
        during: Duration,
    },
    /// The bus ends its subscribers' connections.
    BusEndsSubscribers,
    /// The store stands still for a while, by SIGSTOP.
    StoreStop(Duration),
    /// Every device's connection is reset, and refused for a while of at most this.
    DevicesCut(Duration),
    /// The nodes' wall clock is an hour off, one way or the other, for a while.
    ClockJump(Duration),
}

impl Fault {
    /// Breaks something, and heals it. Figures and anomalies go to `row`.
    ///
    /// # Errors
    /// [`Failure`] if it cannot be broken or healed.
    pub async fn strike(
        self,
        cluster: &mut Cluster,
        random: &mut fastrand::Rng,
        row: &mut Row,
    ) -> Result<(), Failure> {
        let node = random.usize(..cluster.nodes.len());
        match self {
            Self::None => {}
            Self::NodeKill => {
                cluster.nodes[node].kill();
                cluster.nodes[node].start().await?;
            }
            Self::NodeStop { from, to } => {
                cluster.nodes[node].stop()?;
                sleep(from + (to - from).mul_f64(random.f64())).await;
                cluster.nodes[node].resume()?;
            }
            Self::NodeRestart => restart(cluster, node, row).await?,
            Self::StoreKill => {
                cluster.store.kill();
                blocking(|| cluster.store.restart())?;
            }
            Self::BusKill(during) => {
                cluster.bus.kill();
                sleep(during).await;
                blocking(|| cluster.bus.restart())?;
            }
            Self::BusCut(during) => {
                let link = &cluster.links[node];
                link.set(Link::mode(Mode::Refuse));
                link.cut();
                sleep(during).await;
                link.heal();
            }
            Self::BusHalfOpen(during) => {
                cluster.links[node].set(Link::mode(Mode::Swallow));
                sleep(during).await;
                cluster.links[node].heal();
            }
            Self::BusSlow { by, during } => {
                for link in &cluster.links {
                    link.set(Link::slow(by, by / 10));
                }
                sleep(during).await;
                cluster.heal();
            }
            Self::BusEndsSubscribers => blocking(|| cluster.bus.end_subscribers())?,
            Self::StoreStop(during) => {
                blocking(|| cluster.store.pause())?;
                sleep(during).await;
                blocking(|| cluster.store.resume())?;
            }
            Self::DevicesCut(most) => {
                let door = &cluster.doors[node];
                door.set(Link::mode(Mode::Refuse));
                door.cut();
                // Mostly short: those are the ones that meet what is just being sent.
                sleep(most.mul_f64(random.f64().powi(3))).await;
                door.heal();
            }
            Self::ClockJump(during) => {
                clock::set(cluster, if random.bool() { HOUR } else { -HOUR })?;
                sleep(during).await;
                clock::set(cluster, 0)?;
            }
        }
        row.faults += usize::from(self != Self::None);
        Ok(())
    }
}

/// Ends a node as an operator does: it turns unready, ends by itself, and with success.
async fn restart(cluster: &mut Cluster, node: usize, row: &mut Row) -> Result<(), Failure> {
    let node = &mut cluster.nodes[node];
    let begun = Instant::now();
    match node.terminate(DRAINED).await {
        Ok(ended) if ended.code == Some(0) => {
            row.worst("drain_ms_max", ended.took.as_secs_f64() * 1e3);
        }
        Ok(ended) => row.findings.add(Anomaly::Disturbed, || {
            format!("{} ended with {:?}", node.name(), ended.code)
        }),
        Err(_) => row.findings.add(Anomaly::Overdue, || {
            format!("{} did not end within {:?}", node.name(), begun.elapsed())
        }),
    }
    Ok(node.start().await?)
}
