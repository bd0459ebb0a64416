//! How fast a client may be, and how its session ends.

use std::time::Duration;

use chat_core::id::LoginId;
use chat_core::protocol::{CloseCode, Limits};
use serde_json::json;

use crate::support::{Device, World, generous, settle, user};

#[tokio::test(start_paused = true)]
async fn frames_that_come_too_fast_are_refused_with_a_hint_and_then_close() {
    let world = World::new(
        Limits {
            frame_burst: 5,
            ..Limits::default()
        },
        &["ada"],
    );
    let mut ada = world.device("ada").await;
    ada.read();
    for _ in 0..6 {
        ada.say(json!({"type": "ping", "id": "p"})).await;
    }
    let frames = ada.read();
    assert_eq!(
        frames
            .iter()
            .filter(|frame| frame["type"] == "pong")
            .count(),
        5
    );
    assert_eq!(
        (&frames[5]["code"], &frames[5]["id"]),
        (&json!("rate_limited"), &json!("p"))
    );
    tokio::time::advance(Duration::from_millis(
        frames[5]["retry_after_ms"].as_u64().unwrap(),
    ))
    .await;
    ada.say(json!({"type": "ping"})).await;
    assert_eq!(ada.read_kind("pong").len(), 1, "the hint is true");
    for _ in 0..20 {
        ada.say(json!({"type": "ping"})).await;
    }
    assert_eq!(ada.closed(), Some(CloseCode::RateLimited));
}

#[tokio::test(start_paused = true)]
async fn ten_frames_that_are_no_commands_are_answered_and_the_next_closes() {
    let world = World::new(generous(), &["ada"]);
    let mut ada = world.device("ada").await;
    ada.read();
    for n in 0..11 {
        assert_eq!(ada.closed(), None, "frame {n}");
        ada.say(json!(["not", "a", "command"])).await;
    }
    assert_eq!(ada.read_kind("error").len(), 11);
    assert_eq!(ada.closed(), Some(CloseCode::Policy));
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_with_its_credential_unless_a_fresh_one_is_shown() {
    let world = World::new(generous(), &["ada", "bob"]);
    let (idle, mut kept) = (
        world.device_with("ada", None, Some(60)).await,
        world.device_with("ada", None, Some(60)).await,
    );
    for (token, code) in [
        ("bob/100", Some("invalid_token")),
        ("nonsense", Some("invalid_token")),
        ("ada/600", None),
    ] {
        kept.read();
        kept.say(json!({"type": "authenticate", "token": token}))
            .await;
        assert_eq!(kept.read()[0]["code"].as_str(), code, "{token}");
    }
    tokio::time::sleep_until(idle.session.deadline().unwrap()).await;
    idle.session.expire();
    kept.session.expire();
    assert_eq!(
        (idle.closed(), kept.closed()),
        (Some(CloseCode::Expired), None)
    );
}

#[tokio::test(start_paused = true)]
async fn ending_a_login_closes_its_sockets_and_no_others() {
    let world = World::new(generous(), &["ada"]);
    let (one, two) = (LoginId::new(), LoginId::new());
    let (first, second) = (
        world.device_with("ada", Some(one), None).await,
        world.device_with("ada", Some(two), None).await,
    );
    world.chat.hub().end_sessions(&user("ada"), &[one]);
    assert_eq!(
        (first.closed(), second.closed()),
        (Some(CloseCode::SessionEnded), None)
    );
}

#[tokio::test(start_paused = true)]
async fn an_eleventh_connection_closes_the_oldest() {
    let world = World::new(generous(), &["ada"]);
    let mut devices = Vec::new();
    for _ in 0..11 {
        devices.push(world.device("ada").await);
    }
    let closed: Vec<_> = devices.iter().map(Device::closed).collect();
    assert_eq!(closed[0], Some(CloseCode::TooManyConnections));
    assert!(closed[1..].iter().all(Option::is_none));
}

#[tokio::test(start_paused = true)]
async fn a_drain_tells_everyone_when_to_come_back_spread_out() {
    let world = World::new(generous(), &["ada", "bob"]);
    let devices = [world.device("ada").await, world.device("bob").await];
    world.chat.drain(Duration::from_secs(10));
    let mut hints: Vec<_> = devices
        .iter()
        .map(|d| {
            d.read_kind("closing")[0]["reconnect_after_ms"]
                .as_u64()
                .unwrap()
        })
        .collect();
    hints.sort_unstable();
    assert_eq!(hints, [0, 5_000]);
    assert!(
        devices
            .iter()
            .all(|device| device.closed() == Some(CloseCode::GoingAway))
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_comes_after_a_drain_is_told_to_come_back_too() {
    let world = World::new(generous(), &["ada"]);
    world.chat.drain(Duration::from_secs(10));

    let late = world.device("ada").await;

    assert_eq!(late.closed(), Some(CloseCode::GoingAway));
    assert_eq!(late.read_kind("closing")[0]["reconnect_after_ms"], 10_000);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_of_connections_that_are_gone() {
    let world = World::new(generous(), &["ada", "bob"]);
    let id = world.group("ada", &["bob"]).await;
    for _ in 0..20 {
        let device = world.device("bob").await;
        world.send("ada", id, "x").await;
        drop(device);
    }
    settle().await;
    assert_eq!(
        (world.chat.hub().connections(), world.chat.hub().topics()),
        (0, 0)
    );
}
