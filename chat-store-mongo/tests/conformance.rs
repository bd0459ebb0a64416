//! MongoDB under the conformance suite, and what a durable store promises besides.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod place;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bson::{Document, doc};
use chat_core::conformance::Ports;
use chat_core::id::UserId;
use chat_core::model::Draft;
use chat_core::store::{MessageStore, SchemaStore as _, Window};
use chat_store_mongo::MongoStore;
use mongodb::Client;
use place::{Place, begin_transaction, draft, group};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

async fn fresh() -> (Ports, (MongoStore, Place)) {
    let place = Place::new();
    let store = place.open().await;
    (Ports::of(&store), (store, place))
}

chat_core::store_conformance!(fresh);

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_append_happens_whole_or_not_at_all_and_leaves_no_lock() {
    let (_, (store, _place)) = fresh().await;
    let ada = UserId::new("ada").unwrap();
    let id = group(&store, &ada).await;
    for polls in 0..40 {
        let text = |n: usize| format!("{polls}.{n}");
        let drafts: Vec<Draft> = (0..3).map(|n| draft(id, &ada, &text(n))).collect();
        let mut append = Box::pin(store.append(&drafts));
        for _ in 0..polls {
            if is_done_after_a_poll(&mut append).await {
                break;
            }
        }
        drop(append);
        let next = store.append(&[draft(id, &ada, "after")]).await.unwrap();
        assert!(next[0].is_ok(), "{next:?}");
    }
    // A dropped call goes on to its end.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let stored = store.history(id, &ada, Window::Latest, 10_000).await;
    let stored = stored.unwrap().unwrap();
    let seqs = stored.iter().map(|message| message.seq.get());
    assert!(seqs.eq((1..).take(stored.len())), "no gaps");
    let mut texts = stored.iter().map(|message| message.text.as_str());
    while let Some(text) = texts.next() {
        if let Some(batch) = text.strip_suffix(".0") {
            let rest = [texts.next(), texts.next()];
            let expected = [format!("{batch}.1"), format!("{batch}.2")];
            assert_eq!(rest, expected.each_ref().map(|text| Some(text.as_str())));
        } else {
            assert_eq!(text, "after");
        }
    }
}

/// Polls once, and lets others run.
async fn is_done_after_a_poll<F: Future + Unpin>(future: &mut F) -> bool {
    let done = std::future::poll_fn(|context| {
        std::task::Poll::Ready(std::pin::Pin::new(&mut *future).poll(context).is_ready())
    })
    .await;
    tokio::task::yield_now().await;
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_may_migrate_at_once() {
    let place = Place::new();
    let (one, two) = (place.connect().await, place.connect().await);
    let (first, second) = tokio::join!(one.migrate(), two.migrate());
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    assert_eq!(one.epoch().await.unwrap(), two.epoch().await.unwrap());
}

#[tokio::test]
async fn a_step_that_was_stopped_midway_is_taken_again() {
    let (_, (store, place)) = fresh().await;
    let epoch = store.epoch().await.unwrap();
    let database = place::client().await.database(&place.name);
    let steps = database.collection::<Document>("chat_steps");

    store.goto(1).await.unwrap();
    // Up: all is there but the note, and one collection is not.
    steps.delete_one(doc! { "_id": 1_i64 }).await.unwrap();
    let members = database.collection::<Document>("chat_members");
    members.drop().await.unwrap();
    assert_eq!(store.version().await.unwrap(), 0);
    store.migrate().await.unwrap();
    assert_eq!(members.list_index_names().await.unwrap().len(), 4);
    assert_eq!(store.epoch().await.unwrap(), epoch);

    store.goto(1).await.unwrap();
    // Down: some of it is gone, and the next start finishes that first.
    let leaving = doc! { "$set": { "leaving": true } };
    let leave = steps.update_one(doc! { "_id": 1_i64 }, leaving);
    leave.await.unwrap();
    members.drop().await.unwrap();
    store.migrate().await.unwrap();
    assert_eq!(members.list_index_names().await.unwrap().len(), 4);
    assert_ne!(store.epoch().await.unwrap(), epoch);
}

#[tokio::test]
async fn a_version_of_a_later_build_is_refused() {
    let (_, (store, place)) = fresh().await;
    let database = place::client().await.database(&place.name);
    let later = doc! { "_id": 99_i64, "name": "later", "taken_at": 0_i64 };
    let steps = database.collection::<Document>("chat_steps");
    steps.insert_one(later).await.unwrap();
    assert!(store.migrate().await.is_err());
    assert!(store.goto(0).await.is_err());
    assert_eq!(store.version().await.unwrap(), 99);
}

#[tokio::test]
async fn another_writer_makes_it_unavailable_and_not_hang() {
    let (_, (store, place)) = fresh().await;
    let ada = UserId::new("ada").unwrap();
    let id = group(&store, &ada).await;
    let client = place::client().await;
    let other = MongoStore::on(client.clone(), &place.name);
    let mut session = client.start_session().await.unwrap();
    begin_transaction(&mut session).await;
    let drafts = [draft(id, &ada, "x")];
    other.append_in(&mut session, &drafts).await.unwrap();

    let begun = Instant::now();
    let usual = MongoStore::on(client.clone(), &place.name);
    let refused = usual.append(&[draft(id, &ada, "x")]).await.unwrap_err();
    assert!(refused.is_retryable(), "{refused:?}");
    assert!(begun.elapsed() < Duration::from_secs(3));

    session.abort_transaction().await.unwrap();
    assert!(store.append(&[draft(id, &ada, "x")]).await.is_ok());
}

#[tokio::test]
async fn a_server_that_is_not_there_makes_it_unavailable_and_not_hang() {
    let begun = Instant::now();
    let refused = MongoStore::connect("mongodb://127.0.0.1:1/").await;
    assert!(refused.unwrap_err().is_retryable());
    assert!(begun.elapsed() < Duration::from_secs(3));
    let refused = MongoStore::connect("no url").await.unwrap_err();
    assert!(!refused.is_retryable(), "{refused:?}");
    assert!(MongoStore::connect(&place::url()).await.is_ok());
}

/// A way to the server that can fall silent: connections stay, and nothing comes through.
async fn way_that_can_be_cut() -> (String, Arc<AtomicBool>) {
    let server = place::client_options().await.hosts.remove(0).to_string();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let is_cut = Arc::new(AtomicBool::new(false));
    let cut = Arc::clone(&is_cut);
    tokio::spawn(async move {
        while let Ok((inner, _)) = listener.accept().await {
            let outer = TcpStream::connect(&server).await.unwrap();
            let ((from_a, to_a), (from_b, to_b)) = (inner.into_split(), outer.into_split());
            tokio::spawn(pass(from_a, to_b, Arc::clone(&cut)));
            tokio::spawn(pass(from_b, to_a, Arc::clone(&cut)));
        }
    });
    (
        format!("mongodb://{address}/?directConnection=true"),
        is_cut,
    )
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, cut: Arc<AtomicBool>) {
    let mut bytes = vec![0; 65_536];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        while cut.load(Ordering::Acquire) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_falls_silent_makes_it_unavailable_and_not_hang() {
    let (_, (direct, place)) = fresh().await;
    let ada = UserId::new("ada").unwrap();
    let id = group(&direct, &ada).await;
    let (url, cut) = way_that_can_be_cut().await;
    let client = Client::with_uri_str(&url).await.unwrap();
    let store = MongoStore::on(client, &place.name);
    assert!(store.append(&[draft(id, &ada, "x")]).await.is_ok());

    cut.store(true, Ordering::Release);
    let begun = Instant::now();
    let drafts = [draft(id, &ada, "y")];
    let (history, append) = tokio::join!(
        store.history(id, &ada, Window::Latest, 10),
        store.append(&drafts)
    );
    assert!(history.unwrap_err().is_retryable());
    assert!(append.unwrap_err().is_retryable());
    assert!(begun.elapsed() < Duration::from_secs(5));

    cut.store(false, Ordering::Release);
    let patience = Instant::now();
    while let Err(error) = store.append(&[draft(id, &ada, "z")]).await {
        assert!(error.is_retryable(), "{error:?}");
        assert!(
            patience.elapsed() < Duration::from_secs(20),
            "it comes back"
        );
    }
}
