//! Accounts, and tokens that were stolen or forged.

use reqwest::Method;
use serde_json::{Value, json};

use crate::common::Server;
use crate::support::{Api, PASSWORD, problem, refused};

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
