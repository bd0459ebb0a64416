//! REST of the real server: what is refused, how, and that nothing leaks.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]
#![expect(
    clippy::too_many_lines,
    reason = "a table of inputs and answers is one thing"
)]

mod common;

use common::Server;
use reqwest::header::{HeaderMap, SET_COOKIE};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

const PASSWORD: &str = "correct horse battery";

struct Api {
    http: Client,
    base: String,
}

impl Api {
    fn of(server: &Server) -> Self {
        let http = Client::builder().no_proxy().build().unwrap();
        Self {
            http,
            base: format!("{}/api/v1", server.base()),
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Response {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Response {
        let bearer = format!("Bearer {}", token.unwrap_or_default());
        let json = ("content-type", "application/json");
        let headers = [json, ("authorization", bearer.as_str())];
        let headers = if token.is_some() {
            &headers[..]
        } else {
            &headers[..1]
        };
        self.send(Method::POST, path, headers, body.to_string())
            .await
    }

    async fn get(&self, path: &str, token: &str) -> Response {
        self.send(
            Method::GET,
            path,
            &[("authorization", &format!("Bearer {token}"))],
            "",
        )
        .await
    }
}

/// Status and code of a refusal; it is a whole problem document.
async fn problem(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    let id = response.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let body: Value = response.json().await.unwrap();
    assert_eq!(
        (&body["status"], &body["request_id"]),
        (&json!(status), &json!(id))
    );
    (status, body["code"].as_str().unwrap().to_owned())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

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
    assert_eq!(wrong.headers()["allow"], "POST, GET");
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
                (10 << 20) + (16 << 10)
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

#[tokio::test]
async fn accounts_tell_nobody_who_exists_and_take_only_what_they_ask_for() {
    let server = Server::start();
    let api = Api::of(&server);
    server.user("ada").await;
    let login = async |email: &str, password: &str| {
        api.post(
            "/auth/login",
            None,
            &json!({"email": email, "password": password}),
        )
        .await
    };
    let (unknown, wrong) = (
        login("nobody@example.com", PASSWORD).await,
        login("ada@example.com", "wrong password").await,
    );
    assert_eq!(problem(unknown).await, problem(wrong).await);
    assert_eq!(login("ADA@Example.com", PASSWORD).await.status(), 200);

    let register = async |change: Value| {
        let mut body = json!({"username": "bob", "email": "bob@example.com", "password": PASSWORD});
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        problem(api.post("/auth/register", None, &body).await).await
    };
    assert_eq!(
        register(json!({"role": "admin", "id": "x"})).await,
        refused(400, "unknown_field")
    );
    assert_eq!(
        register(json!({"username": "Ada"})).await,
        refused(409, "unavailable")
    );
    assert_eq!(
        register(json!({"email": "ADA@example.com"})).await,
        refused(409, "unavailable")
    );
    assert_eq!(
        register(json!({"username": "a\u{202e}b"})).await,
        refused(400, "invalid_username")
    );
    assert_eq!(
        register(json!({"email": "a\r\nb@c.d"})).await,
        refused(400, "invalid_email")
    );
    assert_eq!(
        register(json!({"password": "1234567"})).await,
        refused(400, "weak_password")
    );
    assert_eq!(
        register(json!({"password": "x".repeat(1_025)})).await,
        refused(400, "too_long")
    );
    assert_eq!(
        register(json!({"phone": "call me"})).await,
        refused(400, "invalid_phone")
    );
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_a_stolen_one_ends_the_session() {
    let server = Server::start();
    let api = Api::of(&server);
    server.user("ada").await;
    let session: Value = api
        .post(
            "/auth/login",
            None,
            &json!({"username": "ada", "password": PASSWORD}),
        )
        .await
        .json()
        .await
        .unwrap();
    let (first, access) = (
        session["refresh_token"].as_str().unwrap(),
        session["token"].as_str().unwrap(),
    );
    let refresh = async |token: &str| {
        api.post("/auth/refresh", None, &json!({"refresh_token": token}))
            .await
    };
    let second: Value = refresh(first).await.json().await.unwrap();
    let again: Value = refresh(first).await.json().await.unwrap();
    assert_eq!(
        second["refresh_token"], again["refresh_token"],
        "two tabs at once get the same successor"
    );
    let third: Value = refresh(second["refresh_token"].as_str().unwrap())
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(
        problem(refresh(first).await).await,
        refused(401, "token_reused")
    );
    assert_eq!(
        problem(refresh(third["refresh_token"].as_str().unwrap()).await).await,
        refused(401, "invalid_token")
    );
    assert_eq!(
        problem(api.get("/users/me", access).await).await,
        refused(401, "invalid_token")
    );
    assert_eq!(
        problem(refresh(access).await).await,
        refused(401, "wrong_token_type")
    );
    assert_eq!(
        problem(api.get("/users/me", first).await).await,
        refused(401, "invalid_token")
    );
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    let server = Server::start();
    let api = Api::of(&server);
    let ada = server.user("ada").await;
    let token = ada.token().unwrap();
    let (head, rest) = token.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0";
    let mut forged = vec![
        format!("{none}.{claims}."),
        format!("{head}.{claims}."),
        format!("{head}.{claims}.{}", &signature[1..]),
        "x".repeat(9_000),
    ];
    for at in (0..token.len()).step_by(17) {
        let mut bytes = token.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        forged.push(String::from_utf8(bytes).unwrap());
    }
    for forged in forged {
        assert_eq!(
            api.get("/users/me", &forged).await.status(),
            401,
            "{forged}"
        );
    }
    assert_eq!(
        api.send(Method::GET, &format!("/users/me?token={token}"), &[], "")
            .await
            .status(),
        401
    );
    for authorization in [
        format!("Basic {token}"),
        format!("Bearer  {token}"),
        "Bearer".to_owned(),
        token.to_owned(),
    ] {
        let response = api
            .send(
                Method::GET,
                "/users/me",
                &[("authorization", &authorization)],
                "",
            )
            .await;
        assert_eq!(response.status(), 401, "{authorization}");
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
    }
    let lower = api
        .send(
            Method::GET,
            "/users/me",
            &[("authorization", &format!("bearer {token}"))],
            "",
        )
        .await;
    assert_eq!(lower.status(), 200);
}

fn cookies(headers: &HeaderMap) -> String {
    let all = headers
        .get_all(SET_COOKIE)
        .iter()
        .map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap());
    all.collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn cookies_are_out_of_reach_of_scripts_and_other_sites() {
    let server = Server::start();
    let api = Api::of(&server);
    server.user("ada").await;
    let json = ("content-type", "application/json");
    let body = json!({"username": "ada", "password": PASSWORD, "cookies": true}).to_string();
    let foreign = api
        .send(
            Method::POST,
            "/auth/login",
            &[json, ("origin", "https://evil.example")],
            body.clone(),
        )
        .await;
    assert_eq!(
        problem(foreign).await,
        refused(403, "csrf"),
        "logging in from elsewhere"
    );
    let response = api
        .send(
            Method::POST,
            "/auth/login",
            &[json, ("sec-fetch-site", "same-origin")],
            body,
        )
        .await;
    for cookie in response.headers().get_all(SET_COOKIE) {
        let cookie = cookie.to_str().unwrap();
        assert!(
            cookie.contains("HttpOnly")
                && cookie.contains("SameSite=Lax")
                && cookie.contains("Path=/")
                && !cookie.contains("Domain"),
            "{cookie}"
        );
    }
    let jar = cookies(response.headers());
    let session: Value = response.json().await.unwrap();
    assert!(session.get("token").is_none() && session.get("refresh_token").is_none());

    let with = async |extra: &[(&str, &str)]| {
        let mut headers = vec![json, ("cookie", jar.as_str())];
        headers.extend(extra);
        api.send(
            Method::POST,
            "/conversations",
            &headers,
            r#"{"type":"group","name":"x"}"#,
        )
        .await
    };
    assert_eq!(problem(with(&[]).await).await, refused(403, "csrf"));
    assert_eq!(
        problem(with(&[("sec-fetch-site", "cross-site")]).await).await,
        refused(403, "csrf")
    );
    assert_eq!(
        problem(with(&[("origin", "null")]).await).await,
        refused(403, "csrf")
    );
    assert_eq!(
        problem(
            with(&[
                ("sec-fetch-site", "same-origin"),
                ("origin", "https://evil.example")
            ])
            .await
        )
        .await,
        refused(403, "csrf")
    );
    assert_eq!(
        with(&[("sec-fetch-site", "same-origin")]).await.status(),
        201
    );
    assert_eq!(with(&[("origin", &server.base())]).await.status(), 201);

    let bob = server.user("bob").await;
    let bearer = format!("Bearer {}", bob.token().unwrap());
    assert_eq!(
        problem(with(&[("authorization", &bearer)]).await).await,
        refused(400, "ambiguous_credentials")
    );
    let logout = api
        .send(
            Method::POST,
            "/auth/logout",
            &[("cookie", &jar), ("sec-fetch-site", "same-origin")],
            "",
        )
        .await;
    assert_eq!(
        (logout.status().as_u16(), cookies(logout.headers()).as_str()),
        (204, "chat_at=; chat_rt=")
    );
    assert_eq!(
        api.send(Method::POST, "/auth/logout", &[], "")
            .await
            .status(),
        204,
        "twice"
    );
    assert_eq!(
        api.send(Method::GET, "/users/me", &[("cookie", &jar)], "")
            .await
            .status(),
        401
    );
}

#[tokio::test]
async fn only_listed_origins_may_read_answers() {
    let server = Server::start_with(&[("CHAT_CORS_ORIGINS", "https://app.example")]);
    let api = Api::of(&server);
    let preflight = async |origin: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "PATCH"),
        ];
        api.send(Method::OPTIONS, "/users/me", &headers, "").await
    };
    let allowed = preflight("https://app.example").await;
    assert_eq!(
        allowed.headers()["access-control-allow-origin"],
        "https://app.example"
    );
    assert_eq!(
        allowed.headers()["access-control-allow-credentials"],
        "true"
    );
    assert_eq!(allowed.headers()["vary"], "Origin");
    for origin in ["https://evil.example", "null", "https://app.example.evil"] {
        assert!(
            !preflight(origin)
                .await
                .headers()
                .contains_key("access-control-allow-origin"),
            "{origin}"
        );
    }
}

#[tokio::test]
async fn uploads_are_checked_and_read_by_those_who_may() {
    let server = Server::start();
    let api = Api::of(&server);
    let (ada, bob, eve) = (
        server.user("ada").await,
        server.user("bob").await,
        server.user("eve").await,
    );
    let upload = async |bytes: Vec<u8>, field: &'static str| {
        let part = reqwest::multipart::Part::bytes(bytes)
            .file_name("../../x.png")
            .mime_str("image/png")
            .unwrap();
        let form = reqwest::multipart::Form::new().part(field, part);
        api.http
            .post(format!("{}/uploads", api.base))
            .bearer_auth(ada.token().unwrap())
            .multipart(form)
            .send()
            .await
            .unwrap()
    };
    for (bytes, code) in [
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
            "unsupported_media",
        ),
        (b"<html><script>1</script>".to_vec(), "unsupported_media"),
        (b"%PDF-1.4".to_vec(), "unsupported_media"),
        (b"GIF89a<script>alert(1)</script>".to_vec(), "damaged_media"),
        (b"\x89PNG\r\n\x1a\n".to_vec(), "damaged_media"),
        (vec![0; (10 << 20) + 1], "too_large"),
    ] {
        assert_eq!(problem(upload(bytes, "file").await).await.1, code);
    }
    let gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xfe\x06secret\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;PK\x03\x04 tail".to_vec();
    assert_eq!(
        problem(upload(gif.clone(), "other").await).await,
        refused(400, "bad_request")
    );
    let kept: Value = upload(gif, "file").await.json().await.unwrap();
    let (id, path) = (
        kept["id"].as_str().unwrap(),
        format!("/{}", kept["url"].as_str().unwrap()),
    );
    assert_eq!(
        api.get(&path, bob.token().unwrap()).await.status(),
        404,
        "not sent yet"
    );

    let direct: Value = api
        .post(
            "/conversations",
            ada.token(),
            &json!({"type": "direct", "participant_id": bob.user()}),
        )
        .await
        .json()
        .await
        .unwrap();
    let messages = format!("/conversations/{}/messages", direct["id"].as_str().unwrap());
    assert_eq!(
        api.post(
            &messages,
            ada.token(),
            &json!({"upload_ids": [id], "message_type": "image"})
        )
        .await
        .status(),
        201
    );
    assert_eq!(
        problem(
            api.post(&messages, bob.token(), &json!({"upload_ids": [id]}))
                .await
        )
        .await,
        refused(400, "invalid_reference"),
        "not his"
    );
    let read = api.get(&path, bob.token().unwrap()).await;
    assert_eq!(read.headers()["content-type"], "image/gif");
    assert_eq!(read.headers()["content-disposition"], "inline");
    assert!(
        read.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .starts_with("sandbox")
    );
    let bytes = read.bytes().await.unwrap();
    assert!(
        !bytes.windows(6).any(|part| part == b"secret")
            && !bytes.windows(4).any(|part| part == b"tail")
    );
    assert_eq!(api.get(&path, eve.token().unwrap()).await.status(), 404);
    let part = api
        .send(
            Method::GET,
            &path,
            &[
                ("authorization", &format!("Bearer {}", bob.token().unwrap())),
                ("range", "bytes=0-5"),
            ],
            "",
        )
        .await;
    assert_eq!(
        (part.status().as_u16(), part.bytes().await.unwrap().as_ref()),
        (206, &b"GIF89a"[..])
    );
}
