//! Headers that every answer carries, and front ends on other origins.

use std::future::Ready;
use std::sync::Arc;

use chat_core::auth::{AuthError, AuthenticateWith, Identity};
use http::{Method, StatusCode};
use warp::test::RequestBuilder;

use crate::support::{Answer, World, request};

#[track_caller]
fn protected(answer: &Answer) {
    let policy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", policy),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(answer.header(name), value, "{name} of {}", answer.json);
    }
    assert_eq!(answer.header("server"), "");
    assert!(uuid(answer.header("x-request-id")));
    if !answer.bytes.is_empty() {
        let kind = answer.header("content-type");
        let wanted = if answer.status.is_success() {
            "application/json; charset=utf-8"
        } else {
            "application/problem+json"
        };
        assert_eq!(kind, wanted);
    }
}

fn uuid(text: &str) -> bool {
    text.len() == 36 && text.as_bytes()[14] == b'7'
}

#[tokio::test]
async fn every_answer_of_every_route_is_protected() {
    let world = World::with_accounts(|_| ());
    let session = world.register("eve").await;
    let document = world.get("", "/openapi.json").await;
    let mut answers = 0;
    for (path, operations) in document.json["paths"].as_object().unwrap() {
        let path = path.strip_prefix("/api/v1").unwrap();
        for method in operations.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let good = path.replace("{id}", "01890a5d-ac96-774b-bcce-b302099a8057");
            let asked = |token: &str, path: &str| request(method.clone(), token, path);
            let token = session.text("token");
            for asked in [
                asked("", &good),
                asked("wrong", &good),
                asked(token, path),
                asked(token, &good).header("content-length", 1 << 30),
                asked(token, &good),
                request(Method::TRACE, token, &good),
            ] {
                protected(&world.send(asked).await);
                answers += 1;
            }
        }
    }
    assert!(answers > 150, "{answers}");
    protected(&world.get("", "/nothing").await);
}

#[tokio::test]
async fn limits_health_and_preflights_are_protected_too() {
    let world = World::with(|config| {
        config.request_burst = 1;
        config.strict_transport = true;
    });
    world.get("ada", "/users").await;
    let limited = world.get("ada", "/users").await;
    limited.refused(429, "rate_limited");
    protected(&limited);
    let alive = world.send(warp::test::request().path("/livez")).await;
    protected(alive.expect(StatusCode::OK));
    let transport = "max-age=31536000; includeSubDomains";
    assert_eq!(alive.header("strict-transport-security"), transport);
    let preflight = world.send(preflight("https://app.example")).await;
    protected(&preflight);
}

#[tokio::test]
async fn a_request_id_is_our_own() {
    let world = World::new();
    let asked = || request(Method::GET, "ada", "/users").header("x-request-id", "mine\"");

    let (one, two) = (world.send(asked()).await, world.send(asked()).await);

    assert!(uuid(one.header("x-request-id")));
    assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
}

fn preflight(origin: &str) -> RequestBuilder {
    request(Method::OPTIONS, "", "/conversations")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization, content-type",
        )
}

#[tokio::test]
async fn listed_origins_may_read_and_no_others() {
    let world = World::with(|config| config.origins = vec!["https://app.example".to_owned()]);
    for origin in [
        "https://app.example",
        "https://evil.example",
        "http://app.example",
        "https://app.example:8443",
        "https://app.example.evil",
        "null",
        "*",
    ] {
        let get = request(Method::GET, "ada", "/users").header("origin", origin);
        let missing = request(Method::GET, "ada", "/nothing").header("origin", origin);
        for asked in [get, missing, preflight(origin)] {
            let answer = world.send(asked).await;
            let listed = origin == "https://app.example";
            let allowed = if listed { origin } else { "" };
            assert_eq!(answer.header("access-control-allow-origin"), allowed);
            assert_eq!(
                answer.header("access-control-allow-credentials") == "true",
                listed
            );
            assert_eq!(answer.header("vary"), "Origin");
        }
    }
}

#[tokio::test]
async fn a_star_in_the_list_allows_nobody() {
    let world = World::with(|config| config.origins = vec!["*".to_owned()]);
    let asked = request(Method::GET, "ada", "/users").header("origin", "https://evil.example");
    let answer = world.send(asked).await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn a_preflight_tells_the_methods_there_are() {
    let world = World::with(|config| config.origins = vec!["https://app.example".to_owned()]);

    let answer = world.send(preflight("https://app.example")).await;

    answer.expect(StatusCode::NO_CONTENT);
    let methods = answer.header("access-control-allow-methods");
    assert_eq!(methods, "POST, GET, HEAD");
    assert_eq!(
        answer.header("access-control-allow-headers"),
        "authorization, content-type"
    );
    assert_eq!(answer.header("access-control-max-age"), "600");
}

#[tokio::test]
async fn a_handler_that_panics_is_answered_as_any_failure() {
    let world = World::with(|config| {
        let panics = |_| -> Ready<Result<Identity, AuthError>> { panic!("a secret of the host") };
        config.authenticator = Arc::new(AuthenticateWith::new(panics));
        config.strict_transport = true;
        config.origins = vec!["https://app.example".to_owned()];
    });
    let asked = request(Method::GET, "ada", "/users").header("origin", "https://app.example");

    let answer = world.send(asked).await;

    answer.refused(500, "internal");
    assert!(
        !answer.json.to_string().contains("secret"),
        "{}",
        answer.json
    );
    let strict = answer.header("strict-transport-security");
    assert_eq!(strict, "max-age=31536000; includeSubDomains");
    let origin = answer.header("access-control-allow-origin");
    assert_eq!(origin, "https://app.example");
}
