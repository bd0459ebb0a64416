//! Signals of calls: who gets what, and who nothing.

use std::time::Duration;

use async_trait::async_trait;
use chat_core::chat::{Chat, Silence};
use chat_core::id::{ConversationId, UserId};
use chat_core::memory::MemoryBus;
use chat_core::model::{Audience, Privacy};
use chat_core::policy::{Action, Decision, Policy};
use chat_core::protocol::Limits;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::support::{Device, World, generous, settle, user};

const PEOPLE: &[&str] = &["ada", "bob", "eve"];

fn offer() -> Value {
    json!({"type": "offer", "sdp": "v=0\r\n"})
}

fn answer() -> Value {
    json!({"type": "answer", "sdp": "v=0\r\n"})
}

fn hangup(reason: &str) -> Value {
    json!({"type": "hangup", "reason": reason})
}

fn candidates(count: usize) -> Value {
    let one = json!({"candidate": "candidate:1 1 udp 1 192.0.2.1 9 typ host", "sdp_mid": "0"});
    json!({"type": "candidates", "candidates": vec![one; count]})
}

fn call(id: ConversationId, to: &str, signal: &Value) -> Value {
    json!({"type": "call", "id": "1", "conversation_id": id, "call_id": "c1", "to": to,
        "from_device": "tab", "signal": signal})
}

async fn direct(world: &World) -> ConversationId {
    let made = world.chat.create_direct(&user("ada"), &user("bob")).await;
    made.unwrap().conversation.id
}

/// Has `device` say `frame`; "ack", or the code of the refusal.
async fn outcome(device: &mut Device, frame: Value) -> String {
    device.read();
    device.say(frame).await;
    let replies = device.read();
    let mut replies = replies
        .iter()
        .filter_map(|reply| match reply["type"].as_str() {
            Some("error") => reply["code"].as_str(),
            Some("ack") => Some("ack"),
            _ => None,
        });
    let outcome = replies.next().expect("a reply").to_owned();
    assert_eq!(replies.next(), None);
    outcome
}

/// The signals that a device was told since it was read last.
fn heard(device: &Device) -> Vec<String> {
    let told = device.read_kind("call_signal");
    let told = told.iter().map(|frame| frame["signal"]["type"].as_str());
    told.map(|kind| kind.unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_signal_reaches_every_device_of_the_other_and_nobody_else() {
    let world = World::new(generous(), PEOPLE);
    let id = world.group("ada", &["bob", "eve"]).await;
    let (mut ada, laptop) = (world.device("ada").await, world.device("ada").await);
    let (bob, phone) = (world.device("bob").await, world.device("bob").await);
    let eve = world.device("eve").await;

    assert_eq!(outcome(&mut ada, call(id, "bob", &offer())).await, "ack");

    for device in [&bob, &phone] {
        assert_eq!(
            device.read_kind("call_signal"),
            [
                json!({"type": "call_signal", "conversation_id": id, "call_id": "c1", "from": "ada",
                "from_device": "tab", "to": "bob", "signal": {"type": "offer", "sdp": "v=0\r\n"}})
            ]
        );
    }
    for device in [&ada, &laptop, &eve] {
        assert_eq!(heard(device), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn ones_other_devices_hear_that_a_call_was_answered_or_ended() {
    let world = World::new(generous(), PEOPLE);
    let id = direct(&world).await;
    let (mut bob, phone) = (world.device("bob").await, world.device("bob").await);
    let ada = world.device("ada").await;

    for signal in [
        json!({"type": "ringing"}),
        answer(),
        candidates(1),
        hangup("ended"),
    ] {
        bob.say(call(id, "ada", &signal)).await;
    }

    assert_eq!(heard(&ada), ["ringing", "answer", "candidates", "hangup"]);
    assert_eq!(heard(&phone), ["answer", "hangup"]);
    let told = bob.read();
    let told = told.iter().filter_map(|frame| frame["type"].as_str());
    let told: Vec<&str> = told.filter(|kind| *kind != "presence_changed").collect();
    assert_eq!(
        told,
        ["ready", "presence_state", "ack", "ack", "ack", "ack"]
    );
}

#[tokio::test(start_paused = true)]
async fn only_members_signal_and_only_to_members() {
    let world = World::new(generous(), PEOPLE);
    let id = world.group("ada", &["bob"]).await;
    let (mut ada, bob) = (world.device("ada").await, world.device("bob").await);
    let mut eve = world.device("eve").await;
    let nowhere = ConversationId::new();
    for (id, to, code) in [
        (id, "eve", "not_found"),
        (id, "nobody", "not_found"),
        (nowhere, "bob", "not_found"),
        (id, "ada", "invalid_id"),
    ] {
        let outcome = outcome(&mut ada, call(id, to, &offer())).await;
        assert_eq!(outcome, code, "{to}");
    }
    let outsider = outcome(&mut eve, call(id, "bob", &offer())).await;
    assert_eq!(outsider, "not_found");

    let (owner, gone) = (user("ada"), user("bob"));
    world.chat.remove_member(&owner, id, &gone).await.unwrap();
    settle().await;
    assert_eq!(
        outcome(&mut ada, call(id, "bob", &hangup("ended"))).await,
        "not_found"
    );
    for device in [&bob, &eve] {
        assert_eq!(heard(device), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_call_passes_a_block_and_a_group_does_not_tell_of_it() {
    let world = World::new(generous(), PEOPLE);
    let (id, group) = (direct(&world).await, world.group("ada", &["bob"]).await);
    let (mut ada, mut bob) = (world.device("ada").await, world.device("bob").await);
    for (by, other) in [("ada", "bob"), ("bob", "ada")] {
        world.chat.block(&user(by), &user(other)).await.unwrap();
        for signal in [offer(), candidates(1), hangup("ended")] {
            for (device, to) in [(&mut ada, "bob"), (&mut bob, "ada")] {
                assert_eq!(outcome(device, call(id, to, &signal)).await, "blocked");
                assert_eq!(outcome(device, call(group, to, &signal)).await, "ack");
            }
        }
        for device in [&ada, &bob] {
            assert_eq!(heard(device), Vec::<String>::new());
        }
        world.chat.unblock(&user(by), &user(other)).await.unwrap();
    }
    assert_eq!(outcome(&mut ada, call(group, "bob", &offer())).await, "ack");
    assert_eq!(heard(&bob), ["offer"]);
}

/// What a device says by itself is told to those alone who may know that its user is there.
#[tokio::test(start_paused = true)]
async fn whoever_hides_is_not_given_away_by_a_device_that_rings() {
    let world = World::new(generous(), PEOPLE);
    let id = direct(&world).await;
    let (mut bob, ada) = (world.device("bob").await, world.device("ada").await);
    let hidden = Privacy {
        last_seen: Audience::Nobody,
    };
    world.chat.set_privacy(&user("bob"), hidden).await.unwrap();

    for signal in [
        json!({"type": "ringing"}),
        hangup("busy"),
        hangup("declined"),
    ] {
        assert_eq!(outcome(&mut bob, call(id, "ada", &signal)).await, "ack");
    }

    let told = ada.read_kind("call_signal");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["signal"]["reason"], "declined");
}

#[tokio::test(start_paused = true)]
async fn what_is_too_much_or_not_text_is_refused() {
    let world = World::new(generous(), PEOPLE);
    let id = direct(&world).await;
    let (mut ada, bob) = (world.device("ada").await, world.device("bob").await);
    let sdp = |text: String| json!({"type": "offer", "sdp": text});
    let candidate = |text: &str| json!({"type": "candidates", "candidates": [{"candidate": text}]});
    let many = candidate(&"x".repeat((16 << 10) + 1));
    for (signal, code) in [
        (sdp("\r\n".repeat(8 << 10)), "ack"),
        (sdp("\r\n".repeat((8 << 10) + 1)), "invalid_content"),
        (sdp(String::new()), "invalid_content"),
        (sdp("v=0\0".to_owned()), "invalid_content"),
        (candidates(32), "ack"),
        (candidates(33), "limit_exceeded"),
        (candidates(0), "limit_exceeded"),
        (candidate(""), "ack"),
        (candidate("a\r\nb"), "invalid_content"),
        (many, "invalid_content"),
        (json!({"type": "dance"}), "invalid_type"),
    ] {
        let outcome = outcome(&mut ada, call(id, "bob", &signal)).await;
        assert_eq!(outcome, code, "{:.80}", signal.to_string());
    }
    assert_eq!(heard(&bob).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn offers_have_a_narrower_rate_than_other_signals() {
    let limits = Limits {
        frame_burst: 1_000_000,
        ..Limits::default()
    };
    let world = World::new(limits, PEOPLE);
    let id = direct(&world).await;
    let mut ada = world.device("ada").await;
    for _ in 0..10 {
        assert_eq!(outcome(&mut ada, call(id, "bob", &offer())).await, "ack");
    }
    let refused = "rate_limited";
    assert_eq!(outcome(&mut ada, call(id, "bob", &offer())).await, refused);
    for _ in 11..60 {
        let signal = candidates(1);
        assert_eq!(outcome(&mut ada, call(id, "bob", &signal)).await, "ack");
    }
    let signal = hangup("ended");
    assert_eq!(outcome(&mut ada, call(id, "bob", &signal)).await, refused);

    sleep(Duration::from_millis(200)).await;
    assert_eq!(outcome(&mut ada, call(id, "bob", &signal)).await, "ack");
    sleep(Duration::from_secs(6)).await;
    assert_eq!(outcome(&mut ada, call(id, "bob", &offer())).await, "ack");
    assert_eq!(outcome(&mut ada, call(id, "bob", &offer())).await, refused);
}

/// Lets nobody call bob.
#[derive(Debug)]
struct LeaveBobAlone;

#[async_trait]
impl Policy for LeaveBobAlone {
    async fn check(&self, _actor: &UserId, action: Action<'_>) -> Decision {
        match action {
            Action::Call { to, .. } if to.as_str() == "bob" => Decision::Deny("he sleeps".into()),
            _ => Decision::Allow,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_policy_is_asked_about_offers() {
    let store = World::new(generous(), PEOPLE).store;
    let chat = Chat::builder(store.clone(), store.clone());
    let chat = chat.policy(LeaveBobAlone, Silence::default()).build();
    let world = World::of(store, chat);
    let id = direct(&world).await;
    let (mut ada, mut bob) = (world.device("ada").await, world.device("bob").await);

    assert_eq!(outcome(&mut ada, call(id, "bob", &offer())).await, "denied");
    assert_eq!(
        outcome(&mut ada, call(id, "bob", &hangup("ended"))).await,
        "ack"
    );
    assert_eq!(outcome(&mut bob, call(id, "ada", &offer())).await, "ack");
    assert_eq!((heard(&bob), heard(&ada)), (vec![], vec!["offer".into()]));
}

#[tokio::test(start_paused = true)]
async fn the_policys_answer_tells_nothing_of_a_block() {
    let store = World::new(generous(), PEOPLE).store;
    let chat = Chat::builder(store.clone(), store.clone());
    let chat = chat.policy(LeaveBobAlone, Silence::default()).build();
    let world = World::of(store, chat);
    let id = world.group("ada", &["bob", "eve"]).await;
    let mut ada = world.device("ada").await;
    let eve = world.device("eve").await;

    for blocks in [false, true] {
        if blocks {
            for by in ["bob", "eve"] {
                world.chat.block(&user(by), &user("ada")).await.unwrap();
            }
        }
        assert_eq!(outcome(&mut ada, call(id, "bob", &offer())).await, "denied");
        assert_eq!(outcome(&mut ada, call(id, "eve", &offer())).await, "ack");
        assert_eq!(heard(&eve).is_empty(), blocks);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_goes_from_node_to_node() {
    let [here, there] = World::pair(PEOPLE, &MemoryBus::default());
    let id = direct(&here).await;
    let (mut ada, eve) = (here.device("ada").await, there.device("eve").await);
    let (mut bob, phone) = (there.device("bob").await, here.device("bob").await);
    sleep(Duration::from_millis(100)).await;
    let longest = json!({"type": "offer", "sdp": "\r\n".repeat(8 << 10)});

    assert_eq!(outcome(&mut ada, call(id, "bob", &longest)).await, "ack");
    sleep(Duration::from_millis(100)).await;
    assert_eq!((heard(&bob), heard(&phone)), (offers(), offers()));

    assert_eq!(outcome(&mut bob, call(id, "ada", &answer())).await, "ack");
    sleep(Duration::from_millis(100)).await;
    assert_eq!((heard(&ada), heard(&phone)), (answers(), answers()));
    assert_eq!((heard(&bob), heard(&eve)), (vec![], vec![]));
}

fn offers() -> Vec<String> {
    vec!["offer".to_owned()]
}

fn answers() -> Vec<String> {
    vec!["answer".to_owned()]
}

/// No resume brings an old call back.
#[tokio::test(start_paused = true)]
async fn a_device_that_was_away_hears_nothing_of_a_call() {
    let world = World::new(generous(), PEOPLE);
    let id = direct(&world).await;
    let mut ada = world.device("ada").await;
    assert_eq!(outcome(&mut ada, call(id, "bob", &offer())).await, "ack");

    let mut bob = world.device("bob").await;
    bob.say(json!({"type": "resume", "revs": {}})).await;

    assert_eq!(heard(&bob), Vec::<String>::new());
}
