//! Who asks: bearer tokens, cookies, and requests from other sites.

use http::{Method, StatusCode};
use tower_service::Service as _;
use warp::test::RequestBuilder;

use crate::support::{World, request};

const COOKIE: &str = "__Host-chat_at";

fn me(token: &str) -> RequestBuilder {
    request(Method::GET, token, "/users/me")
}

#[tokio::test]
async fn a_bearer_token_is_read_in_one_way_alone() {
    let world = World::new();
    for good in ["Bearer ada", "bearer ada", "BEARER ada"] {
        let answer = world.send(me("").header("authorization", good)).await;
        assert_eq!(answer.expect(StatusCode::OK).json["id"], "ada", "{good}");
    }
    for bad in [
        "Bearer  ada",
        "Bearer",
        "Bearer ",
        "Basic YWRhOmFkYQ==",
        "ada",
        "Bearer zoe",
        "",
    ] {
        let answer = world.send(me("").header("authorization", bad)).await;
        assert_eq!(answer.json["code"], "invalid_token", "{bad}");
        answer.refused(401, "invalid_token");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    let none = world.send(me("")).await;
    none.refused(401, "unauthenticated");
    assert_eq!(none.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn a_token_in_a_url_is_no_credential() {
    let world = World::with(|config| config.query_token = true);
    for query in ["token=ada", "access_token=ada", "ticket=ada"] {
        let answer = world.get("", &format!("/users/me?{query}")).await;
        answer.refused(401, "unauthenticated");
    }
}

#[tokio::test]
async fn a_token_and_a_cookie_must_be_of_one_user() {
    let world = World::new();
    let both = |cookie: &str| me("ada").header("cookie", format!("{COOKIE}={cookie}"));

    world
        .send(both("bob"))
        .await
        .refused(400, "ambiguous_credentials");
    world.send(both("ada")).await.expect(StatusCode::OK);
    world.send(both("expired")).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_cookie_is_found_by_its_whole_name() {
    let world = World::new();
    for (cookie, status) in [
        (format!("{COOKIE}=ada"), 200),
        (format!("a=b; {COOKIE}=ada; c"), 200),
        (format!("{COOKIE}="), 401),
        ("chat_at=ada".to_owned(), 401),
        (format!("x{COOKIE}=ada"), 401),
    ] {
        let answer = world.send(me("").header("cookie", &cookie)).await;
        assert_eq!(answer.status, status, "{cookie}");
    }
    let plain = World::with(|config| config.secure_cookies = false);
    let answer = plain.send(me("").header("cookie", "chat_at=ada")).await;
    answer.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_host_keeps_its_session_in_a_cookie_of_its_own() {
    let world = World::with(|config| config.session_cookie = Some("shop_session".to_owned()));
    for (cookie, status) in [
        ("shop_session=ada".to_owned(), 200),
        ("shop_session=zoe".to_owned(), 401),
        (format!("{COOKIE}=ada"), 401),
    ] {
        let answer = world.send(me("").header("cookie", &cookie)).await;
        assert_eq!(answer.status, status, "{cookie}");
    }
    let document = world.get("", "/openapi.json").await;
    let named = &document.json["components"]["securitySchemes"]["cookie"]["name"];
    assert_eq!(named, "shop_session");
}

#[tokio::test]
async fn a_cookie_changes_something_only_from_the_sites_own_pages() {
    let world = World::with(|config| config.origins = vec!["https://app.example".to_owned()]);
    let change = |headers: &[(&'static str, &'static str)]| {
        let body = r#"{"type":"group","name":"crew","participant_ids":["bob"]}"#;
        let asked = request(Method::POST, "", "/conversations").body(body);
        let asked = asked.header("content-type", "application/json");
        let asked = asked.header("cookie", format!("{COOKIE}=ada"));
        let asked = asked.header("host", "chat.example");
        headers
            .iter()
            .fold(asked, |asked, (name, value)| asked.header(*name, *value))
    };
    let (site, origin) = ("sec-fetch-site", "origin");
    for own in [
        &[(site, "same-origin")][..],
        &[(site, "none")],
        &[(origin, "https://chat.example")],
        &[(origin, "https://app.example")],
        &[(origin, "https://app.example"), (site, "cross-site")],
    ] {
        let answer = world.send(change(own)).await;
        assert_eq!(answer.status, 201, "{own:?}");
    }
    for foreign in [
        &[][..],
        &[(site, "cross-site")],
        &[(site, "same-site")],
        &[(origin, "https://evil.example")],
        &[(origin, "null")],
        &[(origin, "https://evil.example"), (site, "same-origin")],
        &[(origin, "https://chat.example"), (site, "cross-site")],
        &[(origin, "https://chat.example.evil"), (site, "same-site")],
    ] {
        let answer = world.send(change(foreign)).await;
        assert_eq!(answer.json["code"], "csrf", "{foreign:?}");
        answer.refused(403, "csrf");
    }
}

#[tokio::test]
async fn a_cookie_reads_from_anywhere_and_cors_keeps_the_answer_back() {
    let world = World::new();
    let asked = me("")
        .header("cookie", format!("{COOKIE}=ada"))
        .header("origin", "https://evil.example")
        .header("sec-fetch-site", "cross-site");

    let answer = world.send(asked).await;

    answer.expect(StatusCode::OK);
    assert_eq!(answer.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn a_body_that_needs_no_preflight_is_not_taken() {
    let world = World::new();
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        let asked = request(Method::POST, "ada", "/conversations")
            .header("content-type", kind)
            .body(r#"{"type":"direct","participant_id":"bob"}"#);
        world
            .send(asked)
            .await
            .refused(415, "unsupported_media_type");
    }
}

#[tokio::test]
async fn a_socket_is_for_known_users_from_known_origins() {
    let world = World::new();
    let socket = |token: &str| {
        request(Method::GET, token, "/ws")
            .header("host", "chat.example")
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
    };
    let cookie = || socket("").header("cookie", format!("{COOKIE}=ada"));

    world.send(socket("")).await.refused(401, "unauthenticated");
    world
        .send(socket("zoe"))
        .await
        .refused(401, "invalid_token");
    let evil = "https://evil.example";
    let foreign = world.send(cookie().header("origin", evil)).await;
    foreign.refused(403, "origin_not_allowed");
    world
        .send(cookie())
        .await
        .refused(403, "origin_not_allowed");
    let foreign = world.send(socket("ada").header("origin", evil)).await;
    foreign.refused(403, "origin_not_allowed");
    // Nothing can be upgraded here, but everything else was found right.
    let own = cookie().header("origin", "https://chat.example");
    world.send(own).await.refused(400, "bad_request");
    let old = request(Method::GET, "ada", "/ws").header("sec-websocket-version", "8");
    assert_eq!(world.send(old).await.status, 400);
}

#[tokio::test]
async fn a_header_that_decides_comes_once() {
    let world = World::new();
    let ask = async |doubled: &str, value: &str| {
        let asked =
            http::Request::post("/api/v1/conversations/01890a5d-ac96-774b-bcce-b302099a8057/leave")
                .header("host", "chat.example")
                .header("cookie", format!("{COOKIE}=ada"))
                .header(doubled, value)
                .header(doubled, value)
                .body(http_body_util::Empty::<bytes::Bytes>::new())
                .unwrap();
        let answer = warp::service(world.routes.clone()).call(asked).await;
        answer.unwrap().status()
    };

    assert_eq!(ask("authorization", "Bearer ada").await, 400);
    assert_eq!(ask("origin", "https://chat.example").await, 400);
}
