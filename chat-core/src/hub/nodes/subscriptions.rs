//! The topics that this node hears of: kept like those that have a subscriber here.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{sleep, timeout};

use crate::hub::Shared;
use crate::id::NodeId;
use crate::presence::{BusError, BusEvent, PresenceBus, Topic as Key};
use crate::sync::{Mutex, MutexGuard};

/// How long somebody waits for the bus to know of a topic.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long after a failure it is tried again.
const PAUSE: Duration = Duration::from_millis(250);

/// How many topics go into one call.
const BATCH: usize = 1_000;

/// Topics that came or went and of which the bus does not know yet.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    state: Mutex<Changes>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Changes {
    topics: HashSet<Key>,
    waiting: Vec<oneshot::Sender<()>>,
}

impl Subscriptions {
    /// The topic may have come or gone: whichever it is when the bus is told counts.
    pub(super) fn note(&self, topic: Key) {
        self.lock().topics.insert(topic);
        self.changed.notify_one();
    }

    /// Waits until the bus knows of what was noted, for a limited time.
    pub(super) async fn settled(&self) {
        let (told, settled) = oneshot::channel();
        self.lock().waiting.push(told);
        self.changed.notify_one();
        // Whoever waited in vain is healed by the next look into the store.
        let _ = timeout(PATIENCE, settled).await;
    }

    fn take(&self) -> Changes {
        std::mem::take(&mut *self.lock())
    }

    fn put_back(&self, changes: Changes) {
        let mut state = self.lock();
        state.topics.extend(changes.topics);
        state.waiting.extend(changes.waiting);
        state.waiting.retain(|told| !told.is_closed());
    }

    fn lock(&self) -> MutexGuard<'_, Changes> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Attaches the node and tells the bus of its topics, until the hub is gone.
pub(super) async fn run(
    subscriptions: Arc<Subscriptions>,
    bus: Arc<dyn PresenceBus>,
    node: NodeId,
    events: mpsc::Sender<BusEvent>,
    hub: Weak<Shared>,
) {
    while bus.attach(node, events.clone()).await.is_err() {
        sleep(PAUSE).await;
    }
    drop(events);
    subscriptions.note(Key::Nodes);
    let mut known = HashSet::new();
    loop {
        let changes = subscriptions.take();
        if changes.topics.is_empty() && changes.waiting.is_empty() {
            subscriptions.changed.notified().await;
            continue;
        }
        let Some(hub) = hub.upgrade() else { return };
        let told = tell(&*bus, node, &hub, &changes.topics, &mut known).await;
        drop(hub);
        if told.is_ok() {
            for waiting in changes.waiting {
                // It may have stopped waiting.
                let _ = waiting.send(());
            }
        } else {
            subscriptions.put_back(changes);
            sleep(PAUSE).await;
        }
    }
}

/// Subscribes to what is there now and to no more of what is not.
async fn tell(
    bus: &dyn PresenceBus,
    node: NodeId,
    hub: &Shared,
    topics: &HashSet<Key>,
    known: &mut HashSet<Key>,
) -> Result<(), BusError> {
    let (come, gone): (Vec<Key>, Vec<Key>) = topics
        .iter()
        .filter(|topic| known.contains(topic) != hub.registry.hears_of(topic))
        .cloned()
        .partition(|topic| !known.contains(topic));
    for some in come.chunks(BATCH) {
        bus.subscribe(node, some).await?;
        known.extend(some.iter().cloned());
    }
    for some in gone.chunks(BATCH) {
        bus.unsubscribe(node, some).await?;
        known.retain(|topic| !some.contains(topic));
    }
    Ok(())
}
