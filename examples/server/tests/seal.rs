//! Messages at rest: a server with keys, then with others.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use chat_client::Rest;
use common::Server;
use serde_json::{Value, json};

const A: &str = "a:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const B: &str = "b:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
const INDEX: &str = "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=";
const OTHER_INDEX: &str = "CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=";
const KEYS: &str = "CHAT_SEAL_KEYS";
const INDEX_KEY: &str = "CHAT_SEAL_INDEX_KEY";

const SERVER: &str = env!("CARGO_BIN_EXE_chat-server");
const CHATCTL: &str = env!("CARGO_BIN_EXE_chatctl");

/// What a program that succeeds prints.
fn done(server: &Server, words: &[&str]) -> String {
    let output = server.run(CHATCTL, words);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// What a server says that does not start.
fn refusal(server: &Server) -> String {
    let output = server.run(SERVER, &[]);
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

/// Ada, logged in at the server as it runs now.
async fn ada_at(server: &Server) -> Rest {
    let rest = Rest::new(server.base()).unwrap();
    let login = rest.login("ada@example.com", "correct horse battery");
    login.await.unwrap()
}

/// A conversation with one message.
async fn write(ada: &Rest, bob: &Rest, text: &str) -> String {
    let direct = json!({"type": "direct", "participant_id": bob.user()});
    let made: Value = ada.post("conversations", &direct).await.unwrap();
    let path = format!("conversations/{}/messages", made["id"].as_str().unwrap());
    let _: Value = ada.post(&path, &json!({"content": text})).await.unwrap();
    path
}

/// The texts of a page.
fn texts(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap().iter();
    items
        .map(|item| item["content"].as_str().unwrap())
        .collect()
}

async fn is_read_and_found(ada: &Rest, path: &str, text: &str, word: &str) {
    let page: Value = ada.get(path).await.unwrap();
    assert!(texts(&page).contains(&text), "{page}");
    let found = format!("messages?search={word}");
    let found: Value = ada.get(&found).await.unwrap();
    assert_eq!(texts(&found), [text]);
}

#[tokio::test]
async fn a_key_is_replaced_and_the_old_one_dropped() {
    let mut server = Server::start_with(&[(KEYS, A), (INDEX_KEY, INDEX)]);
    let (ada, bob) = (server.user("ada").await, server.user("bob").await);
    let path = write(&ada, &bob, "pass the marmalade").await;
    is_read_and_found(&ada, &path, "pass the marmalade", "marmalade").await;
    assert!(done(&server, &["export", "ada"]).contains("marmalade"));

    assert!(server.terminate());
    server.set(KEYS, B);
    assert!(refusal(&server).contains("the key a,"));
    server.set(KEYS, &format!("{B},{A}"));
    server.restart();
    let ada = ada_at(&server).await;
    let _: Value = ada
        .post(&path, &json!({"content": "and the tea"}))
        .await
        .unwrap();
    let said = done(&server, &["rekey"]);
    assert_eq!(said, "2 messages: 1 are sealed with b now, 0 are left\n");
    assert_eq!(done(&server, &["verify"]), "no damage found\n");

    assert!(server.terminate());
    server.set(KEYS, B);
    server.restart();
    let ada = ada_at(&server).await;
    is_read_and_found(&ada, &path, "pass the marmalade", "marmalade").await;
    is_read_and_found(&ada, &path, "and the tea", "tea").await;
}

#[tokio::test]
async fn a_store_with_messages_is_sealed_and_then_needs_its_keys() {
    let mut server = Server::start();
    let (ada, bob) = (server.user("ada").await, server.user("bob").await);
    let path = write(&ada, &bob, "pass the marmalade").await;
    assert!(server.terminate());
    server.set(KEYS, A);
    server.set(INDEX_KEY, INDEX);
    server.restart();
    let ada = ada_at(&server).await;
    assert!(done(&server, &["rekey"]).starts_with("1 messages: 1 are sealed with a"));
    is_read_and_found(&ada, &path, "pass the marmalade", "marmalade").await;

    assert!(server.terminate());
    server.set(KEYS, "");
    server.set(INDEX_KEY, "");
    assert!(refusal(&server).contains("set CHAT_SEAL_KEYS"));
    let output = server.run(CHATCTL, &["rekey"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("there are no keys"));
    for words in [&["verify"][..], &["export", "ada"], &["seed"]] {
        let output = server.run(CHATCTL, words);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("messages are sealed"), "{words:?}: {said}");
        assert_eq!(output.stdout, b"", "{words:?}");
    }
}

#[tokio::test]
async fn nothing_is_sealed_anew_under_keys_that_are_not_the_servers() {
    let mut server = Server::start();
    server.set(KEYS, A);
    server.set(INDEX_KEY, INDEX);
    assert!(server.terminate());
    server.restart();
    let (ada, bob) = (server.user("ada").await, server.user("bob").await);
    let path = write(&ada, &bob, "pass the marmalade").await;
    assert!(server.terminate());
    let refused = |server: &Server, words: &[&str], why: &str| {
        let output = server.run(CHATCTL, words);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(why), "{said}");
    };

    server.set(KEYS, &B.replacen("b:", "a:", 1));
    refused(&server, &["rekey"], "the key a is not the one");
    server.set(KEYS, A);
    server.set(INDEX_KEY, OTHER_INDEX);
    refused(&server, &["rekey"], "add --index");
    server.set(INDEX_KEY, INDEX);
    server.restart();
    let ada = ada_at(&server).await;
    is_read_and_found(&ada, &path, "pass the marmalade", "marmalade").await;

    assert!(server.terminate());
    server.set(INDEX_KEY, OTHER_INDEX);
    assert!(done(&server, &["rekey", "--index"]).contains(" 1 are sealed"));
    server.restart();
    let ada = ada_at(&server).await;
    is_read_and_found(&ada, &path, "pass the marmalade", "marmalade").await;
}
