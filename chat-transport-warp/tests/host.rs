//! Routes of a host whose front end has its own: what a request shows, and who may read the answers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use chat_core::protocol::Code;
use chat_transport_warp::host::{self, Refused, Request};
use chat_transport_warp::ws::handshake::OriginCheck;
use futures_util::future::join_all;
use futures_util::{StreamExt as _, stream};
use http_body_util::StreamBody;
use hyper::body::Frame;
use serde_json::{Value, json};
use tower_service::Service as _;
use warp::filters::BoxedFilter;
use warp::http::{Response, StatusCode};
use warp::reply;

const ORIGIN: &str = "https://app.example";

async fn answer(origin: &'static str, mut request: Request) -> Result<reply::Response, Refused> {
    let origins = [origin.to_owned()];
    let found = match request.path().to_owned().as_str() {
        "body" => request.json(32).await?,
        "large" => request.json(1 << 20).await?,
        "socket" => json!(request.opening(&origins)?.origin() == OriginCheck::Allowed),
        "refused" => return Err(Refused::new(Code::Forbidden, "not you")),
        path => json!({
            "path": path,
            "cookie": request.cookie("id"),
            "token": request.token(),
            "q": request.query("q")?,
            "own": request.origin(&origins)? == OriginCheck::Allowed,
        }),
    };
    Ok(host::json(StatusCode::OK, &found))
}

fn routes() -> BoxedFilter<(reply::Response,)> {
    host::routes(vec![ORIGIN.to_owned()], ORIGIN, answer, |path, why| {
        host::json(why.status(), &json!([why.code(), why.detail(), path]))
    })
}

fn body(answer: &Response<Bytes>) -> Value {
    serde_json::from_slice(answer.body()).unwrap()
}

#[tokio::test]
async fn a_host_sees_what_a_request_shows() {
    let request = warp::test::request().path("/a/b?q=1%202&x");
    let request = request
        .header("cookie", "x=1; id=7")
        .header("origin", ORIGIN)
        .header("authorization", "bearer abc");
    assert_eq!(
        body(&request.reply(&routes()).await),
        json!({"path": "a/b", "cookie": "7", "token": "abc", "q": "1 2", "own": true})
    );
}

#[tokio::test]
async fn a_token_comes_behind_bearer_or_alone() {
    for (shown, token) in [
        ("abc", json!("abc")),
        ("Bearer abc", json!("abc")),
        ("Basic abc", json!(null)),
        ("Bearer ", json!("Bearer")),
        ("", json!(null)),
    ] {
        let request = warp::test::request().header("authorization", shown);
        assert_eq!(
            body(&request.reply(&routes()).await)["token"],
            token,
            "{shown:?}"
        );
    }
}

#[tokio::test]
async fn what_is_not_taken_is_refused_with_a_code_and_words() {
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(32));
    for (path, sent, status, code) in [
        ("/body", "{\"a\":1}", 200, None),
        ("/body", large.as_str(), 413, Some("too_large")),
        ("/body", "{", 400, Some("invalid_json")),
        ("/a?q=1&q=2", "", 400, Some("invalid_query")),
        ("/socket", "", 400, Some("bad_request")),
        ("/refused", "", 403, Some("forbidden")),
    ] {
        let request = warp::test::request().path(path);
        let request = match path {
            "/body" => request
                .method("POST")
                .header("content-type", "application/json")
                .body(sent),
            _ => request,
        };
        let answer = request.reply(&routes()).await;
        assert_eq!(
            answer.status().as_u16(),
            status,
            "{path} {:?}",
            answer.body()
        );
        if let Some(code) = code {
            let found = body(&answer);
            assert_eq!(found[0], code);
            assert!(!found[1].as_str().unwrap().is_empty());
            assert!(path.starts_with(&format!("/{}", found[2].as_str().unwrap())));
        }
    }
}

#[tokio::test]
async fn a_listed_origin_may_read_with_credentials_and_no_other() {
    for (origin, allowed) in [(ORIGIN, Some(ORIGIN)), ("https://evil.example", None)] {
        for method in ["GET", "OPTIONS"] {
            let request = warp::test::request()
                .method(method)
                .path("/a")
                .header("origin", origin);
            let request = request.header("access-control-request-method", "PUT");
            let answer = request.reply(&routes()).await;
            let header = |name: &str| Some(answer.headers().get(name)?.to_str().unwrap());
            assert_eq!(header("access-control-allow-origin"), allowed);
            let credentials = header("access-control-allow-credentials");
            assert_eq!(credentials, allowed.map(|_| "true"));
            let methods = header("access-control-allow-methods");
            assert_eq!(methods.is_some(), method == "OPTIONS");
            assert_eq!(header("x-content-type-options"), Some("nosniff"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn large_bodies_beyond_those_under_way_are_told_to_wait() {
    let routes = routes();
    let send = async |path: &str, body: Option<&'static [u8]>| {
        let frames = body.map(|bytes| Ok::<_, Infallible>(Frame::data(Bytes::from_static(bytes))));
        let last = stream::pending().take(usize::from(body.is_none()));
        let frames = stream::iter(frames).chain(last);
        let request = http::Request::post(path)
            .header("content-type", "application/json")
            .body(StreamBody::new(Box::pin(frames)));
        let answer = warp::service(routes.clone()).call(request.unwrap()).await;
        answer.unwrap().status().as_u16()
    };
    let under_way = join_all((0..16).map(|_| send("/large", None)));
    let others = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        (
            send("/large", Some(b"{}")).await,
            send("/body", Some(b"{}")).await,
        )
    };

    let (late, (large, small)) = tokio::join!(under_way, others);

    assert_eq!((large, small), (503, 200));
    assert_eq!(late, [408; 16]);
    assert_eq!(
        send("/large", Some(b"{}")).await,
        200,
        "there is room again"
    );
}
