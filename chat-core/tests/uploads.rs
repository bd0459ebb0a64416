//! Uploads whose callers give up, places that fail, and what is swept.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chat_core::chat::{Chat, Error};
use chat_core::id::{Timestamp, UploadId, UserId};
use chat_core::media::{
    Inspected, MediaError, MediaInspector, MediaUploader, Object, ObjectKey, Reading, Rejected,
    Spool,
};
use chat_core::memory::{MemoryMedia, MemoryStore};
use chat_core::model::{MediaType, Profile, Purpose, Upload};
use chat_core::protocol::Limits;
use chat_core::store::UploadStore;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Takes everything for what it is not.
#[derive(Debug)]
struct AllVideos;

#[async_trait]
impl MediaInspector for AllVideos {
    fn detect(&self, _head: &[u8]) -> Result<MediaType, Rejected> {
        Ok(MediaType::Mp4)
    }

    async fn inspect(&self, _bytes: Bytes) -> Result<Result<Inspected, Rejected>, MediaError> {
        Ok(Err(Rejected::Unsupported))
    }
}

/// A place that takes objects when it is told to.
#[derive(Debug, Clone)]
struct Gate {
    media: MemoryMedia,
    asked: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

#[async_trait]
impl MediaUploader for Gate {
    async fn put(&self, object: &Object) -> Result<Option<String>, MediaError> {
        self.asked.add_permits(1);
        self.open.acquire().await.unwrap().forget();
        self.media.put(object).await
    }

    async fn read(
        &self,
        key: ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<Option<Reading>, MediaError> {
        self.media.read(key, range).await
    }

    async fn link(&self, key: ObjectKey) -> Result<Option<String>, MediaError> {
        self.media.link(key).await
    }

    async fn delete(&self, key: ObjectKey) -> Result<(), MediaError> {
        self.media.delete(key).await
    }
}

impl Gate {
    fn new() -> Self {
        Self {
            media: MemoryMedia::default(),
            asked: Arc::new(Semaphore::new(0)),
            open: Arc::new(Semaphore::new(0)),
        }
    }

    /// Waits until an object is to be put.
    async fn asked(&self) {
        let asked = timeout(LONG, self.asked.acquire());
        asked.await.unwrap().unwrap().forget();
    }
}

/// No step takes longer.
const LONG: Duration = Duration::from_secs(30);

fn ada() -> UserId {
    UserId::new("ada").unwrap()
}

/// A chat in which one user has one upload under way at once.
async fn chat(store: &MemoryStore, gate: &Gate) -> (Chat, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        uploads_at_once_per_user: 1,
        ..Limits::default()
    };
    let chat = Chat::builder(store.clone(), store.clone())
        .media(AllVideos, gate.clone())
        .spool(Spool::open(folder.path()).await.unwrap())
        .limits(limits)
        .build();
    (chat, folder)
}

/// Begins to keep an upload of 10,000 bytes whose caller gives up when it is put.
async fn give_up_midway(chat: &Chat, gate: &Gate) {
    let mut intake = chat.receive(&ada(), Purpose::Attachment).await.unwrap();
    intake.write(&[7; 10_000]).await.unwrap();
    let mut finishing = Box::pin(intake.finish());
    let polled =
        std::future::poll_fn(|context| Poll::Ready(finishing.as_mut().poll(context).is_ready()));
    assert!(!polled.await);
    gate.asked().await;
}

async fn orphans(store: &MemoryStore) -> Vec<Upload> {
    let later = Timestamp::now().plus(LONG);
    let orphans = store.orphans(Purpose::Attachment, later, None, 10);
    orphans.await.unwrap()
}

#[tokio::test]
async fn an_upload_whose_caller_gave_up_while_it_was_kept_is_known_of() {
    let (store, gate) = (MemoryStore::new(), Gate::new());
    let (chat, _folder) = chat(&store, &gate).await;

    give_up_midway(&chat, &gate).await;
    gate.open.add_permits(1);

    assert!(chat.finish_uploads(LONG).await);
    let known = orphans(&store).await;
    assert_eq!(known.len(), 1);
    let [key, _] = ObjectKey::all_of(&known[0]);
    assert!(gate.media.read(key, None).await.unwrap().is_some());
}

#[tokio::test]
async fn an_upload_is_under_way_until_it_is_kept_also_when_its_caller_gave_up() {
    let (store, gate) = (MemoryStore::new(), Gate::new());
    let (chat, _folder) = chat(&store, &gate).await;
    give_up_midway(&chat, &gate).await;

    let second = chat.receive(&ada(), Purpose::Attachment).await;
    let at_once = chat
        .upload(&ada(), Purpose::Attachment, Bytes::from_static(b"x"))
        .await;

    assert!(matches!(second, Err(Error::Busy)), "{second:?}");
    assert!(matches!(at_once, Err(Error::Busy)), "{at_once:?}");
    assert!(!chat.finish_uploads(Duration::from_millis(1)).await);
    gate.open.add_permits(1);
    assert!(chat.finish_uploads(LONG).await);
    assert!(chat.receive(&ada(), Purpose::Attachment).await.is_ok());
}

#[test]
fn what_a_process_that_is_killed_was_putting_is_known_of() {
    let (store, gate) = (MemoryStore::new(), Gate::new());
    let killed = Runtime::new().unwrap();
    killed.block_on(async {
        let (chat, _folder) = chat(&store, &gate).await;
        give_up_midway(&chat, &gate).await;
    });

    // The object may be there or not: nothing tells any more.
    killed.shutdown_background();

    let known = Runtime::new().unwrap().block_on(orphans(&store));
    assert_eq!(known.len(), 1);
}

/// Takes nothing, and deletes unless it is to hold what it has.
#[derive(Debug, Clone, Default)]
struct Broken {
    holds: Arc<AtomicBool>,
}

#[async_trait]
impl MediaUploader for Broken {
    async fn put(&self, _object: &Object) -> Result<Option<String>, MediaError> {
        Err(MediaError::unavailable("broken"))
    }

    async fn read(
        &self,
        _key: ObjectKey,
        _range: Option<Range<u64>>,
    ) -> Result<Option<Reading>, MediaError> {
        Ok(None)
    }

    async fn link(&self, _key: ObjectKey) -> Result<Option<String>, MediaError> {
        Ok(None)
    }

    async fn delete(&self, _key: ObjectKey) -> Result<(), MediaError> {
        match self.holds.load(Ordering::Acquire) {
            true => Err(MediaError::unavailable("broken")),
            false => Ok(()),
        }
    }
}

/// A chat whose place for uploads is broken.
async fn broken_chat(store: &MemoryStore, place: &Broken) -> (Chat, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let chat = Chat::builder(store.clone(), store.clone())
        .media(AllVideos, place.clone())
        .spool(Spool::open(folder.path()).await.unwrap())
        .build();
    (chat, folder)
}

#[tokio::test]
async fn what_the_place_does_not_delete_is_known_of_until_it_does() {
    let (store, place) = (MemoryStore::new(), Broken::default());
    let (chat, _folder) = broken_chat(&store, &place).await;
    place.holds.store(true, Ordering::Release);
    let bytes = Bytes::from_static(b"bytes");
    let kept = chat.upload(&ada(), Purpose::Attachment, bytes).await;
    assert!(kept.is_err());
    assert_eq!(orphans(&store).await.len(), 1, "it may be there");
    let old = planted(&store, Purpose::Attachment).await;

    assert_eq!(chat.sweep_uploads().await.unwrap(), 0);
    let known = store.owned(&ada(), &[old.id]).await.unwrap();
    assert_eq!(known, std::slice::from_ref(&old));

    place.holds.store(false, Ordering::Release);
    assert_eq!(chat.sweep_uploads().await.unwrap(), 1);
    assert_eq!(store.owned(&ada(), &[old.id]).await.unwrap(), []);
}

#[tokio::test]
async fn of_an_upload_that_cannot_be_kept_nothing_is_known() {
    let store = MemoryStore::new();
    let (chat, _folder) = broken_chat(&store, &Broken::default()).await;

    let bytes = Bytes::from_static(b"bytes");
    let kept = chat.upload(&ada(), Purpose::Attachment, bytes).await;

    assert!(matches!(kept, Err(Error::Media(_))), "{kept:?}");
    assert_eq!(orphans(&store).await, []);
    let usage = store.usage(&ada(), Timestamp::from_millis(0)).await;
    assert_eq!(usage.unwrap().bytes, 0);
}

/// An upload from long ago.
async fn planted(store: &MemoryStore, purpose: Purpose) -> Upload {
    let upload = Upload {
        id: UploadId::new(),
        owner: ada(),
        purpose,
        content_type: MediaType::Png,
        size: 1,
        width: Some(1),
        height: Some(1),
        name: None,
        has_thumbnail: false,
        url: None,
        created_at: Timestamp::from_millis(0),
    };
    store.create(&upload).await.unwrap();
    upload
}

#[tokio::test]
async fn a_sweep_deletes_all_that_nothing_holds_and_no_picture_of_the_hosts_users() {
    let (store, gate) = (MemoryStore::new(), Gate::new());
    let (chat, _folder) = chat(&store, &gate).await;
    for _ in 0..250 {
        planted(&store, Purpose::Attachment).await;
    }
    let (shown, replaced) = (
        planted(&store, Purpose::Avatar).await,
        planted(&store, Purpose::Avatar).await,
    );
    store.insert_user(Profile {
        avatar: Some(shown.id),
        ..Profile::new(ada(), "Ada".to_owned())
    });

    let swept = chat.sweep_uploads().await.unwrap();

    assert_eq!(swept, 251);
    assert_eq!(orphans(&store).await, []);
    let ids = [shown.id, replaced.id];
    assert_eq!(store.owned(&ada(), &ids).await.unwrap(), [shown]);
}

#[tokio::test]
async fn processes_that_open_a_spool_together_all_can_and_leave_nothing_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let id = || UploadId::new().to_string();
    let (locked, without_lock, foreign) = (id(), id(), "photos".to_owned());
    for name in [&locked, &without_lock, &foreign] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
        std::fs::write(folder.path().join(name).join("file"), "x").unwrap();
    }
    std::fs::write(folder.path().join(&locked).join("lock"), "").unwrap();

    let opening = (0..16).map(|_| tokio::spawn(Spool::open(folder.path().to_owned())));
    let mut open = Vec::new();
    for opened in opening.collect::<Vec<_>>() {
        open.push(opened.await.unwrap().unwrap());
    }

    let there = |name: &str| folder.path().join(name).exists();
    assert_eq!(
        [there(&locked), there(&without_lock), there(&foreign)],
        [false, false, true]
    );
    // Theirs, the foreign one and the lock.
    let count = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(count, open.len() + 2);
}
