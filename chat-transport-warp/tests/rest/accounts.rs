//! The built-in accounts: registering, logging in and out, sessions, cookies, tickets.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use warp::test::RequestBuilder;

use crate::support::{Answer, PASSWORD, World, request};

fn own_page(path: &str, body: &Value) -> RequestBuilder {
    let asked = request(Method::POST, "", path).json(body);
    asked.header("sec-fetch-site", "same-origin")
}

/// What a browser keeps of the cookies that an answer sets, as it sends them back.
fn jar(answer: &Answer) -> String {
    let cookies = answer.headers.get_all("set-cookie").iter();
    let pairs: Vec<_> = cookies
        .map(|cookie| {
            cookie
                .to_str()
                .unwrap()
                .split(';')
                .next()
                .unwrap()
                .to_owned()
        })
        .collect();
    pairs.join("; ")
}

fn login(cookies: bool) -> Value {
    json!({"username": "eve", "password": PASSWORD, "cookies": cookies})
}

#[tokio::test]
async fn whoever_registers_is_logged_in() {
    let world = World::with_accounts(|_| ());

    let session = world.register("eve").await;
    let me = world.get(session.text("token"), "/users/me").await;

    assert_eq!(session.json["token_type"], "Bearer");
    assert_eq!(session.json["expires_in"], 600);
    assert!(session.json["refresh_expires_in"].as_u64().unwrap() > 86_400);
    assert!(session.headers.get("set-cookie").is_none());
    assert_eq!(session.json["user"], me.expect(StatusCode::OK).json);
    assert_eq!(me.json["email"], "eve@chat.example");
    assert!(!me.json.to_string().contains("password"));
    let taken = json!({"username": "EVE", "email": "e@chat.example", "password": PASSWORD});
    world
        .post("", "/auth/register", taken)
        .await
        .refused(409, "unavailable");
}

#[tokio::test]
async fn a_registration_takes_what_it_asks_for_and_nothing_else() {
    let world = World::with_accounts(|config| config.registrations = 100);
    let with = |field: &str, value: Value| {
        let mut body = json!({"username": "eve", "email": "e@chat.example", "password": PASSWORD});
        body[field] = value;
        body
    };
    for (body, code) in [
        (with("role", json!("admin")), "unknown_field"),
        (with("id", json!("1")), "unknown_field"),
        (with("is_admin", json!(1)), "unknown_field"),
        (with("username", json!("")), "invalid_username"),
        (with("username", json!("a\u{202e}b")), "invalid_username"),
        (with("username", json!("a/b")), "invalid_username"),
        (with("email", json!("a@b\r\nX: y")), "invalid_email"),
        (with("password", json!("short")), "weak_password"),
        (with("password", json!("x".repeat(1_025))), "too_long"),
        (with("password", json!(12_345_678)), "invalid_type"),
        (
            with("display_name", json!("\u{200b}")),
            "invalid_display_name",
        ),
    ] {
        let answer = world.post("", "/auth/register", body.clone()).await;
        assert_eq!(answer.json["code"], code, "{body}");
        answer.refused(400, code);
    }
}

#[tokio::test]
async fn a_login_tells_nobody_who_exists() {
    let world = World::with_accounts(|_| ());
    world.register("eve").await;
    let login = async |body: Value| world.post("", "/auth/login", body).await;

    let by_name = login(json!({"username": "Eve", "password": PASSWORD})).await;
    let by_email = login(json!({"email": "EVE@chat.example", "password": PASSWORD})).await;
    let wrong = login(json!({"username": "eve", "password": "x"})).await;
    let unknown = login(json!({"username": "zoe", "password": "x"})).await;

    by_name.expect(StatusCode::OK);
    by_email.expect(StatusCode::OK);
    for answer in [&wrong, &unknown] {
        answer.refused(401, "invalid_credentials");
    }
    assert_eq!(wrong.json["detail"], unknown.json["detail"]);
    for body in [
        json!({"password": "x"}),
        json!({"username": "eve", "email": "e@chat.example", "password": "x"}),
        json!({"username": "eve"}),
    ] {
        login(body).await.refused(400, "invalid_type");
    }
}

#[tokio::test]
async fn a_session_is_refreshed_listed_and_ended() {
    let world = World::with_accounts(|_| ());
    let first = world.register("eve").await;
    let second = world.post("", "/auth/login", login(false)).await;
    let body = json!({"refresh_token": first.text("refresh_token")});

    let refreshed = world.post("", "/auth/refresh", body).await;
    let token = refreshed.expect(StatusCode::OK).text("token");
    let list = world.get(token, "/auth/sessions").await;
    let items = list.expect(StatusCode::OK).json["items"]
        .as_array()
        .unwrap()
        .clone();
    let current: Vec<_> = items
        .iter()
        .filter(|item| item["current"] == true)
        .collect();
    let other = items.iter().find(|item| item["current"] == false).unwrap();
    let path = format!("/auth/sessions/{}", other["id"].as_str().unwrap());

    assert_eq!((items.len(), current.len()), (2, 1));
    world
        .delete(token, &path)
        .await
        .expect(StatusCode::NO_CONTENT);
    world.delete(token, &path).await.refused(404, "not_found");
    world
        .delete(token, "/auth/sessions/x")
        .await
        .refused(400, "invalid_id");
    world
        .get(second.text("token"), "/users/me")
        .await
        .refused(401, "invalid_token");
    world.get(token, "/users/me").await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_refresh_needs_a_refresh_token() {
    let world = World::with_accounts(|_| ());
    let session = world.register("eve").await;
    let refresh = async |body: Value| world.post("", "/auth/refresh", body).await;

    refresh(json!({})).await.refused(401, "unauthenticated");
    let none = world.send(request(Method::POST, "", "/auth/refresh")).await;
    none.refused(401, "unauthenticated");
    let access = refresh(json!({"refresh_token": session.text("token")})).await;
    access.refused(401, "wrong_token_type");
    let refresh_as_bearer = world.get(session.text("refresh_token"), "/users/me").await;
    assert_eq!(refresh_as_bearer.status, 401);
    refresh(json!({"refresh_token": "x", "y": 1}))
        .await
        .refused(400, "unknown_field");
}

#[tokio::test]
async fn another_password_ends_the_other_sessions() {
    let world = World::with_accounts(|_| ());
    let session = world.register("eve").await;
    let other = world.post("", "/auth/login", login(false)).await;
    let change = async |current: &str| {
        let body = json!({"current_password": current, "new_password": "calm-meadow-9"});
        world
            .post(session.text("token"), "/auth/password", body)
            .await
    };

    change("wrong").await.refused(403, "reauth_required");
    let changed = change(PASSWORD).await;

    let token = changed.expect(StatusCode::OK).text("token");
    world.get(token, "/users/me").await.expect(StatusCode::OK);
    world
        .get(other.text("token"), "/users/me")
        .await
        .refused(401, "invalid_token");
    let old = world.post("", "/auth/login", login(false)).await;
    old.refused(401, "invalid_credentials");
}

#[tokio::test]
async fn ones_own_profile_is_changed_in_whole_or_not_at_all() {
    let world = World::with_accounts(|_| ());
    let session = world.register("eve").await;
    let token = session.text("token");
    let change = async |body: Value| world.patch(token, "/users/me", body).await;

    let changed = change(json!({"display_name": "Eve", "phone": "+49 30 123456"})).await;
    assert_eq!(changed.expect(StatusCode::OK).json["display_name"], "Eve");
    assert!(changed.json["phone"].is_string());
    let none = change(json!({"phone": null})).await;
    assert!(none.expect(StatusCode::OK).json.get("phone").is_none());

    let avatar = "01890a5d-ac96-774b-bcce-b302099a8057";
    let wrong = change(json!({"display_name": "Mallory", "avatar_id": avatar})).await;
    wrong.refused(400, "invalid_reference");
    change(json!({"display_name": "M", "phone": "x"}))
        .await
        .refused(400, "invalid_phone");
    change(json!({"email": "m@chat.example"}))
        .await
        .refused(400, "unknown_field");
    let me = world.get(token, "/users/me").await;
    assert_eq!(me.json["display_name"], "Eve");
    let seen = world.get(token, &format!("/users/{}", me.text("id"))).await;
    assert!(seen.json.get("email").is_none() && seen.json.get("phone").is_none());
}

#[tokio::test]
async fn cookies_hold_the_tokens_where_a_browser_asks_for_it() {
    let world = World::with_accounts(|_| ());
    world.register("eve").await;

    let session = world.send(own_page("/auth/login", &login(true))).await;

    session.expect(StatusCode::OK);
    assert!(session.json.get("token").is_none() && session.json.get("refresh_token").is_none());
    let cookies: Vec<_> = session.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies.len(), 2);
    for (cookie, name) in cookies.iter().zip(["__Host-chat_at=", "__Host-chat_rt="]) {
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.starts_with(name), "{cookie}");
        for part in ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"] {
            assert!(
                cookie.split("; ").any(|found| found == part),
                "{part} in {cookie}"
            );
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
    let me = request(Method::GET, "", "/users/me").header("cookie", jar(&session));
    world.send(me).await.expect(StatusCode::OK);

    let refresh = request(Method::POST, "", "/auth/refresh")
        .header("cookie", jar(&session))
        .header("sec-fetch-site", "same-origin");
    let refreshed = world.send(refresh).await;
    refreshed.expect(StatusCode::OK);
    assert!(refreshed.json.get("token").is_none());
    assert_eq!(refreshed.headers.get_all("set-cookie").iter().count(), 2);
}

#[tokio::test]
async fn another_site_can_neither_log_in_nor_refresh_nor_log_out() {
    let world = World::with_accounts(|_| ());
    world.register("eve").await;
    let session = world.send(own_page("/auth/login", &login(true))).await;
    let foreign = |path: &str, body: Option<&Value>| {
        let asked = request(Method::POST, "", path).header("sec-fetch-site", "cross-site");
        let asked = asked.header("origin", "https://evil.example");
        match body {
            Some(body) => asked.json(body),
            None => asked,
        }
    };

    let logged_in = world.send(foreign("/auth/login", Some(&login(true)))).await;
    logged_in.refused(403, "csrf");
    let refresh = foreign("/auth/refresh", None).header("cookie", jar(&session));
    world.send(refresh).await.refused(403, "csrf");
    let logout = foreign("/auth/logout", None).header("cookie", jar(&session));
    world.send(logout).await.refused(403, "csrf");
    let logout = world.send(foreign("/auth/logout", None)).await;
    logout.refused(403, "csrf");
    assert!(
        logout.headers.get("set-cookie").is_none(),
        "nor have the cookies taken away"
    );
    let me = request(Method::GET, "", "/users/me").header("cookie", jar(&session));
    world.send(me).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_logout_ends_the_session_and_takes_the_cookies_away() {
    let world = World::with_accounts(|_| ());
    let other = world.register("eve").await;
    let session = world.send(own_page("/auth/login", &login(true))).await;
    let logout = |cookies: String| {
        let asked = request(Method::POST, "", "/auth/logout").header("cookie", cookies);
        asked.header("sec-fetch-site", "same-origin")
    };

    for cookies in [
        jar(&session),
        jar(&session),
        "__Host-chat_at=garbage".to_owned(),
    ] {
        let answer = world.send(logout(cookies)).await;
        answer.expect(StatusCode::NO_CONTENT);
        assert_eq!(answer.header("clear-site-data"), "\"cookies\", \"storage\"");
        for cookie in answer.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.contains("=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"));
        }
    }
    let me = request(Method::GET, "", "/users/me").header("cookie", jar(&session));
    world.send(me).await.refused(401, "invalid_token");
    world
        .get(other.text("token"), "/users/me")
        .await
        .expect(StatusCode::OK);

    let token = other.text("token");
    let by_token = world
        .send(request(Method::POST, token, "/auth/logout"))
        .await;
    by_token.expect(StatusCode::NO_CONTENT);
    world
        .get(token, "/users/me")
        .await
        .refused(401, "invalid_token");
}

#[tokio::test]
async fn tickets_are_given_out_so_many_a_minute() {
    let world = World::with_accounts(|_| ());
    let session = world.register("eve").await;
    let ticket = async || {
        let asked = request(Method::POST, session.text("token"), "/auth/ticket");
        world.send(asked).await
    };
    let mut tickets = std::collections::HashSet::new();
    for _ in 0..30 {
        let given = ticket().await;
        assert!(
            given.expect(StatusCode::CREATED).json["expires_in"]
                .as_u64()
                .unwrap()
                <= 30
        );
        tickets.insert(given.text("ticket").to_owned());
    }

    let over = ticket().await;

    assert_eq!(tickets.len(), 30);
    over.refused(429, "too_many_attempts");
    assert_ne!(over.header("retry-after"), "");
}

#[tokio::test]
async fn without_accounts_there_are_no_routes_for_them() {
    let world = World::new();
    for path in [
        "register", "login", "refresh", "logout", "password", "sessions", "ticket",
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = world
                .send(request(method, "", &format!("/auth/{path}")))
                .await;
            answer.refused(404, "not_found");
        }
    }
}
