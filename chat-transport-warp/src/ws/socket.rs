//! A socket that was upgraded: what is done with it until somebody speaks over it.

use std::error::Error;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chat_core::auth::Identity;
use chat_core::chat::Chat;
use chat_core::hub::{Sink, WireFormat};
use chat_core::protocol::{CloseCode, Frame};
use chat_core::session::{Receiver, Subscription};
use tokio::time::timeout;

use super::codec::close_frame;
use super::driver::{finish, run};
use super::reader::{Reader, Source};
use super::upgrade::Stream;
use super::writer::{Writer, split};
use crate::listener::ConnectionGuard;

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
    config: Arc<SocketConfig>,
    /// Counts it against the listener's caps until it is gone.
    counted: Option<ConnectionGuard>,
}

impl Socket {
    /// Takes over an upgraded connection. `early` is what the client sent right behind its request.
    pub(super) fn new(
        (stream, early): (Stream, Bytes),
        config: Arc<SocketConfig>,
        counted: Option<ConnectionGuard>,
    ) -> Self {
        let (source, writer) = split(stream);
        Self {
            source,
            writer,
            early,
            config,
            counted,
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
            counted,
        } = self;
        let mut reader = Reader::new(source, &config);
        writer.connection = Some(Arc::clone(receiver.subscription().connection()));
        async move {
            let _counted = counted;
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
    pub async fn open_with<R: Receiver, E: Error + Send + 'static>(
        self,
        opened: impl Future<Output = Result<R, E>> + Send,
        tell: impl FnOnce(&E) -> Option<Frame> + Send,
    ) {
        // What it took to open a connection is given back while it is open.
        if let Some(running) = Box::pin(self.open(opened, tell)).await {
            Box::pin(running).await;
        }
    }

    /// As [`open_with`](Self::open_with), and gives what then runs, if it opened. In a task of its own that has no more
    /// memory than an idle connection needs.
    pub async fn open<R: Receiver, E: Error + Send + 'static>(
        self,
        opened: impl Future<Output = Result<R, E>> + Send,
        tell: impl FnOnce(&E) -> Option<Frame> + Send,
    ) -> Option<impl Future<Output = ()> + Send> {
        match opened.await {
            Ok(receiver) => Some(self.run(receiver)),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn Error,
                    "a connection could not be opened"
                );
                self.refuse(tell(&error), CloseCode::Overloaded).await;
                None
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

#[cfg(test)]
mod tests {
    use chat_core::id::UserId;
    use chat_core::memory::MemoryStore;
    use chat_core::model::Profile;
    use chat_core::session::Listening;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::ws::upgrade::Stream;

    /// Bytes of what runs an open connection: what it holds for as long as it is idle, beside its buffers.
    const RUNNING: usize = 2_048;

    #[tokio::test]
    async fn an_idle_connection_keeps_no_room_for_what_commands_need() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await;
        let upgraded = (Stream::Tcp(stream.unwrap()), Bytes::new());
        let socket = Socket::new(upgraded, Arc::default(), None);
        let (store, ada) = (MemoryStore::new(), UserId::new("ada").unwrap());
        store.insert_user(Profile::new(ada.clone(), "Ada"));
        let chat = Chat::builder(store.clone(), store).build();
        let format = Arc::new(chat_core::hub::JsonFormat);
        let opened =
            Subscription::open(chat, &Identity::of(ada), format, socket.sink(), None).await;

        let running = socket.run(Listening::new(opened.unwrap()));

        let bytes = size_of_val(&running);
        assert!(bytes <= RUNNING, "{bytes} bytes");
    }
}
