//! Cases of [`MediaUploader`].

use bytes::Bytes;

use crate::id::UploadId;
use crate::media::{MediaUploader, Object, ObjectKey};
use crate::model::ImageType;

fn object(key: ObjectKey, bytes: &'static [u8]) -> Object {
    Object {
        key,
        content_type: ImageType::Png,
        bytes: Bytes::from_static(bytes),
    }
}

/// What was put is read, to the byte.
pub async fn what_was_put_is_read(media: &dyn MediaUploader) {
    let key = ObjectKey::Original(UploadId::new());
    media.put(&object(key, b"\0\xffbytes\r\n")).await.unwrap();
    assert_eq!(
        media.read(key).await.unwrap().as_deref(),
        Some(&b"\0\xffbytes\r\n"[..])
    );
}

/// The picture and its thumbnail are two objects.
pub async fn a_thumbnail_is_an_object_of_its_own(media: &dyn MediaUploader) {
    let id = UploadId::new();
    media
        .put(&object(ObjectKey::Original(id), b"large"))
        .await
        .unwrap();
    assert_eq!(media.read(ObjectKey::Thumbnail(id)).await.unwrap(), None);
    media
        .put(&object(ObjectKey::Thumbnail(id), b"small"))
        .await
        .unwrap();
    assert_eq!(
        media
            .read(ObjectKey::Original(id))
            .await
            .unwrap()
            .as_deref(),
        Some(&b"large"[..])
    );
}

/// Putting again replaces.
pub async fn putting_again_replaces(media: &dyn MediaUploader) {
    let key = ObjectKey::Original(UploadId::new());
    media.put(&object(key, b"first, and longer")).await.unwrap();
    media.put(&object(key, b"second")).await.unwrap();
    assert_eq!(
        media.read(key).await.unwrap().as_deref(),
        Some(&b"second"[..])
    );
}

/// Deleting takes it away; twice is no error.
pub async fn deleting_takes_it_away(media: &dyn MediaUploader) {
    let key = ObjectKey::Original(UploadId::new());
    media.put(&object(key, b"x")).await.unwrap();
    media.delete(key).await.unwrap();
    media.delete(key).await.unwrap();
    assert_eq!(media.read(key).await.unwrap(), None);
}

/// What was never put is not there.
pub async fn what_was_never_put_is_not_there(media: &dyn MediaUploader) {
    assert_eq!(
        media
            .read(ObjectKey::Original(UploadId::new()))
            .await
            .unwrap(),
        None
    );
}

/// Every format, and sizes from nothing to megabytes, to the byte.
pub async fn every_format_and_size_is_kept(media: &dyn MediaUploader) {
    let types = [
        ImageType::Jpeg,
        ImageType::Png,
        ImageType::Gif,
        ImageType::WebP,
    ];
    for (content_type, size) in types.into_iter().zip([0, 1, 70_001, 5 << 20]) {
        let bytes: Vec<u8> = (0..size).map(|n: u32| (n % 251).to_le_bytes()[0]).collect();
        let object = Object {
            key: ObjectKey::Original(UploadId::new()),
            content_type,
            bytes: bytes.into(),
        };
        let url = media.put(&object).await.unwrap();
        let absolute = |url: &String| url.contains("://");
        assert!(url.as_ref().is_none_or(absolute), "{url:?}");
        let read = media.read(object.key).await.unwrap();
        assert!(read == Some(object.bytes), "{content_type:?} of {size}");
    }
}

/// Whoever reads while an object is replaced gets one of the two, whole.
pub async fn a_reader_never_gets_half_an_object(media: &dyn MediaUploader) {
    let key = ObjectKey::Original(UploadId::new());
    let version = |byte, size| Object {
        key,
        content_type: ImageType::Png,
        bytes: Bytes::from(vec![byte; size]),
    };
    let (one, two) = (version(1, 100_000), version(2, 300_000));
    media.put(&one).await.unwrap();
    let writing = async {
        for _ in 0..5 {
            media.put(&two).await.unwrap();
            media.put(&one).await.unwrap();
        }
    };
    let reading = async {
        for _ in 0..20 {
            let read = media.read(key).await.unwrap().unwrap();
            let whole = read == one.bytes || read == two.bytes;
            assert!(whole, "{} bytes, from {:?}", read.len(), read.first());
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(writing, reading);
    assert_eq!(media.read(key).await.unwrap(), Some(one.bytes));
}
