//! Sessions without sockets: frames in, frames out, on a clock that only the test moves.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::io::{self, ErrorKind, IoSlice};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chat_core::auth::{AuthError, Authenticator, Credential, Identity};
use chat_core::chat::Chat;
use chat_core::hub::{JsonFormat, Sink};
use chat_core::id::{ConversationId, LoginId, MessageId, Timestamp, UserId};
use chat_core::memory::MemoryStore;
use chat_core::model::{Draft, MessageKind, Profile};
use chat_core::protocol::{CloseCode, Limits, MessageBody};
use chat_core::session::{Session, SessionConfig};
use chat_core::store::MessageStore;
use serde_json::{Value, json};

/// Where a session writes to.
#[derive(Debug, Default)]
struct Wire {
    bytes: Mutex<Vec<u8>>,
    /// A socket whose peer does not read.
    stalled: AtomicBool,
}

impl Sink for Wire {
    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        if self.stalled.load(Ordering::Acquire) {
            return Err(ErrorKind::WouldBlock.into());
        }
        let mut bytes = self.bytes.lock().unwrap();
        slices
            .iter()
            .for_each(|slice| bytes.extend_from_slice(slice));
        Ok(slices.iter().map(|slice| slice.len()).sum())
    }

    fn wake(&self) {}
}

/// Takes `user` or `user/seconds` as a token: who it is and for how long.
#[derive(Debug)]
struct ByName;

#[async_trait]
impl Authenticator for ByName {
    async fn authenticate(&self, credential: Credential<'_>) -> Result<Identity, AuthError> {
        let Credential::Bearer(token) = credential else {
            return Err(AuthError::Invalid);
        };
        let (name, life) = token.split_once('/').ok_or(AuthError::Invalid)?;
        let life = Duration::from_secs(life.parse().map_err(|_| AuthError::Invalid)?);
        let expires_at = Some(Timestamp::now().plus(life));
        Ok(Identity {
            user: user(name),
            login: None,
            expires_at,
        })
    }
}

struct World {
    chat: Chat,
    store: MemoryStore,
    config: SessionConfig,
}

struct Device {
    session: Session,
    wire: Arc<Wire>,
}

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

fn generous() -> Limits {
    Limits {
        send_burst: 1_000_000,
        frame_burst: 1_000_000,
        group_members: 2_000,
        ..Limits::default()
    }
}

impl World {
    fn new(limits: Limits, names: &[&str]) -> Self {
        let store = MemoryStore::new();
        for name in names {
            let (id, display_name) = (user(name), (*name).to_owned());
            store.insert_user(Profile {
                id,
                username: None,
                display_name,
                avatar: None,
                avatar_url: None,
            });
        }
        let chat = Chat::builder(store.clone(), store.clone())
            .limits(limits)
            .build();
        let config = SessionConfig {
            authenticator: Arc::new(ByName),
            format: Arc::new(JsonFormat),
        };
        Self {
            chat,
            store,
            config,
        }
    }

    async fn device(&self, name: &str) -> Device {
        self.device_with(name, None, None).await
    }

    async fn device_with(&self, name: &str, login: Option<LoginId>, life: Option<u64>) -> Device {
        let wire = Arc::new(Wire::default());
        let expires_at = life.map(|life| Timestamp::now().plus(Duration::from_secs(life)));
        let identity = Identity {
            user: user(name),
            login,
            expires_at,
        };
        let (chat, config) = (self.chat.clone(), self.config.clone());
        let session = Session::open(chat, config, identity, Arc::clone(&wire) as _)
            .await
            .unwrap();
        Device { session, wire }
    }

    async fn group(&self, owner: &str, members: &[&str]) -> ConversationId {
        let members: Vec<UserId> = members.iter().map(|name| user(name)).collect();
        self.chat
            .create_group(&user(owner), "A group", &members)
            .await
            .unwrap()
            .conversation
            .id
    }

    async fn send(&self, name: &str, id: ConversationId, text: &str) {
        self.chat
            .send(&user(name), id, MessageBody::text(text))
            .await
            .unwrap();
    }
}

impl Device {
    async fn say(&mut self, frame: Value) {
        self.session.handle(frame.to_string().as_bytes()).await;
        settle().await;
    }

    /// Everything written since the last call.
    fn read(&self) -> Vec<Value> {
        let bytes = std::mem::take(&mut *self.wire.bytes.lock().unwrap());
        let mut rest = bytes.as_slice();
        let mut frames = Vec::new();
        while let [0x81, short, tail @ ..] = rest {
            let (length, start) = match short {
                126 => (usize::from(u16::from_be_bytes([tail[0], tail[1]])), 2),
                127 => (
                    usize::try_from(u64::from_be_bytes(tail[..8].try_into().unwrap())).unwrap(),
                    8,
                ),
                short => (usize::from(*short), 0),
            };
            frames.push(serde_json::from_slice(&tail[start..start + length]).unwrap());
            rest = &tail[start + length..];
        }
        assert_eq!(rest, b"", "whole text frames");
        frames
    }

    fn read_kind(&self, kind: &str) -> Vec<Value> {
        self.read()
            .into_iter()
            .filter(|frame| frame["type"] == kind)
            .collect()
    }

    /// The seqs of the messages written since the last call, as events or changes.
    fn seqs(&self) -> Vec<i64> {
        let frames = self.read();
        let messages = frames
            .iter()
            .flat_map(|frame| match frame["type"].as_str() {
                Some("message_created") => vec![frame["message"]["seq"].as_i64().unwrap()],
                Some("changes") => frame["messages"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|m| m["seq"].as_i64().unwrap())
                    .collect(),
                _ => Vec::new(),
            });
        messages.collect()
    }

    fn closed(&self) -> Option<CloseCode> {
        self.session.outbox().closed()
    }
}

/// Lets everything that can run, run.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_clients_get_every_message_once_and_in_order() {
    let names: Vec<String> = (0..1_000).map(|n| format!("user{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let world = World::new(generous(), &names);
    let id = world.group(names[0], &names[1..]).await;
    let mut devices = Vec::new();
    for name in &names {
        devices.push(world.device(name).await);
    }
    let mut got: Vec<Vec<i64>> = vec![Vec::new(); devices.len()];
    for round in 0..10 {
        for (n, sender) in devices.iter_mut().enumerate().step_by(100) {
            let text = format!("{round} from {n}");
            sender
                .session
                .handle(
                    json!({"type": "message", "conversation_id": id, "content": text})
                        .to_string()
                        .as_bytes(),
                )
                .await;
        }
        settle().await;
        // Every seventh client loses its connection, and comes back one message behind.
        for n in (round..devices.len()).step_by(7) {
            got[n].extend(devices[n].seqs());
            devices[n] = world.device(names[0]).await;
            devices[n] = world.device(names[n]).await;
        }
        world.send(names[0], id, "meanwhile").await;
        for n in (round..devices.len()).step_by(7) {
            let rev = 1 + got[n].len();
            let epoch = world.chat.epoch().await.unwrap();
            devices[n].read();
            devices[n]
                .say(json!({"type": "resume", "epoch": epoch, "revs": {id.to_string(): rev}}))
                .await;
        }
        for (got, device) in got.iter_mut().zip(&devices) {
            got.extend(device.seqs());
        }
    }
    let all: Vec<i64> = (1..=110).collect();
    for (n, got) in got.iter().enumerate() {
        assert_eq!(*got, all, "client {n}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_resume_in_the_middle_of_sending_leaves_no_hole_and_no_double() {
    let world = World::new(generous(), &["ada", "bob"]);
    let id = world.group("ada", &["bob"]).await;
    let epoch = world.chat.epoch().await.unwrap();
    let (chat, mut known) = (world.chat.clone(), Vec::new());
    let writing = tokio::spawn(async move {
        for n in 0..600 {
            chat.send(&user("ada"), id, MessageBody::text(n.to_string()))
                .await
                .unwrap();
            tokio::task::yield_now().await;
        }
    });
    while known.len() < 600 {
        let mut device = world.device("bob").await;
        let _before_the_resume = device.read();
        let rev = 1 + known.len();
        device
            .session
            .handle(
                json!({"type": "resume", "epoch": epoch, "revs": {id.to_string(): rev}})
                    .to_string()
                    .as_bytes(),
            )
            .await;
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        let frames = device.read();
        let fresh = frames
            .iter()
            .position(|frame| frame["type"] == "changes" || frame["type"] == "resumed")
            .unwrap();
        for frame in &frames[fresh..] {
            let messages = match frame["type"].as_str() {
                Some("changes") => frame["messages"].as_array().unwrap().clone(),
                Some("message_created") => vec![frame["message"].clone()],
                _ => Vec::new(),
            };
            known.extend(
                messages
                    .iter()
                    .map(|message| message["seq"].as_i64().unwrap()),
            );
        }
    }
    writing.await.unwrap();
    assert_eq!(known, (1..=600).collect::<Vec<i64>>());
}

#[tokio::test(start_paused = true)]
async fn the_sender_gets_an_ack_and_every_device_the_event() {
    let world = World::new(generous(), &["ada", "bob"]);
    let id = world.group("ada", &["bob"]).await;
    let (mut phone, laptop, bob) = (
        world.device("ada").await,
        world.device("ada").await,
        world.device("bob").await,
    );
    let frame = json!({"type": "message", "id": "7", "conversation_id": id, "content": "hi", "client_id": "c1"});
    phone.say(frame.clone()).await;

    let ack = &phone.read_kind("ack")[0];
    assert_eq!(
        (&ack["id"], &ack["seq"], &ack["duplicate"]),
        (&json!("7"), &json!(1), &json!(false))
    );
    assert_eq!((laptop.seqs(), bob.seqs()), (vec![1], vec![1]));

    phone.say(frame).await;
    let again = &phone.read_kind("ack")[0];
    assert_eq!(
        (&again["message_id"], &again["duplicate"]),
        (&ack["message_id"], &json!(true))
    );
    assert_eq!(bob.seqs(), Vec::<i64>::new());
    phone.say(json!({"type": "message", "conversation_id": id, "content": "other", "client_id": "c1"})).await;
    assert_eq!(phone.read_kind("error")[0]["code"], "idempotency_conflict");
}

#[tokio::test(start_paused = true)]
async fn a_removed_member_gets_the_removal_and_nothing_after() {
    let world = World::new(generous(), &["ada", "bob"]);
    let id = world.group("ada", &["bob"]).await;
    let mut bob = world.device("bob").await;
    world.send("ada", id, "one").await;
    world
        .chat
        .remove_member(&user("ada"), id, &user("bob"))
        .await
        .unwrap();
    world.send("ada", id, "two").await;
    settle().await;

    let kinds: Vec<_> = bob
        .read()
        .iter()
        .map(|frame| frame["type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["ready", "message_created", "member_removed"]);
    bob.say(json!({"type": "typing", "conversation_id": id}))
        .await;
    bob.say(json!({"type": "message", "conversation_id": id, "content": "x"}))
        .await;
    bob.say(json!({"type": "resume", "revs": {id.to_string(): 1}}))
        .await;
    let frames = bob.read();
    assert_eq!(
        (&frames[0]["code"], &frames[1]["code"]),
        (&json!("not_found"), &json!("not_found"))
    );
    assert_eq!(frames[2]["left"], json!([id]));
    assert_eq!(frames.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_added_hears_of_it_and_of_everything_after() {
    let world = World::new(generous(), &["ada", "bob"]);
    let id = world.group("ada", &[]).await;
    let (ada, bob) = (world.device("ada").await, world.device("bob").await);
    world.send("ada", id, "before").await;
    world
        .chat
        .add_members(&user("ada"), id, &[user("bob")])
        .await
        .unwrap();
    world.send("ada", id, "after").await;
    settle().await;

    let frames = bob.read();
    let kinds: Vec<_> = frames
        .iter()
        .map(|frame| frame["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["ready", "conversation_joined", "message_created"]);
    assert_eq!(
        (
            &frames[1]["conversation"]["rev"],
            &frames[2]["message"]["seq"]
        ),
        (&json!(3), &json!(2))
    );
    assert_eq!(
        ada.read_kind("member_updated")[0]["member"]["user_id"],
        "bob"
    );
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_is_closed_to_resume_and_nobody_waits_for_it() {
    let world = World::new(generous(), &["ada", "bob", "slow"]);
    let id = world.group("ada", &["bob", "slow"]).await;
    let (bob, slow) = (world.device("bob").await, world.device("slow").await);
    slow.wire.stalled.store(true, Ordering::Release);
    for n in 0..300 {
        world.send("ada", id, &n.to_string()).await;
    }
    settle().await;

    assert_eq!(slow.closed(), Some(CloseCode::SlowConsumer));
    assert!(CloseCode::SlowConsumer.may_reconnect());
    assert_eq!(
        slow.session.outbox().queued(),
        0,
        "its memory is given back"
    );
    assert_eq!(bob.seqs(), (1..=300).collect::<Vec<i64>>());
    drop(slow);

    let mut back = world.device("slow").await;
    let epoch = world.chat.epoch().await.unwrap();
    back.read();
    back.say(json!({"type": "resume", "epoch": epoch, "revs": {id.to_string(): 1}}))
        .await;
    assert_eq!(back.seqs(), (1..=300).collect::<Vec<i64>>());
}

#[tokio::test(start_paused = true)]
async fn what_was_stored_without_being_told_is_read_before_the_next() {
    let world = World::new(generous(), &["ada", "bob"]);
    let id = world.group("ada", &["bob"]).await;
    let bob = world.device("bob").await;
    let draft = Draft {
        id: MessageId::new(),
        conversation: id,
        sender: user("ada"),
        client_id: None,
        kind: MessageKind::Text,
        text: "committed by a process that died".to_owned(),
        attachments: Vec::new(),
        reply_to: None,
        at: Timestamp::now(),
    };
    world
        .store
        .append(&[draft])
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    world.send("ada", id, "next").await;
    settle().await;

    assert_eq!(bob.seqs(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn too_wide_a_gap_and_another_epoch_are_resets_or_everything() {
    let world = World::new(generous(), &["ada", "bob"]);
    let id = world.group("ada", &["bob"]).await;
    for n in 0..299 {
        world.send("ada", id, &n.to_string()).await;
    }
    let epoch = world.chat.epoch().await.unwrap();
    let mut bob = world.device("bob").await;
    bob.read();
    let resume = |epoch: Value, rev: i64| json!({"type": "resume", "epoch": epoch, "revs": {id.to_string(): rev}});
    bob.say(resume(json!(epoch), 1)).await;
    assert_eq!(bob.seqs().len(), 299, "the limit itself");
    world.send("ada", id, "300").await;
    world.send("ada", id, "301").await;
    settle().await;
    bob.read();
    bob.say(resume(json!(epoch), 1)).await;
    let changes = &bob.read_kind("changes")[0];
    assert_eq!(
        (&changes["reset"], &changes["rev"], &changes["messages"]),
        (&json!(true), &json!(302), &json!([]))
    );
    bob.say(resume(json!("00000000-0000-4000-8000-000000000000"), 302))
        .await;
    assert_eq!(
        bob.read_kind("changes")[0]["since"],
        0,
        "revs of another epoch mean nothing"
    );
    bob.say(resume(json!(epoch), 302)).await;
    assert_eq!(bob.read_kind("changes"), Vec::<Value>::new());
    bob.say(resume(json!(epoch), 9_999)).await;
    assert_eq!(
        bob.read_kind("changes"),
        Vec::<Value>::new(),
        "a rev from the future"
    );
}

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

#[tokio::test(start_paused = true)]
async fn a_resume_while_the_topic_is_behind_the_store_leaves_no_hole() {
    let world = World::new(generous(), &["ada", "bob"]);
    let id = world.group("ada", &["bob"]).await;
    let epoch = world.chat.epoch().await.unwrap();
    let _keeps_the_topic_where_it_is = world.device("ada").await;
    let draft = Draft {
        id: MessageId::new(),
        conversation: id,
        sender: user("ada"),
        client_id: None,
        kind: MessageKind::Text,
        text: "stored, and not told yet".to_owned(),
        attachments: Vec::new(),
        reply_to: None,
        at: Timestamp::now(),
    };
    world
        .store
        .append(&[draft])
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    let mut bob = world.device("bob").await;
    let resume = json!({"type": "resume", "epoch": epoch, "revs": {id.to_string(): 1}});
    bob.session.handle(resume.to_string().as_bytes()).await;
    settle().await;

    assert_eq!(bob.seqs(), [1]);
}
