//! Messages, pages and markers.

use serde_json::{Value, json};

use crate::common::Server;
use crate::support::{Api, problem, refused};

#[tokio::test]
async fn messages_pages_and_markers_are_checked() {
    let server = Server::start();
    let api = Api::of(&server);
    let (ada, bob, eve) = (
        server.user("ada").await,
        server.user("bob").await,
        server.user("eve").await,
    );
    let token = ada.token().unwrap();
    let made: Value = api
        .post(
            "/conversations",
            Some(token),
            &json!({"type": "direct", "participant_id": bob.user()}),
        )
        .await
        .json()
        .await
        .unwrap();
    let path = format!("/conversations/{}/messages", made["id"].as_str().unwrap());
    let post = async |body: Value| api.post(&path, Some(token), &body).await;
    for content in ["", "   ", "\u{200b}", "a\0b", &"x".repeat(4_001)] {
        assert_eq!(
            problem(post(json!({"content": content})).await).await,
            refused(400, "invalid_content"),
            "{content:?}"
        );
    }
    assert_eq!(
        post(json!({"content": "x".repeat(4_000)})).await.status(),
        201
    );
    assert_eq!(
        post(json!({"content": "hi", "client_id": "c"}))
            .await
            .status(),
        201
    );
    assert_eq!(
        post(json!({"content": "hi", "client_id": "c"}))
            .await
            .status(),
        200,
        "a repetition"
    );
    assert_eq!(
        problem(post(json!({"content": "ho", "client_id": "c"})).await).await,
        refused(409, "idempotency_conflict")
    );
    let unknown = "0193a1c0-0000-7000-8000-000000000000";
    assert_eq!(
        problem(post(json!({"content": "x", "reply_to_id": unknown})).await).await,
        refused(400, "invalid_reference")
    );
    assert_eq!(
        problem(post(json!({"upload_ids": [unknown]})).await).await,
        refused(400, "invalid_reference")
    );
    assert_eq!(
        problem(post(json!({"content": "x", "message_type": "image"})).await).await,
        refused(400, "invalid_type")
    );

    for query in [
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=1e2",
        "limit=x",
        "before=-1",
        "before=9223372036854775808",
        "before=1&after=1",
    ] {
        assert_eq!(
            problem(api.get(&format!("{path}?{query}"), token).await).await,
            refused(400, "invalid_query"),
            "{query}"
        );
    }
    let beyond: Value = api
        .get(&format!("{path}?after=9223372036854775807"), token)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(
        (&beyond["items"], &beyond["last_seq"]),
        (&json!([]), &json!(2))
    );
    let read = path.replace("/messages", "/read");
    assert_eq!(
        problem(api.post(&read, Some(token), &json!({"seq": 3})).await).await,
        refused(400, "invalid_seq")
    );
    assert_eq!(
        api.post(&read, Some(token), &json!({"seq": 1}))
            .await
            .json::<Value>()
            .await
            .unwrap()["read_seq"],
        2,
        "never back"
    );

    for path in [
        path.clone(),
        path.replace("/messages", ""),
        path.replace("/messages", "/members"),
    ] {
        assert_eq!(
            problem(api.get(&path, eve.token().unwrap()).await).await,
            refused(404, "not_found"),
            "{path}"
        );
    }
    for bad in ["x", "1", "00000000-0000-0000-0000-000000000000", "%24ne"] {
        assert_eq!(
            problem(api.get(&format!("/conversations/{bad}"), token).await).await,
            refused(400, "invalid_id"),
            "{bad}"
        );
    }
    for cursor in ["x", "****", "aW5ib3guMQ"] {
        assert_eq!(
            problem(
                api.get(&format!("/conversations?cursor={cursor}"), token)
                    .await
            )
            .await,
            refused(400, "invalid_cursor"),
            "{cursor}"
        );
    }
    for search in ["", "a", &"x".repeat(101)] {
        assert_eq!(
            problem(api.get(&format!("/users?search={search}"), token).await).await,
            refused(400, "invalid_query"),
            "{search}"
        );
    }
}
