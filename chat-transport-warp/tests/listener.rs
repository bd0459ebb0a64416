//! The listener over real sockets: what becomes of a handler that panics, and who is capped.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::net::SocketAddr;
use std::time::Duration;

use chat_transport_warp::{ListenerConfig, listen, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use warp::Filter;

const LIMIT: Duration = Duration::from_secs(10);

/// A host whose `/panic` panics and whose other paths say hello.
fn listening(config: ListenerConfig) -> SocketAddr {
    let listener = listen(([127, 0, 0, 1], 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let panics = warp::path("panic").map(|| -> &str { panic!("a secret of the handler") });
    let filter = panics.or(warp::path::end().map(|| "hello")).unify();
    tokio::spawn(serve(listener, filter, config, std::future::pending()));
    address
}

async fn write(stream: &mut TcpStream, path: &str) {
    let request = format!("GET {path} HTTP/1.1\r\nhost: chat.example\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
}

/// Reads on until what came ends with this.
async fn read_to(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    let reading = async {
        while !text.ends_with(end) {
            let mut bytes = [0; 4096];
            let read = stream.read(&mut bytes).await.unwrap();
            assert!(read > 0, "the connection ended after {text:?}");
            text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
        }
    };
    timeout(LIMIT, reading).await.unwrap();
    text
}

fn header<'a>(answer: &'a str, name: &str) -> &'a str {
    let lines = answer.lines().take_while(|line| !line.is_empty());
    let mut fields = lines.filter_map(|line| line.split_once(": "));
    fields
        .find(|(field, _)| field.eq_ignore_ascii_case(name))
        .map_or("", |(_, value)| value)
}

#[tokio::test]
async fn clients_that_come_at_once_find_room_before_anybody_is_let_in() {
    let listener = listen(([127, 0, 0, 1], 0)).unwrap();
    let address = listener.local_addr().unwrap();

    // Without room the kernel lets one wait for a second.
    let soon = Duration::from_millis(900);
    let mut clients = Vec::new();
    for _ in 0..300 {
        clients.push(std::net::TcpStream::connect_timeout(&address, soon).unwrap());
    }

    for _ in &clients {
        timeout(LIMIT, listener.accept()).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_panic_is_answered_with_every_header_and_ends_nothing_else() {
    let address = listening(ListenerConfig::default());
    let mut stream = TcpStream::connect(address).await.unwrap();

    write(&mut stream, "/panic").await;
    let answer = read_to(&mut stream, "}").await;

    assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
    assert!(!answer.contains("secret"), "{answer}");
    for (name, value) in [
        ("content-type", "application/problem+json"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("cache-control", "no-store"),
        (
            "content-security-policy",
            "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ] {
        assert_eq!(header(&answer, name), value, "{name} of {answer}");
    }
    let id = header(&answer, "x-request-id");
    assert_eq!(id.len(), 36, "{answer}");
    let body: serde_json::Value =
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body["request_id"], id);
    assert_eq!(body["code"], "internal");

    write(&mut stream, "/").await;
    assert!(read_to(&mut stream, "hello").await.contains("200 OK"));
}

/// How many of five connections of this machine are served.
async fn served_of_five(config: ListenerConfig) -> usize {
    let address = listening(config);
    let (mut open, mut served) = (Vec::new(), 0);
    for _ in 0..5 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        write(&mut stream, "/").await;
        let mut start = [0; 12];
        timeout(LIMIT, stream.read_exact(&mut start))
            .await
            .unwrap()
            .unwrap();
        served += usize::from(&start == b"HTTP/1.1 200");
        open.push(stream);
    }
    served
}

#[tokio::test]
async fn an_address_has_so_many_connections_and_a_trusted_proxy_more() {
    let capped = ListenerConfig {
        max_per_address: 2,
        ..ListenerConfig::default()
    };
    assert_eq!(served_of_five(capped.clone()).await, 2);

    let of_others = ListenerConfig {
        trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
        ..capped.clone()
    };
    assert_eq!(served_of_five(of_others).await, 2);

    let behind_a_proxy = ListenerConfig {
        trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()],
        ..capped
    };
    assert_eq!(served_of_five(behind_a_proxy.clone()).await, 5);

    let full = ListenerConfig {
        max_connections: 3,
        ..behind_a_proxy
    };
    assert_eq!(
        served_of_five(full).await,
        3,
        "the cap in all is for everyone"
    );
}
