//! Reading gaps from the store, those of many topics at once.

use std::collections::HashSet;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::sleep;

use crate::model::Changes;
use crate::store::{MessageStore, Since};

/// Rows that are read to close one gap.
const ROWS: usize = 1_000;

/// How many gaps are read at once.
const AT_ONCE: usize = 50;

/// How long to wait before the store is asked again.
const RETRY: Duration = Duration::from_millis(500);

/// Reads gaps. While one reading is under way, further gaps gather for the next. There are never more than
/// topics, for each waits for its own.
#[derive(Debug)]
pub(super) struct Healer {
    messages: Arc<dyn MessageStore>,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Gap>,
    running: bool,
}

#[derive(Debug)]
struct Gap {
    since: Since,
    answer: oneshot::Sender<Option<Changes>>,
}

impl Healer {
    pub(super) fn new(messages: Arc<dyn MessageStore>) -> Self {
        Self {
            messages,
            queue: Mutex::default(),
        }
    }

    /// What changed behind a place; truncated if that is too much. None if the conversation does not exist.
    /// While the store cannot be reached, it waits.
    pub(super) async fn read(self: &Arc<Self>, since: Since) -> Option<Changes> {
        loop {
            match self.ask(since).await {
                Ok(changes) => return changes,
                // The reading panicked: it is the store's fault, and may pass.
                Err(_) => sleep(RETRY).await,
            }
        }
    }

    fn ask(self: &Arc<Self>, since: Since) -> oneshot::Receiver<Option<Changes>> {
        let (answer, changes) = oneshot::channel();
        let mut queue = self.lock();
        queue.waiting.push(Gap { since, answer });
        if !std::mem::replace(&mut queue.running, true) {
            tokio::spawn(run(Arc::clone(self)));
        }
        changes
    }

    /// What to read next: of one conversation one gap, the others of it wait.
    fn take(&self) -> Vec<Gap> {
        let mut queue = self.lock();
        let mut taken = HashSet::new();
        let next = |gap: &mut Gap| taken.len() < AT_ONCE && taken.insert(gap.since.conversation);
        let gaps: Vec<Gap> = queue.waiting.extract_if(.., next).collect();
        queue.running = !gaps.is_empty();
        gaps
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets the next gap start a new run if this one panicked.
struct Restart(Arc<Healer>);

impl Drop for Restart {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut queue = self.0.lock();
            queue.running = false;
            // Whoever waits asks again.
            queue.waiting.clear();
        }
    }
}

async fn run(healer: Arc<Healer>) {
    let healer = Restart(healer);
    loop {
        let gaps = healer.0.take();
        if gaps.is_empty() {
            return;
        }
        metrics::counter!("chat_gaps_healed_total").increment(gaps.len() as u64);
        let places: Vec<Since> = gaps.iter().map(|gap| gap.since).collect();
        let mut found = healer.0.changes(&places).await;
        for Gap { since, answer } in gaps {
            let place = found
                .iter()
                .position(|changes| changes.conversation.id == since.conversation);
            // Its topic may be gone.
            let _ = answer.send(place.map(|place| found.swap_remove(place)));
        }
    }
}

impl Healer {
    async fn changes(&self, places: &[Since]) -> Vec<Changes> {
        loop {
            match self.messages.changes(places, ROWS).await {
                Ok(changes) => return changes,
                Err(error) => {
                    tracing::warn!(error = &error as &dyn Error, "cannot read gaps yet");
                }
            }
            sleep(RETRY).await;
        }
    }
}
