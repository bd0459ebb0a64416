//! One connection: frames to and from a WebSocket.

use std::io::ErrorKind;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::AUTHORIZATION;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// The handshake must be done within, and each frame written.
const PATIENCE: Duration = Duration::from_secs(10);

/// A silent server is pinged after.
const PING_AFTER: Duration = Duration::from_secs(10);

/// A server that stays silent is given up this long after the ping.
const PONG_WITHIN: Duration = Duration::from_secs(5);

/// An open WebSocket.
pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    heard: Instant,
    pinged: bool,
}

/// What came.
pub(crate) enum Incoming {
    Text(String),
    /// The server closed with this code, if with any.
    Closed(Option<u16>),
}

impl Socket {
    pub(crate) async fn open(base: &str, token: &str) -> Result<Self, Error> {
        let url = format!("{}/api/v1/ws", base.replacen("http", "ws", 1));
        let mut request = url.into_client_request()?;
        let bearer = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| {
            Error::Url(
                tokio_tungstenite::tungstenite::error::UrlError::UnableToConnect(
                    "a token that is no header".to_owned(),
                ),
            )
        })?;
        request.headers_mut().insert(AUTHORIZATION, bearer);
        let connecting = connect_async_with_config(request, None, true);
        let (stream, _) = timeout(PATIENCE, connecting)
            .await
            .map_err(|_| silent())??;
        Ok(Self {
            stream,
            heard: Instant::now(),
            pinged: false,
        })
    }

    pub(crate) async fn send(&mut self, text: String) -> Result<(), Error> {
        self.write(Message::text(text)).await
    }

    async fn write(&mut self, message: Message) -> Result<(), Error> {
        timeout(PATIENCE, self.stream.send(message))
            .await
            .map_err(|_| silent())?
    }

    /// The next text, or the end; a server that is silent and answers no ping counts as gone.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Incoming {
        loop {
            let Ok(came) = timeout_at(self.patience(), self.stream.next()).await else {
                if self.pinged {
                    return Incoming::Closed(None);
                }
                self.pinged = true;
                if self.write(Message::Ping(Bytes::new())).await.is_err() {
                    return Incoming::Closed(None);
                }
                continue;
            };
            (self.heard, self.pinged) = (Instant::now(), false);
            match came {
                Some(Ok(Message::Text(text))) => return Incoming::Text(text.as_str().to_owned()),
                Some(Ok(Message::Close(frame))) => {
                    return Incoming::Closed(frame.map(|frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Incoming::Closed(None),
            }
        }
    }

    fn patience(&self) -> Instant {
        match self.pinged {
            true => self.heard + PING_AFTER + PONG_WITHIN,
            false => self.heard + PING_AFTER,
        }
    }
}

fn silent() -> Error {
    Error::Io(ErrorKind::TimedOut.into())
}
