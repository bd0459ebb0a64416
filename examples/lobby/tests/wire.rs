//! Every route and frame, as the front end knows them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::time::Duration;

use chat_transport_warp::ws::SocketConfig;
use common::{ORIGIN, World};
use serde_json::{Value, json};

/// A frame without its time, which is checked, and its id, which is given back.
fn plain(mut frame: Value) -> (Value, String) {
    let fields = frame.as_object_mut().unwrap();
    let at = fields.remove("timestamp").unwrap();
    assert!(
        at.as_str().unwrap().starts_with("20") && at.as_str().unwrap().ends_with('Z'),
        "{at}"
    );
    let id = fields.remove("userId").unwrap();
    (frame, id.as_str().unwrap().to_owned())
}

#[tokio::test]
async fn guests_see_each_other_come_talk_and_go() {
    let world = World::open().await;
    let mut ada = world.knock("Ada").await;
    let (welcome, ada_id) = plain(ada.frame().await);
    assert_eq!(
        welcome,
        json!({"type": "welcome", "username": "Ada", "content": "Welcome, Ada!"})
    );

    let mut bob = world.guest("bob").await;
    let (join, bob_id) = plain(ada.frame().await);
    assert_eq!(
        join,
        json!({"type": "join", "username": "bob", "content": "bob joined"})
    );

    ada.say("Hello, everyone!").await;
    for guest in [&mut ada, &mut bob] {
        let (chat, id) = plain(guest.frame().await);
        assert_eq!(
            chat,
            json!({"type": "chat", "username": "Ada", "content": "Hello, everyone!"}),
            "under the name that the sender joined with"
        );
        assert_eq!(id, ada_id);
    }

    bob.leave().await;
    let (leave, id) = plain(ada.frame().await);
    assert_eq!(
        leave,
        json!({"type": "leave", "username": "bob", "content": "bob left"})
    );
    assert_eq!(id, bob_id);
}

#[tokio::test]
async fn the_routes_tell_who_is_here() {
    let world = World::open().await;
    assert_eq!(world.get("/healthz").await, json!({"status": "ok"}));
    assert_eq!(
        world.get("/").await,
        json!({"status": "running", "websocket": "/ws?username=YourName", "page": "/test", "users": 0})
    );
    assert_eq!(
        world.get("/api/users").await,
        json!({"users": [], "usersDetailed": [], "count": 0})
    );
    let mut bob = world.guest("bob").await;
    let mut ada = world.guest("Ada").await;
    let joined = bob.frame().await;
    ada.say("one").await;
    ada.frame().await;

    assert_eq!(
        world.get("/api/users").await["users"],
        json!(["Ada", "bob"])
    );
    let users = world.get("/api/users").await;
    let detailed = json!({"id": joined["userId"], "username": "Ada"});
    assert_eq!(
        (&users["usersDetailed"][0], &users["count"]),
        (&detailed, &json!(2))
    );
    let stats = world.get("/api/stats").await;
    assert_eq!(
        (&stats["connectedUsers"], &stats["totalMessages"]),
        (&json!(2), &json!(1))
    );
    assert!(stats["uptimeSeconds"].is_u64(), "{stats}");
}

#[tokio::test]
async fn a_taken_or_malformed_name_is_told_by_an_error_frame() {
    let world = World::open().await;
    let _ada = world.guest("Ada").await;
    let long = "x".repeat(33);
    for (name, why) in [
        ("Ada", "the user name is taken"),
        ("ADA", "the user name is taken"),
        ("", "a user name is 1 to 32 visible characters"),
        ("%20%20", "a user name is 1 to 32 visible characters"),
        ("a%00b", "a user name is 1 to 32 visible characters"),
        ("a%E2%80%AEb", "a user name is 1 to 32 visible characters"),
        (&long, "a user name is 1 to 32 visible characters"),
    ] {
        let mut guest = world.knock(name).await;
        let (error, id) = plain(guest.frame().await);
        assert_eq!(
            error,
            json!({"type": "error", "username": "", "content": why})
        );
        assert_eq!((id.as_str(), guest.close_code().await), ("", 1008));
    }
    assert_eq!(world.get("/api/users").await["count"], 1);
}

#[tokio::test]
async fn a_name_is_free_again_when_its_guest_has_left() {
    let world = World::open().await;
    let mut bob = world.guest("bob").await;
    let ada = world.guest("Ada").await;
    bob.frame().await;
    ada.leave().await;
    assert_eq!(bob.frame().await["type"], "leave");
    while world.get("/api/users").await["count"] != 1 {
        tokio::task::yield_now().await;
    }

    let _ada = world.guest("Ada").await;
}

#[tokio::test]
async fn what_cannot_be_understood_is_an_error_and_the_connection_goes_on() {
    let world = World::open().await;
    let mut ada = world.guest("Ada").await;
    for (frame, why) in [
        (
            "{".to_owned(),
            "the frame is not JSON of the expected shape",
        ),
        (
            "[]".to_owned(),
            "the frame is not JSON of the expected shape",
        ),
        (
            json!({"type": "chat"}).to_string(),
            "the frame is not JSON of the expected shape",
        ),
        (
            json!({"type": "leave", "content": "x"}).to_string(),
            "the type of a frame is chat",
        ),
        (
            json!({"type": "chat", "content": " "}).to_string(),
            "the text is empty",
        ),
        (
            json!({"type": "chat", "content": "x".repeat(4_001)}).to_string(),
            "the text is too long",
        ),
    ] {
        ada.send(frame).await;
        let error = ada.frame().await;
        assert_eq!(
            (&error["type"], &error["content"]),
            (&json!("error"), &json!(why))
        );
    }

    ada.say("still here").await;
    assert_eq!(ada.frame().await["content"], "still here");
}

#[tokio::test]
async fn a_frame_too_large_to_be_read_is_an_error_before_the_close() {
    let world = World::open().await;
    let mut ada = world.guest("Ada").await;
    ada.send("x".repeat(65 << 10)).await;

    assert_eq!(ada.frame().await["content"], "the frame is too large");
    assert_eq!(ada.close_code().await, 1009);
}

#[tokio::test]
async fn too_many_frames_that_are_no_json_close_the_connection() {
    let world = World::open().await;
    let mut ada = world.guest("Ada").await;
    for _ in 0..11 {
        ada.send("?").await;
    }
    for _ in 0..11 {
        assert_eq!(ada.frame().await["type"], "error");
    }
    assert_eq!(ada.close_code().await, 1008);
}

#[tokio::test]
async fn a_guest_who_falls_silent_is_gone_after_the_deadline() {
    let config = SocketConfig {
        ping_after: Duration::from_millis(100),
        pong_within: Duration::from_millis(100),
        ..SocketConfig::default()
    };
    let world = World::with(config).await;
    // Reads nothing, so that it answers no ping.
    let _silent = world.guest("silent").await;
    let mut ada = world.guest("Ada").await;

    let leave = ada.frame().await;

    assert_eq!(
        (&leave["type"], &leave["username"]),
        (&json!("leave"), &json!("silent"))
    );
}

#[tokio::test]
async fn the_page_is_served_and_talks_to_this_server_alone() {
    let world = World::open().await;
    let page = world.http.get(format!("http://{}/test", world.address));
    let page = page.send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'; connect-src 'self'"),
        "{policy}"
    );
    assert!(page.text().await.unwrap().contains("new WebSocket"));
}

#[tokio::test]
async fn the_configured_front_end_may_read_and_no_other() {
    let world = World::open().await;
    for (origin, allowed) in [(ORIGIN, Some(ORIGIN)), ("http://evil.example", None)] {
        let request = world
            .http
            .get(format!("http://{}/api/users", world.address));
        let answer = request.header("origin", origin).send().await.unwrap();
        let found = answer.headers().get("access-control-allow-origin");
        assert_eq!(found.map(|value| value.to_str().unwrap()), allowed);
    }
}
