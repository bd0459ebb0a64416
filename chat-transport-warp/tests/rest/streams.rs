//! Bodies that come bit by bit, for ever, or not at all.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use chat_core::memory::MemoryMedia;
use futures_util::future::join_all;
use futures_util::{Stream, StreamExt as _, stream};
use http::StatusCode;
use http_body_util::StreamBody;
use hyper::body::Frame;
use tower_service::Service as _;

use crate::support::World;

const JSON: &str = "application/json";
const FORM: &str = "multipart/form-data; boundary=cut";
const BEGUN: &str =
    "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n";

/// How a picture begins.
const PICTURE: &[u8] = b"\x89PNG";

async fn send(
    world: &World,
    (path, kind): (&str, &str),
    body: impl Stream<Item = Bytes> + Send + Sync + 'static,
) -> StatusCode {
    let frames = body.map(|bytes| Ok::<_, Infallible>(Frame::data(bytes)));
    let asked = http::Request::post(format!("/api/v1{path}"))
        .header("authorization", "Bearer ada")
        .header("content-type", kind)
        .body(StreamBody::new(Box::pin(frames)))
        .unwrap();
    let answer = warp::service(world.routes.clone()).call(asked).await;
    answer.unwrap().status()
}

/// One piece at a time, for ever.
fn drip(piece: Bytes, every: Duration) -> impl Stream<Item = Bytes> {
    stream::unfold(piece, move |piece| async move {
        tokio::time::sleep(every).await;
        Some((piece.clone(), piece))
    })
}

#[tokio::test]
async fn a_body_without_an_end_is_cut_off_at_its_limit() {
    let world = World::new();
    let endless = || stream::repeat(Bytes::from_static(&[b' '; 1_024]));
    let begun = [BEGUN.as_bytes(), PICTURE].map(Bytes::from_static);
    let begun = stream::iter(begun);

    let json = send(&world, ("/conversations", JSON), endless()).await;
    let form = send(&world, ("/uploads", FORM), begun.chain(endless())).await;

    assert_eq!(
        (json, form),
        (StatusCode::PAYLOAD_TOO_LARGE, StatusCode::PAYLOAD_TOO_LARGE)
    );
}

/// What of an endless body is read behind `begun`, and the answer.
async fn read_of_endless(begun: &'static str, piece: &'static [u8]) -> (StatusCode, usize) {
    let read = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&read);
    let begun = stream::iter([Bytes::from_static(begun.as_bytes())]);
    let endless = stream::repeat(Bytes::from_static(piece)).inspect(move |piece| {
        counter.fetch_add(piece.len(), Ordering::Relaxed);
    });
    let status = send(&World::new(), ("/uploads", FORM), begun.chain(endless)).await;
    (status, read.load(Ordering::Relaxed))
}

#[tokio::test]
async fn a_head_without_an_end_is_refused_before_much_of_it_is_read() {
    let second = "--cut\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--cut\r\nA: ";
    for (begun, piece) in [
        ("", &[b'x'; 64] as &[u8]),
        ("--cut\r\nContent-Disposition: ", &[b'x'; 1_000]),
        ("--cut\r\nContent-Disposition: ", &[b'x'; 10_000]),
        (second, &[b'x'; 1_000]),
    ] {
        let (status, read) = read_of_endless(begun, piece).await;

        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{begun:?}");
        assert!(read <= 32 << 10, "{begun:?}: {read} bytes");
    }
}

#[tokio::test]
async fn a_file_in_pieces_of_any_size_is_taken_whole() {
    let (world, _folder) = World::taking_files(MemoryMedia::default()).await;
    let mut whole = [BEGUN.as_bytes(), b"mp4"].concat();
    // What looks like the end at every place but is not.
    whole.extend(b"\r\n--cu\r\r\n-".repeat(12 << 10));
    whole.extend(b"\r\n--cut--\r\n");
    for size in [1, 7, 1_000, 20_000, whole.len()] {
        let pieces: Vec<Bytes> = whole.chunks(size).map(Bytes::copy_from_slice).collect();

        let status = send(&world, ("/uploads", FORM), stream::iter(pieces)).await;

        assert_eq!(status, StatusCode::CREATED, "{size}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stands_still_is_given_up_after_30_seconds() {
    let world = World::new();
    for route in [("/conversations", JSON), ("/uploads", FORM)] {
        let begun = tokio::time::Instant::now();

        let status = send(&world, route, stream::pending()).await;

        assert_eq!(status, StatusCode::REQUEST_TIMEOUT, "{route:?}");
        assert_eq!(begun.elapsed().as_secs(), 30);
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_drips_is_given_up_too() {
    let world = World::new();
    let second = Duration::from_secs(1);
    let begun = || stream::iter([Bytes::from_static(BEGUN.as_bytes())]);
    for (route, first) in [
        (("/conversations", JSON), Bytes::from_static(b"{")),
        (("/uploads", FORM), Bytes::from_static(BEGUN.as_bytes())),
    ] {
        let start = tokio::time::Instant::now();
        let body = stream::iter([first]).chain(drip(Bytes::from_static(b" "), second));

        let status = send(&world, route, body).await;

        assert_eq!(status, StatusCode::REQUEST_TIMEOUT, "{route:?}");
        assert!(
            start.elapsed() <= 2 * Duration::from_secs(30),
            "{:?}",
            start.elapsed()
        );
    }

    // As slow as a bad line, but moving: 8 KiB a second until the limit.
    let picture = stream::iter([Bytes::from_static(PICTURE)]);
    let moving = begun()
        .chain(picture)
        .chain(drip(Bytes::from_static(&[b'x'; 128]), second / 64));
    let status = send(&world, ("/uploads", FORM), moving).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test(start_paused = true)]
async fn uploads_beyond_those_under_way_are_told_to_wait() {
    let (world, form) = (World::new(), ("/uploads", FORM));
    let all = (0..4).map(|_| send(&world, form, stream::pending()));
    let all = join_all(all);
    let further = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        send(&world, form, stream::empty()).await
    };

    let (all, further) = tokio::join!(all, further);
    let later = send(&world, form, stream::empty()).await;

    assert_eq!(all, [StatusCode::REQUEST_TIMEOUT; 4]);
    assert_eq!(further, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(later, StatusCode::BAD_REQUEST, "the place is free again");
}
