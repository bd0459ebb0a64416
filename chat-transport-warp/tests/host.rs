//! Routes of a host whose front end has its own: what a request shows, and who may read the answers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use chat_core::auth::{AuthError, AuthenticateWith, Authenticator, Identity};
use chat_core::id::UserId;
use chat_core::protocol::Code;
use chat_transport_warp::host::{self, Refused, Request, Sites, set_cookie};
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

async fn answer(_state: (), mut request: Request) -> Result<reply::Response, Refused> {
    let found = match request.path().to_owned().as_str() {
        "body" => request.json(32).await?,
        "large" => request.json(1 << 20).await?,
        "socket" => json!(request.opening()?.origin() == OriginCheck::Allowed),
        "own-socket" => json!(request.own_opening()?.origin() == OriginCheck::Allowed),
        "by-cookie" => json!(request.by_cookie(&anybody(), "id").await?.user),
        "by-token" => json!(request.by_token(&anybody(), None).await?.user),
        "by-query" => json!(request.by_token(&anybody(), Some("t")).await?.user),
        "change" => json!(request.refuse_other_sites()?),
        "cookies" => return Ok(with_cookies()),
        path if path.starts_with("users/") => json!(UserId::new(&path["users/".len()..])?),
        "refused" => return Err(Refused::new(Code::Forbidden, "not you")),
        path => json!({
            "path": path,
            "cookie": request.cookie("id"),
            "token": request.token(),
            "q": request.query("q")?,
            "own": request.origin()? == OriginCheck::Allowed,
        }),
    };
    Ok(host::json(StatusCode::OK, &found))
}

/// Takes every token but `nobody` for its user's name.
fn anybody() -> impl Authenticator {
    AuthenticateWith::new(|token: String| async move {
        let user = UserId::new(token)
            .ok()
            .filter(|user| user.as_str() != "nobody");
        user.map(Identity::of).ok_or(AuthError::Invalid)
    })
}

fn with_cookies() -> reply::Response {
    let mut response = host::json(StatusCode::OK, &());
    let week = Duration::from_secs(7 * 86_400);
    set_cookie(&mut response, "own", "abc", week, Sites::Own);
    set_cookie(&mut response, "any", "", Duration::ZERO, Sites::Any);
    set_cookie(&mut response, "more", "a; Domain=x", week, Sites::Own);
    set_cookie(&mut response, "split", "a\r\nx: y", week, Sites::Own);
    response
}

fn routes() -> BoxedFilter<(reply::Response,)> {
    host::routes(vec![ORIGIN.to_owned()], (), answer, |path, why| {
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
        ("/users/a", "", 200, None),
        ("/users/", "", 400, Some("invalid_id")),
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
async fn a_cookie_is_out_of_scripts_reach_and_sent_as_its_sites_say() {
    let request = warp::test::request().path("/cookies");

    let answer = request.reply(&routes()).await;

    let set = answer.headers().get_all("set-cookie").iter();
    let set: Vec<&str> = set.map(|value| value.to_str().unwrap()).collect();
    let expected = [
        "own=abc; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax",
        "any=; Path=/; Max-Age=0; HttpOnly; SameSite=None; Secure",
    ];
    assert_eq!(set, expected);
}

#[tokio::test]
async fn who_asks_is_told_by_a_cookie_a_header_or_where_it_is_allowed_the_query() {
    for (path, header, status, found) in [
        ("/by-cookie", ("cookie", "id=ada"), 200, "ada"),
        ("/by-cookie", ("cookie", "id=nobody"), 401, "invalid_token"),
        (
            "/by-cookie",
            ("authorization", "ada"),
            401,
            "unauthenticated",
        ),
        ("/by-token", ("authorization", "Bearer ada"), 200, "ada"),
        ("/by-token", ("cookie", "id=ada"), 401, "unauthenticated"),
        ("/by-token?t=ada", ("accept", "*/*"), 401, "unauthenticated"),
        ("/by-query?t=ada", ("accept", "*/*"), 200, "ada"),
        ("/by-query?t=ada", ("authorization", "bob"), 200, "bob"),
        (
            "/by-query?t=a&t=b",
            ("authorization", "bob"),
            400,
            "invalid_query",
        ),
        (
            "/by-query?t=nobody",
            ("accept", "*/*"),
            401,
            "invalid_token",
        ),
        ("/by-query", ("accept", "*/*"), 401, "unauthenticated"),
    ] {
        let request = warp::test::request().path(path);
        let answer = request.header(header.0, header.1).reply(&routes()).await;
        let body = body(&answer);
        let who = if status == 200 { &body } else { &body[0] };
        assert_eq!(
            (answer.status().as_u16(), who),
            (status, &json!(found)),
            "{path} {header:?}"
        );
    }
}

#[tokio::test]
async fn what_changes_something_comes_from_own_pages_or_from_no_browser() {
    for (method, origin, status) in [
        ("POST", Some(ORIGIN), 200),
        ("POST", Some("http://chat.example"), 200),
        ("POST", None, 200),
        ("POST", Some("https://evil.example"), 403),
        ("DELETE", Some("null"), 403),
        ("GET", Some("https://evil.example"), 200),
    ] {
        let request = warp::test::request().method(method).path("/change");
        let request = request.header("host", "chat.example");
        let request = match origin {
            Some(origin) => request.header("origin", origin),
            None => request,
        };
        let answer = request.reply(&routes()).await;
        assert_eq!(answer.status(), status, "{method} {origin:?}");
        if status == 403 {
            assert_eq!(body(&answer)[0], "csrf");
        }
    }
}

#[tokio::test]
async fn an_own_socket_is_opened_from_own_pages_alone() {
    for (path, origin, status) in [
        ("/socket", Some("https://evil.example"), 200),
        ("/socket", None, 200),
        ("/own-socket", Some(ORIGIN), 200),
        ("/own-socket", Some("https://evil.example"), 403),
        ("/own-socket", None, 403),
    ] {
        let request = warp::test::request().path(path);
        let request = request
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        let request = match origin {
            Some(origin) => request.header("origin", origin),
            None => request,
        };
        let answer = request.reply(&routes()).await;
        assert_eq!(answer.status(), status, "{path} {origin:?}");
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
