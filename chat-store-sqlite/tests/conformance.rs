//! SQLite under the conformance suite, and what a durable store promises besides.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use chat_core::conformance::{Ports, exercise};
use chat_core::id::{ConversationId, MessageId, Timestamp, UserId};
use chat_core::model::{Draft, MessageKind, NewConversation};
use chat_core::store::{ConversationStore, MessageStore, SchemaStore as _, Window};
use chat_store_sqlite::SqliteStore;
use tempfile::TempDir;

async fn open(folder: &TempDir) -> SqliteStore {
    let store = SqliteStore::open(folder.path().join("chat.db"))
        .await
        .unwrap();
    store.migrate().await.unwrap();
    store
}

async fn fresh() -> (Ports, (TempDir, SqliteStore)) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    (Ports::of(&store), (folder, store))
}

chat_core::store_conformance!(fresh);

fn draft(conversation: ConversationId, sender: &UserId, text: &str) -> Draft {
    Draft {
        id: MessageId::new(),
        conversation,
        sender: sender.clone(),
        client_id: None,
        kind: MessageKind::Text,
        text: text.to_owned(),
        attachments: Vec::new(),
        reply_to: None,
        at: Timestamp::now(),
        blind: None,
    }
}

async fn group(store: &SqliteStore, owner: &UserId) -> ConversationId {
    let (id, creator) = (ConversationId::new(), owner.clone());
    let new = NewConversation::Group {
        id,
        creator,
        name: "n".to_owned(),
        members: Vec::new(),
        at: Timestamp::now(),
    };
    store.create_group(&new).await;
    id
}

trait CreateGroup {
    async fn create_group(&self, new: &NewConversation);
}

impl CreateGroup for SqliteStore {
    async fn create_group(&self, new: &NewConversation) {
        ConversationStore::create(self, new).await.unwrap();
    }
}

#[tokio::test]
async fn what_was_appended_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let ada = UserId::new("ada").unwrap();
    let store = open(&folder).await;
    let (epoch, id) = (store.epoch().await.unwrap(), group(&store, &ada).await);
    let sent = store
        .append(&[draft(id, &ada, "kept")])
        .await
        .unwrap()
        .remove(0)
        .unwrap()
        .message;
    store.close().await;

    let store = open(&folder).await;

    assert_eq!(store.epoch().await.unwrap(), epoch);
    assert_eq!(
        store.history(id, &ada, Window::Latest, 10).await.unwrap(),
        Some(vec![sent])
    );
    assert_eq!(
        store
            .append(&[draft(id, &ada, "next")])
            .await
            .unwrap()
            .remove(0)
            .unwrap()
            .message
            .seq
            .get(),
        2
    );
}

#[tokio::test]
async fn a_dropped_append_leaves_all_or_nothing_and_no_lock() {
    let (_, (_folder, store)) = fresh().await;
    let ada = UserId::new("ada").unwrap();
    let id = group(&store, &ada).await;
    for polls in 0..40 {
        let before = store
            .history(id, &ada, Window::Latest, 10_000)
            .await
            .unwrap()
            .unwrap()
            .len();
        let drafts: Vec<Draft> = (0..3).map(|n| draft(id, &ada, &n.to_string())).collect();
        let mut append = Box::pin(store.append(&drafts));
        for _ in 0..polls {
            if futures_poll(&mut append).await {
                break;
            }
        }
        drop(append);
        let next = store
            .append(&[draft(id, &ada, "after")])
            .await
            .unwrap()
            .remove(0)
            .unwrap();
        let stored = store
            .history(id, &ada, Window::Latest, 10_000)
            .await
            .unwrap()
            .unwrap();
        let added = stored.len() - before;
        assert!(
            added == 1 || added == 4,
            "{added} messages after {polls} polls"
        );
        assert_eq!(next.message.seq.get(), i64::try_from(stored.len()).unwrap());
    }
}

/// Polls once, and lets others run; whether the future is done.
async fn futures_poll<F: Future + Unpin>(future: &mut F) -> bool {
    let done = std::future::poll_fn(|context| {
        std::task::Poll::Ready(std::pin::Pin::new(&mut *future).poll(context).is_ready())
    })
    .await;
    tokio::task::yield_now().await;
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_may_migrate_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chat.db");
    let (one, two) = (
        SqliteStore::open(&path).await.unwrap(),
        SqliteStore::open(&path).await.unwrap(),
    );
    let (first, second) = tokio::join!(one.migrate(), two.migrate());
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    assert_eq!(one.epoch().await.unwrap(), two.epoch().await.unwrap());
}

#[tokio::test]
async fn two_chats_with_different_prefixes_live_in_one_file() {
    let (ports, (_folder, store)) = fresh().await;
    let other = store.clone().with_prefix("second_").unwrap();
    other.migrate().await.unwrap();
    let ada = UserId::new("ada").unwrap();
    let id = group(&store, &ada).await;
    assert_ne!(store.epoch().await.unwrap(), other.epoch().await.unwrap());
    assert_eq!(
        ConversationStore::find(&other, id, &ada).await.unwrap(),
        None
    );
    exercise::every_call(&Ports::of(&other)).await;
    other.goto(0).await.unwrap();
    assert!(ports.conversations.find(id, &ada).await.unwrap().is_some());
    for bad in ["", "Chat_", "a b", "1a", "x\"; drop", &"x".repeat(33)] {
        assert!(store.clone().with_prefix(bad).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn another_writer_makes_it_unavailable_and_not_hang() {
    use sqlx::Connection as _;
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let ada = UserId::new("ada").unwrap();
    let id = group(&store, &ada).await;
    let url = format!("sqlite://{}", folder.path().join("chat.db").display());
    let mut other = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let lock = other.begin_with("begin immediate").await.unwrap();

    let begun = std::time::Instant::now();
    let refused = store.append(&[draft(id, &ada, "x")]).await.unwrap_err();
    assert!(refused.is_retryable(), "{refused:?}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(3));

    lock.rollback().await.unwrap();
    assert!(store.append(&[draft(id, &ada, "x")]).await.is_ok());
}

#[tokio::test]
async fn the_file_is_in_wal_mode_and_synced_in_full() {
    use sqlx::{ConnectOptions as _, Row as _};
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let ada = UserId::new("ada").unwrap();
    let id = group(&store, &ada).await;
    store
        .append(&[draft(id, &ada, "Crème brûlée"), draft(id, &ada, "tea")])
        .await
        .unwrap();
    let path = folder.path().join("chat.db");
    let mut other = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(path)
        .connect()
        .await
        .unwrap();

    let mode: String = sqlx::query("pragma journal_mode")
        .fetch_one(&mut other)
        .await
        .unwrap()
        .get(0);
    assert_eq!(mode, "wal");
    assert_eq!(store.synchronous().await.unwrap(), 2, "FULL");
}
