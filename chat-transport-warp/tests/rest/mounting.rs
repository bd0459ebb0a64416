//! The routes beside a host's own, under any prefix; and whether the process is well.

use std::time::Duration;

use http::{Method, StatusCode};
use warp::Filter as _;

use crate::support::{World, request};

#[tokio::test]
async fn the_hosts_routes_go_on_beside_ours() {
    let world = World::new();
    let orders = warp::path("orders").map(|| "the host's own");
    let app = warp::path("chat").and(world.routes.clone()).or(orders);
    let get = async |path: &str| {
        let asked = warp::test::request().path(path);
        let answer = asked
            .header("authorization", "Bearer ada")
            .reply(&app)
            .await;
        (
            answer.status(),
            answer.headers().contains_key("x-request-id"),
        )
    };

    assert_eq!(get("/chat/api/v1/users").await, (StatusCode::OK, true));
    assert_eq!(get("/chat/livez").await, (StatusCode::OK, true));
    assert_eq!(get("/orders").await, (StatusCode::OK, false));
    assert_eq!(
        get("/chat/api/v1/nothing").await,
        (StatusCode::NOT_FOUND, true)
    );
    for other in [
        "/api/v1/users",
        "/chat/api/v2/users",
        "/chat/api/v1x",
        "/chat",
        "/",
    ] {
        assert_eq!(get(other).await, (StatusCode::NOT_FOUND, false), "{other}");
    }
}

#[tokio::test]
async fn what_does_not_exist_is_told_apart_from_what_has_no_such_method() {
    let world = World::new();
    for path in [
        "",
        "/",
        "/nothing",
        "/users/",
        "//users",
        "/users//",
        "/users/ada/x",
        "/./users",
        "/%2e%2e/users",
        "/users;x=1",
        "/conversations/x/y/z",
    ] {
        let answer = world.get("ada", path).await;
        answer.refused(404, "not_found");
    }
    for (method, path, allow) in [
        (Method::PUT, "/conversations", "POST, GET, HEAD"),
        (Method::TRACE, "/users", "GET, HEAD"),
        (Method::CONNECT, "/users", "GET, HEAD"),
        (Method::OPTIONS, "/users", "GET, HEAD"),
        (Method::OPTIONS, "/uploads", "POST"),
        (Method::GET, "/conversations/x/leave", "POST"),
        (Method::HEAD, "/uploads", "POST"),
        (Method::POST, "/users/me", "GET, HEAD"),
    ] {
        let answer = world.send(request(method.clone(), "ada", path)).await;
        assert_eq!(answer.status, 405, "{method} {path}");
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
    }
}

#[tokio::test]
async fn a_method_in_a_header_has_no_effect() {
    let world = World::new();
    let path = world.group(&["bob"]).await;

    let asked = request(Method::GET, "ada", &path).header("x-http-method-override", "PATCH");
    let answer = world.send(asked).await;

    assert_eq!(answer.expect(StatusCode::OK).json["name"], "crew");
}

#[tokio::test]
async fn an_address_that_is_too_long_is_refused() {
    let world = World::new();
    let long = |length: usize| format!("/{}", "x".repeat(length));

    let fits = world.get("ada", &long(8 << 10)).await;
    let over = world.get("ada", &long((8 << 10) + 1)).await;
    let query = world
        .get("ada", &format!("/users?a={}", long(8 << 10)))
        .await;

    fits.refused(404, "not_found");
    over.refused(414, "uri_too_long");
    query.refused(414, "uri_too_long");
}

#[tokio::test]
async fn a_draining_node_lives_but_is_not_ready() {
    let world = World::new();
    let get = async |path: &str| {
        let answer = warp::test::request().path(path).reply(&world.routes).await;
        answer.status().as_u16()
    };
    assert_eq!((get("/livez").await, get("/readyz").await), (200, 200));

    world.chat.drain(Duration::ZERO);

    assert_eq!((get("/livez").await, get("/readyz").await), (200, 503));
    let post = warp::test::request().method("POST").path("/readyz");
    assert_eq!(post.reply(&world.routes).await.status(), 405);
}

#[tokio::test]
async fn the_document_has_every_route_and_no_loose_end() {
    for (world, registers) in [(World::new(), false), (World::with_accounts(|_| ()), true)] {
        let document = world.get("", "/openapi.json").await;
        document.expect(StatusCode::OK);
        let paths = document.json["paths"].as_object().unwrap();
        assert_eq!(paths.contains_key("/api/v1/auth/register"), registers);
        assert_eq!(
            document.json["components"]["securitySchemes"]["cookie"]["name"],
            "__Host-chat_at"
        );
        let schemas = document.json["components"]["schemas"].as_object().unwrap();
        for reference in document
            .json
            .to_string()
            .split("#/components/schemas/")
            .skip(1)
        {
            let name = reference.split('"').next().unwrap();
            assert!(schemas.contains_key(name), "{name}");
        }
        for (path, operations) in paths {
            for method in operations.as_object().unwrap().keys() {
                let asked = warp::test::request()
                    .method(&method.to_uppercase())
                    .path(path);
                let status = asked.reply(&world.routes).await.status();
                assert!(
                    !matches!(status.as_u16(), 404 | 405),
                    "{method} {path}: {status}"
                );
            }
        }
    }
}
