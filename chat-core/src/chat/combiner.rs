//! Group commit: while one batch is in the store, arriving requests gather; the next takes them all.
//!
//! An idle combiner adds no delay. Under load the number of transactions follows the store's
//! speed, not the number of requests. Requests are worked on in the order they came.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::chat::Error;

/// What a combiner does with a batch.
#[async_trait]
pub(super) trait Work: fmt::Debug + Send + Sync + 'static {
    type Request: Send + 'static;
    type Answer: Send + 'static;

    /// Works on a batch; one answer per request, in order.
    async fn work(&self, requests: &[Self::Request]) -> Vec<Result<Self::Answer, Error>>;
}

/// Told the answer, on the combiner's task: it must be quick.
pub(super) type Done<A> = Box<dyn FnOnce(Result<A, Error>) + Send>;

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
    waiting: VecDeque<(W::Request, Done<W::Answer>)>,
    running: bool,
}

impl<W: Work> Combiner<W> {
    pub(super) fn new(work: W, max_waiting: usize, max_batch: usize) -> Self {
        let queue = Mutex::new(Queue {
            waiting: VecDeque::new(),
            running: false,
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

    /// Adds a request. Whatever becomes of the caller, it is worked on and `done` is told.
    pub(super) fn submit(&self, request: W::Request, done: Done<W::Answer>) {
        let mut queue = self.shared.lock();
        if queue.waiting.len() >= self.shared.max_waiting {
            drop(queue);
            return done(Err(Error::Busy));
        }
        queue.waiting.push_back((request, done));
        if !std::mem::replace(&mut queue.running, true) {
            tokio::spawn(run(Arc::clone(&self.shared)));
        }
    }

    /// Adds a request and waits for its answer.
    ///
    /// # Cancel safety
    /// A dropped call is worked on all the same.
    pub(super) async fn call(&self, request: W::Request) -> Result<W::Answer, Error> {
        let (answer, answered) = tokio::sync::oneshot::channel();
        self.submit(request, Box::new(|result| drop(answer.send(result))));
        answered.await.unwrap_or(Err(Error::Busy))
    }
}

async fn run<W: Work>(shared: Arc<Shared<W>>) {
    let mut restart = Restart {
        shared: Arc::clone(&shared),
        armed: true,
    };
    loop {
        let (requests, dones): (Vec<_>, Vec<_>) = {
            let mut queue = shared.lock();
            if queue.waiting.is_empty() {
                queue.running = false;
                // From here on another run may have begun.
                restart.armed = false;
                return;
            }
            let count = queue.waiting.len().min(shared.max_batch);
            queue.waiting.drain(..count).unzip()
        };
        let mut answers = shared.work.work(&requests).await.into_iter();
        for done in dones {
            done(answers.next().unwrap_or(Err(Error::Busy)));
        }
    }
}

/// Lets the next request start a new run if this one's work panicked: one bad batch must not stop
/// all others.
struct Restart<W: Work> {
    shared: Arc<Shared<W>>,
    armed: bool,
}

impl<W: Work> Drop for Restart<W> {
    fn drop(&mut self) {
        if self.armed {
            self.shared.lock().running = false;
        }
    }
}

impl<W: Work> Shared<W> {
    fn lock(&self) -> MutexGuard<'_, Queue<W>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
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
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Semaphore;

    use super::*;

    /// Answers each request with the number of its batch, once the test lets it.
    #[derive(Debug)]
    struct Numbered {
        batches: AtomicUsize,
        go: Arc<Semaphore>,
    }

    #[async_trait]
    impl Work for Numbered {
        type Request = usize;
        type Answer = (usize, usize);

        async fn work(&self, requests: &[usize]) -> Vec<Result<(usize, usize), Error>> {
            self.go.acquire().await.unwrap().forget();
            assert!(!requests.contains(&99), "a batch that panics");
            let batch = self.batches.fetch_add(1, Ordering::Relaxed);
            requests
                .iter()
                .map(|request| Ok((batch, *request)))
                .collect()
        }
    }

    fn numbered(max_waiting: usize) -> (Arc<Combiner<Numbered>>, Arc<Semaphore>) {
        let go = Arc::new(Semaphore::new(0));
        let work = Numbered {
            batches: AtomicUsize::new(0),
            go: Arc::clone(&go),
        };
        (Arc::new(Combiner::new(work, max_waiting, 64)), go)
    }

    #[tokio::test]
    async fn requests_that_come_while_a_batch_is_worked_on_make_up_the_next() {
        let (combiner, go) = numbered(100);
        let mut calls = Vec::new();
        for request in 0..10 {
            let combiner = Arc::clone(&combiner);
            calls.push(tokio::spawn(async move {
                combiner.call(request).await.unwrap()
            }));
            tokio::task::yield_now().await;
        }
        go.add_permits(2);

        for (request, call) in calls.into_iter().enumerate() {
            assert_eq!(call.await.unwrap(), (request.min(1), request));
        }
    }

    #[tokio::test]
    async fn a_full_queue_is_busy_at_once() {
        let (combiner, go) = numbered(1);
        let (first, second) = (Arc::clone(&combiner), Arc::clone(&combiner));
        let first = tokio::spawn(async move { first.call(1).await });
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        let second = tokio::spawn(async move { second.call(2).await });
        tokio::task::yield_now().await;

        assert!(matches!(combiner.call(3).await, Err(Error::Busy)));
        go.add_permits(2);
        assert!(first.await.unwrap().is_ok() && second.await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn a_batch_that_panics_fails_its_own_requests_and_no_others() {
        let (combiner, go) = numbered(100);
        go.add_permits(2);

        assert!(combiner.call(99).await.is_err());
        assert_eq!(combiner.call(7).await.unwrap(), (0, 7));
    }
}
