//! Members whom no session reached are told by the real server: of the operator's service, and browsers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::process::Command;
use std::time::Duration;

use chat_client::Rest;
use chat_transport_warp::{ListenerConfig, serve};
use common::Server;
use common::socket::{bearer, shake};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;
use warp::Filter;
use warp::http::{HeaderMap, StatusCode};

/// No notice takes longer.
const SOON: Duration = Duration::from_secs(20);

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A key and a secret as a browser tells them.
const POINT: &str =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

/// A post that was received.
struct Post {
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Post {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Receives whatever is posted, as a webhook's receiver and a push service do.
struct Receiver {
    url: String,
    posts: UnboundedReceiver<Post>,
    running: tokio::task::JoinHandle<usize>,
}

impl Receiver {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (told, posts) = unbounded_channel();
        let receive = warp::post()
            .and(warp::path::full())
            .and(warp::header::headers_cloned())
            .and(warp::body::bytes())
            .map(
                move |path: warp::path::FullPath, headers, body: bytes::Bytes| {
                    let path = path.as_str().to_owned();
                    let body = body.to_vec();
                    told.send(Post {
                        path,
                        headers,
                        body,
                    })
                    .unwrap();
                    StatusCode::CREATED
                },
            );
        let config = ListenerConfig::default();
        let running = tokio::spawn(serve(listener, receive, config, std::future::pending()));
        Self {
            url,
            posts,
            running,
        }
    }

    async fn next(&mut self) -> Post {
        timeout(SOON, self.posts.recv()).await.unwrap().unwrap()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.running.abort();
    }
}

fn push_key() -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatctl"));
    let made = command.arg("push-key").output().unwrap();
    assert!(made.status.success(), "{made:?}");
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

async fn group(owner: &Rest, others: &[&Rest]) -> String {
    let others: Vec<_> = others.iter().map(|other| other.user().unwrap()).collect();
    let body = json!({"type": "group", "name": "Crew", "participant_ids": others});
    let made: Value = owner.post("conversations", &body).await.unwrap();
    made["id"].as_str().unwrap().to_owned()
}

async fn send(from: &Rest, group: &str, text: &str) {
    let path = format!("conversations/{group}/messages");
    let sent: Value = from.post(&path, &json!({"content": text})).await.unwrap();
    assert_eq!(sent["content"], text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_told_of_those_who_are_away() {
    let mut receiver = Receiver::start().await;
    let hook = format!("{}/hook", receiver.url);
    let server = Server::start_with(&[
        ("CHAT_WEBHOOK_URL", &hook),
        ("CHAT_WEBHOOK_SECRET", SECRET),
        ("CHAT_NOTIFY_AFTER_SECONDS", "1"),
    ]);
    let (ada, bob, cyd) = (
        server.user("ada").await,
        server.user("bob").await,
        server.user("cyd").await,
    );
    let crew = group(&ada, &[&bob, &cyd]).await;
    let _here = shake(&server, "", &[&bearer(&bob)]).await.unwrap();

    send(&ada, &crew, "is anybody there?").await;

    let post = receiver.next().await;
    assert_eq!(post.path, "/hook");
    for header in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        assert!(post.headers.contains_key(header), "{header}");
    }
    let data = &post.json()["data"];
    assert_eq!(data["message"]["content"], "is anybody there?");
    assert_eq!(data["conversation"]["name"], "Crew");
    assert_eq!(data["user_ids"], json!([cyd.user()]), "bob is there");
    let answer: Result<Value, _> = ada.get("push/key").await;
    assert!(answer.is_err(), "nothing is pushed unless it is set");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_subscribed_is_pushed_to() {
    let mut receiver = Receiver::start().await;
    let (key, origin) = (push_key(), receiver.url.clone());
    let server = Server::start_with(&[
        ("CHAT_PUSH_KEY", &key),
        ("CHAT_PUSH_CONTACT", "mailto:ops@chat.example"),
        ("CHAT_PUSH_HOSTS", &origin),
        ("CHAT_NOTIFY_AFTER_SECONDS", "1"),
    ]);
    let (ada, bob) = (server.user("ada").await, server.user("bob").await);
    let crew = group(&ada, &[&bob]).await;
    let public: Value = bob.get("push/key").await.unwrap();
    for path in ["kept", "ended"] {
        // Another login, whose end ends its browser's subscription.
        let rest = Rest::new(server.base()).unwrap();
        let login = rest.login("bob@example.com", "correct horse battery");
        let login = login.await.unwrap();
        let endpoint = format!("{origin}/push/{path}");
        let body = json!({"endpoint": endpoint, "p256dh": POINT, "auth": AUTH});
        let _made: Value = login.post("push/subscriptions", &body).await.unwrap();
        if path == "ended" {
            let sessions: Value = login.get("auth/sessions").await.unwrap();
            let sessions = sessions["items"].as_array().unwrap().clone();
            let current = sessions.iter().find(|one| one["current"] == true).unwrap();
            let id = current["id"].as_str().unwrap();
            login.delete(&format!("auth/sessions/{id}")).await.unwrap();
        }
    }

    send(&ada, &crew, "hello").await;
    let post = receiver.next().await;
    assert_eq!(post.path, "/push/kept");
    assert_eq!(post.headers["content-encoding"], "aes128gcm");
    let authorization = post.headers["authorization"].to_str().unwrap();
    assert!(authorization.starts_with("vapid t="));
    let told = format!(", k={}", public["key"].as_str().unwrap());
    assert!(authorization.ends_with(&told), "{authorization}");
    let readable = post.body.windows(5).any(|five| five == b"hello");
    assert!(!readable, "only the browser can read it");
    send(&ada, &crew, "hello again").await;
    assert_eq!(receiver.next().await.path, "/push/kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_tells_what_waits() {
    let mut receiver = Receiver::start().await;
    let mut server = Server::start_with(&[
        ("CHAT_WEBHOOK_URL", &receiver.url),
        ("CHAT_WEBHOOK_SECRET", SECRET),
        ("CHAT_NOTIFY_AFTER_SECONDS", "3600"),
    ]);
    let (ada, bob) = (server.user("ada").await, server.user("bob").await);
    let crew = group(&ada, &[&bob]).await;
    send(&ada, &crew, "before it stops").await;

    assert!(server.terminate());

    let post = receiver.next().await;
    assert_eq!(post.json()["data"]["message"]["content"], "before it stops");
}

#[tokio::test]
async fn settings_that_do_not_fit_are_refused_and_no_secret_is_shown() {
    let secret = "whsec_dG9vIHNob3J0";
    for (settings, told) in [
        (
            vec![("CHAT_WEBHOOK_URL", "https://x.example/")],
            "CHAT_WEBHOOK_SECRET",
        ),
        (
            vec![
                ("CHAT_WEBHOOK_URL", "https://x.example/"),
                ("CHAT_WEBHOOK_SECRET", secret),
            ],
            "CHAT_WEBHOOK",
        ),
        (
            vec![
                ("CHAT_PUSH_KEY", secret),
                ("CHAT_PUSH_CONTACT", "mailto:x@example.com"),
            ],
            "CHAT_PUSH",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_chat-server"));
        let command = command.current_dir(folder.path()).envs(settings);
        let ended = command.env("CHAT_LISTEN", "127.0.0.1:0").output().unwrap();
        assert!(!ended.status.success());
        let output = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(output.contains(told), "{output}");
        assert!(!output.contains(secret), "{output}");
    }
}
