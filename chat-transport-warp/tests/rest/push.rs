//! Subscriptions to Web Push over REST.

use chat_core::memory::{MemoryMedia, MemoryStore};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{PUSH_KEY, World, chat, limits, request};

const POINT: &str =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";

fn body(endpoint: &str) -> Value {
    json!({"endpoint": endpoint, "p256dh": POINT, "auth": "BTBZMqHH6r4Tts7J_aSIgg"})
}

async fn endpoints(world: &World, user: &str) -> Vec<String> {
    let answer = world.get(user, "/push/subscriptions").await;
    let items = answer.json["items"].as_array().unwrap().clone();
    let endpoint = |item: Value| item["endpoint"].as_str().unwrap().to_owned();
    items.into_iter().map(endpoint).collect()
}

#[tokio::test]
async fn a_browser_is_subscribed_and_unsubscribed() {
    let world = World::new();
    let key = world.get("ada", "/push/key").await;
    assert_eq!(key.text("key"), PUSH_KEY);
    let here = "https://web.push.apple.com/here";
    for _ in 0..2 {
        let made = world.post("ada", "/push/subscriptions", body(here)).await;
        made.expect(StatusCode::CREATED);
        assert_eq!(made.text("endpoint"), here);
        assert!(!String::from_utf8_lossy(&made.bytes).contains("BTBZ"));
    }
    assert_eq!(endpoints(&world, "ada").await, [here]);
    assert_eq!(endpoints(&world, "bob").await, [""; 0]);

    let end = |user: &str| {
        let asked = request(Method::DELETE, user, "/push/subscriptions");
        world.send(asked.json(&json!({"endpoint": here})))
    };
    end("bob").await.expect(StatusCode::NO_CONTENT);
    assert_eq!(endpoints(&world, "ada").await, [here], "it is not bob's");
    for _ in 0..2 {
        end("ada").await.expect(StatusCode::NO_CONTENT);
    }
    assert_eq!(endpoints(&world, "ada").await, [""; 0]);
}

#[tokio::test]
async fn the_oldest_of_more_than_twenty_browsers_goes() {
    let world = World::new();
    for n in 0..22 {
        let endpoint = format!("https://fcm.googleapis.com/fcm/send/{n:02}");
        let made = world.post("ada", "/push/subscriptions", body(&endpoint));
        made.await.expect(StatusCode::CREATED);
        // Those of one millisecond go by name.
    }
    assert_eq!(endpoints(&world, "ada").await.len(), 20);
}

#[tokio::test]
async fn what_is_at_no_push_service_is_refused() {
    let world = World::new();
    for endpoint in [
        "",
        "http://fcm.googleapis.com/x",
        "https://localhost/x",
        "https://169.254.169.254/latest/meta-data",
        "https://fcm.googleapis.com@evil.example/x",
        "https://fcm.googleapis.com.evil.example/x",
    ] {
        let refused = world.post("ada", "/push/subscriptions", body(endpoint));
        let refused = refused.await;
        assert_eq!(refused.text("code"), "invalid_endpoint", "{endpoint}");
        assert_eq!(refused.text("field"), "endpoint");
    }
    assert_eq!(endpoints(&world, "ada").await, [""; 0]);
}

#[tokio::test]
async fn keys_that_are_none_are_refused() {
    let world = World::new();
    for (field, value, code) in [
        ("p256dh", json!(""), "invalid_key"),
        ("p256dh", json!("AAAA"), "invalid_key"),
        ("p256dh", json!(format!("{POINT}=")), "invalid_key"),
        ("p256dh", json!("A".repeat(87)), "invalid_key"),
        ("auth", json!("BTBZMqHH6r4Tts7J_aSIg"), "invalid_key"),
        ("auth", json!("%"), "invalid_key"),
        ("auth", json!(5), "invalid_type"),
        ("more", json!(5), "unknown_field"),
    ] {
        let mut body = body("https://web.push.apple.com/here");
        body[field] = value;
        let refused = world.post("ada", "/push/subscriptions", body).await;
        assert_eq!(refused.text("code"), code, "{field}");
    }
}

#[tokio::test]
async fn without_web_push_there_are_no_such_routes() {
    let chat = chat(&MemoryStore::new(), MemoryMedia::default(), limits());
    let world = World::hosting(chat.build(), |_| ());
    for path in ["/push/key", "/push/subscriptions"] {
        let answer = world.get("ada", path).await;
        answer.expect(StatusCode::NOT_FOUND);
    }
    let document = world.get("", "/openapi.json").await;
    assert!(document.json["paths"].get("/api/v1/push/key").is_none());
}
