//! Group commit: while one batch is in the store, arriving requests gather; the next takes them all.
//!
//! An idle combiner adds no delay. Under load the number of transactions follows the store's
//! speed, not the number of requests. Requests of one lane are worked on in the order they came.
//! A lane that cannot go on now is set aside: it goes on alone, and nobody else waits for it.

mod runner;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use runner::Runner;
use tokio::runtime::Handle;

use crate::chat::Error;
use crate::chat::within::within;
use crate::hub::{Connection, Cork};

/// How long a batch of a single lane is waited for before it goes on aside: the usual batch takes a few
/// milliseconds.
const PATIENCE: Duration = Duration::from_millis(100);

/// How many turns of the runtime those who were answered get to ask again: 64 of them take two or three. One is about a
/// microsecond when nobody has anything to do.
const TURNS: usize = 4;

/// What a combiner does with a batch.
#[async_trait]
pub(super) trait Work: fmt::Debug + Send + Sync + 'static {
    type Request: Send + 'static;
    type Answer: Send + 'static;
    /// What requests must not overtake each other for.
    type Lane: Copy + Eq + Hash + Send + 'static;

    /// The lane of a request.
    fn lane(request: &Self::Request) -> Self::Lane;

    /// Whether an answer says that its lane cannot go on now, and may alone.
    fn is_held(answer: &Result<Self::Answer, Error>) -> bool;

    /// Works on a batch; one answer per request, in order.
    async fn work(&self, requests: &[Self::Request]) -> Vec<Result<Self::Answer, Error>>;

    /// Tells others what came of a batch, before those who asked are told.
    fn publish(&self, requests: &[Self::Request], answers: &[Result<Self::Answer, Error>]);
}

/// Told the answer, on the combiner's task: it must be quick.
pub(super) type Done<A> = Box<dyn FnOnce(Result<A, Error>) + Send>;

/// Who is told an answer.
pub(super) struct Asker<A> {
    done: Done<A>,
    /// The connection that the request came over: what is published goes out to it in one write with the answer.
    from: Option<Arc<Connection>>,
}

/// Combines requests into batches.
pub(super) struct Combiner<W: Work> {
    shared: Arc<Shared<W>>,
}

struct Shared<W: Work> {
    work: W,
    max_waiting: usize,
    max_batch: usize,
    queue: Mutex<Queue<W>>,
}

struct Queue<W: Work> {
    waiting: VecDeque<Item<W>>,
    /// What waits in the lanes that were set aside; a lane is here as long as its task goes on.
    aside: HashMap<W::Lane, VecDeque<Item<W>>>,
    runner: Runner,
}

/// A request, and who is told its answer.
type Item<W> = (<W as Work>::Request, Asker<<W as Work>::Answer>);

impl<W: Work> Combiner<W> {
    pub(super) fn new(work: W, max_waiting: usize, max_batch: usize) -> Self {
        let queue = Mutex::new(Queue {
            waiting: VecDeque::new(),
            aside: HashMap::new(),
            runner: Runner::default(),
        });
        Self {
            shared: Arc::new(Shared {
                work,
                max_waiting,
                max_batch,
                queue,
            }),
        }
    }

    /// Adds a request that came over the connection `from`. Whatever becomes of the caller, it is worked on and `done`
    /// is told.
    pub(super) fn submit(
        &self,
        request: W::Request,
        from: Option<Arc<Connection>>,
        done: Done<W::Answer>,
    ) {
        let mut queue = self.shared.lock();
        let Queue { waiting, aside, .. } = &mut *queue;
        let lane = aside.get_mut(&W::lane(&request));
        let is_aside = lane.is_some();
        let place = lane.unwrap_or(waiting);
        if place.len() >= self.shared.max_waiting {
            drop(queue);
            metrics::counter!("chat_requests_refused_busy_total").increment(1);
            return done(Err(Error::Busy));
        }
        place.push_back((request, Asker { done, from }));
        if is_aside {
            return;
        }
        let call = queue.runner.call();
        drop(queue);
        call.make(|turn| run(Arc::clone(&self.shared), turn));
    }

    /// How many requests wait, those of lanes set aside included.
    pub(super) fn waiting(&self) -> usize {
        let queue = self.shared.lock();
        queue.waiting.len() + queue.aside.values().map(VecDeque::len).sum::<usize>()
    }

    /// Adds a request and waits for its answer.
    ///
    /// # Cancel safety
    /// A dropped call is worked on all the same.
    pub(super) async fn call(&self, request: W::Request) -> Result<W::Answer, Error> {
        let (answer, answered) = tokio::sync::oneshot::channel();
        self.submit(request, None, Box::new(|result| drop(answer.send(result))));
        answered.await.unwrap_or(Err(Error::Busy))
    }
}

async fn run<W: Work>(shared: Arc<Shared<W>>, turn: u64) {
    let _end = EndTurn {
        shared: Arc::clone(&shared),
        turn,
    };
    let mut enough = 0;
    while shared.has_more(turn).await {
        if enough > 0 {
            shared.gather(enough).await;
        }
        let (requests, askers): (Vec<_>, Vec<_>) = {
            let mut queue = shared.lock();
            let count = queue.waiting.len().min(shared.max_batch);
            queue.waiting.drain(..count).unzip()
        };
        let lane = W::lane(&requests[0]);
        let is_alone = requests.iter().all(|request| W::lane(request) == lane);
        let mut batch = work_on(Arc::clone(&shared), requests, askers);
        let worked = match is_alone {
            true => within(PATIENCE, &mut batch).await,
            false => Ok((&mut batch).await),
        };
        match worked {
            Ok(worked) => {
                enough = worked.enough;
                set_aside(&shared, worked.held);
            }
            Err(_) => {
                enough = 0;
                leave_aside(&shared, lane, batch);
            }
        }
    }
}

/// A batch that is worked on.
type Batch<W> = Pin<Box<dyn Future<Output = Worked<W>> + Send>>;

/// What is left of a batch.
struct Worked<W: Work> {
    /// The items whose lanes are held.
    held: Vec<Item<W>>,
    /// How many wait once those of this process that were answered have asked again; 0 if none of them were.
    enough: usize,
}

/// Works on a batch and tells the answers, but for those that say that a lane is held.
fn work_on<W: Work>(
    shared: Arc<Shared<W>>,
    requests: Vec<W::Request>,
    askers: Vec<Asker<W::Answer>>,
) -> Batch<W> {
    Box::pin(async move {
        let answers = shared.work.work(&requests).await;
        let from = askers.iter().filter_map(|asker| asker.from.clone());
        let _corks: Vec<Cork> = from.map(Cork::new).collect();
        shared.work.publish(&requests, &answers);
        let callers = askers.iter().filter(|asker| asker.from.is_none());
        let enough = match callers.count() {
            0 => 0,
            callers => shared.lock().waiting.len() + callers,
        };
        let (mut answers, mut held) = (answers.into_iter(), Vec::new());
        for (request, asker) in requests.into_iter().zip(askers) {
            match answers.next().unwrap_or(Err(Error::Busy)) {
                answer if W::is_held(&answer) => held.push((request, asker)),
                answer => (asker.done)(answer),
            }
        }
        Worked { held, enough }
    })
}

/// Has a lane go on alone whose batch takes long: it may wait for somebody who holds it.
fn leave_aside<W: Work>(shared: &Arc<Shared<W>>, lane: W::Lane, batch: Batch<W>) {
    let mut queue = shared.lock();
    queue.open_aside(lane);
    drop(queue);
    tokio::spawn(run_aside(Arc::clone(shared), lane, Some(batch)));
}

impl<W: Work> Queue<W> {
    /// Sets a lane aside, with what waits of it.
    fn open_aside(&mut self, lane: W::Lane) {
        let waiting = std::mem::take(&mut self.waiting);
        let (of_lane, rest) = waiting
            .into_iter()
            .partition(|item| W::lane(&item.0) == lane);
        self.waiting = rest;
        self.aside.insert(lane, of_lane);
    }
}

/// Has the lanes of these requests go on alone, with what waits behind them.
fn set_aside<W: Work>(shared: &Arc<Shared<W>>, held: Vec<Item<W>>) {
    let mut lanes: HashMap<W::Lane, Vec<Item<W>>> = HashMap::new();
    for item in held {
        lanes.entry(W::lane(&item.0)).or_default().push(item);
    }
    for (lane, items) in lanes {
        let mut queue = shared.lock();
        queue.open_aside(lane);
        let behind = queue.aside.entry(lane).or_default();
        for item in items.into_iter().rev() {
            behind.push_front(item);
        }
        drop(queue);
        tokio::spawn(run_aside(Arc::clone(shared), lane, None));
    }
}

/// Works on one lane until nothing waits in it. Whoever works on a lane alone waits for it.
async fn run_aside<W: Work>(shared: Arc<Shared<W>>, lane: W::Lane, begun: Option<Batch<W>>) {
    let mut end = EndLane {
        shared: Arc::clone(&shared),
        lane,
        armed: true,
    };
    if let Some(begun) = begun {
        refuse::<W>(begun.await.held);
    }
    loop {
        let (requests, askers): (Vec<_>, Vec<_>) = {
            let mut queue = shared.lock();
            let items = queue.aside.get_mut(&lane).filter(|items| !items.is_empty());
            let Some(items) = items else {
                queue.aside.remove(&lane);
                // From here on another task may have begun.
                end.armed = false;
                return;
            };
            let count = items.len().min(shared.max_batch);
            items.drain(..count).unzip()
        };
        let worked = work_on(Arc::clone(&shared), requests, askers).await;
        refuse::<W>(worked.held);
    }
}

/// Whoever is held though it was alone may try again later.
fn refuse<W: Work>(held: Vec<Item<W>>) {
    for (_, asker) in held {
        (asker.done)(Err(Error::Busy));
    }
}

/// Ends a lane whose work panicked: what waits in it is dropped, which its callers see.
struct EndLane<W: Work> {
    shared: Arc<Shared<W>>,
    lane: W::Lane,
    armed: bool,
}

impl<W: Work> Drop for EndLane<W> {
    fn drop(&mut self) {
        if self.armed {
            let left = self.shared.lock().aside.remove(&self.lane);
            drop(left);
        }
    }
}

/// Has the next request begin a new task when this one is gone, also by a panic, or with the runtime that it lived in.
struct EndTurn<W: Work> {
    shared: Arc<Shared<W>>,
    turn: u64,
}

impl<W: Work> Drop for EndTurn<W> {
    fn drop(&mut self) {
        let left = self.shared.lock().runner.end(self.turn);
        drop(left);
    }
}

impl<W: Work> Shared<W> {
    fn lock(&self) -> MutexGuard<'_, Queue<W>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is something to work on; false if that is not for this task any more.
    async fn has_more(&self, turn: u64) -> bool {
        let here = Handle::current().id();
        poll_fn(|context| {
            let mut queue = self.lock();
            let is_empty = queue.waiting.is_empty();
            queue.runner.wait(turn, is_empty, here, context.waker())
        })
        .await
    }

    /// Lets those who were answered ask again, so that all of it is one batch: if the first of them went alone, the others
    /// would wait for two. Who asks over a connection needs a round trip, and is not waited for.
    async fn gather(&self, enough: usize) {
        for _ in 0..TURNS {
            if self.lock().waiting.len() >= enough {
                return;
            }
            tokio::task::yield_now().await;
        }
    }
}

/// A task that waits for requests ends when nobody can make any.
impl<W: Work> Drop for Combiner<W> {
    fn drop(&mut self) {
        let waiting = self.shared.lock().runner.close();
        if let Some(waker) = waiting {
            waker.wake();
        }
    }
}

impl<W: Work> fmt::Debug for Combiner<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Combiner")
            .field("work", &self.shared.work)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
