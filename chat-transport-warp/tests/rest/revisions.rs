//! One message: read, edited, deleted and reacted to.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, World, request};
use crate::uploads::{PNG, form, part, upload};

/// Two UTF-8 characters of four and three bytes, as a path has them.
const HEART: &str = "%E2%9D%A4%EF%B8%8F";

impl World {
    async fn message(&self, name: &str, group: &str, content: &str) -> String {
        let body = json!({"content": content});
        let sent = self.post(name, &format!("{group}/messages"), body).await;
        sent.expect(StatusCode::CREATED);
        format!("{group}/messages/{}", sent.text("id"))
    }

    async fn put(&self, name: &str, path: &str) -> Answer {
        self.send(request(Method::PUT, name, path)).await
    }
}

#[tokio::test]
async fn a_message_is_edited_and_read_by_itself() {
    let world = World::new();
    let group = world.group(&["bob"]).await;
    let message = world.message("ada", &group, "helo").await;
    let before = world.get("bob", &message).await;
    before.expect(StatusCode::OK);
    assert_eq!(before.json["edited_at"], Value::Null);

    let edited = world
        .patch("ada", &message, json!({"content": "hello"}))
        .await;

    edited.expect(StatusCode::OK);
    assert_eq!(
        (&edited.json["content"], &edited.json["rev"]),
        (&json!("hello"), &json!(3))
    );
    assert!(edited.json["edited_at"].is_string());
    assert_eq!(world.get("bob", &message).await.json, edited.json);
    let again = world
        .patch("ada", &message, json!({"content": "hello"}))
        .await;
    assert_eq!(again.json, edited.json, "the same text changes nothing");
}

#[tokio::test]
async fn a_deleted_message_is_a_tombstone_for_ever() {
    let world = World::new();
    let group = world.group(&["bob"]).await;
    let message = world.message("bob", &group, "secret").await;

    let deleted = world.delete("ada", &message).await;

    deleted.expect(StatusCode::OK);
    let gone = (&deleted.json["message_type"], &deleted.json["content"]);
    assert_eq!(gone, (&json!("deleted"), &json!("")));
    assert_eq!(world.delete("bob", &message).await.json, deleted.json);
    let edited = world.patch("bob", &message, json!({"content": "x"})).await;
    edited.refused(409, "message_deleted");
    let reacted = world.put("bob", &format!("{message}/reactions/ok")).await;
    reacted.refused(409, "message_deleted");
    let found = world.get("bob", "/messages?search=secret").await;
    assert_eq!(found.json["items"], json!([]));
}

#[tokio::test]
async fn a_text_may_be_taken_from_a_picture_alone() {
    let world = World::new();
    let group = world.group(&["bob"]).await;
    let body = form(&[part("file", "a.png", PNG)]);
    let picture = world.send(upload("ada", "", &body)).await;
    let body = json!({"content": "look", "upload_ids": [picture.text("id")]});
    let sent = world.post("ada", &format!("{group}/messages"), body).await;
    let picture = format!("{group}/messages/{}", sent.text("id"));
    let text = world.message("ada", &group, "text").await;

    let edited = world.patch("ada", &picture, json!({"content": ""})).await;
    edited.expect(StatusCode::OK);
    assert_eq!(edited.json["attachments"], sent.json["attachments"]);
    let refused = world.patch("ada", &text, json!({"content": ""})).await;
    refused.refused(400, "invalid_content");
}

#[tokio::test]
async fn reactions_are_given_listed_and_taken_back() {
    let world = World::new();
    let group = world.group(&["bob", "cyd"]).await;
    let message = world.message("ada", &group, "x").await;
    for name in ["cyd", "ada", "bob", "bob"] {
        let reacted = world
            .put(name, &format!("{message}/reactions/{HEART}"))
            .await;
        reacted.expect(StatusCode::OK);
    }

    let told = world.get("ada", &message).await;
    let heart = json!([{"reaction": "❤\u{fe0f}", "count": 3, "user_ids": ["cyd", "ada", "bob"]}]);
    assert_eq!(told.json["reactions"], heart);
    let list = format!("{message}/reactions?reaction={HEART}&limit=2");
    let first = world.get("ada", &list).await;
    let next = format!("{list}&cursor={}", first.text("next_cursor"));
    let rest = world.get("ada", &next).await;
    let ids = |page: &Answer| -> Vec<Value> {
        let items = page.json["items"].as_array().unwrap().iter();
        items.map(|item| item["user_id"].clone()).collect()
    };
    assert_eq!(
        (ids(&first), ids(&rest)),
        (vec!["cyd".into(), "ada".into()], vec!["bob".into()])
    );
    assert_eq!(first.json["users"].as_array().unwrap().len(), 2);
    assert_eq!(rest.json["next_cursor"], Value::Null);

    let taken = world
        .delete("bob", &format!("{message}/reactions/{HEART}"))
        .await;
    assert_eq!(taken.json["reactions"][0]["count"], 2);
    let history = world.get("bob", &format!("{group}/messages")).await;
    assert_eq!(
        history.json["items"][0]["reactions"],
        taken.json["reactions"]
    );
}

#[tokio::test]
async fn what_is_no_reaction_is_refused() {
    let world = World::new();
    let group = world.group(&["bob"]).await;
    let message = world.message("ada", &group, "x").await;
    let long = "x".repeat(65);
    for bad in ["a%20b", "%00", "%ff", "a%0Ab", "%E2%80%AE", long.as_str()] {
        let path = format!("{message}/reactions/{bad}");
        world
            .put("ada", &path)
            .await
            .refused(400, "invalid_reaction");
        let refused = world.delete("ada", &path).await;
        refused.refused(400, "invalid_reaction");
    }
    for (query, code) in [
        ("", "invalid_reaction"),
        ("?reaction=a+b", "invalid_reaction"),
        ("?reaction=x&cursor=x", "invalid_cursor"),
        ("?reaction=x&limit=0", "invalid_query"),
    ] {
        let listed = world
            .get("ada", &format!("{message}/reactions{query}"))
            .await;
        listed.refused(400, code);
    }
    for n in 0..50 {
        let reacted = world.put("ada", &format!("{message}/reactions/r{n}")).await;
        reacted.expect(StatusCode::OK);
    }
    let full = world.put("ada", &format!("{message}/reactions/r50")).await;
    full.refused(409, "too_many_reactions");
}

#[tokio::test]
async fn a_body_with_anything_else_is_refused() {
    let world = World::new();
    let group = world.group(&["bob"]).await;
    let message = world.message("ada", &group, "x").await;
    for (body, code) in [
        (json!({}), "invalid_type"),
        (json!({"content": 1}), "invalid_type"),
        (json!({"content": {"$ne": null}}), "invalid_type"),
        (json!({"content": "x", "sender_id": "bob"}), "unknown_field"),
        (
            json!({"content": "x", "edited_at": "2020-01-01"}),
            "unknown_field",
        ),
        (json!({"content": "x\u{0}"}), "invalid_content"),
    ] {
        let refused = world.patch("ada", &message, body.clone()).await;
        refused.refused(400, code);
    }
    let nowhere = format!("{group}/messages/x");
    world.get("ada", &nowhere).await.refused(400, "invalid_id");
    let absent = format!("{group}/messages/0190163d-8694-739b-aea5-966c26f8ad90");
    world.get("ada", &absent).await.refused(404, "not_found");
}
