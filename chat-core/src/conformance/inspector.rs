//! Cases of a [`MediaInspector`].
//!
//! Whether a picture can be decoded whole is asked of the inspector itself: what it gave must be
//! found to be the very same picture again.

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::conformance::files::{BEGINNINGS, MARKUP};
use crate::conformance::pictures::{SECRET, of_every_format, png, png_that_says, with_secrets};
use crate::media::{HEAD, Inspected, MediaError, MediaInspector, Rejected};
use crate::model::MediaType;

/// No picture takes longer.
const LIMIT: Duration = Duration::from_secs(60);

/// Inspects when there is a place for it.
async fn inspect(inspector: &dyn MediaInspector, bytes: &Bytes) -> Result<Inspected, Rejected> {
    let asked = async {
        loop {
            match inspector.inspect(bytes.clone()).await {
                Err(MediaError::Busy) => sleep(Duration::from_millis(5)).await,
                answer => return answer.unwrap(),
            }
        }
    };
    timeout(LIMIT, asked).await.unwrap()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// What was given is the same picture when it is looked at again, and its thumbnail one too.
async fn assert_is_whole(inspector: &dyn MediaInspector, given: &Inspected, what: &str) {
    let again = inspect(inspector, &given.bytes).await.unwrap();
    let about = |it: &Inspected| (it.content_type, it.width, it.height);
    assert_eq!(about(&again), about(given), "{what}");
    if let Some(thumbnail) = &given.thumbnail {
        let small = inspect(inspector, &thumbnail.bytes).await.unwrap();
        assert_eq!(small.content_type, thumbnail.content_type, "{what}");
        let (small, large) = (small.width * small.height, given.width * given.height);
        assert!(small < large, "{what}: {small} pixels of {large}");
    }
}

/// Every type is known by its first bytes, also behind nothing else.
pub async fn every_type_is_known_by_its_first_bytes(inspector: &Arc<dyn MediaInspector>) {
    for (content_type, head) in BEGINNINGS {
        let found = inspector.detect(head);
        assert_eq!(
            found,
            Ok(*content_type),
            "{:?}",
            head.escape_ascii().to_string()
        );
        let filler = b"and so on ".repeat(HEAD / 10);
        let long = [head, &filler[..HEAD - head.len()]].concat();
        assert_eq!(inspector.detect(&long), Ok(*content_type));
        for length in 0..head.len() {
            // Whatever it is taken for, it is no panic, and no page.
            let _ = inspector.detect(&head[..length]);
        }
    }
    // A sign that is cut in two at the end is still text.
    let cut = [b"x".repeat(HEAD - 1), vec![0xc3]].concat();
    assert_eq!(inspector.detect(&cut), Ok(MediaType::Text));
    std::future::ready(()).await;
}

/// What a browser could take for a page is refused, and so is nothing at all.
pub async fn markup_is_refused(inspector: &Arc<dyn MediaInspector>) {
    for head in MARKUP {
        let found = inspector.detect(head);
        let refused = Err(Rejected::Unsupported);
        assert_eq!(found, refused, "{:?}", head.escape_ascii().to_string());
    }
    std::future::ready(()).await;
}

/// Every format is known by its bytes, and its size told.
pub async fn pictures_are_known_by_their_bytes(inspector: &Arc<dyn MediaInspector>) {
    for (format, bytes, size) in of_every_format() {
        let given = inspect(&**inspector, &bytes.into()).await.unwrap();
        let found = (given.content_type, (given.width, given.height));
        assert_eq!(found, (format, size));
        assert_is_whole(&**inspector, &given, &format!("{format:?}")).await;
    }
}

/// What is no picture is refused, whatever it calls itself.
pub async fn what_is_no_picture_is_refused(inspector: &Arc<dyn MediaInspector>) {
    let texts: [&[u8]; 12] = [
        b"",
        b"\0",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><svg/>",
        b"<!DOCTYPE html><html></html>",
        b"%PDF-1.7",
        b"PK\x03\x04",
        b"BM\0\0\0\0",
        b"II*\0",
        b"MZ\x90\0",
        b"\0\0\0\x18ftypavif",
    ];
    for text in texts {
        let answer = inspect(&**inspector, &Bytes::from_static(text)).await;
        assert_eq!(answer, Err(Rejected::Unsupported), "{text:?}");
    }
    let page = Bytes::from_static(b"GIF89a=1;/*<script>alert(1)</script>*/");
    let answer = inspect(&**inspector, &page).await;
    assert!(answer.is_err(), "a page that begins like a GIF: {answer:?}");
}

/// Metadata and whatever is behind the end are gone, from the thumbnail too.
pub async fn metadata_and_what_is_behind_the_end_go(inspector: &Arc<dyn MediaInspector>) {
    for (format, bytes) in with_secrets() {
        assert!(holds(&bytes, SECRET));
        // Refusing such a picture is allowed.
        if let Ok(given) = inspect(&**inspector, &bytes.into()).await {
            assert!(!holds(&given.bytes, SECRET), "{format:?}");
            let thumbnail = given.thumbnail.as_ref();
            let told = thumbnail.is_some_and(|small| holds(&small.bytes, SECRET));
            assert!(!told, "the thumbnail of {format:?}");
            assert_is_whole(&**inspector, &given, &format!("{format:?}")).await;
        }
    }
}

/// A picture that ends early is refused, wherever it ends.
pub async fn half_a_picture_is_refused(inspector: &Arc<dyn MediaInspector>) {
    for (format, bytes, _) in of_every_format() {
        let bytes = Bytes::from(bytes);
        for length in 0..bytes.len() {
            let answer = inspect(&**inspector, &bytes.slice(..length)).await;
            let of = bytes.len();
            assert!(answer.is_err(), "{length} of {of} bytes of {format:?}");
        }
    }
}

/// Whatever byte is changed, the answer is a refusal or a whole picture, and never a panic.
pub async fn no_bytes_make_it_panic(inspector: &Arc<dyn MediaInspector>) {
    for (format, bytes, _) in of_every_format() {
        for at in 0..bytes.len() {
            for value in [0, 0x7f, 0xff, bytes[at] ^ 1, bytes[at] ^ 0x80] {
                let mut bytes = bytes.clone();
                bytes[at] = value;
                if let Ok(given) = inspect(&**inspector, &bytes.into()).await {
                    let what = format!("{format:?} with {value} at {at}");
                    assert_is_whole(&**inspector, &given, &what).await;
                }
            }
        }
    }
}

/// A small file that says it is a huge picture is refused before it is unpacked.
pub async fn a_huge_picture_is_refused(inspector: &Arc<dyn MediaInspector>) {
    for (width, height) in [(60_000, 60_000), (u32::MAX, u32::MAX), (1, i32::MAX as u32)] {
        let bomb = png_that_says(width, height).into();
        let answer = inspect(&**inspector, &bomb).await;
        let refused = matches!(answer, Err(Rejected::TooLarge | Rejected::Damaged));
        assert!(refused, "{width} times {height}: {answer:?}");
    }
}

/// A large picture comes whole, with a thumbnail that is one if there is any.
pub async fn a_large_picture_is_whole(inspector: &Arc<dyn MediaInspector>) {
    let given = inspect(&**inspector, &png(1_600, 1_200, &[]).into()).await;
    let given = given.unwrap();
    assert_eq!((given.width, given.height), (1_600, 1_200));
    assert_is_whole(&**inspector, &given, "a large picture").await;
}

/// Many at once are looked at or told that there is no place, and then there is place again.
pub async fn many_at_once_are_bounded(inspector: &Arc<dyn MediaInspector>) {
    let picture = Bytes::from(png(200, 200, &[]));
    let mut asked = JoinSet::new();
    for _ in 0..300 {
        let (inspector, picture) = (Arc::clone(inspector), picture.clone());
        asked.spawn(async move { inspector.inspect(picture).await });
    }
    for answer in timeout(LIMIT, asked.join_all()).await.unwrap() {
        match answer {
            Ok(looked_at) => assert_eq!(looked_at.unwrap().width, 200),
            Err(error) => assert!(matches!(error, MediaError::Busy), "{error:?}"),
        }
    }
    assert!(inspector.inspect(picture).await.unwrap().is_ok());
}

/// A call that was dropped midway takes no place for ever.
pub async fn a_dropped_call_gives_its_place_back(inspector: &Arc<dyn MediaInspector>) {
    let picture = Bytes::from(png(200, 200, &[]));
    for _ in 0..300 {
        let mut asked = inspector.inspect(picture.clone());
        std::future::poll_fn(|context| {
            let _ = asked.as_mut().poll(context);
            Poll::Ready(())
        })
        .await;
    }
    assert!(inspect(&**inspector, &picture).await.is_ok());
}

/// The work is not done on the runtime's threads: no single poll takes a large part of it.
pub async fn the_runtime_goes_on(inspector: &Arc<dyn MediaInspector>) {
    let picture = Bytes::from(png(2_400, 1_800, &[]));
    let mut asked = pin!(inspector.inspect(picture));
    let mut longest = Duration::ZERO;
    let started = Instant::now();
    let answer = std::future::poll_fn(|context| {
        let polled = Instant::now();
        let answer = asked.as_mut().poll(context);
        longest = longest.max(polled.elapsed());
        answer
    })
    .await;
    let whole = started.elapsed();
    answer.unwrap().unwrap();
    assert!(longest < whole / 2, "{longest:?} of {whole:?} in one poll");
}
