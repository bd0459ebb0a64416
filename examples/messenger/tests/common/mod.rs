//! A messenger behind a real socket, on each store, and the pages that talk to it.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test file uses its part"
)]

use std::io::Cursor;
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chat_core::accounts::{Keys, PasswordCost};
use chat_core::chat::Chat;
use chat_media::DiskUploader;
use chat_messenger::{Config, Messenger};
use chat_store_mongo::MongoStore;
use chat_store_sqlite::SqliteStore;
use chat_transport_warp::{ListenerConfig, serve};
use futures_util::StreamExt as _;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use uuid::Uuid;

pub(crate) const SOON: Duration = Duration::from_secs(10);

/// Where the front end is.
pub(crate) const ORIGIN: &str = "http://localhost:5173";

pub(crate) const PASSWORD: &str = "heron5";

/// A database of one's own on the server at `url`.
pub(crate) fn database(url: &str) -> String {
    url.replacen("/?", &format!("/messenger_{}?", Uuid::new_v4().simple()), 1)
}

/// A running messenger.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) chat: Chat,
    http: reqwest::Client,
    folder: TempDir,
    tasks: [JoinHandle<()>; 2],
}

impl World {
    /// One on MongoDB and one on SQLite.
    pub(crate) async fn on_each_store() -> [Self; 2] {
        let url = std::env::var("TEST_MONGO_URL");
        let url =
            url.expect("TEST_MONGO_URL names no server: `cargo xtask services up` starts one");
        [
            Self::on_mongo(&database(&url)).await,
            Self::on_sqlite().await,
        ]
    }

    pub(crate) async fn on_mongo(url: &str) -> Self {
        let (folder, uploader) = folder().await;
        let store = MongoStore::connect(url).await.unwrap();
        let open = async |config| Messenger::open(store, uploader, config).await.unwrap();
        Self::serve(folder, open).await
    }

    pub(crate) async fn on_sqlite() -> Self {
        let (folder, uploader) = folder().await;
        let store = SqliteStore::open(folder.path().join("messenger.db"));
        let store = store.await.unwrap();
        let open = async |config| Messenger::open(store, uploader, config).await.unwrap();
        Self::serve(folder, open).await
    }

    pub(crate) async fn serve(
        folder: TempDir,
        open: impl AsyncFnOnce(Config) -> Messenger,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let origins = vec![ORIGIN.to_owned()];
        let mut config = Config::new(origins, format!("http://{address}"), Keys::random());
        config.accounts.password_cost = PasswordCost::fast_for_tests();
        config.accounts.allow_weak_cost = true;
        let messenger = open(config).await;
        let (routes, never) = (messenger.routes(), std::future::pending());
        let served = tokio::spawn(async move {
            serve(listener, routes, ListenerConfig::default(), never).await;
        });
        let chat = messenger.chat().clone();
        let told = tokio::spawn(async move { messenger.tell_who_is_online().await });
        Self {
            address,
            chat,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            folder,
            tasks: [served, told],
        }
    }

    /// Asks as a page at `origin` does that has this cookie.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        (origin, cookie): (&str, &str),
        body: Option<&Value>,
    ) -> Response {
        let url = format!("http://{}/api{path}", self.address);
        let request = self.http.request(method, url).header("origin", origin);
        let request = match cookie {
            "" => request,
            cookie => request.header("cookie", format!("jwt={cookie}")),
        };
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        timeout(SOON, request.send()).await.unwrap().unwrap()
    }

    /// Somebody who signed up.
    pub(crate) async fn sign_up(&self, name: &str) -> Page<'_> {
        let new =
            json!({"fullName": name, "email": format!("{name}@example.com"), "password": PASSWORD});
        let made = self
            .ask(Method::POST, "/auth/signup", (ORIGIN, ""), Some(&new))
            .await;
        assert_eq!(made.status(), 201);
        let cookie = cookie(&made);
        let user: Value = made.json().await.unwrap();
        Page {
            world: self,
            id: user["_id"].as_str().unwrap().to_owned(),
            cookie,
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

pub(crate) async fn folder() -> (TempDir, DiskUploader) {
    let folder = tempfile::tempdir().unwrap();
    let uploader = DiskUploader::open(folder.path().join("uploads")).await;
    (folder, uploader.unwrap())
}

/// The cookie that an answer sets.
pub(crate) fn cookie(answer: &Response) -> String {
    let set = answer.headers()["set-cookie"].to_str().unwrap();
    let value = set.strip_prefix("jwt=").unwrap();
    value.split(';').next().unwrap().to_owned()
}

/// A page of somebody who is logged in.
pub(crate) struct Page<'w> {
    pub(crate) world: &'w World,
    pub(crate) id: String,
    pub(crate) cookie: String,
}

impl Page<'_> {
    pub(crate) async fn get(&self, path: &str) -> Response {
        let who = (ORIGIN, self.cookie.as_str());
        self.world.ask(Method::GET, path, who, None).await
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, body: Value) -> Response {
        let who = (ORIGIN, self.cookie.as_str());
        self.world.ask(method, path, who, Some(&body)).await
    }

    /// Sends to `peer`; the answer.
    pub(crate) async fn send(&self, peer: &str, body: Value) -> Value {
        let path = format!("/messages/send/{peer}");
        let sent = self.ask(Method::POST, &path, body).await;
        assert_eq!(sent.status(), 201);
        sent.json().await.unwrap()
    }

    /// What was said with `peer`.
    pub(crate) async fn history(&self, peer: &str) -> Vec<Value> {
        let shown = self.get(&format!("/messages/{peer}")).await;
        assert_eq!(shown.status(), 200);
        shown.json().await.unwrap()
    }

    /// The page's socket.
    pub(crate) async fn socket(&self) -> Socket {
        Socket::open(self.world, Some(ORIGIN), &self.cookie)
            .await
            .unwrap()
    }
}

/// A WebSocket of a page.
pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// The status if it is refused.
    pub(crate) async fn open(
        world: &World,
        origin: Option<&str>,
        cookie: &str,
    ) -> Result<Self, u16> {
        let url = format!("ws://{}/ws", world.address);
        let mut request = url.into_client_request().unwrap();
        let headers = request.headers_mut();
        if let Some(origin) = origin {
            headers.insert("origin", HeaderValue::from_str(origin).unwrap());
        }
        let cookie = HeaderValue::from_str(&format!("jwt={cookie}")).unwrap();
        headers.insert("cookie", cookie);
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

    /// Reads until these are told to be online, and nothing but such frames.
    pub(crate) async fn online(&mut self, pages: &[&Page<'_>]) {
        let mut ids: Vec<&str> = pages.iter().map(|page| page.id.as_str()).collect();
        ids.sort_unstable();
        loop {
            let frame = self.frame().await;
            assert_eq!(frame["event"], "getOnlineUsers", "{frame}");
            if frame == json!({"event": "getOnlineUsers", "payload": ids}) {
                return;
            }
        }
    }

    /// The next frame that is not about who is online.
    pub(crate) async fn new_message(&mut self) -> Value {
        loop {
            let frame = self.frame().await;
            if frame["event"] != "getOnlineUsers" {
                return frame;
            }
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
}

/// A picture as the front end sends it, and its bytes.
pub(crate) fn picture() -> (String, Vec<u8>) {
    let mut bytes = Cursor::new(Vec::new());
    let image = image::RgbImage::from_fn(40, 30, |x, y| image::Rgb([x as u8 * 6, y as u8 * 8, 90]));
    image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    let bytes = bytes.into_inner();
    let uri = format!("data:image/png;base64,{}", STANDARD.encode(&bytes));
    (uri, bytes)
}
