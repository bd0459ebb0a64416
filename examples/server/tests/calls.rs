//! Calls over real sockets: what is handed on, and what is refused with which code.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use chat_client::Rest;
use common::Server;
use common::socket::{Raw, bearer, frame, shake};
use serde_json::{Value, json};

/// A user and a socket of theirs.
struct Person {
    rest: Rest,
    socket: Raw,
}

impl Person {
    async fn new(server: &Server, name: &str) -> Self {
        Self::on(server, server.user(name).await).await
    }

    async fn on(server: &Server, rest: Rest) -> Self {
        let mut socket = shake(server, "", &[&bearer(&rest)]).await.unwrap();
        assert_eq!(socket.text().await["type"], "ready");
        Self { rest, socket }
    }

    fn id(&self) -> String {
        self.rest.user().unwrap().to_string()
    }

    /// The next frame of this type.
    async fn next(&mut self, kind: &str) -> Value {
        loop {
            let told = self.socket.text().await;
            if told["type"] == kind {
                return told;
            }
        }
    }

    /// Says something; "ack", or the code of the refusal.
    async fn say(&mut self, command: &Value) -> String {
        let text = command.to_string();
        self.socket.send(&frame(0x81, text.as_bytes())).await;
        loop {
            let told = self.socket.text().await;
            match told["type"].as_str() {
                Some("ack") => return "ack".to_owned(),
                Some("error") => return told["code"].as_str().unwrap().to_owned(),
                _ => {}
            }
        }
    }

    async fn direct(&self, other: &Self) -> String {
        let body = json!({"type": "direct", "participant_id": other.id()});
        let made: Value = self.rest.post("conversations", &body).await.unwrap();
        made["id"].as_str().unwrap().to_owned()
    }
}

fn call(conversation: &str, to: &str, signal: &Value) -> Value {
    json!({"type": "call", "id": "1", "conversation_id": conversation, "call_id": "c1", "to": to,
        "from_device": "tab", "signal": signal})
}

fn offer(bytes: usize) -> Value {
    json!({"type": "offer", "sdp": "x".repeat(bytes)})
}

#[tokio::test]
async fn what_cannot_be_a_call_is_refused_with_its_code() {
    let server = Server::start();
    let (mut ada, mut bob) = (
        Person::new(&server, "ada").await,
        Person::new(&server, "bob").await,
    );
    let eve = Person::new(&server, "eve").await;
    let (her, his, id) = (ada.id(), bob.id(), ada.direct(&bob).await);
    let foreign = bob.direct(&eve).await;
    let nowhere = "0193a1c0-0000-7000-8000-000000000000";
    let changed = |field: &str, value: Value| {
        let mut command = call(&id, &his, &offer(1));
        command[field] = value;
        command
    };
    for (command, code) in [
        (call(&id, &his, &json!({"type": "dance"})), "invalid_type"),
        (call(&id, &his, &json!("offer")), "invalid_type"),
        (call(&id, &his, &json!({"type": "offer"})), "invalid_type"),
        (
            call(&id, &his, &json!({"type": "ringing", "loud": true})),
            "unknown_field",
        ),
        (call(&id, &his, &offer(0)), "invalid_content"),
        (call(&id, &his, &offer((16 << 10) + 1)), "invalid_content"),
        (call(&id, &her, &offer(1)), "invalid_id"),
        (call(&id, &eve.id(), &offer(1)), "not_found"),
        (call(&foreign, &his, &offer(1)), "not_found"),
        (call(nowhere, &his, &offer(1)), "not_found"),
        (changed("from", json!(his)), "unknown_field"),
        (changed("call_id", json!("x".repeat(65))), "invalid_id"),
        (changed("from_device", json!("")), "invalid_id"),
        (changed("to_device", json!(7)), "invalid_type"),
    ] {
        assert_eq!(ada.say(&command).await, code, "{command:.200}");
    }

    // Of all that, nothing reached anybody: the first signal that bob hears is a good one.
    assert_eq!(ada.say(&call(&id, &his, &offer(16 << 10))).await, "ack");
    let heard = bob.next("call_signal").await;
    assert_eq!(heard["signal"]["sdp"].as_str().unwrap().len(), 16 << 10);
    assert_eq!(
        (&heard["from"], &heard["from_device"]),
        (&json!(her), &json!("tab"))
    );
}

#[tokio::test]
async fn calls_have_a_rate_and_what_is_refused_says_when() {
    let server = Server::start();
    let (mut ada, bob) = (
        Person::new(&server, "ada").await,
        Person::new(&server, "bob").await,
    );
    let id = ada.direct(&bob).await;
    for _ in 0..10 {
        assert_eq!(ada.say(&call(&id, &bob.id(), &offer(1))).await, "ack");
    }
    let text = call(&id, &bob.id(), &offer(1)).to_string();
    ada.socket.send(&frame(0x81, text.as_bytes())).await;
    let refused = ada.next("error").await;
    assert_eq!(refused["code"], "rate_limited");
    let wait = refused["retry_after_ms"].as_u64().unwrap();
    assert!((1..=6_000).contains(&wait), "{wait}");
}

#[cfg(all(feature = "postgres", feature = "redis"))]
mod nodes {
    //! Two nodes on one database, by each of the buses.

    use chat_testkit::{Postgres, Redis};
    use serde_json::json;

    use super::{Person, Server, call, offer};

    async fn a_call_goes_between_nodes(store: &str, bus: &str) {
        let settings = [
            ("CHAT_STORE_URL", store),
            ("CHAT_BUS_URL", bus),
            ("CHAT_JWT_SECRET", "7f0c3d9ab1e24c6d8f5a90b7c2d4e6f1"),
        ];
        let [here, there] = [(); 2].map(|()| Server::start_with(&settings));
        let mut ada = Person::new(&here, "ada").await;
        let mut bob = Person::new(&there, "bob").await;
        let mut phone = Person::on(&here, bob.rest.clone()).await;
        let id = ada.direct(&bob).await;

        let rings = call(&id, &bob.id(), &offer(16 << 10));
        assert_eq!(ada.say(&rings).await, "ack");
        for device in [&mut bob, &mut phone] {
            let heard = device.next("call_signal").await;
            assert_eq!(heard["signal"], offer(16 << 10));
        }

        let answer = json!({"type": "answer", "sdp": "v=0\r\n"});
        assert_eq!(bob.say(&call(&id, &ada.id(), &answer)).await, "ack");
        for device in [&mut ada, &mut phone] {
            let heard = device.next("call_signal").await;
            assert_eq!(heard["signal"], answer, "the caller, and who need not ring");
        }
    }

    #[tokio::test]
    async fn a_call_goes_between_nodes_over_redis() {
        let (store, bus) = (Postgres::start().unwrap(), Redis::start().unwrap());
        a_call_goes_between_nodes(&store.url(), &bus.url()).await;
    }

    #[tokio::test]
    async fn a_call_goes_between_nodes_over_postgres() {
        let store = Postgres::start().unwrap();
        a_call_goes_between_nodes(&store.url(), &store.url()).await;
    }
}
