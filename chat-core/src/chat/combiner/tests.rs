//! Batches, lanes, and what a full queue or a panic does.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;

use super::*;
use crate::model::Refusal;

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
    /// The last digit.
    type Lane = usize;

    fn lane(request: &usize) -> usize {
        request % 10
    }

    fn is_held(answer: &Result<(usize, usize), Error>) -> bool {
        matches!(answer, Err(Error::Refused(Refusal::Held)))
    }

    async fn work(&self, requests: &[usize]) -> Vec<Result<(usize, usize), Error>> {
        self.go.acquire().await.unwrap().forget();
        assert!(!requests.contains(&99), "a batch that panics");
        let batch = self.batches.fetch_add(1, Ordering::Relaxed);
        let alone = requests
            .iter()
            .all(|request| request % 10 == requests[0] % 10);
        let answer = |request: &usize| match request % 10 {
            // Lane 5 of larger numbers is held by somebody, who lets go of it for who asks alone.
            5 if !alone && *request > 10 => Err(Refusal::Held.into()),
            _ => Ok((batch, *request)),
        };
        requests.iter().map(answer).collect()
    }

    fn publish(&self, _requests: &[usize], _answers: &[Result<(usize, usize), Error>]) {}
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
async fn who_is_answered_and_asks_again_is_in_one_batch_with_those_who_waited() {
    let (combiner, go) = numbered(100);
    let (first, other) = (Arc::clone(&combiner), Arc::clone(&combiner));
    let first = tokio::spawn(async move {
        let (batch, _) = first.call(1).await.unwrap();
        // It has something else to do before.
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        let (next, _) = first.call(2).await.unwrap();
        (batch, next)
    });
    // The first batch is under way.
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    let other = tokio::spawn(async move { other.call(3).await.unwrap() });
    tokio::task::yield_now().await;
    go.add_permits(3);

    assert_eq!(first.await.unwrap(), (0, 1));
    assert_eq!(other.await.unwrap(), (1, 3));
}

#[test]
fn a_runtime_that_is_not_driven_any_more_keeps_no_other_waiting() {
    let (combiner, go) = numbered(100);
    go.add_permits(3);
    let runtime = || {
        let runtime = tokio::runtime::Builder::new_current_thread();
        { runtime }.enable_all().build().unwrap()
    };
    let (one, other) = (runtime(), runtime());
    let call = |request| {
        let call = tokio::time::timeout(Duration::from_secs(10), combiner.call(request));
        async move { call.await.unwrap().unwrap() }
    };

    assert_eq!(one.block_on(async { call(1).await }), (0, 1));
    assert_eq!(other.block_on(async { call(2).await }), (1, 2));
    drop(other);
    assert_eq!(one.block_on(async { call(3).await }), (2, 3));
}

#[tokio::test]
async fn a_task_that_waits_for_requests_ends_when_nobody_can_make_any() {
    let (combiner, go) = numbered(100);
    go.add_permits(1);
    combiner.call(1).await.unwrap();
    let shared = Arc::downgrade(&combiner.shared);
    drop(combiner);

    let end = async {
        while shared.strong_count() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), end)
        .await
        .unwrap();
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

#[tokio::test]
async fn a_held_lane_goes_on_alone_and_in_order_and_delays_no_other() {
    let (combiner, go) = numbered(100);
    let answered = Arc::new(Mutex::new(Vec::new()));
    let submit = |request: usize| {
        let answered = Arc::clone(&answered);
        combiner.submit(
            request,
            None,
            Box::new(move |answer| {
                answered.lock().unwrap().push(answer.unwrap().1);
            }),
        );
    };
    // The first batch is 1 alone; the second takes what came meanwhile.
    submit(1);
    tokio::task::yield_now().await;
    for request in [15, 2, 25, 3] {
        submit(request);
    }
    go.add_permits(2);
    while answered.lock().unwrap().len() < 3 {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        *answered.lock().unwrap(),
        [1, 2, 3],
        "the others do not wait"
    );
    // The lane's own task has no permit yet; what comes now is behind what was set aside.
    submit(35);
    submit(4);
    go.add_permits(10);
    while answered.lock().unwrap().len() < 7 {
        tokio::task::yield_now().await;
    }
    let lane: Vec<usize> = answered
        .lock()
        .unwrap()
        .iter()
        .copied()
        .filter(|n| n % 10 == 5)
        .collect();
    assert_eq!(lane, [15, 25, 35]);
    assert!(combiner.shared.lock().aside.is_empty());
    // And the lane is an ordinary one again.
    assert_eq!(combiner.call(45).await.unwrap().1, 45);
}
