//! Users as others see them, and oneself.

use http::StatusCode;
use serde_json::json;

use crate::support::{USERS, World};

#[tokio::test]
async fn users_come_in_pages_that_meet() {
    let world = World::new();

    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let page = world.get("ada", &format!("/users?limit=3{next}")).await;
        page.expect(StatusCode::OK);
        for user in page.json["items"].as_array().unwrap() {
            let stranger = user["id"] != "ada";
            assert_eq!(user.get("online").is_none(), stranger);
            seen.push(user["id"].as_str().unwrap().to_owned());
        }
        match page.json["next_cursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }

    assert_eq!(seen, USERS);
}

#[tokio::test]
async fn users_are_found_by_id_and_by_name() {
    let world = World::new();
    let ids = |answer: &crate::support::Answer| -> Vec<String> {
        let items = answer.expect(StatusCode::OK).json["items"].as_array();
        let ids = items
            .unwrap()
            .iter()
            .map(|user| user["id"].as_str().unwrap());
        ids.map(str::to_owned).collect()
    };

    let page = world.get("ada", "/users?ids=cyd,zoe,bob,bob").await;
    assert_eq!(ids(&page), ["bob", "cyd"]);
    let page = world.get("ada", "/users?search=BO").await;
    assert_eq!(ids(&page), ["bob"]);
    for literal in ["%25%25", "__", "%5C%5C", "((((a%2B)%2B)%2B)%2B$"] {
        let page = world.get("ada", &format!("/users?search={literal}")).await;
        assert!(ids(&page).is_empty(), "{literal} is no pattern");
    }

    let bob = world.get("ada", "/users/bob").await;
    let profile = json!({"id": "bob", "username": "bob", "display_name": "BOB"});
    assert_eq!(bob.expect(StatusCode::OK).json, profile);
    world
        .get("ada", "/users/zoe")
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn a_listing_of_users_refuses_what_is_too_wide_or_too_narrow() {
    let world = World::new();
    for query in ["search=", "search=a", "limit=0", "limit=201", "limit=x"] {
        let page = world.get("ada", &format!("/users?{query}")).await;
        page.refused(400, "invalid_query");
    }
    let long = "x".repeat(101);
    let page = world.get("ada", &format!("/users?search={long}")).await;
    page.refused(400, "invalid_query");
    world
        .get("ada", "/users?ids=a,,b")
        .await
        .refused(400, "invalid_id");
    let ids = |count: usize| {
        (0..count)
            .map(|n| format!("u{n}"))
            .collect::<Vec<_>>()
            .join(",")
    };
    let page = world.get("ada", &format!("/users?ids={}", ids(200))).await;
    page.expect(StatusCode::OK);
    let page = world.get("ada", &format!("/users?ids={}", ids(201))).await;
    page.refused(400, "limit_exceeded");
}

#[tokio::test]
async fn oneself_is_the_hosts_profile_where_there_are_no_accounts() {
    let world = World::new();

    let me = world.get("cyd", "/users/me").await;

    let profile = json!({"id": "cyd", "username": "cyd", "display_name": "CYD"});
    assert_eq!(me.expect(StatusCode::OK).json, profile);
    let change = world
        .patch("cyd", "/users/me", json!({"display_name": "C"}))
        .await;
    change.refused(405, "method_not_allowed");
    assert_eq!(change.header("allow"), "GET, HEAD");
}

#[tokio::test]
async fn presence_is_told_to_those_who_share_a_conversation_and_to_nobody_else() {
    let world = World::new();
    let shown = async |asker: &str, user: &str| {
        let profile = world.get(asker, &format!("/users/{user}")).await;
        profile.expect(StatusCode::OK).json.get("online").cloned()
    };
    assert_eq!(shown("ada", "bob").await, None);

    let direct = json!({"type": "direct", "participant_id": "bob"});
    let made = world.post("ada", "/conversations", direct).await;
    made.expect(StatusCode::CREATED);

    assert_eq!(shown("ada", "bob").await, Some(json!(false)));
    assert_eq!(shown("bob", "ada").await, Some(json!(false)));
    assert_eq!(shown("cyd", "bob").await, None);
    let page = world.get("cyd", "/users?ids=ada,bob").await;
    let items = page.json["items"].as_array().unwrap();
    assert!(items.iter().all(|user| user.get("online").is_none()));
}
