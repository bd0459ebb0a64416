//! Defects that such servers are known for, and that must be absent here.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use chat_core::id::UserId;
use chat_core::model::Refusal;
use chat_core::protocol::MessageBody;
use common::{ORIGIN, PASSWORD, Tab, User, World, client};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_second_tab_does_not_replace_the_first() {
    let world = World::open().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let mut first = ada.tab().await;
    let second = ada.tab().await;
    let mut bob = bob.tab().await;
    drop(second);

    bob.say("ada", "still there?").await;

    assert_eq!(first.frame().await["content"], "still there?");
    first.say("bob", "yes").await;
    assert_eq!(bob.frame().await["content"], "yes");
}

#[tokio::test]
async fn no_message_is_stored_of_who_is_no_member() {
    let world = World::open().await;
    let ids = [
        world.user("ada").await.id,
        world.user("bob").await.id,
        world.user("cyd").await.id,
    ];
    let [ada, bob, cyd] = ids.map(|id| UserId::new(id).unwrap());
    let direct = world.chat.create_direct(&ada, &bob).await.unwrap();

    let place = direct.conversation.id;
    let sent = world.chat.send(&cyd, place, MessageBody::text("x")).await;

    let refused = sent.unwrap_err();
    assert!(
        matches!(refused, chat_core::chat::Error::Refused(Refusal::NotMember)),
        "{refused:?}"
    );
    let seen = world.chat.conversation(&ada, place).await.unwrap();
    assert_eq!(seen.conversation.last_seq.get(), 0);
}

#[tokio::test]
async fn no_origin_but_the_configured_one_may_read_and_never_all_of_them() {
    let world = World::open().await;
    for (origin, allowed) in [
        (ORIGIN, Some(ORIGIN)),
        ("http://evil.example", None),
        ("null", None),
    ] {
        for method in [Method::GET, Method::OPTIONS] {
            let url = format!("http://{}/api/users", world.address);
            let request = world.http.request(method, url).header("origin", origin);
            let request = request.header("access-control-request-method", "GET");
            let answer = request.send().await.unwrap();
            let header = |name: &str| {
                answer
                    .headers()
                    .get(name)
                    .map(|value| value.to_str().unwrap())
            };
            assert_eq!(header("access-control-allow-origin"), allowed);
            let credentials = header("access-control-allow-credentials");
            assert_eq!(credentials, allowed.map(|_| "true"));
            assert_eq!(header("vary"), Some("Origin"));
        }
    }
}

/// The program itself, on a free port, telling all that it can tell.
struct Program {
    child: Child,
    address: SocketAddr,
    output: BufReader<std::process::ChildStdout>,
    logs: String,
}

impl Program {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_chat-roster"))
            .env("PORT", "0")
            .env("RUST_LOG", "trace")
            .env("NO_COLOR", "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut logs = String::new();
        let address = loop {
            let from = logs.len();
            assert!(output.read_line(&mut logs).unwrap() > 0, "{logs}");
            if let Some((_, port)) = logs[from..].split_once("http://0.0.0.0:") {
                break format!("127.0.0.1:{}", port.trim()).parse().unwrap();
            }
        };
        Self {
            child,
            address,
            output,
            logs,
        }
    }

    /// Ends it; all that it said.
    fn logs(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.output.read_to_string(&mut self.logs).unwrap();
        self.logs
    }
}

#[tokio::test]
async fn a_token_in_a_url_and_a_password_are_in_no_log() {
    let program = Program::start();
    let at = |path: &str| format!("http://{}{path}", program.address);
    let new = json!({"username": "ada", "email": "ada@example.com", "password": PASSWORD});
    let made = client().post(at("/api/users")).json(&new).send().await;
    assert_eq!(made.unwrap().status(), 201);
    let shown = json!({"email": "ada@example.com", "password": PASSWORD});
    let begun = client().post(at("/api/login")).json(&shown).send().await;
    let begun: Value = begun.unwrap().json().await.unwrap();
    let ada = User {
        address: program.address,
        id: begun["id"].as_str().unwrap().to_owned(),
        token: begun["token"].as_str().unwrap().to_owned(),
    };

    let mut tab = ada.tab().await;
    tab.say("", "hello").await;
    tab.frame().await;
    for path in [
        format!("/ws/nobody?token={}", ada.token),
        format!("/ws/{}?token={}&token=%", ada.id, ada.token),
        format!("/ws/{}?token={}x", ada.id, ada.token),
    ] {
        assert!(Tab::open(program.address, &path, None).await.is_err());
    }
    let logs = program.logs();

    assert!(
        logs.contains("/ws/nobody") || logs.contains("ws/nobody"),
        "{logs}"
    );
    let signature = ada.token.rsplit('.').next().unwrap();
    assert!(!logs.contains(signature), "{logs}");
    assert!(!logs.contains(PASSWORD), "{logs}");
}
