//! Objects in other services: the conformance suite, what the services are told, and how they fail. The services
//! are stand-ins that check every signature.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod failures;
mod standin;

use std::sync::Arc;
use std::time::Duration;

use chat_core::id::UploadId;
use chat_core::media::{Content, MediaUploader, Object, ObjectKey};
use chat_core::model::{FileName, MediaType};
use chat_media::{BucketUploader, CloudinaryUploader, Patience};
use http::Request;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use standin::StandIn;
use standin::cloudinary::{ACCOUNT, Cloudinary};
use standin::s3::{KEY, REGION, S3, SECRET};

/// A stand-in answers at once, unless the machine is busy.
const PATIENCE: Patience = Patience::new(Duration::from_secs(10));

fn bucket(stand_in: &StandIn, secret: &str, patience: Patience) -> BucketUploader {
    let settings = [
        ("AWS_ACCESS_KEY_ID", KEY),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("AWS_REGION", REGION),
        ("AWS_ENDPOINT", &stand_in.url),
        ("AWS_ALLOW_HTTP", "true"),
        ("GOOGLE_SERVICE_ACCOUNT", "/not/looked/at"),
        ("PATH", "/bin"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    BucketUploader::new("s3://kept/chat/media", settings, patience).unwrap()
}

fn cloudinary(stand_in: &StandIn, account: &str, patience: Patience) -> CloudinaryUploader {
    let uploader = CloudinaryUploader::new(account, patience).unwrap();
    uploader.at(&stand_in.url, &stand_in.url)
}

mod s3 {
    use super::*;

    async fn fresh() -> (Arc<dyn MediaUploader>, StandIn) {
        let stand_in = StandIn::start(S3).await;
        (Arc::new(bucket(&stand_in, SECRET, PATIENCE)), stand_in)
    }

    chat_core::media_conformance!(fresh);
}

mod in_cloudinary {
    use super::*;

    async fn fresh() -> (Arc<dyn MediaUploader>, StandIn) {
        let stand_in = StandIn::start(Cloudinary).await;
        (Arc::new(cloudinary(&stand_in, ACCOUNT, PATIENCE)), stand_in)
    }

    chat_core::media_conformance!(fresh);
}

fn object(content_type: MediaType, name: &str, bytes: &'static [u8]) -> Object {
    Object {
        key: ObjectKey::Original(UploadId::new(), content_type.kind()),
        content_type,
        name: FileName::clean(name),
        content: Content::Bytes(bytes.into()),
    }
}

/// What anybody gets at an address.
async fn get(url: &str) -> (u16, http::HeaderMap, Vec<u8>) {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = Request::get(url).body(Empty::<&[u8]>::new()).unwrap();
    let (head, body) = client.request(request).await.unwrap().into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (head.status.as_u16(), head.headers, bytes.to_vec())
}

#[tokio::test]
async fn a_link_into_a_bucket_is_good_for_one_object_and_a_short_while() {
    let stand_in = StandIn::start(S3).await;
    let uploader = bucket(&stand_in, SECRET, PATIENCE);
    let (file, other) = (
        object(MediaType::Pdf, "Ré.pdf", b"%PDF-1"),
        object(MediaType::Png, "", b"other"),
    );
    for object in [&file, &other] {
        assert_eq!(uploader.put(object).await.unwrap(), None);
    }

    let link = uploader.link(file.key).await.unwrap().unwrap();
    let (status, headers, bytes) = get(&link).await;

    assert_eq!((status, &bytes[..]), (200, &b"%PDF-1"[..]));
    assert_eq!(headers["content-type"], "application/pdf");
    assert_eq!(
        headers["content-disposition"],
        "attachment; filename=\"R_.pdf\"; filename*=UTF-8''R%C3%A9.pdf"
    );
    assert!(link.contains("X-Amz-Expires=300"), "{link}");
    assert!(!link.contains(SECRET));
    let path = format!("/kept/chat/media/{}", file.key);
    let moved = link.replace(&path, &format!("/kept/chat/media/{}", other.key));
    for forged in [
        moved,
        link.replace("X-Amz-Expires=300", "X-Amz-Expires=299"),
        link.split('?').next().unwrap().to_owned(),
    ] {
        assert_eq!(get(&forged).await.0, 403, "{forged}");
    }
}

#[tokio::test]
async fn an_address_in_cloudinary_is_public_and_by_kind() {
    let stand_in = StandIn::start(Cloudinary).await;
    let uploader = cloudinary(&stand_in, ACCOUNT, PATIENCE);
    for (content_type, resource) in [
        (MediaType::Png, "image"),
        (MediaType::Mp4, "video"),
        (MediaType::Mp3, "video"),
        (MediaType::Zip, "raw"),
    ] {
        let object = object(content_type, "a", b"bytes");
        let url = uploader.put(&object).await.unwrap().unwrap();
        let (base, key) = (&stand_in.url, object.key);
        assert_eq!(
            url,
            format!("{base}/demo/{resource}/upload/chat/media/{key}")
        );
        assert_eq!(uploader.link(object.key).await.unwrap(), Some(url.clone()));
        assert_eq!(get(&url).await.2, b"bytes");
        uploader.delete(object.key).await.unwrap();
        assert_eq!(get(&url).await.0, 404);
    }
    assert_eq!(stand_in.state.lock().unwrap().refused, [] as [String; 0]);
}

#[tokio::test]
async fn a_wrong_secret_is_an_error_and_is_never_shown() {
    let (s3, cloud) = (StandIn::start(S3).await, StandIn::start(Cloudinary).await);
    let account = ACCOUNT.replace("s3cret", "wr0ng");
    let uploaders: [(Box<dyn MediaUploader>, &StandIn); 2] = [
        (Box::new(bucket(&s3, "wr0ng", PATIENCE)), &s3),
        (Box::new(cloudinary(&cloud, &account, PATIENCE)), &cloud),
    ];
    for (uploader, stand_in) in uploaders {
        let object = object(MediaType::Png, "", b"x");
        let error = uploader.put(&object).await.unwrap_err();
        uploader.delete(object.key).await.unwrap_err();

        let state = stand_in.state.lock().unwrap();
        assert_eq!((state.objects.len(), state.refused.len()), (0, 2));
        let shown = format!("{error:?} {uploader:?}");
        assert!(!shown.contains("wr0ng"), "{shown}");
    }
}

#[test]
fn an_address_that_cannot_be_is_refused() {
    for url in ["", "s3", "s3://", "ftp://bucket", "s3://bucket/a/../b"] {
        let opened = BucketUploader::new(url, [], Patience::default());
        assert!(opened.is_err(), "{url}");
    }
}

#[tokio::test]
async fn a_bucket_without_tls_is_asked_only_where_that_is_allowed() {
    let stand_in = StandIn::start(S3).await;
    for (allowed, asks) in [(None, false), (Some("false"), false), (Some("true"), true)] {
        let settings = [
            ("AWS_ACCESS_KEY_ID", KEY),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
            ("AWS_REGION", REGION),
            ("AWS_ENDPOINT", &stand_in.url),
        ];
        let settings = settings
            .into_iter()
            .chain(allowed.map(|allowed| ("AWS_ALLOW_HTTP", allowed)))
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let uploader = BucketUploader::new("s3://kept", settings, PATIENCE).unwrap();

        let kept = uploader.put(&object(MediaType::Png, "", b"x")).await;

        assert_eq!(kept.is_ok(), asks, "{allowed:?}: {kept:?}");
        let requests = stand_in.state.lock().unwrap().requests;
        assert_eq!(requests > 0, asks, "{allowed:?}");
    }
}
