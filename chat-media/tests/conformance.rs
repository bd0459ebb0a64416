//! The disk uploader and the inspector under the conformance suite, and what a file system adds.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use chat_core::id::UploadId;
use chat_core::media::{Content, MediaInspector, MediaUploader, Object, ObjectKey, Spool};
use chat_core::model::{MediaKind, MediaType};
use chat_media::{DiskUploader, ImageInspector};
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;

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
    Object {
        key: ObjectKey::Original(UploadId::new(), MediaKind::Image),
        content_type: MediaType::Png,
        name: None,
        content: Content::Bytes(Bytes::from_static(bytes)),
    }
}

async fn read(uploader: &dyn MediaUploader, key: ObjectKey) -> Option<Vec<u8>> {
    let mut reading = uploader.read(key, None).await.unwrap()?;
    let mut bytes = Vec::new();
    reading.bytes.read_to_end(&mut bytes).await.unwrap();
    Some(bytes)
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let below = |path: PathBuf| match path.is_dir() {
        true => files(&path),
        false => vec![path],
    };
    entries.flat_map(below).collect()
}

#[tokio::test]
async fn what_a_crash_left_unfinished_is_gone_at_the_next_opening() {
    let folder = tempfile::tempdir().unwrap();
    let uploader = DiskUploader::open(folder.path()).await.unwrap();
    let kept = object(b"kept");
    uploader.put(&kept).await.unwrap();
    // A process that died: its lock is there, and nobody holds it.
    let unfinished = folder.path().join("unfinished");
    let dead = unfinished.join(UploadId::new().to_string());
    std::fs::create_dir(&dead).unwrap();
    std::fs::write(dead.join("lock"), b"").unwrap();
    std::fs::write(dead.join("half"), b"ha").unwrap();

    let uploader = DiskUploader::open(folder.path()).await.unwrap();

    assert!(!dead.exists());
    assert_eq!(read(&uploader, kept.key).await.unwrap(), b"kept");
}

#[tokio::test]
async fn what_another_process_is_writing_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut writing = Spool::open(folder.path())
        .await
        .unwrap()
        .begin()
        .await
        .unwrap();
    writing.write(b"one ").await.unwrap();

    let other = Spool::open(folder.path()).await.unwrap();

    writing.write(b"whole").await.unwrap();
    let file = writing.finish().await.unwrap();
    let copy = other.copy(&file).await.unwrap();
    drop(file);
    assert_eq!(&copy.bytes().await.unwrap()[..], b"one whole");
    drop((copy, other));
    assert_eq!(files(folder.path()), [folder.path().join("lock")]);
}

#[tokio::test]
async fn a_file_that_cannot_be_kept_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("uploads");
    let uploader = DiskUploader::open(&root).await.unwrap();
    std::fs::write(root.join("original"), b"in the way").unwrap();

    uploader.put(&object(b"bytes")).await.unwrap_err();

    let left = files(&root);
    assert_eq!(left.len(), 3, "two locks, and what is in the way: {left:?}");
}

#[tokio::test]
async fn many_writers_of_one_key_leave_one_whole_object() {
    let (uploader, _folder) = fresh().await;
    let first = object(b"aaaaaaaaaaaaaaaaaaaaaaaa");
    let second = Object {
        content: Content::Bytes(Bytes::from_static(b"bb")),
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
    let read = read(&*uploader, first.key).await.unwrap();
    assert!(read == b"aaaaaaaaaaaaaaaaaaaaaaaa" || read == b"bb");
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

    assert_eq!(read(&uploader, planted.key).await, None);
}
