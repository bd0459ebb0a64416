//! Every route and frame, as the front end knows them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::time::Duration;

use chat_transport_warp::ws::SocketConfig;
use common::{PASSWORD, Tab, World};
use reqwest::Method;
use serde_json::{Value, json};

/// A frame without its time, which is checked.
fn plain(mut frame: Value) -> Value {
    let at = frame.as_object_mut().unwrap().remove("time").unwrap();
    assert!(at.as_str().unwrap().ends_with('Z'), "{at}");
    frame
}

#[tokio::test]
async fn a_user_registers_logs_in_and_is_listed() {
    let world = World::open().await;
    let new = json!({"username": "Ada", "email": "ada@example.com", "password": PASSWORD});
    let made = world.post("/api/users", new).await;
    assert_eq!(made.status(), 201);
    let made: Value = made.json().await.unwrap();
    let ada = json!({"id": made["id"], "username": "Ada", "email": "ada@example.com", "status": "offline"});
    assert_eq!(made, ada);

    let shown = json!({"email": "ada@example.com", "password": PASSWORD});
    let begun: Value = world.post("/api/login", shown).await.json().await.unwrap();
    assert_eq!(
        begun,
        json!({"token": begun["token"], "id": made["id"], "username": "Ada"})
    );
    let token = begun["token"].as_str().unwrap();
    let bob = world.user("bob").await;
    let _tab = bob.tab().await;

    for token in [token.to_owned(), format!("Bearer {token}")] {
        let list = world.ask(Method::GET, "/api/users", &token, None).await;
        let list: Value = list.json().await.unwrap();
        let bob = json!({"id": bob.id, "username": "bob", "email": "bob@example.com", "status": "online"});
        assert_eq!(list, json!([ada, bob]));
    }
    let path = format!("/api/users/{}", made["id"].as_str().unwrap());
    let one = world.ask(Method::GET, &path, token, None).await;
    assert_eq!(one.json::<Value>().await.unwrap(), ada);
}

async fn assert_refused(answer: reqwest::Response, status: u16, message: &str) {
    let found = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    assert_eq!((found, &body["message"]), (status, &json!(message)));
    assert!(body["error"].is_string(), "{body}");
    assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
}

#[tokio::test]
async fn every_refusal_has_an_error_and_a_message() {
    let world = World::open().await;
    let ada = world.user("ada").await;
    let new = |name: &str, password: &str| json!({"username": name, "email": "c@example.com", "password": password});
    let wrong = json!({"email": "ada@example.com", "password": "wrong!"});
    for (path, body, status, message) in [
        (
            "/api/users",
            new("ada", PASSWORD),
            409,
            "the user name is taken",
        ),
        (
            "/api/users",
            new("cyd", "12345"),
            400,
            "the password is too short",
        ),
        (
            "/api/users",
            json!({"username": "cyd"}),
            400,
            "missing field `email`",
        ),
        ("/api/login", wrong, 401, "wrong user or password"),
    ] {
        assert_refused(world.post(path, body).await, status, message).await;
    }
    for (path, token, status, message) in [
        ("/api/users", "", 401, "a token is needed"),
        ("/api/users", "x", 401, "the credential is not valid"),
        ("/api/users/nobody", &ada.token, 404, "no such account"),
        ("/api/nothing", "", 404, "there is nothing here"),
    ] {
        let answer = world.ask(Method::GET, path, token, None).await;
        assert_refused(answer, status, message).await;
    }
}

#[tokio::test]
async fn no_answer_holds_a_password_or_its_hash() {
    let world = World::open().await;
    let ada = world.user("ada").await;
    let new = json!({"username": "bob", "email": "bob@example.com", "password": "a-special-one"});
    let shown = json!({"email": "bob@example.com", "password": "a-special-one"});
    let mut answers = vec![
        world.post("/api/users", new).await.text().await.unwrap(),
        world.post("/api/login", shown).await.text().await.unwrap(),
    ];
    let list = world.ask(Method::GET, "/api/users", &ada.token, None).await;
    answers.push(list.text().await.unwrap());
    for answer in answers {
        assert!(answer.contains("bob"), "{answer}");
        assert!(
            !answer.contains("a-special-one") && !answer.contains("$argon2"),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn the_first_frame_welcomes() {
    let world = World::open().await;
    let ada = world.user("Ada").await;
    for header in [ada.token.clone(), format!("Bearer {}", ada.token)] {
        let path = format!("/ws/{}", ada.id);
        let mut tab = Tab::open(world.address, &path, Some(&header))
            .await
            .unwrap();
        assert_eq!(
            plain(tab.frame().await),
            json!({"type": "system", "content": "Welcome, Ada!", "sender": "system", "recipient": "Ada"})
        );
    }
}

#[tokio::test]
async fn a_direct_message_goes_to_both_tabs_of_its_recipient_and_to_nobody_else() {
    let world = World::open().await;
    let (ada, bob, cyd) = (
        world.user("Ada").await,
        world.user("Bob").await,
        world.user("cyd").await,
    );
    let (mut from, mut own) = (ada.tab().await, ada.tab().await);
    let (mut one, mut two, mut other) = (bob.tab().await, bob.tab().await, cyd.tab().await);

    let spoofed = json!({"type": "message", "content": "for you", "recipient": "Bob", "sender": "cyd", "time": "1999-01-01T00:00:00Z"});
    from.send(spoofed.to_string()).await;
    for tab in [&mut one, &mut two] {
        let frame = tab.frame().await;
        assert!(frame["time"].as_str().unwrap().starts_with("20"), "{frame}");
        assert_eq!(
            plain(frame),
            json!({"type": "message", "content": "for you", "sender": "Ada", "recipient": "Bob"})
        );
    }
    one.say("ada", "and for you").await;
    for tab in [&mut from, &mut own] {
        assert_eq!(tab.frame().await["content"], "and for you");
    }

    from.say("", "for all").await;
    for tab in [&mut from, &mut own, &mut one, &mut two, &mut other] {
        assert_eq!(
            plain(tab.frame().await),
            json!({"type": "message", "content": "for all", "sender": "Ada", "recipient": ""}),
            "nothing came in between"
        );
    }
}

#[tokio::test]
async fn who_registers_later_hears_what_goes_to_everyone() {
    let world = World::open().await;
    let ada = world.user("ada").await;
    let mut ada = ada.tab().await;
    let bob = world.user("bob").await;
    let mut bob = bob.tab().await;

    ada.say("", "hello").await;

    assert_eq!(bob.frame().await["content"], "hello");
    assert_eq!(ada.frame().await["content"], "hello");
}

#[tokio::test]
async fn what_cannot_be_said_is_an_error_and_the_connection_goes_on() {
    let world = World::open().await;
    let mut ada = world.user("ada").await.tab().await;
    for (frame, why) in [
        (
            "{".to_owned(),
            "the frame is not JSON of the expected shape",
        ),
        (
            json!({"type": "message"}).to_string(),
            "the frame is not JSON of the expected shape",
        ),
        (
            json!({"type": "system", "content": "x"}).to_string(),
            "the type of a frame is message",
        ),
        (
            json!({"type": "message", "content": "x", "recipient": "nobody"}).to_string(),
            "there is no user nobody",
        ),
        (
            json!({"type": "message", "content": "x", "recipient": "ada"}).to_string(),
            "a direct conversation is with somebody else",
        ),
        (
            json!({"type": "message", "content": "", "recipient": ""}).to_string(),
            "the text is empty",
        ),
    ] {
        ada.send(frame).await;
        assert_eq!(
            plain(ada.frame().await),
            json!({"type": "error", "content": why, "sender": "system", "recipient": "ada"})
        );
    }

    ada.say("", "still here").await;
    assert_eq!(ada.frame().await["content"], "still here");
}

#[tokio::test]
async fn a_socket_opens_with_a_token_of_its_user_alone() {
    let world = World::open().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let tampered = format!("{}x", ada.token);
    for (id, token, status) in [
        (&ada.id, "", 401),
        (&ada.id, "nonsense", 401),
        (&ada.id, tampered.as_str(), 401),
        (&ada.id, bob.token.as_str(), 403),
        (&"nobody".to_owned(), ada.token.as_str(), 403),
    ] {
        let path = format!("/ws/{id}?token={token}");
        let refused = Tab::open(world.address, &path, None).await.err();
        assert_eq!(refused, Some(status), "{token}");
    }
}

#[tokio::test]
async fn who_falls_silent_is_closed_after_the_deadline_and_who_answers_pings_is_not() {
    let config = SocketConfig {
        ping_after: Duration::from_millis(100),
        pong_within: Duration::from_millis(150),
        ..SocketConfig::default()
    };
    let world = World::with(config).await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let mut answering = ada.tab().await;
    // Reads nothing, so that it answers no ping.
    let mut silent = bob.tab().await;
    let mut moves = world.chat.hub().moves();
    moves.mark_unchanged();

    tokio::select! {
        moved = moves.changed() => moved.unwrap(),
        frame = answering.message() => panic!("{frame:?}"),
    }

    assert_eq!(world.chat.hub().connections(), 1);
    assert_eq!(silent.message().await, None);
    answering.say("", "still here").await;
    assert_eq!(answering.frame().await["content"], "still here");
}
