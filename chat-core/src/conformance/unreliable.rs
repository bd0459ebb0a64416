//! A bus that does to publications whatever its contract lets a bus do: for tests of what stands on one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::id::{NodeId, UserId};
use crate::presence::{BusError, BusEvent, PresenceBus, Publication, Topic};
use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio::time::sleep;

/// Random numbers that a seed decides (splitmix64).
#[derive(Debug)]
struct Dice(AtomicU64);

impl Dice {
    /// A number below `sides`.
    fn roll(&self, sides: u64) -> u64 {
        let step = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.0.fetch_add(step, Ordering::Relaxed).wrapping_add(step);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

/// What becomes of publications: how many of a hundred.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mischief {
    /// Reach nobody, and nobody is told.
    pub lost: u64,
    /// Come twice.
    pub doubled: u64,
    /// Come up to 60 ms late, after others.
    pub delayed: u64,
}

/// A bus between hubs of one process that does mischief, as a seed decides, and can go away. Clones share it.
#[derive(Debug, Clone)]
pub struct UnreliableBus {
    bus: Arc<dyn PresenceBus>,
    dice: Arc<Dice>,
    mischief: Mischief,
    away: Arc<AtomicBool>,
    nodes: Arc<Mutex<HashMap<NodeId, mpsc::Sender<BusEvent>>>>,
}

impl UnreliableBus {
    /// Does mischief to what `bus` carries.
    pub fn new(bus: impl PresenceBus, seed: u64, mischief: Mischief) -> Self {
        Self {
            bus: Arc::new(bus),
            dice: Arc::new(Dice(AtomicU64::new(seed))),
            mischief,
            away: Arc::default(),
            nodes: Arc::default(),
        }
    }

    /// Goes away: every call fails. Nodes are not told.
    pub fn fall_silent(&self) {
        self.away.store(true, Ordering::Release);
    }

    /// Goes away: every call fails, and nodes are told.
    pub async fn go_away(&self) {
        self.fall_silent();
        self.tell(BusEvent::Disconnected).await;
    }

    /// Comes back, and nodes are told.
    pub async fn come_back(&self) {
        self.away.store(false, Ordering::Release);
        self.tell(BusEvent::Lagged).await;
    }

    async fn tell(&self, event: BusEvent) {
        let nodes: Vec<_> = self.nodes.lock().unwrap().values().cloned().collect();
        for node in nodes {
            // It may be gone.
            let _ = node.send(event.clone()).await;
        }
    }

    fn happens(&self, in_a_hundred: u64) -> bool {
        self.dice.roll(100) < in_a_hundred
    }

    fn reached(&self) -> Result<(), BusError> {
        match self.away.load(Ordering::Acquire) {
            true => Err(BusError::new("away")),
            false => Ok(()),
        }
    }

    async fn carry(&self, publication: &Publication) -> Result<(), BusError> {
        if self.happens(self.mischief.lost) {
            return Ok(());
        }
        if self.happens(self.mischief.delayed) {
            let (bus, publication) = (self.clone(), publication.clone());
            let delay = Duration::from_millis(self.dice.roll(60));
            tokio::spawn(async move {
                sleep(delay).await;
                if bus.reached().is_ok() {
                    drop(bus.bus.publish(&[publication]).await);
                }
            });
            return Ok(());
        }
        self.bus.publish(std::slice::from_ref(publication)).await
    }
}

#[async_trait]
impl PresenceBus for UnreliableBus {
    async fn attach(&self, node: NodeId, events: mpsc::Sender<BusEvent>) -> Result<(), BusError> {
        self.reached()?;
        self.nodes.lock().unwrap().insert(node, events.clone());
        self.bus.attach(node, events).await
    }

    async fn publish(&self, publications: &[Publication]) -> Result<(), BusError> {
        self.reached()?;
        for publication in publications {
            self.carry(publication).await?;
            if self.happens(self.mischief.doubled) {
                self.carry(publication).await?;
            }
        }
        Ok(())
    }

    async fn subscribe(&self, node: NodeId, topics: &[Topic]) -> Result<(), BusError> {
        self.reached()?;
        self.bus.subscribe(node, topics).await
    }

    async fn unsubscribe(&self, node: NodeId, topics: &[Topic]) -> Result<(), BusError> {
        self.reached()?;
        self.bus.unsubscribe(node, topics).await
    }

    async fn renew(&self, node: NodeId, users: &[UserId]) -> Result<(), BusError> {
        self.reached()?;
        self.bus.renew(node, users).await
    }

    async fn release(&self, node: NodeId, users: &[UserId]) -> Result<(), BusError> {
        self.reached()?;
        self.bus.release(node, users).await
    }

    async fn online(&self, users: &[UserId]) -> Result<Vec<UserId>, BusError> {
        self.reached()?;
        self.bus.online(users).await
    }
}
