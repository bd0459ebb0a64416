//! A bus that does to publications whatever a bus may do.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chat_core::id::{NodeId, UserId};
use chat_core::memory::MemoryBus;
use chat_core::presence::{BusError, BusEvent, PresenceBus, Publication, Topic};
use tokio::sync::mpsc;
use tokio::time::sleep;

/// Random numbers that a seed decides (splitmix64).
#[derive(Debug)]
pub(crate) struct Dice(AtomicU64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// A number below `sides`.
    pub(crate) fn roll(&self, sides: u64) -> u64 {
        let step = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.0.fetch_add(step, Ordering::Relaxed).wrapping_add(step);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

/// What becomes of publications, each in a hundred.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mischief {
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    pub(crate) delayed: u64,
}

/// A [`MemoryBus`] with mischief, which can also go away. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct ChaosBus {
    bus: MemoryBus,
    dice: Arc<Dice>,
    mischief: Mischief,
    away: Arc<AtomicBool>,
    nodes: Arc<Mutex<HashMap<NodeId, mpsc::Sender<BusEvent>>>>,
}

impl ChaosBus {
    pub(crate) fn new(seed: u64, mischief: Mischief) -> Self {
        Self {
            bus: MemoryBus::default(),
            dice: Arc::new(Dice::new(seed)),
            mischief,
            away: Arc::default(),
            nodes: Arc::default(),
        }
    }

    /// One that does none.
    pub(crate) fn honest() -> Self {
        Self::new(0, Mischief::default())
    }

    /// Goes away: nodes are told, unless it does so silently.
    pub(crate) async fn go_away(&self, silently: bool) {
        self.away.store(true, Ordering::Release);
        if !silently {
            self.tell(BusEvent::Disconnected).await;
        }
    }

    /// Comes back.
    pub(crate) async fn come_back(&self) {
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
                    bus.bus.publish(&[publication]).await.unwrap();
                }
            });
            return Ok(());
        }
        self.bus.publish(std::slice::from_ref(publication)).await
    }
}

#[async_trait]
impl PresenceBus for ChaosBus {
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
