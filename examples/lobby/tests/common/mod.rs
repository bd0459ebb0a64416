//! A lobby behind a real socket, and guests who talk to it.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test file uses its part"
)]

use std::net::SocketAddr;
use std::time::Duration;

use chat_lobby::Lobby;
use chat_transport_warp::ws::SocketConfig;
use chat_transport_warp::{ListenerConfig, serve};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub(crate) const SOON: Duration = Duration::from_secs(10);

pub(crate) const ORIGIN: &str = "http://localhost:5173";

/// A running lobby.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) http: reqwest::Client,
}

impl World {
    pub(crate) async fn open() -> Self {
        Self::with(SocketConfig::default()).await
    }

    pub(crate) async fn with(socket: SocketConfig) -> Self {
        let lobby = Lobby::open(vec![ORIGIN.to_owned()], socket).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (routes, never) = (lobby.routes(), std::future::pending());
        tokio::spawn(serve(listener, routes, ListenerConfig::default(), never));
        Self {
            address,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let url = format!("http://{}{path}", self.address);
        let answer = self.http.get(url).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    /// A socket that asks for this name, whatever comes of it.
    pub(crate) async fn knock(&self, name: &str) -> Guest {
        Guest::knock(self.address, name).await
    }

    /// A guest who was welcomed.
    pub(crate) async fn guest(&self, name: &str) -> Guest {
        let mut guest = self.knock(name).await;
        let welcome = guest.frame().await;
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        guest
    }
}

/// A guest's page.
pub(crate) struct Guest {
    pub(crate) stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Guest {
    pub(crate) async fn knock(address: SocketAddr, name: &str) -> Self {
        let url = format!("ws://{address}/ws?username={name}");
        let (stream, _) = connect_async(url).await.unwrap();
        Self { stream }
    }

    /// The next frame.
    pub(crate) async fn frame(&mut self) -> Value {
        match self.message().await {
            Some(Message::Text(text)) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// The next message; none once the connection is gone.
    pub(crate) async fn message(&mut self) -> Option<Message> {
        loop {
            match timeout(SOON, self.stream.next()).await.unwrap()? {
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(message) => return Some(message),
                Err(_) => return None,
            }
        }
    }

    /// The code of the close that comes next.
    pub(crate) async fn close_code(&mut self) -> u16 {
        match self.message().await {
            Some(Message::Close(Some(close))) => close.code.into(),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn send(&mut self, text: impl Into<String>) {
        let text = Message::Text(text.into().into());
        self.stream.send(text).await.unwrap();
    }

    pub(crate) async fn say(&mut self, content: &str) {
        let frame = json!({"type": "chat", "username": "x", "content": content, "timestamp": "2024-01-15T10:30:00Z"});
        self.send(frame.to_string()).await;
    }

    pub(crate) async fn leave(mut self) {
        self.stream.close(None).await.unwrap();
        while self.message().await.is_some() {}
    }
}
