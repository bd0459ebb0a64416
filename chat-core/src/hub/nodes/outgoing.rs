//! What waits to be published: bounded, in order, and given up rather than waited for.

use std::collections::VecDeque;
use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use crate::hub::Shared;
use crate::presence::{PresenceBus, Publication};
use crate::sync::{Mutex, MutexGuard};

/// How many publications wait at most.
const MAX_WAITING: usize = 8_192;

/// How many bytes of payload wait at most: 8 MiB.
const MAX_BYTES: usize = 8 << 20;

/// How many are published at once.
const BATCH: usize = 256;

/// How long the bus may take for a batch.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long nothing is published after a failure.
const PAUSE: Duration = Duration::from_millis(250);

/// Publications on their way out.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    queue: Mutex<Queue>,
    filled: Notify,
    lost: AtomicU64,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Publication>,
    bytes: usize,
}

impl Outgoing {
    /// Queues a publication, or loses it.
    pub(super) fn push(&self, publication: Publication) {
        let mut queue = self.lock();
        let bytes = queue.bytes + publication.payload.len();
        if queue.waiting.len() >= MAX_WAITING || bytes > MAX_BYTES {
            drop(queue);
            self.note_loss();
            return;
        }
        queue.bytes = bytes;
        queue.waiting.push_back(publication);
        drop(queue);
        self.filled.notify_one();
    }

    /// How often something was lost here: other nodes look into the store when it grows.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Acquire)
    }

    fn note_loss(&self) {
        self.lost.fetch_add(1, Ordering::AcqRel);
        metrics::counter!("chat_bus_publications_lost_total").increment(1);
    }

    fn take(&self) -> Vec<Publication> {
        let mut queue = self.lock();
        let count = queue.waiting.len().min(BATCH);
        let batch: Vec<_> = queue.waiting.drain(..count).collect();
        queue.bytes -= batch.iter().map(|p| p.payload.len()).sum::<usize>();
        batch
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Publishes what waits, until the hub is gone.
pub(super) async fn run(outgoing: Arc<Outgoing>, bus: Arc<dyn PresenceBus>, hub: Weak<Shared>) {
    loop {
        let batch = outgoing.take();
        if batch.is_empty() {
            outgoing.filled.notified().await;
            continue;
        }
        let published = timeout(PATIENCE, bus.publish(&batch)).await;
        let Some(hub) = hub.upgrade() else { return };
        let failed = !matches!(published, Ok(Ok(())));
        if hub.nodes.health().note_publishing(failed) && failed {
            let error = published.err().map(|late| Box::new(late) as Box<dyn Error>);
            tracing::warn!(error, "the bus takes no publications");
        }
        drop(hub);
        if failed {
            outgoing.note_loss();
            sleep(PAUSE).await;
        } else {
            metrics::counter!("chat_bus_publications_total").increment(batch.len() as u64);
        }
    }
}
