//! Blocks, and who sees whose presence.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chat_core::chat::{Chat, Error};
use chat_core::conformance::unreliable::{Mischief, UnreliableBus};
use chat_core::id::{ConversationId, Timestamp, UserId};
use chat_core::memory::{MemoryBus, MemoryStore};
use chat_core::model::{Audience, Privacy};
use chat_core::protocol::{Code, Limits, MessageBody};
use chat_core::store::{LastSeenStore, StoreError};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::support::{Device, World, generous, settle, user};

const PEOPLE: &[&str] = &["ada", "bob", "eve"];

const HIDDEN: Privacy = Privacy {
    last_seen: Audience::Nobody,
};

/// A little while, in which what is on its way arrives.
async fn a_moment() {
    sleep(Duration::from_millis(100)).await;
}

async fn direct(chat: &Chat) -> ConversationId {
    let made = chat.create_direct(&user("ada"), &user("bob")).await;
    made.unwrap().conversation.id
}

async fn code_of_send(chat: &Chat, name: &str, id: ConversationId) -> Option<Code> {
    let sent = chat.send(&user(name), id, MessageBody::text("hi")).await;
    sent.err().map(|error| error.code())
}

/// Whether `viewer` finds `other`'s presence, online or not.
async fn sees(chat: &Chat, viewer: &str, other: &str) -> bool {
    let found = chat.presence(&user(viewer), &[user(other)]).await;
    !found.unwrap().is_empty()
}

/// What a device was told of users' presence since it was read last.
fn told(device: &Device) -> Vec<(String, bool)> {
    let told = device.read_kind("presence_changed");
    let told = told.iter().map(|frame| {
        let name = frame["user_id"].as_str().unwrap().to_owned();
        (name, frame["online"] == true)
    });
    told.collect()
}

fn changes(told: &[(&str, bool)]) -> Vec<(String, bool)> {
    let told = told.iter();
    told.map(|(name, online)| ((*name).to_owned(), *online))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn neither_side_of_a_block_sends_or_opens() {
    let world = World::new(generous(), PEOPLE);
    let (chat, id) = (&world.chat, direct(&world.chat).await);
    for (by, other) in [("ada", "bob"), ("bob", "ada")] {
        chat.block(&user(by), &user(other)).await.unwrap();
        for name in ["ada", "bob"] {
            assert_eq!(code_of_send(chat, name, id).await, Some(Code::Blocked));
            let opened = chat.conversation(&user(name), id).await;
            assert_eq!(opened.unwrap().members.len(), 2, "it stays readable");
        }
        assert_eq!(direct(chat).await, id, "the one there is opens");
        chat.unblock(&user(by), &user(other)).await.unwrap();
        assert_eq!(code_of_send(chat, "bob", id).await, None);
    }

    chat.block(&user("eve"), &user("bob")).await.unwrap();
    for (creator, peer) in [("bob", "eve"), ("eve", "bob"), ("bob", "nobody")] {
        let refused = chat.create_direct(&user(creator), &user(peer)).await;
        assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");
    }
    assert!(chat.create_direct(&user("ada"), &user("eve")).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn nobody_adds_a_user_who_blocks_them() {
    let world = World::new(generous(), PEOPLE);
    let chat = &world.chat;
    let id = world.group("ada", &["bob"]).await;
    chat.block(&user("eve"), &user("ada")).await.unwrap();
    let mut details = Vec::new();
    for name in ["eve", "nobody"] {
        let users = [user(name)];
        let added = chat.add_members(&user("ada"), id, &users).await;
        let made = chat.create_group(&user("ada"), "crew", &users).await;
        for error in [added.unwrap_err(), made.unwrap_err()] {
            details.push((error.code(), error.field(), error.detail()));
        }
    }
    details.dedup();
    assert_eq!(details.len(), 1, "no oracle: {details:?}");
    assert_eq!(details[0].0, Code::InvalidMembers);

    // The other way round, and among others, it is nobody's business.
    let made = chat
        .create_group(&user("eve"), "crew", &[user("ada")])
        .await;
    made.unwrap();
    chat.block(&user("bob"), &user("ada")).await.unwrap();
    assert_eq!(code_of_send(chat, "ada", id).await, None);
    assert_eq!(code_of_send(chat, "bob", id).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_user_blocks_so_many_and_not_themselves() {
    let limits = Limits {
        blocked_users: 1,
        ..generous()
    };
    let world = World::new(limits, PEOPLE);
    let (chat, ada) = (&world.chat, user("ada"));
    let code = async |other: &str| {
        let blocked = chat.block(&ada, &user(other)).await;
        blocked.err().map(|error| error.code())
    };
    assert_eq!(code("ada").await, Some(Code::InvalidId));
    assert_eq!(code("nobody").await, Some(Code::NotFound));
    assert_eq!(code("bob").await, None);
    assert_eq!(code("bob").await, None, "again");
    assert_eq!(code("eve").await, Some(Code::LimitExceeded));
    let listed = chat.blocked(&ada, None, None).await.unwrap();
    assert_eq!(listed.items[0].0, user("bob"));
    assert_eq!((listed.users.len(), listed.next), (1, None));
}

#[tokio::test(start_paused = true)]
async fn a_block_ends_what_the_two_see_and_its_end_brings_it_back() {
    let world = World::new(generous(), PEOPLE);
    direct(&world.chat).await;
    let (ada, bob) = (world.device("ada").await, world.device("bob").await);
    settle().await;
    assert_eq!(told(&ada), changes(&[("bob", true)]));
    bob.read();

    world.chat.block(&user("ada"), &user("bob")).await.unwrap();
    settle().await;
    assert_eq!(told(&ada), changes(&[("bob", false)]));
    let last = bob.read_kind("presence_changed");
    assert_eq!(last.len(), 1);
    assert_eq!(
        last[0],
        json!({"type": "presence_changed", "user_id": "ada", "online": false})
    );
    for (viewer, other) in [("ada", "bob"), ("bob", "ada")] {
        assert!(!sees(&world.chat, viewer, other).await);
    }
    drop(ada);
    sleep(Duration::from_secs(10)).await;
    let mut ada = world.device("ada").await;
    assert!(ada.read_kind("presence_state").is_empty());
    ada.say(json!({"type": "watch", "id": "w", "user_ids": ["bob"]}))
        .await;
    assert_eq!(ada.read_kind("presence_state")[0]["users"], json!([]));
    assert_eq!(told(&bob), changes(&[]));

    world
        .chat
        .unblock(&user("ada"), &user("bob"))
        .await
        .unwrap();
    settle().await;
    assert_eq!(told(&ada), changes(&[("bob", true)]));
    assert_eq!(told(&bob), changes(&[("ada", true)]));
    drop(bob);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(told(&ada), changes(&[("bob", false)]));
    assert!(sees(&world.chat, "ada", "bob").await);
}

#[tokio::test(start_paused = true)]
async fn typing_and_markers_do_not_pass_a_block() {
    let world = World::new(generous(), PEOPLE);
    let id = direct(&world.chat).await;
    let group = world.group("ada", &["bob"]).await;
    let (ada, mut bob) = (world.device("ada").await, world.device("bob").await);
    let phone = world.device("bob").await;
    for conversation in [id, group] {
        world.send("ada", conversation, "hi").await;
    }
    world.chat.block(&user("ada"), &user("bob")).await.unwrap();
    settle().await;
    for conversation in [id, group] {
        bob.say(json!({"type": "typing", "conversation_id": conversation}))
            .await;
        bob.say(json!({"type": "delivered", "conversation_id": conversation, "seq": 1}))
            .await;
    }
    for device in [&ada, &phone] {
        let frames = device.read();
        let kinds = frames.iter().filter(|frame| {
            frame["conversation_id"] == json!(group) && frame["type"] != "presence_changed"
        });
        assert_eq!(kinds.count(), 2, "{frames:?}");
        let of_block = frames
            .iter()
            .filter(|frame| frame["conversation_id"] == json!(id));
        let expected: &[&str] = match device.session.connection().user().as_str() {
            "ada" => &[],
            _ => &["marker_moved"],
        };
        let of_block: Vec<&str> = of_block
            .filter_map(|frame| frame["type"].as_str())
            .collect();
        assert_eq!(of_block, expected);
    }

    world
        .chat
        .unblock(&user("ada"), &user("bob"))
        .await
        .unwrap();
    sleep(Duration::from_secs(3)).await;
    bob.say(json!({"type": "typing", "conversation_id": id}))
        .await;
    assert_eq!(ada.read_kind("typing").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_hides_sees_nobody_and_is_seen_by_nobody() {
    let world = World::new(generous(), PEOPLE);
    direct(&world.chat).await;
    world.group("ada", &["eve"]).await;
    let (ada, bob) = (world.device("ada").await, world.device("bob").await);
    let mut eve = world.device("eve").await;
    eve.say(json!({"type": "watch", "user_ids": ["ada"]})).await;
    assert_eq!(
        eve.read_kind("presence_state")[0]["users"][0]["online"],
        true
    );
    for device in [&ada, &bob] {
        device.read();
    }

    world.chat.set_privacy(&user("ada"), HIDDEN).await.unwrap();
    settle().await;
    assert_eq!(ada.read_kind("privacy_changed")[0]["last_seen"], "nobody");
    assert_eq!(told(&bob), changes(&[("ada", false)]));
    assert_eq!(told(&eve), changes(&[("ada", false)]));
    for (viewer, other) in [("ada", "bob"), ("bob", "ada"), ("eve", "ada")] {
        assert!(!sees(&world.chat, viewer, other).await, "{viewer} {other}");
    }
    assert!(sees(&world.chat, "ada", "ada").await, "oneself");
    drop(bob);
    let bob = world.device("bob").await;
    sleep(Duration::from_secs(10)).await;
    assert!(bob.read_kind("presence_state").is_empty());
    assert_eq!(told(&ada), changes(&[]));

    world
        .chat
        .set_privacy(&user("ada"), Privacy::default())
        .await
        .unwrap();
    settle().await;
    assert_eq!(told(&ada), changes(&[("bob", true)]));
    assert_eq!(told(&bob), changes(&[("ada", true)]));
}

#[tokio::test(start_paused = true)]
async fn a_new_conversation_shows_the_two_to_each_other_unless_one_hides() {
    let world = World::new(generous(), PEOPLE);
    let (ada, bob) = (world.device("ada").await, world.device("bob").await);
    let eve = world.device("eve").await;
    world.chat.set_privacy(&user("eve"), HIDDEN).await.unwrap();
    settle().await;
    for device in [&ada, &bob, &eve] {
        device.read();
    }
    direct(&world.chat).await;
    let hidden = world.chat.create_direct(&user("ada"), &user("eve")).await;
    hidden.unwrap();
    settle().await;
    assert_eq!(told(&ada), changes(&[("bob", true)]));
    assert_eq!(told(&bob), changes(&[("ada", true)]));
    assert_eq!(told(&eve), changes(&[]));
}

#[tokio::test(start_paused = true)]
async fn two_devices_of_a_user_agree_on_blocks() {
    let [here, there] = World::pair(PEOPLE, &MemoryBus::default());
    let (phone, laptop) = (here.device("ada").await, there.device("ada").await);
    let bob = there.device("bob").await;
    a_moment().await;
    here.chat.block(&user("ada"), &user("bob")).await.unwrap();
    there
        .chat
        .unblock(&user("ada"), &user("bob"))
        .await
        .unwrap();
    a_moment().await;
    for device in [&phone, &laptop] {
        let mut told: Vec<bool> = device
            .read_kind("block_changed")
            .iter()
            .map(|frame| frame["blocked"] == true && frame["user_id"] == "bob")
            .collect();
        told.sort_unstable();
        assert_eq!(told, [false, true]);
    }
    assert_eq!(bob.read_kind("block_changed"), Vec::<Value>::new());
}

async fn a_pair_online(here: &World, there: &World) -> (Device, Device) {
    direct(&here.chat).await;
    let (ada, bob) = (here.device("ada").await, there.device("bob").await);
    a_moment().await;
    for device in [&ada, &bob] {
        device.read();
    }
    (ada, bob)
}

#[tokio::test(start_paused = true)]
async fn a_block_is_known_on_every_node_at_once() {
    let [here, there] = World::pair(PEOPLE, &MemoryBus::default());
    let (ada, bob) = a_pair_online(&here, &there).await;
    // Made where neither of the two is.
    let third = World::node(&here.store, MemoryBus::default());
    drop(third);
    here.chat.block(&user("bob"), &user("ada")).await.unwrap();
    a_moment().await;
    assert_eq!(told(&ada), changes(&[("bob", false)]));
    assert_eq!(told(&bob), changes(&[("ada", false)]));

    here.chat.unblock(&user("bob"), &user("ada")).await.unwrap();
    a_moment().await;
    assert_eq!(told(&ada), changes(&[("bob", true)]));
    assert_eq!(told(&bob), changes(&[("ada", true)]));

    there.chat.set_privacy(&user("ada"), HIDDEN).await.unwrap();
    a_moment().await;
    assert_eq!(told(&ada), changes(&[("bob", false)]));
    assert_eq!(told(&bob), changes(&[("ada", false)]));
}

#[tokio::test(start_paused = true)]
async fn a_block_made_while_the_bus_is_away_counts_when_it_is_back() {
    let bus = UnreliableBus::new(MemoryBus::default(), 1, Mischief::default());
    let [here, there] = World::pair(PEOPLE, &bus);
    let (ada, bob) = a_pair_online(&here, &there).await;
    bus.go_away().await;
    here.chat.block(&user("ada"), &user("bob")).await.unwrap();
    a_moment().await;
    assert_eq!(told(&ada), changes(&[("bob", false)]), "the own node knows");
    assert_eq!(told(&bob), changes(&[]), "the other does not yet");

    bus.come_back().await;
    a_moment().await;
    let last = told(&bob).pop();
    assert_eq!(last, Some(("ada".to_owned(), false)));
    sleep(Duration::from_secs(60)).await;
    assert_eq!(told(&bob), changes(&[]));
    assert_eq!(told(&ada), changes(&[]));
}

#[tokio::test(start_paused = true)]
async fn blocks_are_listed_in_pages() {
    let world = World::new(generous(), &["ada", "u1", "u2", "u3"]);
    let (chat, ada) = (&world.chat, user("ada"));
    for name in ["u3", "u1", "u2"] {
        chat.block(&ada, &user(name)).await.unwrap();
    }
    let first = chat.blocked(&ada, None, Some(2)).await.unwrap();
    let rest = chat
        .blocked(&ada, first.next.as_ref(), Some(2))
        .await
        .unwrap();
    let ids: Vec<UserId> = first
        .items
        .into_iter()
        .chain(rest.items)
        .map(|(id, _)| id)
        .collect();
    assert_eq!(ids, ["u1", "u2", "u3"].map(user));
    assert_eq!((rest.users.len(), rest.next), (1, None));
    let all = chat.blocked(&ada, None, Some(3)).await.unwrap();
    assert_eq!(
        (all.items.len(), all.next),
        (3, None),
        "a full page may be the last"
    );
}

/// Fails whenever it is asked, while it is out of order.
#[derive(Debug, Clone)]
struct Balky(MemoryStore, Arc<AtomicBool>);

#[async_trait]
impl LastSeenStore for Balky {
    async fn touch(&self, seen: &[(UserId, Timestamp)]) -> Result<(), StoreError> {
        self.0.touch(seen).await
    }

    async fn find(&self, users: &[UserId]) -> Result<Vec<(UserId, Timestamp)>, StoreError> {
        match self.1.load(Ordering::Acquire) {
            true => Err(StoreError::unavailable("out of order")),
            false => LastSeenStore::find(&self.0, users).await,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_opens_while_presence_cannot_be_looked_up_and_is_shown_it_later() {
    let World { store, .. } = World::new(generous(), PEOPLE);
    let broken = Arc::new(AtomicBool::new(true));
    let chat = Chat::builder(store.clone(), store.clone()).limits(generous());
    let chat = chat.last_seen(Balky(store.clone(), Arc::clone(&broken)));
    let world = World::of(store, chat.build());
    direct(&world.chat).await;

    let ada = world.device("ada").await;
    settle().await;
    assert_eq!(ada.closed(), None);
    assert!(ada.read_kind("presence_state").is_empty());
    broken.store(false, Ordering::Release);
    sleep(Duration::from_secs(3)).await;

    assert_eq!(told(&ada), changes(&[("bob", false)]));
    let bob = world.device("bob").await;
    a_moment().await;
    assert_eq!(told(&ada), changes(&[("bob", true)]));
    drop(bob);
}
