//! Writing on when a socket was full.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use chat_core::hub::{Connection, Sink};
use chat_core::protocol::CloseCode;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncWriteExt as _, WriteHalf};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::reader::{End, Source};
use super::sink::{PipeSink, TcpSink};
use super::upgrade::Stream;

/// The two sides of an upgraded connection.
pub(super) fn split(stream: Stream) -> (Source, Writer) {
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

/// A connection's writing side: it writes what whoever filled the outbox could not.
#[derive(Debug)]
pub(super) struct Writer {
    half: Half,
    /// Whose outbox is written.
    pub(super) connection: Option<Arc<Connection>>,
}

#[derive(Debug)]
enum Half {
    Tcp(Arc<TcpSink>),
    Other(Arc<PipeSink>, WriteHalf<TokioIo<Upgraded>>),
}

impl Writer {
    pub(super) fn sink(&self) -> Arc<dyn Sink> {
        match &self.half {
            Half::Tcp(sink) => Arc::clone(sink) as _,
            Half::Other(sink, _) => Arc::clone(sink) as _,
        }
    }

    /// Writes on until the outbox is closed or the socket fails or takes nothing for `within`.
    pub(super) async fn write_on(&mut self, within: Duration) -> End {
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
    pub(super) async fn drain(&mut self) -> io::Result<()> {
        let Some(connection) = self.connection.clone() else {
            return Ok(());
        };
        while self.write_some(&connection).await? != Wrote::All {}
        Ok(())
    }

    /// Writes bytes of its own; only once nothing else is queued.
    pub(super) async fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
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
