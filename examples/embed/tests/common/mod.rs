//! A database schema of its own for each test, and a shop behind a real socket.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test file uses its part"
)]

use std::net::SocketAddr;
use std::str::FromStr as _;
use std::time::Duration;

use chat_transport_warp::{ListenerConfig, serve_service};
use embed::customers::CustomerId;
use embed::{COOKIE, Shop};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::header::{COOKIE as COOKIES, ORIGIN, SET_COOKIE};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgPool};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use uuid::Uuid;

const SOON: Duration = Duration::from_secs(10);

const PASSWORD: &str = "quiet-harbour-7";

/// Connections to the server that `TEST_POSTGRES_URL` names, in a schema of their own.
pub(crate) async fn pool() -> PgPool {
    let url = std::env::var("TEST_POSTGRES_URL");
    let url = url.expect("TEST_POSTGRES_URL names no server: `cargo xtask services up` starts one");
    let schema = format!("shop_{}", Uuid::new_v4().simple());
    let options = PgConnectOptions::from_str(&url).unwrap();
    let options = options.options([("search_path", &schema)]);
    let pool = PgPoolOptions::new().max_connections(5);
    let pool = pool.connect_with(options).await.unwrap();
    let create = AssertSqlSafe(format!("create schema {schema}"));
    sqlx::raw_sql(create).execute(&pool).await.unwrap();
    pool
}

/// A running shop.
pub(crate) struct World {
    pub(crate) shop: Shop,
    pub(crate) pool: PgPool,
    chat_schema: String,
    address: SocketAddr,
    http: reqwest::Client,
}

impl World {
    pub(crate) async fn open() -> Self {
        let pool = pool().await;
        let chat_schema = format!("chat_{}", Uuid::new_v4().simple());
        let shop = Shop::open(pool.clone(), &chat_schema).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (routes, never) = (shop.routes(), std::future::pending());
        let config = ListenerConfig::default();
        tokio::spawn(serve_service(listener, routes, config, never));
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            shop,
            pool,
            chat_schema,
            address,
            http,
        }
    }

    /// Another process of the same shop.
    pub(crate) async fn another_process(&self) -> Shop {
        let opened = Shop::open(self.pool.clone(), &self.chat_schema).await;
        opened.unwrap()
    }

    /// A customer who is registered and logged in.
    pub(crate) async fn customer(&self, name: &str) -> Customer<'_> {
        let email = format!("{name}@example.com");
        let stranger = self.stranger("");
        let new = json!({"name": name, "email": email, "password": PASSWORD});
        let made = stranger.post("/customers", new).await;
        assert_eq!(made.status(), StatusCode::CREATED);
        let number = made.text().await.unwrap().parse().unwrap();
        let password = json!({"email": email, "password": PASSWORD});
        let begun = stranger.post("/login", password).await;
        assert_eq!(begun.status(), StatusCode::NO_CONTENT);
        let cookie = begun.headers()[SET_COOKIE].to_str().unwrap();
        let token = cookie.strip_prefix(COOKIE).unwrap().strip_prefix('=');
        let token = token.unwrap().split(';').next().unwrap().to_owned();
        Customer {
            world: self,
            id: CustomerId(number),
            token,
        }
    }

    /// Whoever shows this token.
    pub(crate) fn stranger(&self, token: &str) -> Customer<'_> {
        Customer {
            world: self,
            id: CustomerId(0),
            token: token.to_owned(),
        }
    }

    /// The state of an order.
    pub(crate) async fn state_of(&self, order: i64) -> String {
        let state = sqlx::query_scalar("select state from orders where id = $1");
        state.bind(order).fetch_one(&self.pool).await.unwrap()
    }
}

/// A customer's browser, on the shop's own page.
pub(crate) struct Customer<'w> {
    world: &'w World,
    pub(crate) id: CustomerId,
    pub(crate) token: String,
}

impl Customer<'_> {
    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path, &self.origin(), None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Response {
        self.request(Method::POST, path, &self.origin(), Some(body))
            .await
    }

    pub(crate) async fn request(
        &self,
        method: Method,
        path: &str,
        origin: &str,
        body: Option<Value>,
    ) -> Response {
        let url = format!("{}{path}", self.origin());
        let request = self.world.http.request(method, url);
        let request = request
            .header(ORIGIN, origin)
            .header(COOKIES, self.cookie());
        let request = match &body {
            Some(body) => request.json(body),
            None => request,
        };
        timeout(SOON, request.send()).await.unwrap().unwrap()
    }

    /// A direct conversation's id.
    pub(crate) async fn direct_with(&self, other: CustomerId) -> String {
        let body = json!({"type": "direct", "participant_id": other.0.to_string()});
        let made = self.post("/chat/api/v1/conversations", body).await;
        let made: Value = made.json().await.unwrap();
        made["id"].as_str().unwrap().to_owned()
    }

    /// The texts of a conversation.
    pub(crate) async fn history(&self, conversation: &str) -> Vec<String> {
        let path = format!("/chat/api/v1/conversations/{conversation}/messages");
        let page: Value = self.get(&path).await.json().await.unwrap();
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| text_of(item).1).collect()
    }

    /// Places an order; its number.
    pub(crate) async fn order(&self, item: &str) -> i64 {
        let placed = self.post("/orders", json!({"item": item})).await;
        placed.text().await.unwrap().parse().unwrap()
    }

    /// The status of paying an order.
    pub(crate) async fn pay(&self, order: i64) -> StatusCode {
        let paid = self.post(&format!("/orders/{order}/pay"), json!({})).await;
        paid.status()
    }

    /// Opens chat's WebSocket; the status if it is refused.
    pub(crate) async fn socket(&self) -> Result<Socket, StatusCode> {
        let url = format!("ws://{}/chat/api/v1/ws", self.world.address);
        let mut request = url.into_client_request().unwrap();
        let value = |text: String| HeaderValue::from_str(&text).unwrap();
        request.headers_mut().insert(COOKIES, value(self.cookie()));
        request.headers_mut().insert(ORIGIN, value(self.origin()));
        match connect_async(request).await {
            Ok((stream, _)) => {
                let mut socket = Socket { stream };
                socket.wait_for("ready").await;
                Ok(socket)
            }
            Err(tungstenite::Error::Http(answer)) => Err(answer.status()),
            Err(error) => panic!("{error}"),
        }
    }

    fn cookie(&self) -> String {
        format!("theme=dark; {COOKIE}={}", self.token)
    }

    fn origin(&self) -> String {
        format!("http://{}", self.world.address)
    }
}

/// A customer's WebSocket.
pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    pub(crate) async fn send(&mut self, frame: Value) {
        let frame = Message::text(frame.to_string());
        self.stream.send(frame).await.unwrap();
    }

    /// The next frame of this type; others are passed over.
    pub(crate) async fn wait_for(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await.expect("the socket is open");
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// The next message's number and text.
    pub(crate) async fn message(&mut self) -> (i64, String) {
        text_of(&self.wait_for("message_created").await["message"])
    }

    /// Waits until the server has closed.
    pub(crate) async fn closed(&mut self) {
        while self.next().await.is_some() {}
    }

    async fn next(&mut self) -> Option<Value> {
        loop {
            match timeout(SOON, self.stream.next()).await.unwrap() {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).ok(),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }
}

fn text_of(message: &Value) -> (i64, String) {
    let text = message["content"].as_str().unwrap().to_owned();
    (message["seq"].as_i64().unwrap(), text)
}
