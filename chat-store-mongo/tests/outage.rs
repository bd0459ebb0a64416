//! MongoDB is killed under load and comes back: what was acknowledged is there, once and in order.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics"
)]

mod place;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chat_core::id::{ClientId, ConversationId, Seq, UserId};
use chat_core::model::{Draft, Message};
use chat_core::store::{MessageStore as _, SchemaStore as _, Window};
use chat_store_mongo::MongoStore;
use chat_testkit::Mongo;
use place::{draft, group};

const KILLS: usize = 10;
const WRITERS: usize = 8;

/// How long the server is away: so briefly that calls wait for it, and longer than any waits.
const AWAY: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(2_200)];

fn ada() -> UserId {
    UserId::new("ada").unwrap()
}

/// What one writer was told.
#[derive(Default)]
struct Log {
    acknowledged: HashMap<String, Message>,
    longest_refusal: Duration,
    refusals: usize,
}

/// Sends until told to stop, each message again and again until it is acknowledged.
async fn write(store: MongoStore, id: ConversationId, name: usize, stop: Arc<AtomicBool>) -> Log {
    let mut log = Log::default();
    for n in 0.. {
        let key = format!("{name}-{n}");
        let draft = Draft {
            client_id: Some(ClientId::new(&key).unwrap()),
            ..draft(id, &ada(), &key)
        };
        loop {
            let begun = Instant::now();
            match store.append(std::slice::from_ref(&draft)).await {
                Ok(answers) => {
                    let message = answers.into_iter().next().unwrap().unwrap().message;
                    log.acknowledged.insert(key, message);
                    break;
                }
                Err(error) => {
                    assert!(error.is_retryable(), "{error:?}");
                    log.refusals += 1;
                    log.longest_refusal = log.longest_refusal.max(begun.elapsed());
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    log
}

/// How long it takes until an append goes through.
async fn recovery(store: &MongoStore, id: ConversationId) -> Duration {
    let begun = Instant::now();
    while store.append(&[draft(id, &ada(), "probe")]).await.is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    begun.elapsed()
}

/// Ends the server; calls are refused in time while it is away.
async fn away(mut server: Mongo, store: &MongoStore, id: ConversationId) -> Mongo {
    server.kill();
    for _ in 0..3 {
        let begun = Instant::now();
        let refused = store
            .append(&[draft(id, &ada(), "nowhere")])
            .await
            .unwrap_err();
        assert!(refused.is_retryable(), "{refused:?}");
        assert!(
            begun.elapsed() < Duration::from_secs(2),
            "{:?}",
            begun.elapsed()
        );
    }
    server
}

async fn all(store: &MongoStore, id: ConversationId) -> Vec<Message> {
    let (mut all, mut after) = (Vec::new(), Seq::ZERO);
    loop {
        let page = store
            .history(id, &ada(), Window::After(after), 1_000)
            .await
            .unwrap()
            .unwrap();
        let Some(last) = page.last() else { return all };
        after = last.seq;
        all.extend(page);
    }
}

/// What was acknowledged is there once and in order.
fn check(stored: &[Message], acknowledged: &HashMap<String, Message>) {
    let seqs: Vec<i64> = stored.iter().map(|message| message.seq.get()).collect();
    assert_eq!(
        seqs,
        (1..).take(stored.len()).collect::<Vec<i64>>(),
        "no gap"
    );
    let by_text: HashMap<&str, &Message> = stored
        .iter()
        .map(|message| (message.text.as_str(), message))
        .collect();
    assert_eq!(by_text.len(), stored.len(), "none is doubled");
    for (key, message) in acknowledged {
        assert_eq!(
            by_text.get(key.as_str()),
            Some(&message),
            "{key} was acknowledged"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_ten_times_under_load_it_loses_and_doubles_nothing() {
    let mut server = tokio::task::spawn_blocking(Mongo::start)
        .await
        .unwrap()
        .unwrap();
    let store = MongoStore::connect(&server.url()).await.unwrap();
    store.migrate().await.unwrap();
    let (id, other) = (group(&store, &ada()).await, group(&store, &ada()).await);
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..WRITERS)
        .map(|name| tokio::spawn(write(store.clone(), id, name, Arc::clone(&stop))))
        .collect();

    let mut slowest = Duration::ZERO;
    for kill in 0..KILLS {
        let away = AWAY[kill % AWAY.len()];
        tokio::time::sleep(Duration::from_millis(300)).await;
        server = tokio::task::spawn_blocking(move || {
            server.kill();
            std::thread::sleep(away);
            server.restart().unwrap();
            server
        })
        .await
        .unwrap();
        slowest = slowest.max(recovery(&store, other).await);
    }
    stop.store(true, Ordering::Relaxed);

    let (mut acknowledged, mut refusals, mut longest) = (HashMap::new(), 0, Duration::ZERO);
    for writer in writers {
        let log = writer.await.unwrap();
        acknowledged.extend(log.acknowledged);
        refusals += log.refusals;
        longest = longest.max(log.longest_refusal);
    }
    let mut server = away(server, &store, other).await;
    server.restart().unwrap();
    slowest = slowest.max(recovery(&store, other).await);
    check(&all(&store, id).await, &acknowledged);
    println!(
        "{} acknowledged, {refusals} refusals, longest {longest:?}, recovery at most {slowest:?}",
        acknowledged.len()
    );
    assert!(refusals >= KILLS, "the outages were seen");
    assert!(
        longest < Duration::from_secs(2),
        "a refusal took {longest:?}"
    );
    assert!(
        slowest < Duration::from_secs(5),
        "recovery took {slowest:?}"
    );
}
