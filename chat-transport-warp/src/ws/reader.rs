//! Reading: from a socket through the codec to a receiver.

use std::cell::RefCell;
use std::io::{self, ErrorKind};
use std::sync::Arc;

use chat_core::protocol::{CloseCode, Frame};
use chat_core::session::Receiver;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, ReadHalf};
use tokio::time::Instant;

use super::codec::{CodecError, Decoder, Item, pong_frame};
use super::meter::Meter;
use super::sink::TcpSink;
use super::socket::SocketConfig;

/// What is read at once, into a buffer that all connections of a thread share.
const READ_BYTES: usize = 16 << 10;

thread_local! {
    static SHARED: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// Where bytes come from.
#[derive(Debug)]
pub(super) enum Source {
    Tcp(Arc<TcpSink>),
    Other(ReadHalf<TokioIo<Upgraded>>),
}

/// Why reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The peer sent a close.
    Closed,
    /// The connection is gone.
    Gone,
    /// The peer is to be told this.
    Close(CloseCode),
}

/// Something of a peer, in its own memory until the receiver has had it.
enum Incoming {
    Text(Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    Close,
}

/// What one read made.
pub(super) struct Received {
    incoming: Vec<Incoming>,
    decoded: Result<(), CodecError>,
}

/// A connection's reading side.
pub(super) struct Reader {
    source: Source,
    decoder: Decoder,
    meter: Meter,
    /// When something last came.
    pub(super) heard: Instant,
    /// Since when a message is incomplete.
    pub(super) partial: Option<Instant>,
}

impl Reader {
    pub(super) fn new(source: Source, config: &SocketConfig) -> Self {
        let now = Instant::now();
        Self {
            source,
            decoder: Decoder::new(config.max_message),
            meter: Meter::new(config.bytes_per_second, config.fragments_per_second, now),
            heard: now,
            partial: None,
        }
    }

    /// Gives a receiver what was read before the upgrade.
    pub(super) async fn begin(
        &mut self,
        early: &[u8],
        receiver: &mut impl Receiver,
    ) -> Result<(), End> {
        if early.is_empty() {
            return Ok(());
        }
        let mut incoming = Vec::new();
        let decoded = decode(&mut self.decoder, &mut early.to_vec(), &mut incoming);
        hand_over(Received { incoming, decoded }, receiver).await
    }

    /// Waits for bytes; what they make goes to [`hand_over`].
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub(super) async fn receive(&mut self) -> Result<Received, End> {
        self.meter.pause().await;
        let mut received = Received {
            incoming: Vec::new(),
            decoded: Ok(()),
        };
        let Received { incoming, decoded } = &mut received;
        let read = match &mut self.source {
            Source::Tcp(sink) => {
                sink.stream.readable().await.map_err(|_| End::Gone)?;
                SHARED.with_borrow_mut(|buffer| {
                    let read = sink.read(buffer)?;
                    *decoded = decode(&mut self.decoder, &mut buffer[..read], incoming);
                    Ok(read)
                })
            }
            Source::Other(half) => {
                let mut buffer = vec![0; 4 << 10];
                let read = half.read(&mut buffer).await;
                if let Ok(read) = read {
                    *decoded = decode(&mut self.decoder, &mut buffer[..read], incoming);
                }
                read
            }
        };
        match read {
            Ok(0) => Err(End::Gone),
            Ok(read) => {
                self.note();
                let fragments = self.decoder.take_fragments();
                match self.meter.count(read, fragments, self.heard) {
                    true => Ok(received),
                    false => Err(End::Close(CloseCode::RateLimited)),
                }
            }
            Err(error) if is_passing(&error) => Ok(received),
            Err(_) => Err(End::Gone),
        }
    }

    fn note(&mut self) {
        self.heard = Instant::now();
        self.partial = (self.decoder.held() > 0).then(|| self.partial.unwrap_or(self.heard));
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

fn decode(
    decoder: &mut Decoder,
    bytes: &mut [u8],
    incoming: &mut Vec<Incoming>,
) -> Result<(), CodecError> {
    decoder.decode(bytes, |item| {
        incoming.push(match item {
            Item::Text(text) | Item::Binary(text) => Incoming::Text(text.to_vec()),
            Item::Ping(payload) => Incoming::Ping(payload.to_vec()),
            Item::Pong => Incoming::Pong,
            Item::Close(_) => Incoming::Close,
        });
    })
}

/// Gives the receiver what came, in order; then what was wrong counts. A dropped call has lost some.
pub(super) async fn hand_over(received: Received, receiver: &mut impl Receiver) -> Result<(), End> {
    for item in received.incoming {
        match item {
            Incoming::Text(text) => receiver.receive(&text).await,
            Incoming::Ping(payload) => {
                count_control(receiver);
                let outbox = receiver.subscription().outbox();
                outbox.send_frame(Frame::ready(pong_frame(&payload)));
            }
            Incoming::Pong => count_control(receiver),
            Incoming::Close => return Err(End::Closed),
        }
        if receiver.subscription().outbox().closed().is_some() {
            return Ok(());
        }
    }
    received
        .decoded
        .map_err(|error| End::Close(error.close_code()))
}

/// Pings and pongs are answered while they are within the rate; over it the connection is closed.
fn count_control(receiver: &mut impl Receiver) {
    // One that is refused and does not close the connection does no harm.
    let _ = receiver.subscription().count_frame();
}
