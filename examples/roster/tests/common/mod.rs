//! A roster behind a real socket, and users who talk over it.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test file uses its part"
)]

use std::net::SocketAddr;
use std::time::Duration;

use chat_core::accounts::{Keys, PasswordCost};
use chat_core::chat::Chat;
use chat_roster::{Config, Roster};
use chat_transport_warp::ws::SocketConfig;
use chat_transport_warp::{ListenerConfig, serve};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub(crate) const SOON: Duration = Duration::from_secs(10);

pub(crate) const ORIGIN: &str = "http://localhost:5173";

pub(crate) const PASSWORD: &str = "heron5";

/// A running roster.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) chat: Chat,
    pub(crate) http: reqwest::Client,
}

impl World {
    pub(crate) async fn open() -> Self {
        Self::with(SocketConfig::default()).await
    }

    pub(crate) async fn with(socket: SocketConfig) -> Self {
        let mut config = Config::new(vec![ORIGIN.to_owned()], Keys::random());
        config.accounts.password_cost = PasswordCost::fast_for_tests();
        config.accounts.allow_weak_cost = true;
        config.socket = socket;
        let roster = Roster::open(config).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (routes, never) = (roster.routes(), std::future::pending());
        tokio::spawn(serve(listener, routes, ListenerConfig::default(), never));
        Self {
            address,
            chat: roster.chat().clone(),
            http: client(),
        }
    }

    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: Option<Value>,
    ) -> Response {
        let url = format!("http://{}{path}", self.address);
        let request = self.http.request(method, url);
        let request = match token {
            "" => request,
            token => request.header("authorization", token),
        };
        let request = match &body {
            Some(body) => request.json(body),
            None => request,
        };
        timeout(SOON, request.send()).await.unwrap().unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Response {
        self.ask(Method::POST, path, "", Some(body)).await
    }

    /// A user who registered and logged in.
    pub(crate) async fn user(&self, name: &str) -> User {
        let email = format!("{name}@example.com");
        let new = json!({"username": name, "email": email, "password": PASSWORD});
        let made = self.post("/api/users", new).await;
        assert_eq!(made.status(), 201);
        self.login(&email).await
    }

    pub(crate) async fn login(&self, email: &str) -> User {
        let shown = json!({"email": email, "password": PASSWORD});
        let begun = self.post("/api/login", shown).await;
        assert_eq!(begun.status(), 200);
        let begun: Value = begun.json().await.unwrap();
        User {
            address: self.address,
            id: begun["id"].as_str().unwrap().to_owned(),
            token: begun["token"].as_str().unwrap().to_owned(),
        }
    }
}

pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// A user who is logged in.
pub(crate) struct User {
    pub(crate) address: SocketAddr,
    pub(crate) id: String,
    pub(crate) token: String,
}

impl User {
    /// A tab of the user's page, which was welcomed.
    pub(crate) async fn tab(&self) -> Tab {
        let path = format!("/ws/{}?token={}", self.id, self.token);
        let mut tab = Tab::open(self.address, &path, None).await.unwrap();
        let welcome = tab.frame().await;
        assert_eq!(welcome["type"], "system", "{welcome}");
        tab
    }
}

/// A WebSocket.
pub(crate) struct Tab {
    pub(crate) stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Tab {
    /// The status if it is refused.
    pub(crate) async fn open(
        address: SocketAddr,
        path: &str,
        token: Option<&str>,
    ) -> Result<Self, u16> {
        let mut request = format!("ws://{address}{path}")
            .into_client_request()
            .unwrap();
        if let Some(token) = token {
            let token = HeaderValue::from_str(token).unwrap();
            request.headers_mut().insert("authorization", token);
        }
        match timeout(SOON, connect_async(request)).await.unwrap() {
            Ok((stream, _)) => Ok(Self { stream }),
            Err(tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
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

    pub(crate) async fn send(&mut self, text: impl Into<String>) {
        let text = Message::Text(text.into().into());
        self.stream.send(text).await.unwrap();
    }

    pub(crate) async fn say(&mut self, recipient: &str, content: &str) {
        let frame = json!({"type": "message", "content": content, "recipient": recipient});
        self.send(frame.to_string()).await;
    }
}
