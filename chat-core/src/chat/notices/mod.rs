//! Telling members of messages that no session brought them.
//!
//! ```text
//! publish ──note──▶ Queue ──after a while──▶ Look ──▶ Notifier
//!                   │ one place for each       │ members who were not reached, page by page:
//!                   │ conversation, bounded    │ not those who are online, who block, or who left
//! ```
//!
//! Whoever publishes only notes a number. A worker runs while something waits, and ends when nothing does. What
//! waits is in memory: it goes with the process, and the inbox remains.

mod look;
mod queue;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::id::{ConversationId, Seq};

pub(super) use look::Look;
use queue::{Gathered, Queue};

/// How many conversations are looked at at once. Most of a look is waiting for the notifier: one that hangs is to hold
/// up few others.
const AT_ONCE: usize = 256;

/// Messages that members may have to be told of. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Notices {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    look: Look,
    after: Duration,
    state: Mutex<State>,
    /// Told of the first message of a conversation, and of hurry.
    noted: Notify,
    /// Whether a worker runs; written under the lock of `state`.
    running: watch::Sender<bool>,
}

#[derive(Debug)]
struct State {
    queue: Queue,
    /// Nothing waits any longer.
    hurried: bool,
}

/// What the worker does next.
#[derive(Debug)]
enum Step {
    Look(Gathered),
    Wait(Option<Instant>),
    End,
}

impl Notices {
    pub(super) fn new(look: Look, after: Duration, at_most: usize) -> Self {
        let state = State {
            queue: Queue::new(at_most),
            hurried: false,
        };
        Self {
            shared: Arc::new(Shared {
                look,
                after,
                state: Mutex::new(state),
                noted: Notify::new(),
                running: watch::Sender::new(false),
            }),
        }
    }

    /// Takes messages up that were just published. Never waits; called within a runtime.
    pub(super) fn note(&self, messages: impl IntoIterator<Item = (ConversationId, Seq)>) {
        let due = Instant::now() + self.shared.after;
        let mut dropped = 0;
        let mut state = self.shared.lock();
        let was_empty = state.queue.len() == 0;
        for (conversation, seq) in messages {
            dropped += u64::from(!state.queue.note(conversation, seq, due));
        }
        // Whatever was there already is due before this: the worker knows of it.
        let wake = was_empty && state.queue.len() > 0;
        let start = wake && !self.shared.running.send_replace(true);
        drop(state);
        if dropped > 0 {
            metrics::counter!("chat_notices_dropped_total").increment(dropped);
        }
        if start {
            tokio::spawn(run(Arc::clone(&self.shared)));
        } else if wake {
            self.shared.noted.notify_one();
        }
    }

    /// How many conversations wait.
    pub(super) fn waiting(&self) -> usize {
        self.shared.lock().queue.len()
    }

    /// What waits is due, and what comes is at once.
    pub(super) fn hurry(&self) {
        self.shared.lock().hurried = true;
        self.shared.noted.notify_one();
    }

    /// Waits until nothing waits and nobody is being told.
    pub(super) async fn told(&self) {
        let mut running = self.shared.running.subscribe();
        // The sender is in `self`, which is here.
        let _ = running.wait_for(|running| !running).await;
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn step(&self, looks: usize) -> Step {
        let mut state = self.lock();
        match state.queue.next_due() {
            None if looks == 0 => {
                self.running.send_replace(false);
                Step::End
            }
            None => Step::Wait(None),
            Some(_) if looks >= AT_ONCE => Step::Wait(None),
            Some(due) if due <= Instant::now() || state.hurried => {
                state.queue.take().map_or(Step::Wait(None), Step::Look)
            }
            Some(due) => Step::Wait(Some(due)),
        }
    }
}

/// Looks at each conversation when it is due, until none is left.
async fn run(shared: Arc<Shared>) {
    let mut looks = JoinSet::new();
    loop {
        match shared.step(looks.len()) {
            Step::End => return,
            Step::Look(gathered) => {
                let shared = Arc::clone(&shared);
                looks.spawn(async move { shared.look.look(gathered).await });
            }
            Step::Wait(until) => {
                let due = until.unwrap_or_else(Instant::now);
                // Each of these can be dropped and asked again.
                tokio::select! {
                    Some(looked) = looks.join_next() => look::note_panic(looked),
                    () = sleep_until(due), if until.is_some() => {}
                    () = shared.noted.notified() => {}
                }
            }
        }
    }
}
