//! The proxy does to real sockets what it says.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use chat_faults::proxy::{Link, Mode, Proxy};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// Long enough to see that nothing comes.
const NOTHING: Duration = Duration::from_millis(200);

async fn soon<F: Future>(future: F) -> F::Output {
    timeout(Duration::from_secs(10), future).await.unwrap()
}

/// A proxy before a server that sends back what it gets.
async fn echo() -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = Proxy::start(listener.local_addr().unwrap()).await.unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                tokio::io::copy(&mut from, &mut to).await
            });
        }
    });
    proxy
}

async fn connect(proxy: &Proxy) -> TcpStream {
    soon(TcpStream::connect(proxy.address())).await.unwrap()
}

/// Sends and awaits the echo; how long it took.
async fn exchange(stream: &mut TcpStream, bytes: &[u8]) -> Duration {
    let begun = Instant::now();
    stream.write_all(bytes).await.unwrap();
    let mut back = vec![0; bytes.len()];
    soon(stream.read_exact(&mut back)).await.unwrap();
    assert_eq!(back, bytes);
    begun.elapsed()
}

/// Connects until it goes as expected.
async fn wait_for(proxy: &Proxy, is: impl Fn(io::Result<TcpStream>) -> bool + Send + Sync) {
    soon(async {
        while !is(TcpStream::connect(proxy.address()).await) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn bytes_pass_whole_and_the_end_passes_too() {
    let proxy = echo().await;
    let mut stream = connect(&proxy).await;
    let bytes: Vec<u8> = (0..1_000_000_u32).map(|n| n as u8).collect();
    let (mut from, mut to) = stream.split();
    let send = async {
        to.write_all(&bytes).await.unwrap();
        to.shutdown().await.unwrap();
    };
    let mut back = Vec::new();
    let receive = from.read_to_end(&mut back);

    let (_, received) = soon(async { tokio::join!(send, receive) }).await;

    assert_eq!(received.unwrap(), bytes.len());
    assert!(back == bytes, "the bytes came back changed");
}

#[tokio::test]
async fn a_delay_counts_each_way_and_keeps_the_order() {
    let proxy = echo().await;
    let mut stream = connect(&proxy).await;
    exchange(&mut stream, b"before").await;

    proxy.set(Link::slow(
        Duration::from_millis(60),
        Duration::from_millis(30),
    ));
    let took = exchange(&mut stream, b"first").await;
    assert!(took >= Duration::from_millis(120), "{took:?}");
    for n in 0..20_u8 {
        stream.write_all(&[n]).await.unwrap();
    }
    let mut back = [0; 20];
    soon(stream.read_exact(&mut back)).await.unwrap();

    assert!(back.is_sorted(), "{back:?}");
}

#[tokio::test]
async fn a_throttled_link_is_as_slow_as_it_says() {
    let proxy = echo().await;
    let mut stream = connect(&proxy).await;

    proxy.set(Link::throttled(100_000));
    let took = exchange(&mut stream, &[7; 20_000]).await;

    assert!(took >= Duration::from_millis(200), "{took:?}");
}

#[tokio::test]
async fn a_cut_resets_what_is_open_and_nothing_later() {
    let proxy = echo().await;
    let mut stream = connect(&proxy).await;
    exchange(&mut stream, b"before").await;

    proxy.cut();
    let end = soon(stream.read(&mut [0; 1])).await;

    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    exchange(&mut connect(&proxy).await, b"after").await;
}

#[tokio::test]
async fn a_half_open_link_takes_and_gives_nothing_and_is_reset_when_healed() {
    let proxy = echo().await;
    let mut old = connect(&proxy).await;
    exchange(&mut old, b"before").await;
    proxy.set(Link::mode(Mode::Swallow));
    let mut new = connect(&proxy).await;

    for stream in [&mut old, &mut new] {
        stream.write_all(b"lost").await.unwrap();
        assert!(
            timeout(NOTHING, stream.read(&mut [0; 8])).await.is_err(),
            "nothing comes back"
        );
    }
    proxy.heal();

    for stream in [&mut old, &mut new] {
        let end = soon(stream.read(&mut [0; 8])).await;
        assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
}

#[tokio::test]
async fn a_stalled_link_loses_nothing() {
    let proxy = echo().await;
    let mut stream = connect(&proxy).await;
    exchange(&mut stream, b"before").await;

    proxy.set(Link::mode(Mode::Stall));
    stream.write_all(b"late").await.unwrap();
    let mut back = [0; 4];
    assert!(timeout(NOTHING, stream.read(&mut back)).await.is_err());
    proxy.heal();
    soon(stream.read_exact(&mut back)).await.unwrap();

    assert_eq!(&back, b"late");
}

#[tokio::test]
async fn a_refusing_proxy_lets_nobody_in_until_it_is_healed() {
    let proxy = echo().await;
    exchange(&mut connect(&proxy).await, b"before").await;

    proxy.set(Link::mode(Mode::Refuse));
    // One that comes while the listener closes may be accepted or reset.
    wait_for(&proxy, |connected| {
        connected.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
    })
    .await;
    proxy.heal();

    wait_for(&proxy, |connected| connected.is_ok()).await;
}
