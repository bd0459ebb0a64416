//! What every route does, and what is refused on each.

use reqwest::Method;
use serde_json::Value;

use crate::common::Server;
use crate::support::{Api, problem, refused};

#[tokio::test]
async fn every_answer_carries_the_protective_headers() {
    let server = Server::start();
    let api = Api::of(&server);
    let long = format!("/{}", "x".repeat(9_000));
    for (method, path, status) in [
        (Method::GET, "/openapi.json", 200),
        (Method::GET, "/users/me", 401),
        (Method::GET, "/nothing", 404),
        (Method::DELETE, "/users", 405),
        (Method::TRACE, "/users", 405),
        (Method::GET, long.as_str(), 414),
        (Method::POST, "/auth/login", 400),
        (Method::GET, "/ws", 401),
    ] {
        let response = api.send(method, path, &[], "").await;
        assert_eq!(response.status().as_u16(), status, "{path}");
        let headers = response.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["x-frame-options"], "DENY");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert_eq!(headers["cache-control"], "no-store");
        assert!(
            headers["content-security-policy"]
                .to_str()
                .unwrap()
                .contains("default-src 'none'")
        );
        assert!(headers.contains_key("x-request-id") && !headers.contains_key("server"));
    }
    let wrong = api.send(Method::PUT, "/conversations", &[], "").await;
    assert_eq!(wrong.headers()["allow"], "POST, GET, HEAD");
}

#[tokio::test]
async fn every_route_refuses_a_body_over_its_limit_and_anyone_unknown() {
    let server = Server::start();
    let api = Api::of(&server);
    let ada = server.user("ada").await;
    let bearer = format!("Bearer {}", ada.token().unwrap());
    let document: Value = api.get("/openapi.json", "").await.json().await.unwrap();
    let mut routes = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path.trim_start_matches("/api/v1");
        let path = path
            .replace("{id}", "0193a1c0-0000-7000-8000-000000000000")
            .replace("{user_id}", "x");
        for (method, operation) in methods.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            routes += 1;
            if operation["security"].is_array() {
                let anonymous = api.send(method.clone(), &path, &[], "").await;
                assert_eq!(
                    problem(anonymous).await,
                    refused(401, "unauthenticated"),
                    "{method} {path}"
                );
            }
            let limit = if path == "/uploads" {
                (50 << 20) + (16 << 10)
            } else {
                64 << 10
            };
            assert_eq!(
                claim(&server, &method, &path, &bearer, limit + 1).await,
                413,
                "{method} {path}"
            );
        }
    }
    assert!(routes >= 28, "{routes}");
}

/// The answer to a request that only says how long its body will be: it comes before the body.
async fn claim(server: &Server, method: &Method, path: &str, bearer: &str, length: usize) -> u16 {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let address = server.base().replace("http://", "");
    let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "{method} /api/v1{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: {bearer}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    let read = tokio::time::timeout(
        std::time::Duration::from_secs(10),
        stream.read_exact(&mut answer),
    );
    read.await.unwrap().unwrap();
    String::from_utf8_lossy(&answer[9..]).parse().unwrap()
}

#[tokio::test]
async fn bodies_that_are_not_what_they_should_be_are_told_apart() {
    let server = Server::start();
    let api = Api::of(&server);
    let ada = server.user("ada").await;
    let bearer = format!("Bearer {}", ada.token().unwrap());
    let send = async |kind: &str, body: &'static [u8]| {
        let headers = [("content-type", kind), ("authorization", bearer.as_str())];
        problem(
            api.send(Method::POST, "/conversations", &headers, body)
                .await,
        )
        .await
    };
    for body in [
        &b""[..],
        b"{",
        b"{} x",
        b"\xef\xbb\xbf{}",
        b"{\"type\":\"\xff\"}",
        b"{\"type\":NaN}",
        b"{\"type\":\"\\udfff\"}",
    ] {
        assert_eq!(send("application/json", body).await.0, 400, "{body:?}");
    }
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin1",
        "multipart/form-data",
    ] {
        assert_eq!(
            send(kind, b"{}").await,
            refused(415, "unsupported_media_type"),
            "{kind}"
        );
    }
    let json = "application/json; charset=utf-8";
    assert_eq!(
        send(json, br#"{"type":"group","name":"x","role":"owner"}"#).await,
        refused(400, "unknown_field")
    );
    assert_eq!(
        send(json, br#"{"type":"group","name":7}"#).await,
        refused(400, "invalid_type")
    );
    assert_eq!(
        send(json, br#"{"type":"group","name":{"$ne":null}}"#).await,
        refused(400, "invalid_type")
    );
    assert_eq!(
        send(json, br#"{"type":"group","name":"  "}"#).await,
        refused(400, "invalid_name")
    );
    assert_eq!(
        send(json, br#"{"type":"direct"}"#).await,
        refused(400, "invalid_type")
    );
    assert_eq!(
        send(json, br#"{"type":"direct","participant_id":"nobody"}"#).await,
        refused(404, "not_found")
    );
    assert_eq!(
        send(
            json,
            br#"{"type":"group","name":"x","participant_ids":["nobody"]}"#
        )
        .await,
        refused(400, "invalid_members")
    );
    assert_eq!(
        send(json, br#"{"type":"direct","participant_id":2}"#)
            .await
            .0,
        400,
        "ids are strings"
    );
}
