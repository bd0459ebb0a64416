//! The disk uploader and the inspector under the conformance suite, and what a file system adds.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::sync::Arc;

use bytes::Bytes;
use chat_core::id::UploadId;
use chat_core::media::{MediaInspector, MediaUploader, Object, ObjectKey};
use chat_core::model::ImageType;
use chat_media::{DiskUploader, ImageInspector};
use tempfile::TempDir;

async fn fresh() -> (Arc<dyn MediaUploader>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let uploader = DiskUploader::open(folder.path().join("uploads"))
        .await
        .unwrap();
    (Arc::new(uploader), folder)
}

async fn fresh_inspector() -> (Arc<dyn MediaInspector>, ()) {
    std::future::ready((Arc::new(ImageInspector::default()) as _, ())).await
}

chat_core::media_conformance!(fresh);
chat_core::inspector_conformance!(fresh_inspector);

fn object(bytes: &'static [u8]) -> Object {
    let key = ObjectKey::Original(UploadId::new());
    Object {
        key,
        content_type: ImageType::Png,
        bytes: Bytes::from_static(bytes),
    }
}

#[tokio::test]
async fn what_a_crash_left_unfinished_is_gone_at_the_next_opening() {
    let folder = tempfile::tempdir().unwrap();
    let uploader = DiskUploader::open(folder.path()).await.unwrap();
    let kept = object(b"kept");
    uploader.put(&kept).await.unwrap();
    let half = folder.path().join("unfinished").join("original-half");
    std::fs::write(&half, b"ha").unwrap();

    let uploader = DiskUploader::open(folder.path()).await.unwrap();

    assert!(!half.exists());
    assert_eq!(
        uploader.read(kept.key).await.unwrap().as_deref(),
        Some(&b"kept"[..])
    );
}

#[tokio::test]
async fn many_writers_of_one_key_leave_one_whole_object() {
    let (uploader, _folder) = fresh().await;
    let first = object(b"aaaaaaaaaaaaaaaaaaaaaaaa");
    let second = Object {
        bytes: Bytes::from_static(b"bb"),
        ..first.clone()
    };
    let mut writers = Vec::new();
    for n in 0..16 {
        let (uploader, object) = (
            Arc::clone(&uploader),
            if n % 2 == 0 {
                first.clone()
            } else {
                second.clone()
            },
        );
        writers.push(tokio::spawn(async move { uploader.put(&object).await }));
    }
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    let read = uploader.read(first.key).await.unwrap().unwrap();
    assert!(read == first.bytes || read == second.bytes);
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_planted_in_the_folder_leads_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let uploader = DiskUploader::open(folder.path().join("uploads"))
        .await
        .unwrap();
    let planted = object(b"x");
    uploader.put(&planted).await.unwrap();
    let id = planted
        .key
        .to_string()
        .split('/')
        .next_back()
        .unwrap()
        .to_owned();
    let path = folder
        .path()
        .join("uploads/original")
        .join(&id[id.len() - 2..])
        .join(&id);
    std::fs::remove_file(&path).unwrap();
    std::fs::write(folder.path().join("secret"), b"secret").unwrap();
    std::os::unix::fs::symlink(folder.path().join("secret"), &path).unwrap();

    assert_eq!(uploader.read(planted.key).await.unwrap(), None);
}
