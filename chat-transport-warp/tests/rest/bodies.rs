//! Bodies that are not what they should be.

use http::{Method, StatusCode};
use serde_json::json;
use warp::test::RequestBuilder;

use crate::support::{World, request};

/// Every route: its method, its path with something in its variables, and whether it takes JSON.
async fn routes(world: &World) -> Vec<(Method, String, bool)> {
    let document = world.get("", "/openapi.json").await;
    let mut routes = Vec::new();
    for (path, operations) in document.json["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let path = path.strip_prefix("/api/v1").unwrap();
            let path = path.replace("{id}", "01890a5d-ac96-774b-bcce-b302099a8057");
            let json = operation["requestBody"]["content"].get("application/json");
            routes.push((
                method.to_uppercase().parse().unwrap(),
                path.replace("{user_id}", "bob"),
                json.is_some(),
            ));
        }
    }
    assert!(routes.len() >= 20);
    routes
}

fn json_of(size: usize) -> Vec<u8> {
    let mut body = b"{\"x\":\"\"}".to_vec();
    body.splice(6..6, std::iter::repeat_n(b'x', size - 8));
    assert_eq!(body.len(), size);
    body
}

#[tokio::test]
async fn every_route_refuses_a_body_over_its_limit() {
    let world = World::with_accounts(|_| ());
    let session = world.register("eve").await;
    let token = session.text("token");
    for (method, path, takes_json) in routes(&world).await {
        let asked = || {
            let asked = request(method.clone(), token, &path);
            asked.header("content-type", "application/json")
        };
        // By what it says, before any of it is read.
        let limit = if path == "/uploads" {
            51 << 20
        } else {
            64 << 10
        };
        let said = asked().header("content-length", limit + 1);
        let answer = world.send(said).await;
        assert_eq!(answer.status, 413, "{method} {path}: {}", answer.json);
        answer.refused(413, "too_large");
        // By what comes, whatever it says.
        if takes_json {
            let over = world.send(asked().body(json_of((64 << 10) + 1))).await;
            over.refused(413, "too_large");
            let fits = world.send(asked().body(json_of(64 << 10))).await;
            fits.refused(400, "unknown_field");
        }
    }
}

#[tokio::test]
async fn what_is_no_json_is_told_apart_from_what_is_no_request() {
    let world = World::new();
    let path = format!("{}/messages", world.group(&["bob"]).await);
    let send = |body: &[u8]| {
        let asked = request(Method::POST, "ada", &path);
        asked.header("content-type", "application/json").body(body)
    };
    let nested = "[".repeat(10_000);
    for body in [
        &b""[..],
        b"{",
        b"{\"content\":\"x\"",
        b"{\"content\":\"x\"} x",
        b"\xef\xbb\xbf{\"content\":\"x\"}",
        b"{\0\"\0c\0",
        b"{\"content\":\"\xff\"}",
        b"{\"content\":\"\\ud800\"}",
        b"{\"content\":NaN}",
        b"{'content':'x'}",
        b"{\"content\":\"x\",\"reply_to_id\":1e999}",
    ] {
        let answer = world.send(send(body)).await;
        let body = String::from_utf8_lossy(body);
        assert_eq!(
            answer.json["code"], "invalid_json",
            "{body}: {}",
            answer.json
        );
        assert_eq!(answer.status, 400);
    }
    assert_eq!(world.send(send(nested.as_bytes())).await.status, 400);
    for body in [
        json!({"content": 1}),
        json!({"content": null}),
        json!({"content": {"text": "x"}}),
        json!({"content": "x", "upload_ids": "x"}),
        json!({"content": "x", "message_type": "video"}),
        json!("content"),
    ] {
        let answer = world.post("ada", &path, body).await;
        answer.refused(400, "invalid_type");
    }
    let wide = json!({"content": "x", "image_url": "http://169.254.169.254"});
    world
        .post("ada", &path, wide)
        .await
        .refused(400, "unknown_field");
}

#[tokio::test]
async fn numbers_are_exact_or_refused() {
    let world = World::new();
    let path = format!("{}/read", world.group(&["bob"]).await);
    for seq in [
        "1.0",
        "1e2",
        "-1",
        "\"1\"",
        "true",
        "9223372036854775808",
        "[1]",
    ] {
        let asked = request(Method::POST, "ada", &path)
            .header("content-type", "application/json")
            .body(format!("{{\"seq\":{seq}}}"));
        let answer = world.send(asked).await;
        assert_eq!(
            answer.json["code"], "invalid_type",
            "{seq}: {}",
            answer.json
        );
    }
    for past in ["1", "9007199254740993", "9223372036854775807"] {
        let asked = request(Method::POST, "ada", &path)
            .header("content-type", "application/json")
            .body(format!("{{\"seq\":{past}}}"));
        world.send(asked).await.refused(400, "invalid_seq");
    }
}

#[tokio::test]
async fn only_plain_utf8_json_is_read() {
    let world = World::new();
    let path = format!("{}/messages", world.group(&["bob"]).await);
    let typed = |kind: &str| -> RequestBuilder {
        let asked = request(Method::POST, "ada", &path).body("{\"content\":\"x\"}");
        if kind.is_empty() {
            asked
        } else {
            asked.header("content-type", kind)
        }
    };
    for kind in [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "application/json; charset=latin1",
        "application/json; charset=xutf-8",
        "application/problem+json",
    ] {
        let answer = world.send(typed(kind)).await;
        assert_eq!(answer.status, 415, "{kind}");
        answer.refused(415, "unsupported_media_type");
    }
    for kind in [
        "application/json",
        "Application/JSON;charset=UTF-8",
        "application/json; charset=\"utf-8\"",
        "application/json; profile=x",
    ] {
        let answer = world.send(typed(kind)).await;
        assert_eq!(answer.status, 201, "{kind}");
    }
    for coding in ["gzip", "deflate, gzip", "br"] {
        let asked = typed("application/json").header("content-encoding", coding);
        world
            .send(asked)
            .await
            .refused(415, "unsupported_media_type");
    }
    let asked = typed("application/json").header("content-encoding", "identity");
    world.send(asked).await.expect(StatusCode::CREATED);
}

#[tokio::test]
async fn a_field_that_is_refused_is_named_and_nothing_more_is_told() {
    let world = World::new();
    let path = format!("{}/messages", world.group(&["bob"]).await);

    let answer = world
        .post("ada", &path, json!({"content": "x", "role": "admin"}))
        .await;

    answer.refused(400, "unknown_field");
    assert!(answer.text("detail").contains("role"));
    assert!(!answer.text("detail").contains(" line "));
}
