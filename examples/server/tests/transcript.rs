//! One conversation over HTTP and WebSocket, replayed on every store: the answers are the same, to the byte
//! once ids and times are masked.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics"
)]

mod common;

use std::collections::HashMap;
use std::time::Duration;

use common::Server;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const SOON: Duration = Duration::from_secs(10);

/// What was asked and answered, with ids and times masked.
struct Transcript {
    server: Server,
    http: reqwest::Client,
    tokens: HashMap<&'static str, String>,
    /// Ids by the names that the script gives them.
    ids: HashMap<&'static str, String>,
    /// Masks by what they hide.
    masks: HashMap<String, String>,
    lines: Vec<String>,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Transcript {
    fn on(settings: &[(&str, &str)]) -> Self {
        Self {
            server: Server::start_with(settings),
            http: reqwest::Client::new(),
            tokens: HashMap::new(),
            ids: HashMap::new(),
            masks: HashMap::new(),
            lines: Vec::new(),
        }
    }

    /// Sends a request as `who`, writes the answer down and gives it.
    async fn ask(&mut self, who: &str, method: &str, path: &str, body: Value) -> Value {
        let path = self.named(path);
        let url = format!("{}/api/v1{path}", self.server.base());
        let mut request = self.http.request(method.parse().unwrap(), url);
        if let Some(token) = self.tokens.get(who) {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            let body: Value = serde_json::from_str(&self.named(&body.to_string())).unwrap();
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        let line = format!("{who} {method} {path} {status} {}", self.masked(&body));
        let line = self.mask_text(&line);
        self.lines.push(line);
        body
    }

    /// Asks one after the other.
    async fn all<const N: usize>(&mut self, script: [(&str, &str, &str, Value); N]) {
        for (who, method, path, body) in script {
            self.ask(who, method, path, body).await;
        }
    }

    /// Ids in place of their names: `{group}`.
    fn named(&self, text: &str) -> String {
        let put =
            |text: String, (name, id): (&&str, &String)| text.replace(&format!("<{name}>"), id);
        self.ids.iter().fold(text.to_owned(), put)
    }

    fn masked(&mut self, value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| self.masked(item)).collect(),
            Value::Object(fields) => {
                let field = |(name, value): (&String, &Value)| {
                    let value = match name.as_str() {
                        "token" | "refresh_token" | "ticket" | "connection_id" | "next_cursor"
                        | "request_id" => {
                            json!("...")
                        }
                        // Looked up by id: in any order. When somebody is seen to go is a matter of time.
                        "users" | "markers" => {
                            let mut items = self.masked(value);
                            if let Some(items) = items.as_array_mut() {
                                items.sort_by_key(Value::to_string);
                            }
                            items
                        }
                        "online" | "last_seen" => Value::Null,
                        _ => self.masked(value),
                    };
                    (name.clone(), value)
                };
                Value::Object(fields.iter().map(field).collect())
            }
            Value::String(text) => self.mask_text(text).into(),
            other => other.clone(),
        }
    }

    /// Numbers ids in the order in which they are first seen, and hides times.
    fn mask_text(&mut self, text: &str) -> String {
        let is_time = text.len() >= 20 && text.ends_with('Z') && text.as_bytes()[10] == b'T';
        if is_time {
            return "time".to_owned();
        }
        let ends = |c: char| !c.is_ascii_hexdigit() && c != '-';
        let mut masked = String::new();
        for word in text.split_inclusive(ends) {
            let bare = word.trim_end_matches(ends);
            if bare.len() == 36 && uuid::Uuid::parse_str(bare).is_ok() {
                let next = format!("id{}", self.masks.len() + 1);
                masked.push_str(self.masks.entry(bare.to_owned()).or_insert(next));
            } else {
                masked.push_str(bare);
            }
            masked.push_str(&word[bare.len()..]);
        }
        masked
    }

    async fn register(&mut self, name: &'static str) {
        let body =
            json!({"username": name, "email": format!("{name}@example.com"), "password": PASSWORD});
        let session = self.ask("nobody", "POST", "/auth/register", body).await;
        self.tokens
            .insert(name, session["token"].as_str().unwrap().to_owned());
        self.ids
            .insert(name, session["user"]["id"].as_str().unwrap().to_owned());
    }

    /// Asks, and remembers the answer's id under a name.
    async fn make(&mut self, name: &'static str, who: &str, path: &str, body: Value) {
        let made = self.ask(who, "POST", path, body).await;
        self.ids
            .insert(name, made["id"].as_str().unwrap().to_owned());
    }

    async fn open(&self, who: &str) -> Socket {
        let token = &self.tokens[who];
        let url = format!(
            "{}/api/v1/ws?token={token}",
            self.server.base().replace("http", "ws")
        );
        connect_async(url).await.unwrap().0
    }

    async fn say(&self, socket: &mut Socket, frame: &Value) {
        let text = self.named(&frame.to_string());
        socket.send(Message::text(text)).await.unwrap();
    }

    /// Writes down what a socket hears, up to and with the first frame of a kind. In which order different
    /// conversations are told of is nobody's promise, nor whether a device is seen a moment earlier or later.
    async fn hear(&mut self, who: &str, socket: &mut Socket, until: &str) {
        let mut heard = Vec::new();
        loop {
            let Ok(frame) = timeout(SOON, socket.next()).await else {
                panic!("no {until} after {:#?}", self.lines.last());
            };
            let Message::Text(text) = frame.unwrap().unwrap() else {
                continue;
            };
            let frame: Value = serde_json::from_str(&text).unwrap();
            let kind = frame["type"].as_str().unwrap_or_default().to_owned();
            if kind != "presence_changed" {
                heard.push(format!("{who} hears {}", self.masked(&frame)));
            }
            if kind == until {
                break;
            }
        }
        heard.sort();
        self.lines.extend(heard);
    }
}

const PASSWORD: &str = "correct horse battery";

#[rustfmt::skip]
async fn people_and_conversations(t: &mut Transcript) {
    for name in ["ada", "bob", "cyd"] {
        t.register(name).await;
    }
    t.all([
        ("nobody", "POST", "/auth/register", json!({"username": "ADA", "email": "x@example.com", "password": PASSWORD})),
        ("nobody", "POST", "/auth/register", json!({"username": "x1", "email": "Ada@Example.com", "password": PASSWORD})),
        ("nobody", "POST", "/auth/login", json!({"username": "ada", "password": "wrong"})),
        ("ada", "PATCH", "/users/me", json!({"display_name": "Ada L.", "phone": "+49 30 123456"})),
        ("bob", "GET", "/users?search=ADA", Value::Null),
        ("bob", "GET", "/users?limit=2", Value::Null),
    ]).await;
    t.make("direct", "ada", "/conversations", json!({"type": "direct", "participant_id": "<bob>"})).await;
    t.make("group", "bob", "/conversations", json!({"type": "group", "name": "Reading", "participant_ids": ["<ada>"]})).await;
    t.all([
        ("bob", "POST", "/conversations", json!({"type": "direct", "participant_id": "<ada>"})),
        ("cyd", "GET", "/conversations/<group>", Value::Null),
        ("ada", "PATCH", "/conversations/<group>", json!({"name": "Not mine"})),
        ("bob", "PATCH", "/conversations/<group>", json!({"name": "Reading on"})),
    ]).await;
}

#[rustfmt::skip]
async fn messages(t: &mut Transcript) {
    let group = "/conversations/<group>/messages";
    let mut bob = t.open("bob").await;
    t.hear("bob", &mut bob, "presence_state").await;
    t.make("first", "ada", group, json!({"content": "Crème brûlée?", "client_id": "c1"})).await;
    t.all([
        ("ada", "POST", group, json!({"content": "Crème brûlée?", "client_id": "c1"})),
        ("ada", "POST", group, json!({"content": "Other", "client_id": "c1"})),
        ("cyd", "POST", group, json!({"content": "Let me in"})),
    ]).await;
    t.hear("bob", &mut bob, "message_created").await;
    let reply = json!({"type": "message", "id": "1", "conversation_id": "<group>", "content": "Yes, two", "reply_to_id": "<first>", "client_id": "b1"});
    for (frame, answer) in [
        (reply, "ack"),
        (json!({"type": "read", "id": "2", "conversation_id": "<group>", "seq": 1}), "ack"),
        (json!({"type": "read", "id": "3", "conversation_id": "<group>", "seq": 99}), "error"),
        (json!({"type": "resume", "id": "4", "revs": {"<group>": 1}}), "resumed"),
    ] {
        t.say(&mut bob, &frame).await;
        t.hear("bob", &mut bob, answer).await;
    }
}

#[rustfmt::skip]
async fn reading(t: &mut Transcript) {
    for n in 0..7 {
        t.ask("bob", "POST", "/conversations/<direct>/messages", json!({"content": format!("number {n}")})).await;
    }
    for query in ["limit=3", "before=4&limit=2", "after=4", "around=4&limit=3", "limit=0", "before=x"] {
        t.ask("ada", "GET", &format!("/conversations/<direct>/messages?{query}"), Value::Null).await;
    }
    for query in ["search=CREME", "search=number+3", "search=number&conversation_id=<direct>&limit=2", "search=%25%25"] {
        t.ask("ada", "GET", &format!("/messages?{query}"), Value::Null).await;
    }
    t.all([
        ("ada", "POST", "/conversations/<direct>/read", json!({"seq": 5})),
        ("ada", "GET", "/conversations", Value::Null),
        ("ada", "GET", "/conversations?limit=1", Value::Null),
    ]).await;
}

#[rustfmt::skip]
async fn membership(t: &mut Transcript) {
    let group = "/conversations/<group>";
    let (messages, members) = (&format!("{group}/messages"), &format!("{group}/members"));
    t.all([
        ("bob", "POST", members, json!({"participant_ids": ["<cyd>", "<ada>"]})),
        ("cyd", "GET", messages, Value::Null),
        ("cyd", "POST", messages, json!({"content": "Hello", "reply_to_id": "<first>"})),
        ("cyd", "POST", messages, json!({"content": "Hello"})),
        ("bob", "POST", "/conversations/<group>/leave", Value::Null),
        ("bob", "PATCH", "/conversations/<group>/members/<ada>", json!({"role": "owner"})),
        ("bob", "POST", "/conversations/<group>/leave", Value::Null),
        ("ada", "DELETE", "/conversations/<group>/members/<cyd>", Value::Null),
        ("cyd", "GET", messages, Value::Null),
        ("ada", "GET", members, Value::Null),
        ("ada", "POST", "/conversations/<direct>/leave", Value::Null),
        ("ada", "GET", "/auth/sessions", Value::Null),
        ("ada", "POST", "/auth/logout", Value::Null),
        ("ada", "GET", "/users/me", Value::Null),
    ]).await;
}

#[rustfmt::skip]
async fn revisions(t: &mut Transcript) {
    let messages = "/conversations/<direct>/messages";
    let mut ada = t.open("ada").await;
    t.hear("ada", &mut ada, "presence_state").await;
    t.make("draft", "bob", messages, json!({"content": "Purple shoes", "client_id": "r1"})).await;
    t.hear("ada", &mut ada, "message_created").await;
    let draft = "/conversations/<direct>/messages/<draft>";
    let clap = &format!("{draft}/reactions/%F0%9F%91%8F");
    for (who, method, path, body) in [
        ("bob", "PATCH", draft, json!({"content": "Green shoes"})),
        ("bob", "PATCH", draft, json!({"content": "Green shoes"})),
        ("ada", "PATCH", draft, json!({"content": "Mine"})),
        ("bob", "PUT", clap, Value::Null),
        ("ada", "PUT", clap, Value::Null),
        ("ada", "PUT", &format!("{draft}/reactions/%C3%A9"), Value::Null),
        ("ada", "PUT", &format!("{draft}/reactions/a%20b"), Value::Null),
        ("ada", "GET", &format!("{draft}/reactions?reaction=%F0%9F%91%8F&limit=1"), Value::Null),
        ("cyd", "GET", draft, Value::Null),
        ("cyd", "PUT", clap, Value::Null),
        ("ada", "GET", "/messages?search=purple", Value::Null),
        ("ada", "GET", "/messages?search=green+shoes", Value::Null),
        ("bob", "DELETE", clap, Value::Null),
        ("ada", "DELETE", draft, Value::Null),
    ] {
        t.ask(who, method, path, body).await;
    }
    for _ in 0..5 {
        t.hear("ada", &mut ada, "message_updated").await;
    }
    let place = |kind: &str| json!({"type": kind, "id": kind, "conversation_id": "<direct>", "message_id": "<draft>"});
    let mut bob = t.open("bob").await;
    t.hear("bob", &mut bob, "presence_state").await;
    t.say(&mut bob, &place("delete")).await;
    t.hear("bob", &mut bob, "ack").await;
    t.say(&mut bob, &place("delete")).await;
    t.hear("bob", &mut bob, "ack").await;
    t.hear("ada", &mut ada, "message_updated").await;
    t.all([
        ("bob", "POST", messages, json!({"content": "Purple shoes", "client_id": "r1"})),
        ("bob", "PATCH", draft, json!({"content": "Back again"})),
        ("ada", "GET", draft, Value::Null),
        ("ada", "GET", "/messages?search=shoes", Value::Null),
    ]).await;
    let resume = json!({"type": "resume", "id": "r", "revs": {"<direct>": 8}});
    t.say(&mut ada, &resume).await;
    t.hear("ada", &mut ada, "resumed").await;
}

async fn transcript(settings: &[(&str, &str)]) -> Vec<String> {
    let mut t = Transcript::on(settings);
    people_and_conversations(&mut t).await;
    messages(&mut t).await;
    reading(&mut t).await;
    revisions(&mut t).await;
    membership(&mut t).await;
    t.lines
}

fn server(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} names no server: `cargo xtask services up` starts one")
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_store_gives_the_same_answers() {
    let prefix = format!("t{:x}_", uuid::Uuid::new_v4().as_u128() as u64);
    let (postgres, mongo) = (server("TEST_POSTGRES_URL"), server("TEST_MONGO_URL"));
    let mut expected: Option<Vec<String>> = None;
    for url in ["memory:", "sqlite:chat.db", &postgres, &mongo] {
        let lines = transcript(&[("CHAT_STORE_URL", url), ("CHAT_STORE_PREFIX", &prefix)]).await;
        assert!(lines.len() > 90, "{} lines", lines.len());
        let Some(expected) = &expected else {
            expected = Some(lines);
            continue;
        };
        for (first, line) in expected.iter().zip(&lines) {
            assert_eq!(line, first, "{url} beside memory");
        }
        assert_eq!(lines.len(), expected.len());
    }
}
