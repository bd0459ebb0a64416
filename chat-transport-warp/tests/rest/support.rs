//! A chat with a few users, asked over REST without a socket.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use chat_core::accounts::{AccountStores, Accounts, AccountsConfig, Keys, PasswordCost};
use chat_core::auth::{AuthError, AuthenticateWith, Identity};
use chat_core::chat::{Chat, ChatBuilder};
use chat_core::id::UserId;
use chat_core::media::{
    Inspected, MediaError, MediaInspector, MediaUploader, Rejected, Spool, Thumbnail,
};
use chat_core::memory::{MemoryMedia, MemoryStore};
use chat_core::model::{MediaType, Profile};
use chat_core::notify::{PushHosts, PushService};
use chat_core::protocol::Limits;
use chat_transport_warp::{TransportConfig, routes};
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use warp::filters::BoxedFilter;
use warp::reply::Response;
use warp::test::RequestBuilder;

/// Users whose token is their own name.
pub(crate) const USERS: [&str; 4] = ["ada", "bob", "cyd", "dan"];

/// The password of everyone who registers.
pub(crate) const PASSWORD: &str = "quiet-harbour-7";

/// The key that browsers subscribe to.
pub(crate) const PUSH_KEY: &str = "a public key";

/// The same with Web Push.
fn pushing(chat: ChatBuilder) -> ChatBuilder {
    let service = PushService {
        key: PUSH_KEY.to_owned(),
        hosts: PushHosts::default(),
    };
    chat.push(MemoryStore::new(), service)
}

/// A chat and its routes.
pub(crate) struct World {
    pub(crate) routes: BoxedFilter<(Response,)>,
    pub(crate) chat: Chat,
}

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
    /// Null where the answer is no JSON.
    pub(crate) json: Value,
}

impl World {
    /// A host's own users, and the defaults.
    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    /// The same with other settings.
    pub(crate) fn with(change: impl FnOnce(&mut TransportConfig)) -> Self {
        Self::hosting(
            pushing(chat(&MemoryStore::new(), MemoryMedia::default(), limits())).build(),
            change,
        )
    }

    /// The same with files of every kind, which are received into a folder and kept by `uploader`.
    pub(crate) async fn taking_files(uploader: impl MediaUploader) -> (Self, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path()).await.unwrap();
        let chat = chat(&MemoryStore::new(), uploader, limits()).spool(spool);
        (Self::hosting(chat.build(), |_| ()), folder)
    }

    pub(crate) fn hosting(chat: Chat, change: impl FnOnce(&mut TransportConfig)) -> Self {
        let login = AuthenticateWith::new(|token: String| async move {
            let known = USERS.contains(&token.as_str());
            let user = known.then(|| UserId::new(&token).ok()).flatten();
            let user = user.ok_or(AuthError::Invalid)?;
            Ok(Identity {
                user,
                login: None,
                expires_at: None,
            })
        });
        Self::over(chat, TransportConfig::new(login), change)
    }

    /// The built-in accounts, and nobody registered.
    pub(crate) fn with_accounts(change: impl FnOnce(&mut TransportConfig)) -> Self {
        let store = MemoryStore::new();
        let chat = chat(&store, MemoryMedia::default(), Limits::default());
        let chat = pushing(chat).build();
        let stores = AccountStores {
            accounts: Arc::new(store.clone()),
            logins: Arc::new(store),
        };
        let rules = AccountsConfig {
            password_cost: PasswordCost::fast_for_tests(),
            allow_weak_cost: true,
            ..AccountsConfig::default()
        };
        let keys = Keys::new(*b"1f3a9c7e5b2d8f60a4c8e1739bd5f260", Vec::new()).unwrap();
        let accounts = Accounts::new(stores, rules, &keys, Arc::new(chat.clone())).unwrap();
        Self::over(chat, TransportConfig::with_accounts(accounts), change)
    }

    fn over(
        chat: Chat,
        mut config: TransportConfig,
        change: impl FnOnce(&mut TransportConfig),
    ) -> Self {
        config.request_burst = 10_000;
        change(&mut config);
        Self {
            routes: routes(chat.clone(), config),
            chat,
        }
    }

    /// Sends a request.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.reply(&self.routes).await;
        let (head, bytes) = response.into_parts();
        Answer {
            status: head.status,
            headers: head.headers,
            json: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
            bytes,
        }
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> Answer {
        self.send(request(Method::GET, token, path)).await
    }

    pub(crate) async fn delete(&self, token: &str, path: &str) -> Answer {
        self.send(request(Method::DELETE, token, path)).await
    }

    pub(crate) async fn post(&self, token: &str, path: &str, body: Value) -> Answer {
        self.send(request(Method::POST, token, path).json(&body))
            .await
    }

    pub(crate) async fn patch(&self, token: &str, path: &str, body: Value) -> Answer {
        self.send(request(Method::PATCH, token, path).json(&body))
            .await
    }

    /// Registers somebody; the session.
    pub(crate) async fn register(&self, name: &str) -> Answer {
        let body = serde_json::json!({
            "username": name, "email": format!("{name}@chat.example"), "password": PASSWORD,
        });
        let answer = self.post("", "/auth/register", body).await;
        answer.expect(StatusCode::CREATED);
        answer
    }

    /// A group of ada's with these others; its path.
    pub(crate) async fn group(&self, others: &[&str]) -> String {
        let body = serde_json::json!({"type": "group", "name": "crew", "participant_ids": others});
        let made = self.post("ada", "/conversations", body).await;
        made.expect(StatusCode::CREATED);
        format!("/conversations/{}", made.text("id"))
    }
}

/// Small uploads.
pub(crate) fn limits() -> Limits {
    Limits {
        image_bytes: 4 << 10,
        audio_bytes: 5 << 10,
        video_bytes: 200 << 10,
        file_bytes: 6 << 10,
        ..Limits::default()
    }
}

pub(crate) fn chat(
    store: &MemoryStore,
    uploader: impl MediaUploader,
    limits: Limits,
) -> ChatBuilder {
    for name in USERS {
        store.insert_user(Profile {
            id: UserId::new(name).unwrap(),
            username: Some(name.to_owned()),
            display_name: name.to_uppercase(),
            avatar: None,
            avatar_url: None,
        });
    }
    Chat::builder(store.clone(), store.clone())
        .media(Magic, uploader)
        .limits(limits)
}

/// A request below `/api/v1`; an empty token is none.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a method is a word to the eye, and a reference is noise"
)]
pub(crate) fn request(method: Method, token: &str, path: &str) -> RequestBuilder {
    let request = warp::test::request()
        .method(method.as_str())
        .path(&format!("/api/v1{path}"));
    if token.is_empty() {
        request
    } else {
        request.header("authorization", format!("Bearer {token}"))
    }
}

impl Answer {
    /// The status is this one.
    #[track_caller]
    pub(crate) fn expect(&self, status: StatusCode) -> &Self {
        assert_eq!(self.status, status, "{}", self.json);
        self
    }

    /// A problem of this status and code.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> &Self {
        let told = (self.status.as_u16(), self.json["code"].as_str());
        assert_eq!(told, (status, Some(code)), "{}", self.json);
        assert_eq!(self.json["status"], status);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.json["request_id"], self.header("x-request-id"));
        self
    }

    /// A header's text; empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// A field of the JSON that is text.
    #[track_caller]
    pub(crate) fn text(&self, field: &str) -> &str {
        self.json[field]
            .as_str()
            .unwrap_or_else(|| panic!("no {field} in {}", self.json))
    }
}

/// Takes for a picture what begins like a PNG, and what begins with its own name for something else.
#[derive(Debug)]
struct Magic;

#[async_trait]
impl MediaInspector for Magic {
    fn detect(&self, head: &[u8]) -> Result<MediaType, Rejected> {
        match head {
            [b'<', ..] => Err(Rejected::Unsupported),
            [0x89, b'P', b'N', b'G', ..] => Ok(MediaType::Png),
            [b'm', b'p', b'4', ..] => Ok(MediaType::Mp4),
            [b'm', b'p', b'3', ..] => Ok(MediaType::Mp3),
            [b't', b'x', b't', ..] => Ok(MediaType::Text),
            _ => Ok(MediaType::Binary),
        }
    }

    async fn inspect(&self, bytes: Bytes) -> Result<Result<Inspected, Rejected>, MediaError> {
        if !bytes.starts_with(b"\x89PNG") {
            return Ok(Err(Rejected::Unsupported));
        }
        let thumbnail = Thumbnail {
            content_type: MediaType::Png,
            bytes: bytes.slice(..8),
        };
        Ok(Ok(Inspected {
            content_type: MediaType::Png,
            bytes,
            width: 2,
            height: 3,
            thumbnail: Some(thumbnail),
        }))
    }
}
