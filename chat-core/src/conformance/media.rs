//! Cases of [`MediaUploader`].

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use tokio::io::AsyncReadExt as _;

use crate::id::UploadId;
use crate::media::{Content, MediaUploader, Object, ObjectKey, Spool, SpooledFile};
use crate::model::{FileName, MediaKind, MediaType};

fn key() -> ObjectKey {
    ObjectKey::Original(UploadId::new(), MediaKind::Image)
}

fn object(key: ObjectKey, bytes: impl Into<Bytes>) -> Object {
    Object {
        key,
        content_type: MediaType::Png,
        name: None,
        content: Content::Bytes(bytes.into()),
    }
}

/// So many bytes that are not all alike.
fn bytes(size: usize) -> Bytes {
    (0..size)
        .map(|n| (n % 251).to_le_bytes()[0])
        .collect::<Vec<_>>()
        .into()
}

/// The same in a file.
async fn file(bytes: &[u8]) -> Arc<SpooledFile> {
    let folder = std::env::temp_dir().join("chat-conformance");
    let mut file = Spool::open(folder).await.unwrap().begin().await.unwrap();
    for piece in bytes.chunks(70_000) {
        file.write(piece).await.unwrap();
    }
    Arc::new(file.finish().await.unwrap())
}

/// What is read of an object, and how large it says it is.
async fn read(
    media: &dyn MediaUploader,
    key: ObjectKey,
    range: Option<Range<u64>>,
) -> Option<(Bytes, u64)> {
    let mut reading = media.read(key, range).await.unwrap()?;
    let mut read = Vec::new();
    reading.bytes.read_to_end(&mut read).await.unwrap();
    Some((read.into(), reading.size))
}

async fn whole(media: &dyn MediaUploader, key: ObjectKey) -> Option<Bytes> {
    let (bytes, size) = read(media, key, None).await?;
    assert_eq!(bytes.len() as u64, size);
    Some(bytes)
}

/// What was put is read, to the byte.
pub async fn what_was_put_is_read(media: &dyn MediaUploader) {
    let key = key();
    let verbatim = &b"\0\xffbytes\r\n"[..];
    media.put(&object(key, verbatim)).await.unwrap();
    assert_eq!(whole(media, key).await.as_deref(), Some(verbatim));
}

/// The picture and its thumbnail are two objects.
pub async fn a_thumbnail_is_an_object_of_its_own(media: &dyn MediaUploader) {
    let id = UploadId::new();
    let (large, small) = (
        ObjectKey::Original(id, MediaKind::Image),
        ObjectKey::Thumbnail(id),
    );
    media.put(&object(large, &b"large"[..])).await.unwrap();
    assert_eq!(whole(media, small).await, None);
    media.put(&object(small, &b"small"[..])).await.unwrap();
    assert_eq!(whole(media, large).await.unwrap(), "large");
    assert_eq!(whole(media, small).await.unwrap(), "small");
}

/// Putting again replaces.
pub async fn putting_again_replaces(media: &dyn MediaUploader) {
    let key = key();
    let first = object(key, &b"first, and longer"[..]);
    media.put(&first).await.unwrap();
    media.put(&object(key, &b"second"[..])).await.unwrap();
    assert_eq!(whole(media, key).await.unwrap(), "second");
}

/// Deleting takes it away; twice is no error.
pub async fn deleting_takes_it_away(media: &dyn MediaUploader) {
    for kind in [
        MediaKind::Image,
        MediaKind::Video,
        MediaKind::Audio,
        MediaKind::File,
    ] {
        let key = ObjectKey::Original(UploadId::new(), kind);
        media.put(&object(key, &b"x"[..])).await.unwrap();
        media.delete(key).await.unwrap();
        media.delete(key).await.unwrap();
        assert_eq!(whole(media, key).await, None, "{kind:?}");
    }
}

/// What was never put is not there, whole or in part.
pub async fn what_was_never_put_is_not_there(media: &dyn MediaUploader) {
    assert_eq!(whole(media, key()).await, None);
    assert_eq!(read(media, key(), Some(0..1)).await, None);
}

/// Every type, and sizes from nothing to megabytes, from memory and from a file, to the byte; and an
/// address is absolute.
pub async fn every_type_and_size_is_kept(media: &dyn MediaUploader) {
    let sizes = [0, 1, 70_001, 5 << 20, 11_000_000].into_iter().cycle();
    for (content_type, size) in MediaType::ALL.iter().zip(sizes) {
        let bytes = bytes(size);
        let contents = [
            Content::Bytes(bytes.clone()),
            Content::File(file(&bytes).await),
        ];
        for content in contents {
            assert_eq!(content.size(), size as u64);
            let object = Object {
                key: ObjectKey::Original(UploadId::new(), content_type.kind()),
                content_type: *content_type,
                name: FileName::clean("\"naïve\"; 50% off.pdf"),
                content,
            };
            let url = media.put(&object).await.unwrap();
            let link = media.link(object.key).await.unwrap();
            let absolute = |url: &String| url.contains("://");
            assert!(url.iter().chain(&link).all(absolute), "{url:?} {link:?}");
            let read = whole(media, object.key).await.unwrap();
            assert!(read == bytes, "{content_type:?} of {size}");
        }
    }
}

/// A part is read as such, up to the object's end and no further.
pub async fn a_part_is_read_as_such(media: &dyn MediaUploader) {
    let (key, bytes) = (key(), bytes(200_000));
    media.put(&object(key, bytes.clone())).await.unwrap();
    for (asked, given) in [
        (0..200_000, 0..200_000),
        (0..1, 0..1),
        (65_535..65_537, 65_535..65_537),
        (199_999..200_000, 199_999..200_000),
        (100..1 << 40, 100..200_000),
        (7..7, 0..0),
        (200_000..200_001, 0..0),
        (u64::MAX - 1..u64::MAX, 0..0),
    ] {
        let part = read(media, key, Some(asked.clone())).await.unwrap();
        assert!(part == (bytes.slice(given), 200_000), "{asked:?}");
    }
}

/// A reading gives one whole object, whatever becomes of the key meanwhile, or fails.
pub async fn a_reading_outlives_its_object(media: &dyn MediaUploader) {
    let (key, bytes) = (key(), bytes(3 << 20));
    for is_replaced in [true, false] {
        media.put(&object(key, bytes.clone())).await.unwrap();
        let mut reading = media.read(key, None).await.unwrap().unwrap();
        let mut read = vec![0; 1_000];
        reading.bytes.read_exact(&mut read).await.unwrap();
        if is_replaced {
            media.put(&object(key, &b"other"[..])).await.unwrap();
        } else {
            media.delete(key).await.unwrap();
        }
        if reading.bytes.read_to_end(&mut read).await.is_ok() {
            assert!(bytes == read, "replaced: {is_replaced}");
        }
    }
}

/// Whoever reads while an object is replaced gets one of the two, whole.
pub async fn a_reader_never_gets_half_an_object(media: &dyn MediaUploader) {
    let key = key();
    let versions = [vec![1; 100_000], vec![2; 300_000]].map(Bytes::from);
    let [one, two] = versions.clone().map(|bytes| object(key, bytes));
    media.put(&one).await.unwrap();
    let writing = async {
        for _ in 0..5 {
            media.put(&two).await.unwrap();
            media.put(&one).await.unwrap();
        }
    };
    let reading = async {
        for _ in 0..20 {
            let read = whole(media, key).await.unwrap();
            let found = (read.len(), read.first());
            assert!(versions.contains(&read), "{found:?}");
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(writing, reading);
    assert_eq!(whole(media, key).await.as_ref(), Some(&versions[0]));
}

/// A call that is dropped leaves the object that was there, or the other one.
pub async fn a_dropped_put_leaves_a_whole_object(media: &dyn MediaUploader) {
    let key = key();
    let versions = [bytes(50_000), bytes(2 << 20)];
    let [one, two] = versions.clone().map(|bytes| object(key, bytes));
    media.put(&one).await.unwrap();
    for polls in 1..20 {
        let mut put = media.put(&two);
        for _ in 0..polls {
            let polled = std::future::poll_fn(|context| {
                std::task::Poll::Ready(put.as_mut().poll(context).is_ready())
            });
            if polled.await {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(put);
        let read = whole(media, key).await.unwrap();
        assert!(versions.contains(&read), "{} bytes", read.len());
    }
}
