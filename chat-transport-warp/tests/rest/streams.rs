//! Bodies that come bit by bit, for ever, or not at all.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
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
    let world = World::with(|config| config.uploads_at_once_per_user = 1);
    let form = ("/uploads", FORM);
    let first = send(&world, form, stream::pending());
    let second = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        send(&world, form, stream::empty()).await
    };

    let (first, second) = tokio::join!(first, second);
    let third = send(&world, form, stream::empty()).await;

    assert_eq!(first, StatusCode::REQUEST_TIMEOUT);
    assert_eq!(second, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(third, StatusCode::BAD_REQUEST, "the place is free again");
}
