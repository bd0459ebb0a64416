//! Requests that two servers might read as two different ones (RFC 9112, sections 2.2, 5.2 and 6.3):
//! each is refused, and nothing behind it on its connection is read as a request.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chat_transport_warp::{ListenerConfig, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use warp::Filter;

const LIMIT: Duration = Duration::from_secs(20);

/// The second request: if it is ever handled, it was smuggled.
const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n";

/// Sends bytes to a fresh server until it ends the connection, or has been quiet for a moment after
/// we ended our half. What it answered, and how often the second request was handled.
async fn asked(bytes: &str) -> (String, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let smuggled = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&smuggled);
    let behind =
        warp::path("smuggled").map(move || count.fetch_add(1, Ordering::SeqCst).to_string());
    let first = warp::path::end()
        .and(warp::body::bytes())
        .map(|_| "first".to_owned());
    let filter = behind.or(first).unify();
    let config = ListenerConfig::default();
    tokio::spawn(serve(listener, filter, config, std::future::pending()));

    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    // It may reset the connection: that ends it as well.
    let _ = timeout(LIMIT, stream.read_to_end(&mut answer))
        .await
        .unwrap();
    let answer = String::from_utf8(answer).unwrap();
    (answer, smuggled.load(Ordering::SeqCst))
}

#[tokio::test]
async fn two_plain_requests_are_two() {
    let (answer, smuggled) = asked(&format!(
        "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\nhi{SMUGGLED}"
    ))
    .await;
    assert_eq!(
        (answer.matches("200 OK").count(), smuggled),
        (2, 1),
        "{answer}"
    );
}

#[tokio::test]
async fn what_can_be_read_in_two_ways_is_refused_and_ends_the_connection() {
    for (what, headers) in [
        ("two lengths", "Content-Length: 2\r\nContent-Length: 45"),
        ("two lengths in one", "Content-Length: 2, 45"),
        ("a signed length", "Content-Length: +2"),
        ("a negative length", "Content-Length: -2"),
        ("a length in hex", "Content-Length: 0x2"),
        ("a length of two numbers", "Content-Length: 2 45"),
        ("no length", "Content-Length: "),
        (
            "an endless length",
            "Content-Length: 99999999999999999999999",
        ),
        ("an unknown coding", "Transfer-Encoding: xchunked"),
        ("chunked, not last", "Transfer-Encoding: chunked, identity"),
        ("chunked, not alone", "Transfer-Encoding: identity, chunked"),
        (
            "two codings",
            "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
        ),
        (
            "two others",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        ),
        (
            "a folded header",
            "X-A: a\r\n Content-Length: 45\r\nContent-Length: 2",
        ),
        ("a folded coding", "Transfer-Encoding:\r\n chunked"),
        ("a space before the colon", "Content-Length : 2"),
        ("a tab before the colon", "Transfer-Encoding\t: chunked"),
        ("a header without a name", ": x\r\nContent-Length: 2"),
        ("a NUL in a header", "X-A: a\0b\r\nContent-Length: 2"),
        (
            "a bare CR in a header",
            "X-A: a\rContent-Length: 45\r\nContent-Length: 2",
        ),
        ("a name with a letter beyond ASCII", "Content-Léngth: 2"),
    ] {
        let head = format!("POST / HTTP/1.1\r\nHost: a.example\r\n{headers}\r\n\r\n");
        let (answer, smuggled) = asked(&format!("{head}hi{SMUGGLED}")).await;
        assert!(!answer.contains("200 OK"), "{what}: {answer}");
        let refused = answer.is_empty() || answer.starts_with("HTTP/1.1 400 ");
        assert!(refused, "{what}: {answer}");
        assert_eq!(smuggled, 0, "{what}: {answer}");
    }
}

#[tokio::test]
async fn a_length_beside_a_coding_smuggles_nothing() {
    for headers in [
        "Content-Length: 2\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 2",
        "Content-Length: 60\r\nTransfer-Encoding: chunked",
    ] {
        let head = format!("POST / HTTP/1.1\r\nHost: a.example\r\n{headers}\r\n\r\n");
        let (answer, smuggled) = asked(&format!("{head}0\r\n\r\n{SMUGGLED}")).await;
        // The coding may be taken alone (RFC 9112, section 6.1), if the connection ends with it.
        assert_eq!(smuggled, 0, "{headers:?}: {answer}");
    }
}

#[tokio::test]
async fn broken_chunks_are_refused_and_end_the_connection() {
    for chunks in [
        "2\nhi\r\n0\r\n\r\n",
        "2;\nhi\r\n0\r\n\r\n",
        "0x2\r\nhi\r\n0\r\n\r\n",
        "-2\r\nhi\r\n0\r\n\r\n",
        "2 2\r\nhi\r\n0\r\n\r\n",
        "2\r\nhi0\r\n\r\n",
        "3\r\nhi\r\n0\r\n\r\n",
        "ffffffffffffffff2\r\nhi\r\n0\r\n\r\n",
        "\r\n2\r\nhi\r\n0\r\n\r\n",
    ] {
        let head = "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n";
        let (answer, smuggled) = asked(&format!("{head}{chunks}{SMUGGLED}")).await;
        assert!(!answer.contains("200 OK"), "{chunks:?}: {answer}");
        assert_eq!(smuggled, 0, "{chunks:?}: {answer}");
    }
}

#[tokio::test]
async fn lines_that_end_in_a_bare_line_feed_end_the_same_for_everyone() {
    // Allowed (RFC 9112, section 2.2): what matters is that length and end are read alike.
    let bytes = "POST / HTTP/1.1\nHost: a.example\nContent-Length: 2\n\nhi";
    let (answer, smuggled) = asked(&format!("{bytes}{SMUGGLED}")).await;
    let handled = answer.matches("200 OK").count();
    assert!(matches!((handled, smuggled), (2, 1) | (0, 0)), "{answer}");
}
