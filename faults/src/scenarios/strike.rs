//! Faults that strike under load, each with its healing.

use std::time::Duration;

use tokio::time::sleep;

use super::clock;
use crate::check::Anomaly;
use crate::cluster::{Bus, Cluster, Failure, Store, blocking};
use crate::node::Node;
use crate::proxy::{Link, Mode, Proxy};
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
    /// The connection of every device at a node is reset, and now and then refused for a while of at most this.
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
            Self::None => return Ok(()),
            Self::NodeKill => {
                cluster.nodes[node].kill();
                cluster.nodes[node].start().await?;
            }
            Self::NodeStop { from, to } => {
                let during = from + (to - from).mul_f64(random.f64());
                stop(&cluster.nodes[node], during).await?;
            }
            Self::NodeRestart => restart(&mut cluster.nodes[node], row).await?,
            Self::StoreKill => kill_store(&mut cluster.store)?,
            Self::StoreStop(during) => stop_store(&cluster.store, during).await?,
            Self::BusKill(during) => kill_bus(&mut cluster.bus, during).await?,
            Self::BusCut(during) => cut(&cluster.links[node], during).await,
            Self::BusHalfOpen(during) => {
                let half_open = Link::mode(Mode::Swallow);
                worsen(&cluster.links[node..=node], half_open, during).await;
            }
            Self::BusSlow { by, during } => {
                worsen(&cluster.links, Link::slow(by, by / 10), during).await;
            }
            Self::BusEndsSubscribers => blocking(|| cluster.bus.end_subscribers())?,
            Self::DevicesCut(most) => {
                // Mostly at once: those who are back soonest meet what is just being sent.
                let is_long = random.u8(..8) == 0;
                let during = most.mul_f64(if is_long { random.f64() } else { 0.0 });
                cut(&cluster.doors[node], during).await;
            }
            Self::ClockJump(during) => jump(cluster, random.bool(), during).await?,
        }
        row.faults += 1;
        Ok(())
    }
}

async fn stop(node: &Node, during: Duration) -> Result<(), Failure> {
    node.stop()?;
    sleep(during).await;
    Ok(node.resume()?)
}

/// Ends a node as an operator does: it ends by itself, in time and with success.
async fn restart(node: &mut Node, row: &mut Row) -> Result<(), Failure> {
    match node.terminate(DRAINED).await {
        Ok(ended) if ended.code == Some(0) => {
            row.worst("drain_ms_max", ended.took.as_secs_f64() * 1e3);
        }
        Ok(ended) => row.findings.add(Anomaly::Disturbed, || {
            format!("{} ended with {:?}", node.name(), ended.code)
        }),
        Err(_) => row.findings.add(Anomaly::Stuck, || {
            format!("{} did not end within {DRAINED:?}", node.name())
        }),
    }
    Ok(node.start().await?)
}

fn kill_store(store: &mut Store) -> Result<(), Failure> {
    blocking(|| {
        store.kill();
        store.restart()
    })
}

async fn stop_store(store: &Store, during: Duration) -> Result<(), Failure> {
    blocking(|| store.pause())?;
    sleep(during).await;
    blocking(|| store.resume())
}

async fn kill_bus(bus: &mut Bus, during: Duration) -> Result<(), Failure> {
    blocking(|| bus.kill());
    sleep(during).await;
    blocking(|| bus.restart())
}

/// Resets what is open, and lets nobody in for a while.
async fn cut(proxy: &Proxy, during: Duration) {
    proxy.set(Link::mode(Mode::Refuse));
    proxy.cut();
    sleep(during).await;
    proxy.heal();
}

/// Makes links bad for a while.
async fn worsen(links: &[Proxy], to: Link, during: Duration) {
    for link in links {
        link.set(to);
    }
    sleep(during).await;
    for link in links {
        link.heal();
    }
}

/// Puts the clock forward or back for a while.
async fn jump(cluster: &Cluster, forward: bool, during: Duration) -> Result<(), Failure> {
    clock::set(cluster, if forward { HOUR } else { -HOUR })?;
    sleep(during).await;
    Ok(clock::set(cluster, 0)?)
}
