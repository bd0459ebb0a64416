//! Every route and frame, as the front end knows them, on both stores.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use chat_core::id::UserId;
use chat_core::model::Draft;
use chat_core::store::MessageStore as _;
use chat_messenger::Messenger;
use chat_store_sqlite::SqliteStore;
use common::{ORIGIN, PASSWORD, Page, Socket, World, cookie, picture};
use reqwest::Method;
use serde_json::{Value, json};

/// Whether it is RFC 3339 in UTC.
fn is_time(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    text.starts_with("20") && text.contains('T') && text.ends_with('Z')
}

#[tokio::test]
async fn a_user_signs_up_logs_in_is_known_and_logs_out() {
    for world in World::on_each_store().await {
        let new =
            json!({"fullName": "Ada Lovelace", "email": "Ada@example.com", "password": PASSWORD});
        let made = world
            .ask(Method::POST, "/auth/signup", (ORIGIN, ""), Some(&new))
            .await;
        assert_eq!(made.status(), 201);
        let set = made.headers()["set-cookie"].to_str().unwrap();
        assert!(
            set.starts_with("jwt=ey")
                && set.ends_with("; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax"),
            "{set}"
        );
        let ada: Value = made.json().await.unwrap();
        let expected = json!({
            "_id": ada["_id"], "fullName": "Ada Lovelace", "email": "ada@example.com", "profilePic": "",
            "createdAt": ada["createdAt"],
        });
        assert_eq!(ada, expected);
        assert!(
            ada["_id"].is_string() && is_time(&ada["createdAt"]),
            "{ada}"
        );

        let shown = json!({"email": "ada@example.com", "password": PASSWORD});
        let begun = world
            .ask(Method::POST, "/auth/login", (ORIGIN, ""), Some(&shown))
            .await;
        assert_eq!(begun.status(), 200);
        let jwt = cookie(&begun);
        assert_eq!(begun.json::<Value>().await.unwrap(), ada);
        let known = world
            .ask(Method::GET, "/auth/check", (ORIGIN, &jwt), None)
            .await;
        assert_eq!(known.json::<Value>().await.unwrap(), ada);

        let mut socket = Socket::open(&world, Some(ORIGIN), &jwt).await.unwrap();
        socket.frame().await;
        let ended = world
            .ask(Method::POST, "/auth/logout", (ORIGIN, &jwt), None)
            .await;
        assert_eq!(
            ended.headers()["set-cookie"],
            "jwt=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        );
        assert_eq!(
            ended.json::<Value>().await.unwrap(),
            json!({"message": "logged out"})
        );
        let known = world
            .ask(Method::GET, "/auth/check", (ORIGIN, &jwt), None)
            .await;
        assert_eq!(known.status(), 401);
        assert!(
            socket.message().await.unwrap().is_close(),
            "its socket is closed"
        );
        let again = world
            .ask(Method::POST, "/auth/logout", (ORIGIN, ""), None)
            .await;
        assert_eq!(again.status(), 200);
    }
}

/// A wish to sign up, with one field as given.
fn wish(field: &str, value: &str) -> Value {
    let mut new = json!({"fullName": "Bob", "email": "bob@example.com", "password": PASSWORD});
    new[field] = json!(value);
    new
}

#[tokio::test]
async fn refusals_of_auth_have_a_message() {
    let world = World::on_sqlite().await;
    world.sign_up("ada").await;
    let wrong = |email: &str| json!({"email": email, "password": "wrong1"});
    let (name, user) = (
        "a display name is 1 to 64 visible characters",
        "wrong user or password",
    );
    for (path, body, status, message) in [
        (
            "signup",
            wish("password", "12345"),
            400,
            "the password is too short",
        ),
        ("signup", wish("email", "bob"), 400, "not an e-mail address"),
        (
            "signup",
            wish("email", "ada@example.com"),
            409,
            "the e-mail address is taken",
        ),
        ("signup", wish("fullName", ""), 400, name),
        ("signup", json!({}), 400, "not an e-mail address"),
        ("login", wrong("ada@example.com"), 401, user),
        ("login", wrong("nobody@example.com"), 401, user),
        ("login", json!({}), 401, user),
        ("nothing", json!({}), 404, "there is nothing here"),
    ] {
        let path = format!("/auth/{path}");
        let answer = world
            .ask(Method::POST, &path, (ORIGIN, ""), Some(&body))
            .await;
        let found = answer.status().as_u16();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(
            (found, answer),
            (status, json!({"message": message})),
            "{body}"
        );
    }
    let unknown = world
        .ask(Method::GET, "/auth/check", (ORIGIN, ""), None)
        .await;
    assert_eq!(unknown.status(), 401);
    assert_eq!(
        unknown.json::<Value>().await.unwrap(),
        json!({"message": "please log in"})
    );
}

#[tokio::test]
async fn refusals_of_messages_have_an_error_and_a_message() {
    let world = World::on_sqlite().await;
    let (ada, bob) = (world.sign_up("ada").await, world.sign_up("bob").await);
    let long = json!({"text": "x".repeat(4_001)});
    let no_picture = json!({"image": "data:image/png;base64,aGVsbG8="});
    for (peer, body, status, message) in [
        (&bob.id, json!({}), 400, "a text or a picture is needed"),
        (
            &bob.id,
            json!({"text": "", "image": ""}),
            400,
            "a text or a picture is needed",
        ),
        (&bob.id, json!({"text": " "}), 400, "the text is empty"),
        (&bob.id, long, 400, "the text is too long"),
        (
            &bob.id,
            json!({"image": "http://example.com/a.png"}),
            415,
            "not a base64 data URI",
        ),
        (&bob.id, no_picture, 415, ""),
        (&"nobody".to_owned(), json!({"text": "x"}), 404, "not found"),
        (
            &ada.id,
            json!({"text": "x"}),
            400,
            "a direct conversation is with somebody else",
        ),
    ] {
        let path = format!("/messages/send/{peer}");
        let answer = ada.ask(Method::POST, &path, body.clone()).await;
        let found = answer.status().as_u16();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(found, status, "{body} {answer}");
        assert!(
            message.is_empty() || answer["message"] == message,
            "{answer}"
        );
        assert_eq!(
            answer,
            json!({"error": answer["message"], "message": answer["message"]})
        );
    }
    for path in ["/messages/users", "/messages/x", "/media/x"] {
        let answer = world.ask(Method::GET, path, (ORIGIN, ""), None).await;
        assert_eq!(answer.status(), 401, "{path}");
    }
    assert_eq!(
        ada.history(&bob.id).await,
        Vec::<Value>::new(),
        "nothing half done"
    );
}

#[tokio::test]
async fn two_people_talk_and_the_receivers_tabs_hear_it() {
    for world in World::on_each_store().await {
        let (ada, bob) = (world.sign_up("ada").await, world.sign_up("bob").await);
        let (mut own, mut one, mut two) =
            (ada.socket().await, bob.socket().await, bob.socket().await);

        let sent = ada.send(&bob.id, json!({"text": "Hello, Bob!"})).await;
        let expected = json!({
            "_id": sent["_id"], "senderId": ada.id, "receiverId": bob.id, "text": "Hello, Bob!", "image": "",
            "createdAt": sent["createdAt"],
        });
        assert_eq!(sent, expected);
        assert!(is_time(&sent["createdAt"]), "{sent}");
        for tab in [&mut one, &mut two] {
            let expected = json!({"event": "newMessage", "payload": {
                "ID": sent["_id"], "SenderID": ada.id, "ReceiverID": bob.id, "Text": "Hello, Bob!", "Image": "",
                "CreatedAt": sent["createdAt"], "UpdatedAt": sent["createdAt"],
            }});
            assert_eq!(tab.new_message().await, expected);
        }

        let reply = bob.send(&ada.id, json!({"text": "Hello, Ada!"})).await;
        assert_eq!(
            own.new_message().await["payload"]["ID"],
            reply["_id"],
            "the sender's own message did not come back to it"
        );
        assert_eq!(ada.history(&bob.id).await, [sent.clone(), reply.clone()]);
        assert_eq!(bob.history(&ada.id).await, [sent, reply]);
    }
}

#[tokio::test]
async fn everybody_is_listed_but_the_one_who_asks() {
    for world in World::on_each_store().await {
        let (ada, bob, cyd) = (
            world.sign_up("ada").await,
            world.sign_up("bob").await,
            world.sign_up("cyd").await,
        );
        let users: Vec<Value> = ada.get("/messages/users").await.json().await.unwrap();
        let mut found: Vec<_> = users
            .iter()
            .map(|user| user["_id"].as_str().unwrap())
            .collect();
        found.sort_unstable();
        let mut others = [bob.id.as_str(), cyd.id.as_str()];
        others.sort_unstable();
        assert_eq!(found, others);
        for user in users {
            let fields: Vec<_> = user.as_object().unwrap().keys().cloned().collect();
            assert_eq!(
                fields,
                ["_id", "createdAt", "email", "fullName", "profilePic"]
            );
        }
    }
}

#[tokio::test]
async fn pictures_come_as_data_uris_and_are_read_by_those_who_may() {
    for world in World::on_each_store().await {
        let (ada, bob, cyd) = (
            world.sign_up("ada").await,
            world.sign_up("bob").await,
            world.sign_up("cyd").await,
        );
        let mut socket = bob.socket().await;
        let (uri, _) = picture();

        let sent = ada
            .send(&bob.id, json!({"text": "Look", "image": uri}))
            .await;
        let url = sent["image"].as_str().unwrap();
        assert_eq!(socket.new_message().await["payload"]["Image"], url);
        assert_eq!(bob.history(&ada.id).await[0]["image"], url);
        let path = url
            .strip_prefix(&format!("http://{}/api", world.address))
            .unwrap();
        let shown = bob.get(path).await;
        assert_eq!(shown.headers()["content-type"], "image/png");
        assert_eq!(
            shown.headers()["cross-origin-resource-policy"],
            "cross-origin"
        );
        assert_eq!(
            image::load_from_memory(&shown.bytes().await.unwrap())
                .unwrap()
                .width(),
            40
        );
        assert_eq!(cyd.get(path).await.status(), 404, "a stranger sees nothing");

        let updated = ada
            .ask(
                Method::PUT,
                "/auth/update-profile",
                json!({"profilePic": uri}),
            )
            .await;
        assert_eq!(updated.status(), 200);
        let updated: Value = updated.json().await.unwrap();
        let url = updated["profilePic"].as_str().unwrap();
        let path = url
            .strip_prefix(&format!("http://{}/api", world.address))
            .unwrap();
        assert_eq!(
            cyd.get(path).await.status(),
            200,
            "everybody sees a profile's picture"
        );
        assert_eq!(
            ada.get("/auth/check").await.json::<Value>().await.unwrap(),
            updated
        );
        let none = ada
            .ask(Method::PUT, "/auth/update-profile", json!({}))
            .await;
        assert_eq!(
            none.json::<Value>().await.unwrap(),
            json!({"message": "a picture is needed"})
        );
    }
}

#[tokio::test]
async fn everybody_is_told_who_is_online_on_every_change() {
    for world in World::on_each_store().await {
        let (ada, bob, cyd) = (
            world.sign_up("ada").await,
            world.sign_up("bob").await,
            world.sign_up("cyd").await,
        );
        let mut first = ada.socket().await;
        first.online(&[&ada]).await;
        let mut second = bob.socket().await;
        first.online(&[&ada, &bob]).await;
        second.online(&[&ada, &bob]).await;
        let third = cyd.socket().await;
        first.online(&[&ada, &bob, &cyd]).await;
        let tab = cyd.socket().await;
        drop(third);
        drop(second);
        first.online(&[&ada, &cyd]).await;
        drop(tab);
        first.online(&[&ada]).await;
    }
}

#[tokio::test]
async fn a_long_history_comes_whole_and_oldest_first() {
    let (folder, uploader) = common::folder().await;
    let store = SqliteStore::open(folder.path().join("messenger.db"))
        .await
        .unwrap();
    let same = store.clone();
    let open = async |config| Messenger::open(same, uploader, config).await.unwrap();
    let world = World::serve(folder, open).await;
    let (ada, bob) = (world.sign_up("ada").await, world.sign_up("bob").await);
    let [a, b] = [&ada.id, &bob.id].map(|id| UserId::new(id).unwrap());
    let direct = world
        .chat
        .create_direct(&a, &b)
        .await
        .unwrap()
        .conversation
        .id;
    let said =
        |number: usize| Draft::text(direct, [&a, &b][number % 2].clone(), number.to_string());
    let drafts: Vec<Draft> = (0..450).map(said).collect();
    for some in drafts.chunks(100) {
        store.append(some).await.unwrap();
    }

    let history = bob.history(&ada.id).await;

    let texts: Vec<&str> = history
        .iter()
        .map(|message| message["text"].as_str().unwrap())
        .collect();
    let expected: Vec<String> = (0..450).map(|number| number.to_string()).collect();
    assert_eq!(texts, expected);
    assert_eq!(
        (&history[0]["senderId"], &history[0]["receiverId"]),
        (&json!(ada.id), &json!(bob.id))
    );
    assert_eq!(
        (&history[1]["senderId"], &history[1]["receiverId"]),
        (&json!(bob.id), &json!(ada.id))
    );
}

#[tokio::test]
async fn a_socket_opens_with_a_cookie_from_the_front_ends_own_pages() {
    let world = World::on_sqlite().await;
    let ada = world.sign_up("ada").await;
    let open = async |origin, cookie: &str| Socket::open(&world, origin, cookie).await.err();
    assert_eq!(open(Some(ORIGIN), &ada.cookie).await, None);
    assert_eq!(
        open(Some("http://evil.example"), &ada.cookie).await,
        Some(403)
    );
    assert_eq!(open(Some("null"), &ada.cookie).await, Some(403));
    assert_eq!(open(None, &ada.cookie).await, Some(403));
    assert_eq!(open(Some(ORIGIN), "").await, Some(401));
    assert_eq!(open(Some(ORIGIN), "nonsense").await, Some(401));
    let tampered = format!("{}x", ada.cookie);
    assert_eq!(open(Some(ORIGIN), &tampered).await, Some(401));
}

#[tokio::test]
async fn another_sites_page_changes_nothing_with_the_cookie() {
    let world = World::on_sqlite().await;
    let (ada, bob) = (world.sign_up("ada").await, world.sign_up("bob").await);
    let path = format!("/messages/send/{}", bob.id);
    let body = json!({"text": "forged"});
    for origin in ["http://evil.example", "null", "http://localhost:5174"] {
        let who = (origin, ada.cookie.as_str());
        let refused = world.ask(Method::POST, &path, who, Some(&body)).await;
        assert_eq!(refused.status(), 403, "{origin}");
    }
    assert_eq!(ada.history(&bob.id).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_password_is_in_no_answer() {
    let world = World::on_sqlite().await;
    let (ada, _bob): (Page<'_>, _) = (world.sign_up("ada").await, world.sign_up("bob").await);
    for path in ["/auth/check", "/messages/users"] {
        let text = ada.get(path).await.text().await.unwrap();
        assert!(
            !text.contains(PASSWORD) && !text.contains("argon2") && !text.contains("assword"),
            "{text}"
        );
    }
}
