//! Driving a session over a socket: reading, writing on when the socket was full, timers, and the
//! closing handshake.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chat_core::auth::Identity;
use chat_core::chat::{Chat, Error};
use chat_core::hub::{Connection, Sink};
use chat_core::protocol::{CloseCode, Frame};
use chat_core::session::{Session, SessionConfig};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncWriteExt as _, WriteHalf};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout};

use super::codec::{close_frame, ping_frame};
use super::reader::{End, Reader, Source, hand_over};
use super::sink::{PipeSink, TcpSink};
use super::upgrade::Stream;

/// How a socket is kept.
#[derive(Debug, Clone)]
pub struct SocketConfig {
    /// Largest message of a client in bytes: 64 KiB.
    pub max_message: usize,
    /// Bytes of a client that are read in a second; more has to wait: 1 MiB.
    pub bytes_per_second: u32,
    /// Fragments of messages that a client may send in a second; more closes the connection: 256.
    pub fragments_per_second: u32,
    /// A silent client is pinged after: 25 s.
    pub ping_after: Duration,
    /// A client that stays silent is given up this long after the ping: 10 s.
    pub pong_within: Duration,
    /// A message must be whole within: 30 s.
    pub message_within: Duration,
    /// A full socket must take something within: 10 s.
    pub write_within: Duration,
    /// The client's side of the closing handshake is awaited for: 2 s.
    pub close_within: Duration,
}

impl Default for SocketConfig {
    fn default() -> Self {
        Self {
            max_message: 64 << 10,
            bytes_per_second: 1 << 20,
            fragments_per_second: 256,
            ping_after: Duration::from_secs(25),
            pong_within: Duration::from_secs(10),
            message_within: Duration::from_secs(30),
            write_within: Duration::from_secs(10),
            close_within: Duration::from_secs(2),
        }
    }
}

/// Runs a session over an upgraded connection until either ends. `early` is what the client sent
/// right behind its request.
///
/// # Errors
/// [`Error`] if the session could not be opened: the client was told
/// [`CloseCode::Overloaded`].
pub async fn drive(
    chat: Chat,
    session: SessionConfig,
    identity: Identity,
    stream: Stream,
    early: Bytes,
    config: SocketConfig,
) -> Result<(), Error> {
    let (source, mut writer) = split(stream);
    let opened = Session::open(chat, session, identity, writer.sink()).await;
    let mut reader = Reader::new(source, &config);
    match opened {
        Ok(mut session) => {
            writer.connection = Some(Arc::clone(session.connection()));
            let end = run(&mut reader, &mut writer, &mut session, early, &config).await;
            finish(&mut reader, &mut writer, session, end, &config).await;
            Ok(())
        }
        Err(error) => {
            let close = close_frame(Some(CloseCode::Overloaded));
            // The client learns as much from the connection's end, should this not arrive.
            let _ = timeout(config.close_within, writer.write_all(&close)).await;
            Err(error)
        }
    }
}

fn split(stream: Stream) -> (Source, Writer) {
    match stream {
        Stream::Tcp(stream) => {
            let sink = Arc::new(TcpSink::new(stream));
            (
                Source::Tcp(Arc::clone(&sink)),
                Writer {
                    half: Half::Tcp(sink),
                    connection: None,
                },
            )
        }
        Stream::Other(stream) => {
            let (read, write) = tokio::io::split(stream);
            let half = Half::Other(Arc::default(), write);
            (
                Source::Other(read),
                Writer {
                    half,
                    connection: None,
                },
            )
        }
    }
}

async fn run(
    reader: &mut Reader,
    writer: &mut Writer,
    session: &mut Session,
    early: Bytes,
    config: &SocketConfig,
) -> End {
    let reading = async {
        if let Err(end) = reader.begin(&early, session).await {
            return end;
        }
        drop(early);
        read_on(reader, session, config).await
    };
    tokio::select! {
        end = reading => end,
        end = writer.write_on(config.write_within) => end,
    }
}

/// Reads until the connection or the client's patience with us ends.
async fn read_on(reader: &mut Reader, session: &mut Session, config: &SocketConfig) -> End {
    let mut pinged = false;
    loop {
        let silence = if pinged {
            config.ping_after + config.pong_within
        } else {
            config.ping_after
        };
        let heard = reader.heard;
        let partial = reader.partial.map(|since| since + config.message_within);
        let wake = [Some(heard + silence), session.deadline(), partial]
            .into_iter()
            .flatten()
            .min();
        let received = tokio::select! {
            received = reader.receive() => received,
            () = sleep_until(wake.unwrap_or(heard + silence)) => {
                let now = Instant::now();
                session.expire();
                if partial.is_some_and(|at| at <= now) {
                    return End::Close(CloseCode::Expired);
                }
                if heard + silence <= now {
                    if pinged {
                        return End::Gone;
                    }
                    pinged = true;
                    session.outbox().send_frame(Frame::ready(ping_frame()));
                }
                continue;
            }
        };
        let handed = match received {
            Ok(received) => hand_over(received, session).await,
            Err(end) => return end,
        };
        if let Err(end) = handed {
            return end;
        }
        pinged = pinged && reader.heard == heard;
    }
}

/// Says why, if there is somebody to say it to, and waits shortly for the answer.
async fn finish(
    reader: &mut Reader,
    writer: &mut Writer,
    session: Session,
    end: End,
    config: &SocketConfig,
) {
    let code = match end {
        End::Gone => return,
        End::Closed => CloseCode::Normal,
        End::Close(code) => code,
    };
    session.outbox().close(code);
    let patience = match code {
        CloseCode::SlowConsumer => config.close_within,
        _ => config.write_within,
    };
    let said = timeout(patience, async {
        writer.drain().await?;
        writer
            .write_all(&close_frame(Some(
                session.outbox().closed().unwrap_or(code),
            )))
            .await
    });
    if matches!(said.await, Ok(Ok(()))) && end != End::Closed {
        let answered = async { while reader.receive().await.is_ok() {} };
        // Whatever still comes is of no interest, nor is whether it comes.
        let _ = timeout(config.close_within, answered).await;
    }
}

/// A connection's writing side: it writes what whoever filled the outbox could not.
struct Writer {
    half: Half,
    connection: Option<Arc<Connection>>,
}

enum Half {
    Tcp(Arc<TcpSink>),
    Other(Arc<PipeSink>, WriteHalf<TokioIo<Upgraded>>),
}

impl Writer {
    fn sink(&self) -> Arc<dyn Sink> {
        match &self.half {
            Half::Tcp(sink) => Arc::clone(sink) as _,
            Half::Other(sink, _) => Arc::clone(sink) as _,
        }
    }

    /// Writes on until the outbox is closed or the socket fails or takes nothing for `within`.
    async fn write_on(&mut self, within: Duration) -> End {
        let Some(connection) = self.connection.clone() else {
            return End::Gone;
        };
        loop {
            if let Some(code) = connection.outbox().closed() {
                return End::Close(code);
            }
            match timeout(within, self.write_some(&connection)).await {
                Ok(Ok(Wrote::All)) => self.woken().notified().await,
                Ok(Ok(Wrote::Some)) => {}
                Ok(Err(_)) => return End::Gone,
                Err(_) => return End::Close(CloseCode::SlowConsumer),
            }
        }
    }

    /// Writes what the socket takes, waiting for it if it is full.
    async fn write_some(&mut self, connection: &Connection) -> io::Result<Wrote> {
        match &mut self.half {
            Half::Tcp(sink) => {
                if connection.outbox().queued() == 0 {
                    return Ok(Wrote::All);
                }
                sink.stream.writable().await?;
                connection.outbox().resume();
            }
            Half::Other(sink, stream) => {
                let bytes = sink.take();
                if bytes.is_empty() && connection.outbox().queued() == 0 {
                    return Ok(Wrote::All);
                }
                stream.write_all(&bytes).await?;
                stream.flush().await?;
                connection.outbox().resume();
            }
        }
        Ok(Wrote::Some)
    }

    /// Told when there is something to write, or the outbox was closed.
    fn woken(&self) -> &Notify {
        match &self.half {
            Half::Tcp(sink) => &sink.woken,
            Half::Other(sink, _) => &sink.woken,
        }
    }

    /// Writes all that is queued.
    async fn drain(&mut self) -> io::Result<()> {
        let Some(connection) = self.connection.clone() else {
            return Ok(());
        };
        while self.write_some(&connection).await? == Wrote::Some {}
        Ok(())
    }

    /// Writes bytes of its own; only once nothing else is queued.
    async fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        match &mut self.half {
            Half::Other(_, stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
            Half::Tcp(sink) => {
                while !bytes.is_empty() {
                    sink.stream.writable().await?;
                    match sink.stream.try_write(bytes) {
                        Ok(written) => bytes = &bytes[written..],
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                        Err(error) => return Err(error),
                    }
                }
                Ok(())
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrote {
    /// Nothing is left.
    All,
    /// There may be more.
    Some,
}
