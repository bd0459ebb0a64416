//! Ids and cursors that are none, or are for something else.

use http::{Method, StatusCode};
use serde_json::json;

use crate::support::{World, request};

const NIL: &str = "00000000-0000-0000-0000-000000000000";
const NOBODYS: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

#[tokio::test]
async fn what_cannot_be_an_id_is_told_apart_from_what_is_not_there() {
    let world = World::new();
    let group = world.group(&["bob"]).await;
    let group = group.strip_prefix("/conversations/").unwrap();
    let long = "a".repeat(1_000);
    for id in [
        "x", "$ne", "'", "%27", "{}", "1", "%00", "%ff", "%zz", NIL, &long,
    ] {
        for path in [
            format!("/conversations/{id}"),
            format!("/uploads/{id}/thumbnail"),
        ] {
            let answer = world.get("ada", &path).await;
            assert_eq!(answer.json["code"], "invalid_id", "{path}");
        }
    }
    for id in [NOBODYS, &NOBODYS.to_uppercase()] {
        for path in [
            format!("/conversations/{id}"),
            format!("/conversations/{id}/members"),
            format!("/conversations/{id}/messages"),
            format!("/uploads/{id}"),
        ] {
            world.get("ada", &path).await.refused(404, "not_found");
        }
        let messages = format!("/conversations/{id}/messages");
        let sent = world.post("ada", &messages, json!({"content": "x"})).await;
        sent.refused(404, "not_found");
    }
    for id in ["%00", "%ff", "a%0Ab", &"a".repeat(129)] {
        let answer = world.get("ada", &format!("/users/{id}")).await;
        answer.refused(400, "invalid_id");
        let path = format!("/conversations/{group}/members/{id}");
        world.delete("ada", &path).await.refused(400, "invalid_id");
    }
    for id in ["%2e%2e", "a%2Fb", "%25", "a+b"] {
        let answer = world.get("ada", &format!("/users/{id}")).await;
        answer.refused(404, "not_found");
    }
}

#[tokio::test]
async fn an_id_is_of_one_kind_of_thing() {
    let world = World::new();
    let path = world.group(&["bob"]).await;
    let id = path.strip_prefix("/conversations/").unwrap();
    let sent = world
        .post("ada", &format!("{path}/messages"), json!({"content": "x"}))
        .await;

    world
        .get("ada", &format!("/uploads/{id}"))
        .await
        .refused(404, "not_found");
    let message = sent.text("id");
    world
        .get("ada", &format!("/conversations/{message}"))
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn ids_in_bodies_are_checked_like_those_in_paths() {
    let world = World::new();
    let path = format!("{}/messages", world.group(&["bob"]).await);
    for id in ["", "x", &"a".repeat(1_000)] {
        let reply = json!({"content": "x", "reply_to_id": id});
        world
            .post("ada", &path, reply)
            .await
            .refused(400, "invalid_id");
    }
    let client = json!({"content": "x", "client_id": "a".repeat(65)});
    world
        .post("ada", &path, client)
        .await
        .refused(400, "invalid_id");
    let peer = json!({"type": "direct", "participant_id": ""});
    world
        .post("ada", "/conversations", peer)
        .await
        .refused(400, "invalid_id");
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_listing_alone() {
    let world = World::new();
    let path = world.group(&["bob", "cyd"]).await;
    world.group(&["bob"]).await;
    let members = format!("{path}/members");
    let inbox = world.get("ada", "/conversations?limit=1").await;
    let inbox = inbox.text("next_cursor");
    world
        .get("ada", &format!("/conversations?cursor={inbox}"))
        .await
        .expect(StatusCode::OK);

    let middle = inbox.len() / 2;
    for bad in [
        "",
        "x",
        "***",
        "AAAA",
        &inbox[..middle],
        &inbox[1..],
        // `inbox.9223372036854775808.` and the nil UUID.
        "aW5ib3guOTIyMzM3MjAzNjg1NDc3NTgwOC4wMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDA",
    ] {
        let page = world
            .get("ada", &format!("/conversations?cursor={bad}"))
            .await;
        assert_eq!(page.json["code"], "invalid_cursor", "{bad}");
        page.refused(400, "invalid_cursor");
    }
    let member = world.get("ada", &format!("{members}?limit=1")).await;
    let member = member.text("next_cursor");
    let user = world.get("ada", "/users?limit=1").await;
    let user = user.text("next_cursor");
    for (path, foreign) in [
        ("/conversations", member),
        ("/conversations", user),
        (&members, inbox),
        (&members, user),
        ("/users", inbox),
        ("/users", member),
    ] {
        let page = world.get("ada", &format!("{path}?cursor={foreign}")).await;
        assert_eq!(page.json["code"], "invalid_cursor", "{path} {foreign}");
    }
}

#[tokio::test]
async fn a_cursor_gives_nobody_what_is_not_theirs() {
    let world = World::new();
    let path = world.group(&["bob", "cyd"]).await;
    let page = world.get("ada", &format!("{path}/members?limit=1")).await;
    let cursor = page.text("next_cursor");
    let members = format!("{path}/members?cursor={cursor}");
    world.get("dan", &members).await.refused(404, "not_found");

    let bob = world.get("bob", &members).await;
    bob.expect(StatusCode::OK);
    let removed = request(Method::DELETE, "ada", &format!("{path}/members/bob"));
    world.send(removed).await.expect(StatusCode::NO_CONTENT);

    world.get("bob", &members).await.refused(404, "not_found");
}
