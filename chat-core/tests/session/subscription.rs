//! Front ends with frames of their own.

use std::collections::BTreeSet;
use std::sync::Arc;

use chat_core::auth::Identity;
use chat_core::hub::WireFormat;
use chat_core::id::UserId;
use chat_core::protocol::{CloseCode, Event, Frame, Limits, MessageBody};
use chat_core::session::{Listening, Receiver as _, Subscription};
use serde_json::json;

use super::support::{Wire, World, generous, settle, user};

/// Shows texts alone.
#[derive(Debug)]
struct Texts;

impl WireFormat for Texts {
    fn encode(&self, event: &Event) -> Option<Frame> {
        match event {
            Event::MessageCreated { message } => Some(Frame::text(&message.content)),
            _ => None,
        }
    }
}

async fn subscribe(world: &World, name: &str) -> (Subscription, Arc<Wire>) {
    let wire = Arc::new(Wire::default());
    let identity = Identity {
        user: user(name),
        login: None,
        expires_at: None,
    };
    let (chat, sink, hello) = (
        world.chat.clone(),
        Arc::clone(&wire) as _,
        Frame::text("hello"),
    );
    let opened = Subscription::open(chat, &identity, Arc::new(Texts), sink, Some(hello)).await;
    (opened.unwrap(), wire)
}

fn names(users: &BTreeSet<&UserId>) -> Frame {
    let names = users.iter().map(|user| user.as_str());
    Frame::text(&names.collect::<String>())
}

fn written(wire: &Wire) -> String {
    String::from_utf8_lossy(&wire.bytes.lock().unwrap()).into_owned()
}

#[tokio::test(start_paused = true)]
async fn a_front_ends_own_frames_are_all_that_it_hears() {
    let world = World::new(generous(), &["ada", "bob"]);
    let id = world.group("ada", &["bob"]).await;

    let (_subscription, wire) = subscribe(&world, "bob").await;
    world.send("ada", id, "one").await;
    let direct = world.chat.create_direct(&user("ada"), &user("bob")).await;
    let direct = direct.unwrap().conversation.id;
    world.send("ada", direct, "two").await;
    settle().await;

    assert_eq!(
        written(&wire),
        "\u{fffd}\u{5}hello\u{fffd}\u{3}one\u{fffd}\u{3}two"
    );
}

#[tokio::test(start_paused = true)]
async fn a_front_end_that_says_too_much_is_refused_and_then_closed() {
    let limits = Limits {
        frame_burst: 3,
        frame_refill_per_second: 0.1,
        ..Limits::default()
    };
    let world = World::new(limits, &["ada"]);
    let (mut subscription, _wire) = subscribe(&world, "ada").await;

    let counted: Vec<bool> = (0..7).map(|_| subscription.count_frame().is_ok()).collect();

    assert_eq!(counted, [true, true, true, false, false, false, false]);
    assert_eq!(subscription.outbox().closed(), Some(CloseCode::RateLimited));
}

#[tokio::test(start_paused = true)]
async fn a_front_end_that_only_listens_may_say_something_but_not_without_end() {
    let limits = Limits {
        frame_burst: 3,
        frame_refill_per_second: 0.1,
        ..Limits::default()
    };
    let world = World::new(limits, &["ada"]);
    let (subscription, wire) = subscribe(&world, "ada").await;
    let mut listening = Listening::new(subscription);

    for closed in [None, None, None, None, None, None] {
        listening.receive(b"{").await;
        assert_eq!(listening.subscription().outbox().closed(), closed);
    }
    listening.receive(b"{").await;

    let closed = listening.subscription().outbox().closed();
    assert_eq!(closed, Some(CloseCode::RateLimited));
    assert_eq!(written(&wire), "\u{fffd}\u{5}hello", "nothing is answered");
}

#[tokio::test(start_paused = true)]
async fn every_connection_is_told_who_is_online_each_once() {
    let world = World::new(generous(), &["ada", "bob"]);
    let hub = world.chat.hub().clone();
    let told = tokio::spawn(async move {
        hub.tell_who_is_online(names).await;
    });
    let (_ada, wire) = subscribe(&world, "ada").await;
    settle().await;
    let (_tab, _) = subscribe(&world, "ada").await;
    settle().await;
    let (bob, second) = subscribe(&world, "bob").await;
    settle().await;
    drop(bob);
    settle().await;

    assert_eq!(
        written(&wire),
        "\u{fffd}\u{5}hello\u{fffd}\u{3}ada\u{fffd}\u{3}ada\u{fffd}\u{6}adabob\u{fffd}\u{3}ada"
    );
    assert_eq!(written(&second), "\u{fffd}\u{5}hello\u{fffd}\u{6}adabob");
    told.abort();
}

#[tokio::test(start_paused = true)]
async fn too_many_frames_that_cannot_be_understood_close_the_connection() {
    let world = World::new(Limits::default(), &["ada"]);
    let (mut subscription, _wire) = subscribe(&world, "ada").await;

    for _ in 0..world.chat.limits().malformed_per_minute {
        subscription.count_malformed();
        assert_eq!(subscription.outbox().closed(), None);
    }
    subscription.count_malformed();

    assert_eq!(subscription.outbox().closed(), Some(CloseCode::Policy));
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_is_told_that_a_connection_came_or_went_and_who_is_there() {
    let world = World::new(generous(), &["ada", "bob"]);
    let hub = world.chat.hub();
    let mut moves = hub.moves();
    let who = || -> Vec<String> {
        let everybody = hub.everybody();
        let mut users: Vec<_> = everybody
            .iter()
            .map(|connection| connection.user().to_string())
            .collect();
        users.sort();
        users
    };

    let (_ada, _) = subscribe(&world, "ada").await;
    moves.changed().await.unwrap();
    let bobs = [
        subscribe(&world, "bob").await,
        subscribe(&world, "bob").await,
    ];
    moves.changed().await.unwrap();
    assert_eq!(who(), ["ada", "bob", "bob"]);
    assert!(!moves.has_changed().unwrap());

    drop(bobs);
    moves.changed().await.unwrap();
    assert_eq!(who(), ["ada"]);
}

#[tokio::test(start_paused = true)]
async fn what_it_sends_is_stored_like_everybody_elses() {
    let world = World::new(generous(), &["ada", "bob"]);
    let id = world.group("ada", &["bob"]).await;
    let mut bob = world.device("bob").await;
    bob.read();
    let (subscription, _wire) = subscribe(&world, "ada").await;

    let sender = subscription.connection().user();
    let sent = world.chat.send(sender, id, MessageBody::text("hi")).await;

    assert_eq!(sent.unwrap().message.seq.get(), 1);
    bob.say(json!({"type": "ping"})).await;
    assert_eq!(bob.seqs(), [1]);
}
