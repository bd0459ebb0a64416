//! Cookies, and front ends on other sites.

use reqwest::Method;
use reqwest::header::{HeaderMap, SET_COOKIE};
use serde_json::{Value, json};

use crate::common::Server;
use crate::support::{Api, PASSWORD, problem, refused};

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
