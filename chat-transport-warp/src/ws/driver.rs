//! Driving a receiver over a socket: reading, writing on when the socket was full, timers, and the
//! closing handshake.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chat_core::auth::Identity;
use chat_core::chat::Chat;
use chat_core::hub::{Connection, Sink, WireFormat};
use chat_core::protocol::{CloseCode, Frame};
use chat_core::session::{Receiver, Subscription};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncWriteExt as _, WriteHalf};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

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

/// An upgraded connection, before anybody speaks.
#[derive(Debug)]
pub struct Socket {
    source: Source,
    writer: Writer,
    early: Bytes,
    config: SocketConfig,
}

impl Socket {
    /// Takes over an upgraded connection. `early` is what the client sent right behind its request.
    #[must_use]
    pub fn new(stream: Stream, early: Bytes, config: SocketConfig) -> Self {
        let (source, writer) = split(stream);
        Self {
            source,
            writer,
            early,
            config,
        }
    }

    /// Where the frames of a connection over this socket go.
    #[must_use]
    pub fn sink(&self) -> Arc<dyn Sink> {
        self.writer.sink()
    }

    /// Runs until the socket or `receiver`, whose connection has this socket's sink, ends.
    // Not an `async fn`, which would keep room for its arguments beside what it makes of them.
    pub fn run<R: Receiver>(self, mut receiver: R) -> impl Future<Output = ()> + Send {
        let Self {
            source,
            mut writer,
            early,
            config,
        } = self;
        let mut reader = Reader::new(source, &config);
        writer.connection = Some(Arc::clone(receiver.subscription().connection()));
        async move {
            let end = run(&mut reader, &mut writer, &mut receiver, early, &config).await;
            Box::pin(finish(&mut reader, &mut writer, receiver, end, &config)).await;
        }
    }

    /// Connects a user whose front end has frames of its own (see [`Subscription::open`]), and runs what `receiver`
    /// makes of the connection. If the store fails, the client is told to come back later.
    pub async fn serve<R: Receiver>(
        self,
        chat: Chat,
        identity: &Identity,
        format: impl WireFormat,
        greeting: Option<Frame>,
        receiver: impl FnOnce(Subscription) -> R + Send,
    ) {
        let opened = Subscription::open(chat, identity, Arc::new(format), self.sink(), greeting);
        let opened = async { opened.await.map(receiver) };
        self.open_with(opened, |_| None).await;
    }

    /// Runs what `opened` gives, whose connection has this socket's sink. If it fails, the client is said what `tell`
    /// makes of the failure, and told to come back later.
    pub fn open_with<R: Receiver, E: Error + Send + 'static>(
        self,
        opened: impl Future<Output = Result<R, E>> + Send,
        tell: impl FnOnce(&E) -> Option<Frame> + Send,
    ) -> impl Future<Output = ()> + Send {
        // What it took to open a connection is given back while it is open.
        let opened = Box::pin(opened);
        async move {
            let opened = opened.await;
            match opened {
                Ok(receiver) => Box::pin(self.run(receiver)).await,
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn Error,
                        "a connection could not be opened"
                    );
                    let refused = self.refuse(tell(&error), CloseCode::Overloaded);
                    Box::pin(refused).await;
                }
            }
        }
    }

    /// Says `frame`, if there is one, and closes: for a socket that nobody is to speak over.
    pub async fn refuse(mut self, frame: Option<Frame>, code: CloseCode) {
        let close = close_frame(Some(code));
        let frame = frame.as_ref().map_or(&[][..], |frame| frame.bytes());
        let mut reader = Reader::new(self.source, &self.config);
        let said = timeout(self.config.close_within, async {
            self.writer.write_all(frame).await?;
            self.writer.write_all(&close).await?;
            // Gone before the client's close, the socket could take what was said with it.
            while reader.receive().await.is_ok() {}
            io::Result::Ok(())
        });
        // The client learns as much from the connection's end, should this not arrive.
        let _ = said.await;
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
    receiver: &mut impl Receiver,
    early: Bytes,
    config: &SocketConfig,
) -> End {
    let reading = async {
        if let Err(end) = reader.begin(&early, receiver).await {
            return end;
        }
        drop(early);
        read_on(reader, receiver, config).await
    };
    tokio::select! {
        end = reading => end,
        end = writer.write_on(config.write_within) => end,
    }
}

/// Reads until the connection or the client's patience with us ends.
async fn read_on(reader: &mut Reader, receiver: &mut impl Receiver, config: &SocketConfig) -> End {
    let mut pinged = false;
    loop {
        let silence = if pinged {
            config.ping_after + config.pong_within
        } else {
            config.ping_after
        };
        let heard = reader.heard;
        let partial = reader.partial.map(|since| since + config.message_within);
        let deadline = receiver.subscription().deadline();
        let wake = [Some(heard + silence), deadline, partial]
            .into_iter()
            .flatten()
            .min();
        let received = tokio::select! {
            received = reader.receive() => received,
            () = sleep_until(wake.unwrap_or(heard + silence)) => {
                let now = Instant::now();
                receiver.subscription().expire();
                if partial.is_some_and(|at| at <= now) {
                    return End::Close(CloseCode::Expired);
                }
                if heard + silence <= now {
                    if pinged {
                        return End::Gone;
                    }
                    pinged = true;
                    let outbox = receiver.subscription().outbox();
                    outbox.send_frame(Frame::ready(ping_frame()));
                }
                continue;
            }
        };
        let handed = match received {
            Ok(received) => hand_over(received, receiver).await,
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
    mut receiver: impl Receiver,
    end: End,
    config: &SocketConfig,
) {
    let code = match end {
        End::Gone => return,
        End::Closed => CloseCode::Normal,
        End::Close(code) => {
            receiver.closing(code);
            code
        }
    };
    let outbox = receiver.subscription().outbox();
    outbox.close(code);
    let patience = match code {
        CloseCode::SlowConsumer => config.close_within,
        _ => config.write_within,
    };
    let said = timeout(patience, async {
        writer.drain().await?;
        writer
            .write_all(&close_frame(Some(outbox.closed().unwrap_or(code))))
            .await
    });
    if matches!(said.await, Ok(Ok(()))) && end != End::Closed {
        let answered = async { while reader.receive().await.is_ok() {} };
        // Whatever still comes is of no interest, nor is whether it comes.
        let _ = timeout(config.close_within, answered).await;
    }
}

/// A connection's writing side: it writes what whoever filled the outbox could not.
#[derive(Debug)]
struct Writer {
    half: Half,
    connection: Option<Arc<Connection>>,
}

#[derive(Debug)]
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
        let mut deadline = Instant::now() + within;
        loop {
            if let Some(code) = connection.outbox().closed() {
                return End::Close(code);
            }
            match timeout_at(deadline, self.write_some(&connection)).await {
                Ok(Ok(Wrote::All)) => self.woken().notified().await,
                Ok(Ok(Wrote::Some)) => {}
                Ok(Ok(Wrote::Nothing)) => continue,
                Ok(Err(_)) => return End::Gone,
                Err(_) => return End::Close(CloseCode::SlowConsumer),
            }
            deadline = Instant::now() + within;
        }
    }

    /// Writes what the socket takes, waiting for it if it is full; or until there is news of the outbox, which may
    /// have been closed.
    async fn write_some(&mut self, connection: &Connection) -> io::Result<Wrote> {
        match &mut self.half {
            Half::Tcp(sink) => {
                if connection.outbox().queued() == 0 {
                    return Ok(Wrote::All);
                }
                tokio::select! {
                    ready = sink.stream.writable() => ready?,
                    () = sink.woken.notified() => return Ok(Wrote::Nothing),
                }
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
        while self.write_some(&connection).await? != Wrote::All {}
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
    /// The socket is full.
    Nothing,
}
