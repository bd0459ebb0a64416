//! Services that fail: every failure is told within a bounded time, and leaves nothing that can be seen.

use std::time::{Duration, Instant};

use chat_core::id::UploadId;
use chat_core::media::{Content, MediaUploader, Object, ObjectKey, Spool};
use chat_core::model::{MediaKind, MediaType};
use chat_media::Patience;
use http::StatusCode;
use tokio::io::AsyncReadExt as _;

use crate::standin::cloudinary::{ACCOUNT, Cloudinary};
use crate::standin::s3::{S3, SECRET};
use crate::standin::{Fault, StandIn};
use crate::{bucket, cloudinary};

/// How long a service may stand still here.
const SHORT: Patience = Patience::new(Duration::from_millis(500));

/// No failure takes longer: a few tries of as long.
const BOUND: Duration = Duration::from_secs(15);

/// A stand-in, and an uploader to it.
async fn all() -> [(Box<dyn MediaUploader>, StandIn); 2] {
    let (s3, cloud) = (StandIn::start(S3).await, StandIn::start(Cloudinary).await);
    [
        (Box::new(bucket(&s3, SECRET, SHORT)), s3),
        (Box::new(cloudinary(&cloud, ACCOUNT, SHORT)), cloud),
    ]
}

/// The same bytes from memory and from a file, and some of more than one piece.
async fn contents() -> [(tempfile::TempDir, Content); 3] {
    let mut contents = Vec::new();
    for (size, in_file) in [(100_000, false), (100_000, true), (9 << 20, true)] {
        let folder = tempfile::tempdir().unwrap();
        let mut file = Spool::open(folder.path())
            .await
            .unwrap()
            .begin()
            .await
            .unwrap();
        let bytes = vec![7; size];
        file.write(&bytes).await.unwrap();
        let content = match in_file {
            true => Content::File(file.finish().await.unwrap().into()),
            false => Content::Bytes(bytes.into()),
        };
        contents.push((folder, content));
    }
    contents.try_into().unwrap()
}

fn object(content: &Content) -> Object {
    Object {
        key: ObjectKey::Original(UploadId::new(), MediaKind::Video),
        content_type: MediaType::Mp4,
        name: None,
        content: content.clone(),
    }
}

fn faults(elsewhere: &StandIn) -> [Fault; 6] {
    [
        Fault::Hangs,
        Fault::Says(StatusCode::INTERNAL_SERVER_ERROR),
        Fault::Says(StatusCode::FORBIDDEN),
        Fault::Redirects(format!("{}/elsewhere", elsewhere.url)),
        Fault::ShowsPage,
        Fault::CutsRequests,
    ]
}

#[tokio::test]
async fn what_cannot_be_kept_is_told_in_time_and_nothing_of_it_is_there() {
    let elsewhere = StandIn::start(S3).await;
    for (uploader, stand_in) in all().await {
        for (_folder, content) in contents().await {
            for fault in faults(&elsewhere) {
                let object = object(&content);
                stand_in.set(Some(fault.clone()));

                let begun = Instant::now();
                let kept = uploader.put(&object).await;

                assert!(kept.is_err(), "{uploader:?} {fault:?}: {kept:?}");
                assert!(
                    begun.elapsed() < BOUND,
                    "{uploader:?} {fault:?}: {:?}",
                    begun.elapsed()
                );
                stand_in.set(None);
                let state = stand_in.state.lock().unwrap();
                assert!(state.objects.is_empty(), "{uploader:?} {fault:?}");
                assert!(state.unfinished.is_empty(), "{uploader:?} {fault:?}");
            }
        }
    }
    assert_eq!(elsewhere.state.lock().unwrap().requests, 0, "redirected");
}

#[tokio::test]
async fn what_cannot_be_read_or_deleted_is_told_in_time() {
    let elsewhere = StandIn::start(S3).await;
    for (uploader, stand_in) in all().await {
        let [(_folder, content), ..] = contents().await;
        let object = object(&content);
        uploader.put(&object).await.unwrap();
        for fault in faults(&elsewhere) {
            stand_in.set(Some(fault.clone()));
            for range in [None, Some(0..10), Some(10..20)] {
                let begun = Instant::now();
                let read = uploader.read(object.key, range).await;
                assert!(read.is_err(), "{uploader:?} {fault:?}: {read:?}");
                assert!(begun.elapsed() < BOUND, "{uploader:?} {fault:?}");
            }
            let deleted = uploader.delete(object.key).await;
            // A page in the place of an answer without content cannot be told from it.
            let is_told = deleted.is_err() || fault == Fault::ShowsPage;
            assert!(is_told, "{uploader:?} {fault:?}");
        }
        stand_in.set(None);
        assert!(uploader.read(object.key, None).await.unwrap().is_some());
    }
    assert_eq!(elsewhere.state.lock().unwrap().requests, 0, "redirected");
}

#[tokio::test]
async fn a_reading_that_breaks_off_is_an_error_and_never_the_end() {
    for (uploader, stand_in) in all().await {
        let [(_folder, content), ..] = contents().await;
        let object = object(&content);
        uploader.put(&object).await.unwrap();
        for fault in [Fault::CutsAnswers, Fault::StopsMidway] {
            stand_in.set(Some(fault.clone()));

            let begun = Instant::now();
            let mut read = Vec::new();
            let ended = match uploader.read(object.key, None).await {
                Ok(reading) => reading.unwrap().bytes.read_to_end(&mut read).await.is_ok(),
                Err(_) => false,
            };

            assert!(!ended, "{uploader:?} {fault:?}: {} bytes", read.len());
            assert!(begun.elapsed() < BOUND, "{uploader:?} {fault:?}");
            stand_in.set(None);
        }
    }
}

#[tokio::test]
async fn what_was_kept_and_not_acknowledged_can_be_deleted() {
    for (uploader, stand_in) in all().await {
        let [(_folder, content), ..] = contents().await;
        let object = object(&content);
        stand_in.set(Some(Fault::StopsMidway));

        let kept = uploader.put(&object).await;

        stand_in.set(None);
        assert_eq!(stand_in.state.lock().unwrap().objects.len(), 1, "{kept:?}");
        uploader.delete(object.key).await.unwrap();
        assert!(stand_in.state.lock().unwrap().objects.is_empty());
    }
}
