//! Defects that such servers are known for, and that must be absent here.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use chat_core::id::UserId;
use chat_core::model::Draft;
use chat_core::store::MessageStore as _;
use chat_messenger::Messenger;
use chat_store_sqlite::SqliteStore;
use chat_testkit::Mongo;
use common::{ORIGIN, PASSWORD, World, cookie, database, folder};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_second_tab_does_not_replace_the_first() {
    for world in World::on_each_store().await {
        let (ada, bob) = (world.sign_up("ada").await, world.sign_up("bob").await);
        let mut first = bob.socket().await;
        first.online(&[&bob]).await;
        let mut second = bob.socket().await;
        second.online(&[&bob]).await;
        drop(second);

        let sent = ada.send(&bob.id, json!({"text": "still there?"})).await;

        assert_eq!(first.new_message().await["payload"]["ID"], sent["_id"]);
    }
}

#[tokio::test]
async fn no_message_is_stored_of_who_is_no_member() {
    let (folder, uploader) = folder().await;
    let store = SqliteStore::open(folder.path().join("messenger.db"));
    let store = store.await.unwrap();
    let same = store.clone();
    let open = async |config| Messenger::open(same, uploader, config).await.unwrap();
    let world = World::serve(folder, open).await;
    let (ada, bob) = (world.sign_up("ada").await, world.sign_up("bob").await);
    let cyd = world.sign_up("cyd").await;
    let [a, b, c] = [&ada, &bob, &cyd].map(|page| UserId::new(&page.id).unwrap());
    let direct = world.chat.create_direct(&a, &b).await.unwrap();

    // As a handler that forgot to ask would: the store itself refuses.
    let draft = Draft::text(direct.conversation.id, c, "let me in");
    let stored = store.append(&[draft]).await.unwrap();

    assert!(stored[0].is_err(), "{stored:?}");
    assert_eq!(ada.history(&bob.id).await, Vec::<Value>::new());
    cyd.send(&bob.id, json!({"text": "to bob"})).await;
    assert_eq!(ada.history(&bob.id).await, Vec::<Value>::new());
}

#[tokio::test]
async fn no_origin_but_the_configured_one_may_read_and_never_all_of_them() {
    let world = World::on_sqlite().await;
    let ada = world.sign_up("ada").await;
    for (origin, allowed) in [
        (ORIGIN, Some(ORIGIN)),
        ("http://evil.example", None),
        ("null", None),
        ("http://localhost:5173.evil.example", None),
    ] {
        for method in [Method::GET, Method::OPTIONS] {
            let who = (origin, ada.cookie.as_str());
            let answer = world.ask(method, "/auth/check", who, None).await;
            let header = |name: &str| Some(answer.headers().get(name)?.to_str().unwrap());
            assert_eq!(header("access-control-allow-origin"), allowed);
            let credentials = header("access-control-allow-credentials");
            assert_eq!(credentials, allowed.map(|_| "true"));
            assert_eq!(header("vary"), Some("Origin"));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_of_the_database_is_told_and_no_message_claimed() {
    let mut mongo = tokio::task::spawn_blocking(Mongo::start)
        .await
        .unwrap()
        .unwrap();
    let world = World::on_mongo(&database(&mongo.url())).await;
    let (ada, bob) = (world.sign_up("ada").await, world.sign_up("bob").await);
    ada.send(&bob.id, json!({"text": "before"})).await;

    tokio::task::block_in_place(|| mongo.kill());
    let path = format!("/messages/send/{}", bob.id);
    let answer = ada.ask(Method::POST, &path, json!({"text": "lost?"})).await;

    assert_eq!(answer.status(), 503);
    let body: Value = answer.json().await.unwrap();
    assert!(
        body["error"].is_string() && body["message"].is_string(),
        "{body}"
    );
    assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
}

#[tokio::test]
async fn a_cookie_and_a_password_are_in_no_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_chat-messenger"))
        .current_dir(folder.path())
        .env("PORT", "0")
        .env("RUST_LOG", "trace")
        .env("NO_COLOR", "1")
        .env_remove("MONGODB_URI")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(program.stdout.take().unwrap());
    let mut logs = String::new();
    let url = loop {
        let from = logs.len();
        assert!(output.read_line(&mut logs).unwrap() > 0, "{logs}");
        if let Some((_, port)) = logs[from..].split_once("http://0.0.0.0:") {
            break format!("http://127.0.0.1:{}", port.trim());
        }
    };
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let new = json!({"fullName": "Ada", "email": "ada@example.com", "password": PASSWORD});
    let made = http
        .post(format!("{url}/api/auth/signup"))
        .json(&new)
        .send();
    let jwt = cookie(&made.await.unwrap());
    for path in ["/api/auth/check", "/api/messages/users", "/api/messages/x"] {
        let request = http.get(format!("{url}{path}?token={jwt}"));
        let answer = request.header("cookie", format!("jwt={jwt}")).send().await;
        assert!(answer.unwrap().status().as_u16() < 500);
    }
    program.kill().unwrap();
    program.wait().unwrap();
    output.read_to_string(&mut logs).unwrap();

    assert!(logs.contains("api/auth/check"), "{logs}");
    let signature = jwt.rsplit('.').next().unwrap();
    assert!(!logs.contains(signature), "{logs}");
    assert!(!logs.contains(PASSWORD), "{logs}");
}
