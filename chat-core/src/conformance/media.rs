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
