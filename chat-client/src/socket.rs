//! One connection: frames to and from a WebSocket.

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::AUTHORIZATION;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// An open WebSocket.
pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
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
        let (stream, _) = connect_async_with_config(request, None, true).await?;
        Ok(Self { stream })
    }

    pub(crate) async fn send(&mut self, text: String) -> Result<(), Error> {
        self.stream.send(Message::text(text)).await
    }

    /// The next text, or the end.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Incoming {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => return Incoming::Text(text.as_str().to_owned()),
                Some(Ok(Message::Close(frame))) => {
                    return Incoming::Closed(frame.map(|frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Incoming::Closed(None),
            }
        }
    }
}
