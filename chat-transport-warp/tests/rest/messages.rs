//! Messages, history and markers.

use http::StatusCode;
use serde_json::{Value, json};

use crate::support::World;

#[tokio::test]
async fn a_message_is_sent_once_whatever_is_repeated() {
    let world = World::new();
    let path = format!("{}/messages", world.group(&["bob"]).await);
    let body = json!({"content": "hello", "client_id": "a-1"});

    let sent = world.post("ada", &path, body.clone()).await;
    let again = world.post("ada", &path, body).await;
    let other = json!({"content": "other", "client_id": "a-1"});
    let other = world.post("ada", &path, other).await;

    sent.expect(StatusCode::CREATED);
    again.expect(StatusCode::OK);
    assert_eq!(sent.json["id"], again.json["id"]);
    assert_eq!(sent.json["seq"], 1);
    assert_eq!(sent.json["message_type"], "text");
    other.refused(409, "idempotency_conflict");
}

#[tokio::test]
async fn history_is_read_from_every_side() {
    let world = World::new();
    let path = format!("{}/messages", world.group(&["bob"]).await);
    for n in 1..=5 {
        let sent = world.post("ada", &path, json!({"content": n.to_string()}));
        sent.await.expect(StatusCode::CREATED);
    }

    for (query, expected) in [
        ("", vec![1, 2, 3, 4, 5]),
        ("?limit=2", vec![4, 5]),
        ("?before=3", vec![1, 2]),
        ("?after=3&limit=1", vec![4]),
        ("?around=3&limit=3", vec![2, 3, 4]),
        ("?after=99", vec![]),
        ("?before=0", vec![]),
    ] {
        let page = world.get("bob", &format!("{path}{query}")).await;
        page.expect(StatusCode::OK);
        let items = page.json["items"].as_array().unwrap().iter();
        let seqs: Vec<_> = items
            .map(|message| message["seq"].as_i64().unwrap())
            .collect();
        assert_eq!(seqs, expected, "{query}");
        assert_eq!(page.json["last_seq"], 5);
        assert_eq!(page.json["visible_from"], 0);
    }
}

#[tokio::test]
async fn history_refuses_what_is_no_window() {
    let world = World::new();
    let path = format!("{}/messages", world.group(&["bob"]).await);
    for query in [
        "before=1&after=1",
        "around=1&before=1",
        "before=1&before=2",
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=1.0",
        "limit=1e2",
        "limit=",
        "before=-1",
        "before=x",
        "before=%2B1",
        "before=%ff",
        "after=9007199254740993.5",
        "after=9223372036854775808",
    ] {
        let page = world.get("bob", &format!("{path}?{query}")).await;
        assert_eq!(page.status, 400, "{query}");
        page.refused(400, "invalid_query");
    }
}

#[tokio::test]
async fn markers_move_forward_alone_and_tell_the_sender() {
    let world = World::new();
    let path = world.group(&["bob"]).await;
    for _ in 0..3 {
        let sent = world
            .post("ada", &format!("{path}/messages"), json!({"content": "x"}))
            .await;
        sent.expect(StatusCode::CREATED);
    }
    let mark = |kind: &str, seq: i64| {
        let (world, path) = (&world, format!("{path}/{kind}"));
        async move { world.post("bob", &path, json!({"seq": seq})).await }
    };

    let delivered = mark("delivered", 3).await;
    assert_eq!(delivered.expect(StatusCode::OK).json["delivered_seq"], 3);
    let read = mark("read", 2).await;
    assert_eq!(read.expect(StatusCode::OK).json["read_seq"], 2);
    let back = mark("read", 1).await;
    assert_eq!(back.expect(StatusCode::OK).json["read_seq"], 2);
    mark("read", 4).await.refused(400, "invalid_seq");
    mark("read", -1).await.refused(400, "invalid_type");
    let foreign = world
        .post("dan", &format!("{path}/read"), json!({"seq": 1}))
        .await;
    foreign.refused(404, "not_found");

    let page = world.get("ada", &format!("{path}/messages")).await;
    let status = |at: usize| page.json["items"][at]["status"].as_str().unwrap();
    assert_eq!(
        (status(0), status(1), status(2)),
        ("read", "read", "delivered")
    );
    assert_eq!(page.json["markers"][0]["user_id"], "bob");
}

#[tokio::test]
async fn text_is_kept_as_it_is_or_refused() {
    let world = World::new();
    let path = format!("{}/messages", world.group(&["bob"]).await);
    for text in ["", " \t", "\u{200b}", "a\0b", &"x".repeat(4_001)] {
        let sent = world.post("ada", &path, json!({"content": text})).await;
        sent.refused(400, "invalid_content");
        assert_eq!(sent.json["field"], "content");
    }
    for text in [
        "<script>alert(1)</script>",
        "[x](javascript:1)",
        "\u{202e}abc",
        &"é".repeat(4_000),
    ] {
        let sent = world.post("ada", &path, json!({"content": text})).await;
        assert_eq!(sent.expect(StatusCode::CREATED).json["content"], *text);
        assert_eq!(
            sent.header("content-type"),
            "application/json; charset=utf-8"
        );
    }
}

#[tokio::test]
async fn a_reply_is_to_a_message_of_the_same_conversation() {
    let world = World::new();
    let (here, there) = (world.group(&["bob"]).await, world.group(&["bob"]).await);
    let (here, there) = (format!("{here}/messages"), format!("{there}/messages"));
    let first = world.post("ada", &here, json!({"content": "one"})).await;

    let reply = json!({"content": "two", "reply_to_id": first.text("id")});
    let good = world.post("bob", &here, reply.clone()).await;
    let foreign = world.post("bob", &there, reply).await;
    let unknown = json!({"content": "x", "reply_to_id": "01890a5d-ac96-774b-bcce-b302099a8057"});
    let unknown = world.post("bob", &here, unknown).await;

    assert_eq!(good.expect(StatusCode::CREATED).json["reply_to"]["seq"], 1);
    foreign.refused(400, "invalid_reference");
    unknown.refused(400, "invalid_reference");
}

#[tokio::test]
async fn messages_are_found_by_their_words_page_by_page() {
    let world = World::new();
    let direct = json!({"type": "direct", "participant_id": "bob"});
    let id = world.post("ada", "/conversations", direct).await.json["id"].clone();
    let path = format!("/conversations/{}/messages", id.as_str().unwrap());
    for n in 0..5 {
        let body = json!({"content": format!("Crème number {n}")});
        world
            .post("ada", &path, body)
            .await
            .expect(StatusCode::CREATED);
    }

    let first = world.get("bob", "/messages?search=CREME&limit=3").await;
    let texts = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|item| item["content"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        texts(&first.expect(StatusCode::OK).json),
        ["Crème number 4", "Crème number 3", "Crème number 2"]
    );
    assert_eq!(first.json["users"][0]["id"], "ada");
    let cursor = first.json["next_cursor"].as_str().unwrap();
    let rest = world
        .get(
            "bob",
            &format!("/messages?search=CREME&limit=3&cursor={cursor}"),
        )
        .await;
    assert_eq!(texts(&rest.json), ["Crème number 1", "Crème number 0"]);
    assert!(rest.json.get("next_cursor").is_none());
    let one = format!(
        "/messages?search=number+3&conversation_id={}",
        id.as_str().unwrap()
    );
    assert_eq!(
        texts(&world.get("bob", &one).await.json),
        ["Crème number 3"]
    );
    assert_eq!(
        texts(&world.get("cyd", &one).await.json),
        [""; 0],
        "strangers find nothing"
    );
}

#[tokio::test]
async fn a_search_that_cannot_be_is_refused() {
    let world = World::new();
    for (query, code) in [
        ("", "invalid_query"),
        ("search=x", "invalid_query"),
        ("search=%22%25%22", "invalid_query"),
        ("search=word&limit=0", "invalid_query"),
        ("search=word&conversation_id=7", "invalid_id"),
        ("search=word&cursor=bm8", "invalid_cursor"),
    ] {
        world
            .get("ada", &format!("/messages?{query}"))
            .await
            .refused(400, code);
    }
}

#[tokio::test]
async fn a_cursor_kept_over_a_removal_shows_nothing_that_was_before_the_return() {
    let world = World::new();
    let group = world.group(&["bob"]).await;
    let (path, members) = (format!("{group}/messages"), format!("{group}/members"));
    let send = async |text: &str| {
        let sent = world.post("ada", &path, json!({"content": text})).await;
        sent.expect(StatusCode::CREATED);
    };
    let read = async |query: &str| {
        let page = world.get("bob", &format!("{path}{query}")).await;
        page.expect(StatusCode::OK);
        let items = page.json["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|message| message["seq"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    for text in ["one", "two", "three"] {
        send(text).await;
    }
    assert_eq!(read("?after=1").await, [2, 3]);

    let removed = world.delete("ada", &format!("{members}/bob")).await;
    removed.expect(StatusCode::NO_CONTENT);
    send("while he was away").await;
    for cursor in ["", "?after=1", "?before=3", "?around=2"] {
        let page = world.get("bob", &format!("{path}{cursor}")).await;
        page.refused(404, "not_found");
    }
    let added = world.post("ada", &members, json!({"participant_ids": ["bob"]}));
    added.await.expect(StatusCode::OK);
    send("welcome back").await;

    for cursor in ["", "?after=1", "?after=0", "?around=2"] {
        assert_eq!(read(cursor).await, [5], "{cursor}");
    }
    assert_eq!(read("?before=3").await, [0; 0]);
    assert_eq!(read("?before=5").await, [0; 0]);
}
