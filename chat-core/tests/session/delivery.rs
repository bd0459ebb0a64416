//! Messages on their way to everyone: once, in order, and to nobody who has left.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chat_core::hub::{JsonFormat, WireFormat};
use chat_core::protocol::{CloseCode, Event, Frame, MessageBody};
use serde_json::json;

use crate::support::{World, generous, settle, user};

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
async fn an_ack_leaves_in_one_write_with_the_event_before_it() {
    let world = World::new(generous(), &["ada", "bob"]);
    let id = world.group("ada", &["bob"]).await;
    let mut phone = world.device("ada").await;
    world.send("bob", id, "hi").await;

    for (command, event) in [
        (json!({"type": "read", "seq": 1}), "marker_moved"),
        (
            json!({"type": "message", "content": "hello"}),
            "message_created",
        ),
    ] {
        let mut command = command;
        command["conversation_id"] = json!(id);
        phone.read();
        let before = phone.wire.writes.load(Ordering::Relaxed);

        phone.say(command).await;

        let said = phone.read();
        let kinds: Vec<_> = said.iter().map(|said| &said["type"]).collect();
        assert_eq!(kinds, [event, "ack"]);
        assert_eq!(phone.wire.writes.load(Ordering::Relaxed), before + 1);
    }
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

/// A wire format of a host that cannot cope with one message.
#[derive(Debug)]
struct Touchy;

impl WireFormat for Touchy {
    fn encode(&self, event: &Event) -> Option<Frame> {
        if let Event::MessageCreated { message } = event {
            assert_ne!(message.content, "poison");
        }
        JsonFormat.encode(event)
    }
}

#[tokio::test(start_paused = true)]
async fn a_format_that_panics_harms_only_those_who_were_to_get_that_message() {
    let mut world = World::new(generous(), &["ada", "bob"]);
    world.config.format = Arc::new(Touchy);
    let (one, two) = (
        world.group("ada", &["bob"]).await,
        world.group("ada", &[]).await,
    );
    let (bob, ada) = (world.device("bob").await, world.device("ada").await);
    let chat = world.chat.clone();
    let sent = tokio::spawn(async move {
        chat.send(&user("ada"), one, MessageBody::text("poison"))
            .await
    });
    // The sender may be told nothing, as after any crash.
    drop(sent.await);
    settle().await;
    assert_eq!(bob.closed(), Some(CloseCode::Internal));
    assert_eq!(
        ada.closed(),
        Some(CloseCode::Internal),
        "a member there too"
    );

    let (bob, ada) = (world.device("bob").await, world.device("ada").await);
    for id in [one, two] {
        world.send("ada", id, "balm").await;
    }
    settle().await;
    assert_eq!(bob.seqs(), [2]);
    assert_eq!(ada.seqs(), [2, 1]);
}

/// A wire format that counts how often it told of a conversation that was joined.
#[derive(Debug, Default)]
struct Counting(AtomicUsize);

impl WireFormat for Counting {
    fn encode(&self, event: &Event) -> Option<Frame> {
        if let Event::ConversationJoined { .. } = event {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        JsonFormat.encode(event)
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_is_added_at_once_is_told_in_one_frame_for_each_format() {
    let names = ["ada", "bob", "cyd", "dan", "eve", "fay"];
    let mut world = World::new(generous(), &names);
    let id = world.group("ada", &[]).await;
    let formats = [Arc::new(Counting::default()), Arc::default()];
    let mut devices = Vec::new();
    for format in &formats {
        world.config.format = Arc::clone(format) as _;
        for name in &names[1..] {
            devices.push(world.device(name).await);
        }
    }
    let members: Vec<_> = names[1..].iter().map(|name| user(name)).collect();

    world
        .chat
        .add_members(&user("ada"), id, &members)
        .await
        .unwrap();
    settle().await;

    for device in &devices {
        assert_eq!(device.read_kind("conversation_joined").len(), 1);
    }
    for format in formats {
        assert_eq!(format.0.load(Ordering::Relaxed), 1);
    }
}
