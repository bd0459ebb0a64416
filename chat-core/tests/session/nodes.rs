//! Several nodes on one store and one bus.

use std::time::Duration;

use bytes::Bytes;
use chat_core::conformance::unreliable::{Mischief, UnreliableBus};
use chat_core::id::{ConversationId, LoginId, NodeId, Rev, Seq};
use chat_core::memory::MemoryBus;
use chat_core::model::Draft;
use chat_core::presence::{LEASE, PresenceBus, Publication, Topic};
use chat_core::protocol::{CloseCode, MessageBody};
use chat_core::store::MessageStore;
use serde_json::json;
use tokio::time::sleep;

use crate::support::{World, settle, user};

/// A little while, in which what is on its way arrives.
async fn a_moment() {
    sleep(Duration::from_millis(100)).await;
}

const PEOPLE: &[&str] = &["ada", "bob", "eve"];

#[tokio::test(start_paused = true)]
async fn what_happens_on_one_node_is_told_on_the_other() {
    let [here, there] = World::pair(PEOPLE, &MemoryBus::default());
    let id = here.group("ada", &["bob"]).await;
    let (mut ada, bob) = (here.device("ada").await, there.device("bob").await);
    for n in 0..10 {
        here.send("ada", id, &n.to_string()).await;
        there.send("bob", id, &n.to_string()).await;
    }
    a_moment().await;
    assert_eq!(ada.seqs(), (1..=20).collect::<Vec<_>>());
    assert_eq!(bob.seqs(), (1..=20).collect::<Vec<_>>());

    ada.say(json!({"type": "typing", "conversation_id": id}))
        .await;
    ada.say(json!({"type": "read", "conversation_id": id, "seq": 20}))
        .await;
    a_moment().await;
    let frames = bob.read();
    let kinds: Vec<_> = frames
        .iter()
        .filter_map(|frame| frame["type"].as_str())
        .collect();
    assert_eq!(kinds, ["typing", "marker_moved"]);
    assert_eq!(frames[1]["read_seq"], 20);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_added_on_one_node_is_let_in_on_the_other() {
    let [here, there] = World::pair(PEOPLE, &MemoryBus::default());
    let id = here.group("ada", &[]).await;
    let (bob, phone) = (there.device("bob").await, there.device("bob").await);
    here.chat
        .add_members(&user("ada"), id, &[user("bob")])
        .await
        .unwrap();
    here.send("ada", id, "welcome").await;
    a_moment().await;
    for device in [bob, phone] {
        let frames = device.read();
        let kinds: Vec<_> = frames
            .iter()
            .filter_map(|frame| frame["type"].as_str())
            .collect();
        assert_eq!(
            kinds
                .iter()
                .filter(|kind| **kind == "conversation_joined")
                .count(),
            1
        );
        assert_eq!(
            kinds
                .iter()
                .filter(|kind| **kind == "message_created")
                .count(),
            1
        );
    }
}

/// The bus goes away silently for the whole test: all that happens is found in the store.
#[tokio::test(start_paused = true)]
async fn without_the_bus_everything_comes_within_five_seconds() {
    let bus = UnreliableBus::new(MemoryBus::default(), 0, Mischief::default());
    let [here, there] = World::pair(PEOPLE, &bus);
    let id = here.group("ada", &["bob"]).await;
    let (_ada, bob, eve) = (
        here.device("ada").await,
        there.device("bob").await,
        there.device("eve").await,
    );
    a_moment().await;
    bus.fall_silent();
    here.send("ada", id, "one").await;
    here.chat
        .add_members(&user("ada"), id, &[user("eve")])
        .await
        .unwrap();
    here.send("ada", id, "two").await;
    sleep(Duration::from_secs(5)).await;
    assert_eq!(bob.seqs(), [1, 2]);
    assert_eq!(eve.read_kind("conversation_joined").len(), 1);
    here.send("ada", id, "three").await;
    sleep(Duration::from_secs(5)).await;
    assert_eq!((bob.seqs(), eve.seqs()), (vec![3], vec![3]));

    bus.come_back().await;
    here.send("ada", id, "four").await;
    // A node to which the bus said no a moment ago publishes again after a pause.
    sleep(Duration::from_millis(300)).await;
    assert_eq!((bob.seqs(), eve.seqs()), (vec![4], vec![4]));
}

/// One node's publications are swallowed without an error; it goes on hearing.
#[tokio::test(start_paused = true)]
async fn what_the_bus_swallows_is_found_with_the_next_or_by_looking() {
    let bus = UnreliableBus::new(
        MemoryBus::default(),
        1,
        Mischief {
            lost: 100,
            ..Mischief::default()
        },
    );
    let [here, there] = World::pair(PEOPLE, &bus);
    let id = here.group("ada", &["bob"]).await;
    let bob = there.device("bob").await;
    here.send("ada", id, "one").await;
    sleep(Duration::from_secs(11)).await;
    assert_eq!(bob.seqs(), [1], "by looking");
    here.send("ada", id, "two").await;
    there.send("bob", id, "three").await;
    a_moment().await;
    assert_eq!(bob.seqs(), [2, 3], "with the next");
}

#[tokio::test(start_paused = true)]
async fn a_removed_member_gets_nothing_more_whatever_the_bus_does() {
    let bus = UnreliableBus::new(MemoryBus::default(), 0, Mischief::default());
    let [here, there] = World::pair(PEOPLE, &bus);
    let id = here.group("ada", &["bob"]).await;
    let (mut ada, bob) = (here.device("ada").await, there.device("bob").await);
    a_moment().await;
    bus.fall_silent();
    here.send("ada", id, "before").await;
    here.chat
        .remove_member(&user("ada"), id, &user("bob"))
        .await
        .unwrap();
    here.send("ada", id, "after").await;
    bus.come_back().await;
    ada.say(json!({"type": "typing", "conversation_id": id}))
        .await;
    sleep(Duration::from_secs(20)).await;

    let frames = bob.read();
    let told: Vec<_> = frames
        .iter()
        .filter(|frame| {
            frame["conversation_id"] == json!(id)
                || frame["message"]["conversation_id"] == json!(id)
        })
        .map(|frame| {
            (
                frame["type"].as_str().unwrap(),
                frame["message"]["seq"].as_i64(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [("message_created", Some(1)), ("member_removed", None)]
    );
}

#[tokio::test(start_paused = true)]
async fn two_devices_on_two_nodes_are_one_presence() {
    let [here, there] = World::pair(PEOPLE, &MemoryBus::default());
    here.chat
        .create_direct(&user("ada"), &user("bob"))
        .await
        .unwrap();
    let ada = here.device("ada").await;
    let (laptop, phone) = (here.device("bob").await, there.device("bob").await);
    a_moment().await;
    let told = |device: &crate::support::Device| -> Vec<bool> {
        let frames = device.read_kind("presence_changed");
        frames.iter().map(|frame| frame["online"] == true).collect()
    };
    assert_eq!(told(&ada), [true]);

    drop(laptop);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(told(&ada), [] as [bool; 0], "the phone is there");
    let seen = there
        .chat
        .presence(&user("ada"), &[user("bob")])
        .await
        .unwrap();
    assert!(seen[0].online);
    let seen = here
        .chat
        .presence(&user("ada"), &[user("bob")])
        .await
        .unwrap();
    assert!(seen[0].online, "asked where bob is not");

    drop(phone);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(told(&ada), [false]);
}

#[tokio::test(start_paused = true)]
async fn a_dead_nodes_users_go_offline_within_a_minute() {
    let bus = MemoryBus::default();
    let [here, _] = World::pair(PEOPLE, &bus);
    here.chat
        .create_direct(&user("ada"), &user("bob"))
        .await
        .unwrap();
    // The other node took its lease, and died at once.
    bus.renew(NodeId::new(), &[user("bob")]).await.unwrap();
    let ada = here.device("ada").await;
    assert_eq!(
        ada.read_kind("presence_state")[0]["users"][0]["online"],
        true
    );
    sleep(LEASE + Duration::from_secs(15)).await;

    let told = ada.read_kind("presence_changed");
    let gone = told.last().unwrap();
    assert_eq!(
        (&gone["user_id"], &gone["online"]),
        (&json!("bob"), &json!(false))
    );
    assert!(gone["last_seen"].is_string());
}

#[tokio::test(start_paused = true)]
async fn ended_logins_close_their_sockets_on_every_node() {
    let [here, there] = World::pair(PEOPLE, &MemoryBus::default());
    let (ended, kept) = (LoginId::new(), LoginId::new());
    let phone = there.device_with("ada", Some(ended), None).await;
    let laptop = there.device_with("ada", Some(kept), None).await;
    a_moment().await;
    here.chat.hub().end_sessions(&user("ada"), &[ended]);
    a_moment().await;
    assert_eq!(phone.closed(), Some(CloseCode::SessionEnded));
    assert_eq!(laptop.closed(), None);
}

/// A stranger on the bus, or a node of another version.
#[tokio::test(start_paused = true)]
async fn publications_that_cannot_be_are_not_believed() {
    let bus = MemoryBus::default();
    let [here, there] = World::pair(PEOPLE, &bus);
    let id = here.group("ada", &["bob"]).await;
    let other = here.group("ada", &["eve"]).await;
    let (bob, eve) = (there.device("bob").await, there.device("eve").await);
    a_moment().await;
    drop((bob.read(), eve.read()));
    let message = |conversation: ConversationId, rev: i64| {
        let draft = Draft::text(conversation, user("eve"), "forged");
        let stored = draft.stored(Seq::new(9).unwrap(), Rev::new(rev).unwrap(), None);
        let view = chat_core::protocol::MessageView::from(stored);
        json!({"told": "event", "event": {"type": "message_created", "message": view}})
    };
    let joined = json!({"told": "joined", "conversation": id});
    let call = json!({"told": "event", "event": {"type": "call_signal", "conversation_id": id, "call_id": "c",
        "from": "eve", "from_device": "d", "to": "ada", "signal": {"type": "ringing"}}});
    let forged = [
        (
            Topic::Conversation(id),
            format!("1{}", message(id, 1_000_000)),
        ),
        (Topic::Conversation(id), format!("1{}", message(other, 2))),
        (Topic::Conversation(id), format!("2{}", message(id, 2))),
        (Topic::Conversation(id), "{}".to_owned()),
        (Topic::Conversation(id), String::new()),
        (Topic::Conversation(id), format!("1{joined}")),
        (Topic::User(user("eve")), format!("1{joined}")),
        (Topic::User(user("bob")), format!("1{}", message(id, 2))),
        (Topic::User(user("bob")), format!("1{call}")),
        (Topic::Conversation(id), format!("1{call}")),
        (Topic::Nodes, "1{\"told\":\"beat\",\"lost\":-1}".to_owned()),
    ];
    let node = NodeId::new();
    for (topic, payload) in forged {
        let payload = Bytes::from(payload);
        let publication = Publication {
            topic,
            node,
            payload,
        };
        bus.publish(&[publication]).await.unwrap();
    }
    sleep(Duration::from_secs(1)).await;
    assert_eq!((bob.read(), eve.read()), (vec![], vec![]));

    here.send("ada", id, "true").await;
    a_moment().await;
    assert_eq!(bob.seqs(), [1], "a rev from the future holds nothing up");
}

/// What a process that died had committed and not told is found by a node that has no other to hear of.
#[tokio::test(start_paused = true)]
async fn a_lone_node_looks_into_the_store_too() {
    let world = World::new(crate::support::generous(), PEOPLE);
    let id = world.group("ada", &["bob"]).await;
    let bob = world.device("bob").await;
    let draft = Draft::text(id, user("ada"), "untold");
    world
        .store
        .append(&[draft])
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    sleep(Duration::from_secs(11)).await;
    assert_eq!(bob.seqs(), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_dropped_leaves_nothing_running() {
    let [here, there] = World::pair(PEOPLE, &MemoryBus::default());
    let id = here.group("ada", &["bob"]).await;
    drop(there.device("bob").await);
    drop(there);
    drop(
        here.chat
            .send(&user("ada"), id, MessageBody::text("x"))
            .await,
    );
    drop(here);
    settle().await;
    sleep(Duration::from_secs(20)).await;
    let alive = tokio::runtime::Handle::current()
        .metrics()
        .num_alive_tasks();
    assert_eq!(alive, 0);
}
