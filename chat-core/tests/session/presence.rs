//! Markers, typing and presence.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{World, generous, settle, user};

#[tokio::test(start_paused = true)]
async fn markers_reach_the_others_and_ones_own_devices() {
    let world = World::new(generous(), &["ada", "bob"]);
    let id = world
        .chat
        .create_direct(&user("ada"), &user("bob"))
        .await
        .unwrap()
        .conversation
        .id;
    let (ada, mut bob, tablet) = (
        world.device("ada").await,
        world.device("bob").await,
        world.device("bob").await,
    );
    world.send("ada", id, "hi").await;
    bob.say(json!({"type": "read", "id": "r", "conversation_id": id, "seq": 1}))
        .await;
    for device in [&ada, &tablet] {
        let moved = &device.read_kind("marker_moved")[0];
        assert_eq!(
            (
                &moved["user_id"],
                &moved["read_seq"],
                &moved["delivered_seq"]
            ),
            (&json!("bob"), &json!(1), &json!(1))
        );
    }
    bob.say(json!({"type": "read", "conversation_id": id, "seq": 9}))
        .await;
    assert_eq!(bob.read_kind("error")[0]["code"], "invalid_seq");
    bob.say(json!({"type": "read", "conversation_id": id, "seq": 1}))
        .await;
    assert_eq!(
        ada.read_kind("marker_moved"),
        Vec::<Value>::new(),
        "nothing moved"
    );
}

#[tokio::test(start_paused = true)]
async fn typing_is_told_to_the_others_once_in_three_seconds() {
    let world = World::new(generous(), &["ada", "bob", "eve"]);
    let id = world.group("ada", &["bob"]).await;
    let (mut ada, bob, mut eve) = (
        world.device("ada").await,
        world.device("bob").await,
        world.device("eve").await,
    );
    for _ in 0..20 {
        ada.say(json!({"type": "typing", "conversation_id": id}))
            .await;
    }
    assert_eq!(bob.read_kind("typing").len(), 1);
    tokio::time::advance(Duration::from_secs(3)).await;
    ada.say(json!({"type": "typing", "conversation_id": id}))
        .await;
    ada.say(json!({"type": "typing", "conversation_id": id, "active": false}))
        .await;
    assert_eq!(
        bob.read_kind("typing")
            .iter()
            .map(|t| t["active"] == true)
            .collect::<Vec<_>>(),
        [true, false]
    );
    eve.say(json!({"type": "typing", "conversation_id": id}))
        .await;
    assert_eq!(eve.read_kind("error")[0]["code"], "not_found");
    assert_eq!(bob.read_kind("typing"), Vec::<Value>::new());
}

#[tokio::test(start_paused = true)]
async fn a_user_is_online_while_a_device_is_and_a_moment_longer() {
    let world = World::new(generous(), &["ada", "bob"]);
    world
        .chat
        .create_direct(&user("ada"), &user("bob"))
        .await
        .unwrap();
    let ada = world.device("ada").await;
    assert_eq!(
        ada.read_kind("presence_state")[0]["users"][0]["online"],
        false
    );
    let (phone, laptop) = (world.device("bob").await, world.device("bob").await);
    settle().await;
    assert_eq!(
        ada.read_kind("presence_changed")
            .iter()
            .map(|p| p["online"] == true)
            .collect::<Vec<_>>(),
        [true]
    );

    drop(phone);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(
        ada.read_kind("presence_changed"),
        Vec::<Value>::new(),
        "one device is left"
    );
    drop(laptop);
    let laptop = world.device("bob").await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(
        ada.read_kind("presence_changed")
            .iter()
            .all(|p| p["online"] == true),
        "a reload does not flicker"
    );
    drop(laptop);
    tokio::time::sleep(Duration::from_secs(10)).await;
    let gone = &ada.read_kind("presence_changed")[0];
    assert_eq!(gone["online"], false);
    assert!(gone["last_seen"].is_string());
}

#[tokio::test(start_paused = true)]
async fn strangers_are_watched_in_vain() {
    let world = World::new(generous(), &["ada", "bob", "eve"]);
    world
        .chat
        .create_direct(&user("ada"), &user("bob"))
        .await
        .unwrap();
    let mut eve = world.device("eve").await;
    eve.say(json!({"type": "watch", "user_ids": ["ada", "bob", "nobody"]}))
        .await;
    assert_eq!(eve.read_kind("presence_state")[0]["users"], json!([]));
    let _ada = world.device("ada").await;
    settle().await;
    assert_eq!(eve.read_kind("presence_changed"), Vec::<Value>::new());
}
