//! Uploads whose callers give up.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::ops::Range;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chat_core::chat::Chat;
use chat_core::id::{Timestamp, UserId};
use chat_core::media::{
    Inspected, MediaError, MediaInspector, MediaUploader, Object, ObjectKey, Reading, Rejected,
    Spool,
};
use chat_core::memory::{MemoryMedia, MemoryStore};
use chat_core::model::{MediaType, Purpose};
use chat_core::store::UploadStore;
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

#[tokio::test]
async fn an_upload_whose_caller_gave_up_while_it_was_kept_is_known_of() {
    let (store, ada) = (MemoryStore::new(), UserId::new("ada").unwrap());
    let gate = Gate {
        media: MemoryMedia::default(),
        asked: Arc::new(Semaphore::new(0)),
        open: Arc::new(Semaphore::new(0)),
    };
    let folder = std::env::temp_dir().join("chat-uploads");
    let chat = Chat::builder(store.clone(), store.clone())
        .media(AllVideos, gate.clone())
        .spool(Spool::open(folder).await.unwrap())
        .build();
    let mut intake = chat.receive(&ada, Purpose::Attachment, None).await.unwrap();
    intake.write(&[7; 10_000]).await.unwrap();
    let mut finishing = Box::pin(intake.finish());
    let polled =
        std::future::poll_fn(|context| Poll::Ready(finishing.as_mut().poll(context).is_ready()));
    assert!(!polled.await);
    let waits = timeout(Duration::from_secs(30), gate.asked.acquire());
    waits.await.unwrap().unwrap().forget();

    drop(finishing);
    gate.open.add_permits(1);

    let known = async {
        while store
            .usage(&ada, Timestamp::from_millis(0))
            .await
            .unwrap()
            .bytes
            != 10_000
        {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(30), known).await.unwrap();
}
