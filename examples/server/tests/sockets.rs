//! WebSockets of the real server, spoken to byte by byte.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::time::Duration;

use chat_client::Rest;
use common::Server;
use common::socket::{bearer, frame, refusal, shake};
use serde_json::{Value, json};

#[tokio::test]
async fn a_socket_opens_with_a_header_a_ticket_or_a_token_and_each_ticket_once() {
    let server = Server::start();
    let ada = server.user("ada").await;
    let mut socket = shake(&server, "", &[&bearer(&ada)]).await.unwrap();
    let ready = socket.text().await;
    assert_eq!(
        (&ready["type"], &ready["user_id"]),
        (&json!("ready"), &json!(ada.user()))
    );

    let ticket: Value = ada.post("auth/ticket", &json!({})).await.unwrap();
    let query = format!("?ticket={}", ticket["ticket"].as_str().unwrap());
    assert_eq!(refusal(&server, &query, &[]).await, 101);
    assert_eq!(refusal(&server, &query, &[]).await, 401, "once");
    assert_eq!(
        refusal(&server, &format!("?token={}", ada.token().unwrap()), &[]).await,
        101
    );
    for (query, header) in [
        ("", "X: y"),
        ("?ticket=x", "X: y"),
        ("?token=x", "X: y"),
        ("", "Authorization: Bearer x"),
        ("", "Authorization: Basic x"),
    ] {
        assert_eq!(
            refusal(&server, query, &[header]).await,
            401,
            "{query} {header}"
        );
    }
}

#[tokio::test]
async fn production_takes_no_token_in_a_url() {
    let secret = "7f0c3d9ab1e24c6d8f5a90b7c2d4e6f1";
    let server = Server::start_with(&[("CHAT_PROFILE", "production"), ("CHAT_JWT_SECRET", secret)]);
    let ada = server.user("ada").await;
    assert_eq!(
        refusal(&server, &format!("?token={}", ada.token().unwrap()), &[]).await,
        401
    );
    assert_eq!(refusal(&server, "", &[&bearer(&ada)]).await, 101);
}

#[tokio::test]
async fn whatever_is_no_handshake_is_refused_before_the_upgrade() {
    let server = Server::start();
    let ada = server.user("ada").await;
    let bearer = bearer(&ada);
    for version in ["8", "12", "14"] {
        let (status, head) = shake(
            &server,
            "",
            &[&bearer, &format!("Sec-WebSocket-Version: {version}")],
        )
        .await
        .err()
        .unwrap();
        assert!(
            status == 426 && head.contains("sec-websocket-version: 13"),
            "{head}"
        );
    }
    for (header, expected) in [
        ("Sec-WebSocket-Key: x", 400),
        ("Sec-WebSocket-Key: ", 400),
        ("Upgrade: h2c", 400),
        ("Connection: close", 400),
        ("Origin: https://evil.example", 403),
        ("Origin: null", 403),
        ("Sec-WebSocket-Extensions: permessage-deflate", 101),
        ("Sec-WebSocket-Protocol: chat, other", 101),
    ] {
        assert_eq!(
            refusal(&server, "", &[&bearer, header]).await,
            expected,
            "{header}"
        );
    }
    let twice = ["Origin: https://a.example", "Origin: https://b.example"];
    assert_eq!(
        refusal(&server, "", &[&bearer, twice[0], twice[1]]).await,
        400
    );
}

#[tokio::test]
async fn a_broken_frame_closes_with_its_code() {
    let server = Server::start();
    let ada = server.user("ada").await;
    for (what, bytes, code) in [
        ("unmasked", vec![0x81, 0x01, b'x'], 1002),
        ("reserved bit", frame(0xc1, b"x"), 1002),
        ("reserved opcode", frame(0x83, b"x"), 1002),
        ("orphan continuation", frame(0x80, b"x"), 1002),
        ("long ping", frame(0x89, &[0; 126]), 1002),
        ("binary", frame(0x82, b"x"), 1003),
        ("bad text", frame(0x81, b"\xff"), 1007),
        ("too big", frame(0x81, &vec![b'x'; (64 << 10) + 1]), 1009),
        (
            "claimed length",
            vec![0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            1009,
        ),
        ("bad close code", frame(0x88, &999_u16.to_be_bytes()), 1002),
        ("close", frame(0x88, &1000_u16.to_be_bytes()), 1000),
    ] {
        let mut socket = shake(&server, "", &[&bearer(&ada)]).await.unwrap();
        socket.send(&bytes).await;
        assert_eq!(socket.close_code().await, code, "{what}");
    }
}

#[tokio::test]
async fn frames_right_behind_the_handshake_and_in_pieces_are_answered_in_order() {
    let server = Server::start();
    let ada = server.user("ada").await;
    let mut socket = shake(&server, "", &[&bearer(&ada)]).await.unwrap();
    let mut burst = Vec::new();
    for n in 0..30 {
        burst.extend(frame(
            0x81,
            json!({"type": "ping", "id": n.to_string()})
                .to_string()
                .as_bytes(),
        ));
    }
    burst.extend(frame(0x89, b"payload"));
    for piece in burst.chunks(7) {
        socket.send(piece).await;
    }
    assert_eq!(socket.text().await["type"], "ready");
    for n in 0..30 {
        assert_eq!(
            socket.text().await,
            json!({"type": "pong", "id": n.to_string()})
        );
    }
    assert_eq!(socket.next().await.unwrap(), (10, b"payload".to_vec()));
}

#[tokio::test]
async fn a_logout_closes_the_sessions_sockets_and_its_tokens_end() {
    let server = Server::start();
    let ada = server.user("ada").await;
    let other = Rest::new(server.base())
        .unwrap()
        .login("ada@example.com", "correct horse battery")
        .await
        .unwrap();
    let mut socket = shake(&server, "", &[&bearer(&ada)]).await.unwrap();
    let mut kept = shake(&server, "", &[&bearer(&other)]).await.unwrap();
    let sessions: Value = other.get("auth/sessions").await.unwrap();
    let first = sessions["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|session| session["current"] == false)
        .unwrap();
    other
        .delete(&format!("auth/sessions/{}", first["id"].as_str().unwrap()))
        .await
        .unwrap();

    assert_eq!(socket.close_code().await, 4401);
    assert_eq!(refusal(&server, "", &[&bearer(&ada)]).await, 401);
    kept.send(&frame(0x81, br#"{"type":"ping"}"#)).await;
    assert_eq!(kept.text().await["type"], "ready");
}

/// Access and refresh token of a new session, by asking for it at `path`.
async fn tokens(server: &Server, path: &str, body: &Value) -> (String, String) {
    let url = format!("{}/api/v1/auth/{path}", server.base());
    let asked = reqwest::Client::new().post(url).json(body).send().await;
    let answer: Value = asked.unwrap().json().await.unwrap();
    let text = |field: &str| answer[field].as_str().unwrap().to_owned();
    (text("token"), text("refresh_token"))
}

fn authenticate(id: &str, token: &str) -> Vec<u8> {
    let command = json!({"type": "authenticate", "id": id, "token": token});
    frame(0x81, command.to_string().as_bytes())
}

#[tokio::test]
async fn a_socket_outlives_its_token_by_a_fresh_one_and_no_longer() {
    let settings = [("CHAT_ACCESS_SECONDS", "6"), ("CHAT_SKEW_SECONDS", "0")];
    let server = Server::start_with(&settings);
    let (_ada, bob) = (server.user("ada").await, server.user("bob").await);
    let login = json!({"email": "ada@example.com", "password": "correct horse battery"});
    let (token, refresh) = tokens(&server, "login", &login).await;
    let (other_login, _) = tokens(&server, "login", &login).await;
    let header = format!("Authorization: Bearer {token}");
    let mut idle = shake(&server, "", &[&header]).await.unwrap();
    let mut kept = shake(&server, "", &[&header]).await.unwrap();
    assert_eq!(kept.text().await["type"], "ready");

    for (wrong, why) in [
        (bob.token().unwrap(), "somebody else's"),
        (other_login.as_str(), "of another session"),
        (refresh.as_str(), "for something else"),
        ("nonsense", "none"),
    ] {
        kept.send(&authenticate("wrong", wrong)).await;
        let answer = kept.text().await;
        assert_eq!(answer["code"], "invalid_token", "{why}: {answer}");
    }
    // Tokens count seconds: the fresh one has to end later than the first.
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    let refreshed = json!({"refresh_token": refresh});
    let (fresh, _) = tokens(&server, "refresh", &refreshed).await;
    kept.send(&authenticate("fresh", &fresh)).await;
    let answer = kept.text().await;
    assert_eq!(
        (&answer["type"], &answer["id"]),
        (&json!("ack"), &json!("fresh"))
    );

    assert_eq!(idle.close_code().await, 4408, "without a fresh token");
    assert_eq!(refusal(&server, "", &[&header]).await, 401);
    kept.send(&authenticate("stale", &token)).await;
    assert_eq!(kept.text().await["code"], "token_expired");
    kept.send(&frame(0x81, br#"{"type":"ping","id":"alive"}"#))
        .await;
    assert_eq!(kept.text().await, json!({"type": "pong", "id": "alive"}));
    assert_eq!(kept.close_code().await, 4408, "when the fresh one ended");
}

#[tokio::test]
async fn a_sigterm_closes_with_going_away_and_a_hint() {
    let mut server = Server::start();
    let ada = server.user("ada").await;
    let mut socket = shake(&server, "", &[&bearer(&ada)]).await.unwrap();
    assert_eq!(socket.text().await["type"], "ready");
    let reading = tokio::spawn(async move {
        let hint = socket.text().await;
        (hint, socket.close_code().await)
    });
    assert!(
        tokio::task::spawn_blocking(move || server.terminate())
            .await
            .unwrap(),
        "it ends with success"
    );
    let (hint, code) = reading.await.unwrap();
    assert_eq!((&hint["type"], code), (&json!("closing"), 1001));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_idle_sockets_cost_under_20_kib_each() {
    const SOCKETS: u64 = 2_000;
    let server = Server::start_with(&[("CHAT_CONNECTIONS_PER_USER", "5000")]);
    let ada = server.user("ada").await;
    let mut warm = shake(&server, "", &[&bearer(&ada)]).await.unwrap();
    warm.text().await;
    let before = server.resident_kib();
    let mut sockets = Vec::new();
    for _ in 0..SOCKETS {
        let mut socket = shake(&server, "", &[&bearer(&ada)]).await.unwrap();
        assert_eq!(socket.text().await["type"], "ready");
        sockets.push(socket);
    }
    let each = (server.resident_kib() - before) as f64 / SOCKETS as f64;
    println!("{each:.1} KiB for an idle authenticated socket");
    assert!(each < 20.0, "{each:.1} KiB a socket");
}

#[tokio::test]
async fn a_message_of_endless_empty_fragments_ends_its_connection_alone() {
    let server = Server::start();
    let (ada, bob) = (server.user("ada").await, server.user("bob").await);
    let mut flood = shake(&server, "", &[&bearer(&ada)]).await.unwrap();
    let mut quiet = shake(&server, "", &[&bearer(&bob)]).await.unwrap();
    for socket in [&mut flood, &mut quiet] {
        assert_eq!(socket.text().await["type"], "ready");
    }
    let mut frames = frame(0x01, b"");
    frames.extend(frame(0x00, b"").repeat(400));
    flood.send(&frames).await;

    assert_eq!(flood.close_code().await, 4029);
    quiet.send(&frame(0x81, br#"{"type":"ping"}"#)).await;
    assert_eq!(quiet.text().await["type"], "pong");
}

#[tokio::test]
async fn what_is_measured_is_shown_on_an_address_of_its_own() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let server = Server::start_with(&[("CHAT_METRICS_LISTEN", &address)]);
    let ada = server.user("ada").await;
    let mut socket = shake(&server, "", &[&bearer(&ada)]).await.unwrap();
    assert_eq!(socket.text().await["type"], "ready");

    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let page = |base: String| http.get(format!("{base}/metrics")).send();
    let shown = page(format!("http://{address}")).await.unwrap();
    let shown = shown.text().await.unwrap();
    for line in [
        "chat_connections 1",
        "chat_sends_waiting 0",
        "chat_bus_good 1",
        "chat_requests_total{class=\"2xx\"} 1",
        "chat_request_seconds_bucket{le=\"+Inf\"} 2",
    ] {
        assert!(
            shown.lines().any(|shown| shown == line),
            "{line} in {shown}"
        );
    }
    let public = page(server.base()).await.unwrap();
    assert_eq!(public.status(), 404);
}
