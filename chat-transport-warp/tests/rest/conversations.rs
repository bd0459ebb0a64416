//! Conversations, their members and the inbox.

use http::StatusCode;
use serde_json::json;

use crate::support::World;

#[tokio::test]
async fn a_direct_conversation_is_made_once_for_both_sides() {
    let world = World::new();

    let made = world
        .post(
            "ada",
            "/conversations",
            json!({"type": "direct", "participant_id": "bob"}),
        )
        .await;
    let found = world
        .post(
            "bob",
            "/conversations",
            json!({"type": "direct", "participant_id": "ada"}),
        )
        .await;

    made.expect(StatusCode::CREATED);
    found.expect(StatusCode::OK);
    assert_eq!(made.json["id"], found.json["id"]);
    assert_eq!(made.json["type"], "direct");
    assert_eq!(found.json["me"]["user_id"], "bob");
    assert_eq!(made.json["members"].as_array().unwrap().len(), 2);
    assert_eq!(made.json["users"][1]["online"], false);
}

#[tokio::test]
async fn a_conversation_that_cannot_be_is_refused() {
    let world = World::new();
    let make = |body| world.post("ada", "/conversations", body);
    let oneself = json!({"type": "direct", "participant_id": "ada"});
    make(oneself).await.refused(400, "invalid_members");
    let nobody = json!({"type": "direct", "participant_id": "zoe"});
    make(nobody).await.refused(404, "not_found");
    let none = json!({"type": "direct"});
    make(none).await.refused(400, "invalid_type");
    let nameless = json!({"type": "group", "participant_ids": ["bob"]});
    make(nameless).await.refused(400, "invalid_type");
    let blank = json!({"type": "group", "name": " ", "participant_ids": ["bob"]});
    make(blank).await.refused(400, "invalid_name");
    let unknown = json!({"type": "group", "name": "x", "participant_ids": ["bob", "zoe"]});
    make(unknown).await.refused(400, "invalid_members");
    let many: Vec<String> = (0..1_000).map(|n| format!("user-{n}")).collect();
    let many = json!({"type": "group", "name": "x", "participant_ids": many});
    assert_eq!(make(many).await.status, 400);
    let kind = json!({"type": "channel", "name": "x"});
    make(kind).await.refused(400, "invalid_type");
    let mixed = json!({"type": "direct", "participant_id": "bob", "name": "x"});
    make(mixed).await.refused(400, "unknown_field");
    let mixed = json!({"type": "group", "name": "x", "participant_id": "bob"});
    make(mixed).await.refused(400, "unknown_field");
}

#[tokio::test]
async fn members_named_twice_and_oneself_count_once() {
    let world = World::new();

    let path = world.group(&["bob", "bob", "ada"]).await;

    let page = world.get("ada", &path).await;
    assert_eq!(page.json["member_count"], 2);
}

#[tokio::test]
async fn a_group_lives_through_all_its_changes() {
    let world = World::new();
    let path = world.group(&["bob"]).await;
    let members = format!("{path}/members");

    let renamed = world.patch("ada", &path, json!({"name": "band"})).await;
    assert_eq!(renamed.expect(StatusCode::OK).json["name"], "band");

    let added = world
        .post("ada", &members, json!({"participant_ids": ["cyd"]}))
        .await;
    assert_eq!(added.expect(StatusCode::OK).json["member_count"], 3);

    let raised = world
        .patch("ada", &format!("{members}/bob"), json!({"role": "admin"}))
        .await;
    let roles: Vec<_> = raised.expect(StatusCode::OK).json["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member["role"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(roles, ["owner", "admin", "member"]);

    world
        .delete("bob", &format!("{members}/cyd"))
        .await
        .expect(StatusCode::NO_CONTENT);
    world.get("cyd", &path).await.refused(404, "not_found");
    world
        .delete("bob", &format!("{members}/cyd"))
        .await
        .refused(404, "not_found");

    world
        .send(crate::support::request(
            http::Method::POST,
            "bob",
            &format!("{path}/leave"),
        ))
        .await
        .expect(StatusCode::NO_CONTENT);
    assert_eq!(world.get("ada", &path).await.json["member_count"], 1);
}

#[tokio::test]
async fn what_a_role_does_not_allow_is_forbidden() {
    let world = World::new();
    let path = world.group(&["bob", "cyd"]).await;

    let rename = world.patch("bob", &path, json!({"name": "mine"})).await;
    rename.refused(403, "forbidden");
    let remove = world.delete("bob", &format!("{path}/members/cyd")).await;
    remove.refused(403, "forbidden");
    let leave = world.post("ada", &format!("{path}/leave"), json!({})).await;
    leave.refused(409, "last_owner");
    for outsider in ["dan"] {
        world.get(outsider, &path).await.refused(404, "not_found");
        let rename = world.patch(outsider, &path, json!({"name": "x"})).await;
        rename.refused(404, "not_found");
    }
}

#[tokio::test]
async fn an_update_with_a_wrong_picture_changes_nothing() {
    let world = World::new();
    let path = world.group(&["bob"]).await;

    let body = json!({"name": "band", "avatar_id": "01890a5d-ac96-774b-bcce-b302099a8057"});
    let refused = world.patch("ada", &path, body).await;

    refused.refused(400, "invalid_reference");
    assert_eq!(world.get("ada", &path).await.json["name"], "crew");
}

#[tokio::test]
async fn the_inbox_and_members_come_in_pages_that_meet() {
    let world = World::new();
    for _ in 0..5 {
        world.group(&["bob"]).await;
    }

    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let page = world
            .get("ada", &format!("/conversations?limit=2{next}"))
            .await;
        page.expect(StatusCode::OK);
        assert!(page.json["epoch"].is_string());
        for row in page.json["items"].as_array().unwrap() {
            assert_eq!(row["unread_count"], 0);
            seen.push(row["id"].as_str().unwrap().to_owned());
        }
        match page.json["next_cursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 5);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 5);

    let path = world.group(&["bob", "cyd"]).await;
    let first = world.get("bob", &format!("{path}/members?limit=2")).await;
    let cursor = first.text("next_cursor");
    let second = world
        .get("bob", &format!("{path}/members?limit=2&cursor={cursor}"))
        .await;
    assert_eq!(first.json["items"][1]["user_id"], "bob");
    assert_eq!(second.json["items"][0]["user_id"], "cyd");
    assert_eq!(second.json["users"][0]["display_name"], "CYD");
    assert!(second.json.get("next_cursor").is_none());
}
