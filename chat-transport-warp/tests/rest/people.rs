//! Blocks, and what one lets others see.

use http::{Method, StatusCode};
use serde_json::json;

use crate::support::{Answer, World, request};

impl World {
    async fn block(&self, by: &str, other: &str) -> Answer {
        let path = format!("/users/me/blocks/{other}");
        self.send(request(Method::PUT, by, &path)).await
    }

    async fn unblock(&self, by: &str, other: &str) -> Answer {
        self.delete(by, &format!("/users/me/blocks/{other}")).await
    }
}

fn names(page: &Answer) -> Vec<&str> {
    let items = page.expect(StatusCode::OK).json["items"].as_array();
    let names = items.unwrap().iter().map(|item| item["user_id"].as_str());
    names.map(Option::unwrap).collect()
}

#[tokio::test]
async fn blocks_are_made_listed_and_ended() {
    let world = World::new();
    for other in ["dan", "bob", "cyd", "bob"] {
        let made = world.block("ada", other).await;
        made.expect(StatusCode::NO_CONTENT);
    }

    let first = world.get("ada", "/users/me/blocks?limit=2").await;
    assert_eq!(names(&first), ["bob", "cyd"]);
    assert!(first.json["items"][0]["blocked_at"].is_string());
    assert_eq!(first.json["users"][0]["display_name"], "BOB");
    let next = first.text("next_cursor");
    let rest = world
        .get("ada", &format!("/users/me/blocks?limit=2&cursor={next}"))
        .await;
    assert_eq!(names(&rest), ["dan"]);
    assert!(rest.json.get("next_cursor").is_none());
    let theirs = world.get("bob", "/users/me/blocks").await;
    assert!(names(&theirs).is_empty(), "who blocks one is not told");

    for _ in 0..2 {
        let ended = world.unblock("ada", "cyd").await;
        ended.expect(StatusCode::NO_CONTENT);
    }
    let left = world.get("ada", "/users/me/blocks").await;
    assert_eq!(names(&left), ["bob", "dan"]);
}

#[tokio::test]
async fn nobody_blocks_themselves_or_a_stranger() {
    let world = World::new();
    world.block("ada", "ada").await.refused(400, "invalid_id");
    world.block("ada", "zoe").await.refused(404, "not_found");
    let long = "x".repeat(129);
    world.block("ada", &long).await.refused(400, "invalid_id");
    let users = world.get("ada", "/users?limit=1").await;
    let foreign = users.text("next_cursor");
    let page = world
        .get("ada", &format!("/users/me/blocks?cursor={foreign}"))
        .await;
    page.refused(400, "invalid_cursor");
}

#[tokio::test]
async fn a_block_is_told_to_both_sides_alike() {
    let world = World::new();
    let direct = json!({"type": "direct", "participant_id": "bob"});
    let made = world.post("ada", "/conversations", direct).await;
    let path = format!("/conversations/{}", made.text("id"));
    world.block("ada", "bob").await;

    let mut details = Vec::new();
    for name in ["ada", "bob"] {
        let message = json!({"content": "hi"});
        let sent = world.post(name, &format!("{path}/messages"), message).await;
        sent.refused(403, "blocked");
        details.push(sent.text("detail").to_owned());
        let opened = world.get(name, &path).await;
        opened.expect(StatusCode::OK);
        let profile = world.get(name, "/users?ids=ada,bob").await;
        for user in profile.json["items"].as_array().unwrap() {
            assert_eq!(user.get("online").is_some(), user["id"] == name, "{user}");
        }
    }
    assert_eq!(details[0], details[1]);

    world.block("cyd", "ada").await;
    let direct = |other: &str| json!({"type": "direct", "participant_id": other});
    for (creator, other) in [("ada", "cyd"), ("cyd", "ada"), ("ada", "zoe")] {
        let refused = world.post(creator, "/conversations", direct(other)).await;
        refused.refused(404, "not_found");
    }
    let group = |other: &str| json!({"type": "group", "name": "n", "participant_ids": [other]});
    for other in ["cyd", "zoe"] {
        let refused = world.post("ada", "/conversations", group(other)).await;
        refused.refused(400, "invalid_members");
        assert_eq!(refused.json["field"], "participant_ids");
    }
}

#[tokio::test]
async fn whoever_hides_when_they_were_there_sees_nobody() {
    let world = World::new();
    world.group(&["bob"]).await;
    let shown = async |asker: &str, user: &str| {
        let profile = world.get(asker, &format!("/users/{user}")).await;
        profile.json.get("online").is_some()
    };
    let privacy = world.get("ada", "/users/me/privacy").await;
    assert_eq!(privacy.json, json!({"last_seen": "everyone"}));
    assert!(shown("bob", "ada").await);

    for body in [json!({"last_seen": "nobody"}), json!({})] {
        let set = world.patch("ada", "/users/me/privacy", body).await;
        let expected = json!({"last_seen": "nobody"});
        assert_eq!(set.expect(StatusCode::OK).json, expected);
    }
    for (asker, user) in [("ada", "bob"), ("bob", "ada")] {
        assert!(!shown(asker, user).await, "{asker} {user}");
    }
    let privacy = world.get("bob", "/users/me/privacy").await;
    assert_eq!(privacy.json["last_seen"], "everyone");

    for (body, code) in [
        (json!({"last_seen": "friends"}), "invalid_type"),
        (json!({"last_seen": null, "x": 1}), "unknown_field"),
    ] {
        let refused = world.patch("ada", "/users/me/privacy", body).await;
        refused.refused(400, code);
    }
}
