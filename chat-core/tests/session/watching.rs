//! Watching others: what is asked, what happens meanwhile, and when it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chat_core::chat::Chat;
use chat_core::id::{ConversationId, Timestamp, UserId};
use chat_core::memory::{MemoryBus, MemoryStore};
use chat_core::model::{Audience, Block, Blocking, Privacy};
use chat_core::protocol::Limits;
use chat_core::store::{LastSeenStore, PeopleStore, StoreError};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::sleep;

use crate::support::{Device, World, generous, settle, user};

const PEOPLE: &[&str] = &["ada", "bob", "eve"];

/// Answers when it is let.
#[derive(Debug, Clone)]
struct Slow {
    store: MemoryStore,
    asked: Arc<Semaphore>,
    let_go: Arc<Semaphore>,
    slow: Arc<AtomicBool>,
}

#[async_trait]
impl LastSeenStore for Slow {
    async fn touch(&self, seen: &[(UserId, Timestamp)]) -> Result<(), StoreError> {
        self.store.touch(seen).await
    }

    async fn find(&self, users: &[UserId]) -> Result<Vec<(UserId, Timestamp)>, StoreError> {
        let found = LastSeenStore::find(&self.store, users).await;
        if self.slow.swap(false, Ordering::AcqRel) {
            self.asked.add_permits(1);
            self.let_go.acquire().await.unwrap().forget();
        }
        found
    }
}

/// A world whose next look at when users were last there waits.
fn slow_world() -> (World, Slow) {
    let World { store, .. } = World::new(generous(), PEOPLE);
    let slow = Slow {
        store: store.clone(),
        asked: Arc::new(Semaphore::new(0)),
        let_go: Arc::new(Semaphore::new(0)),
        slow: Arc::default(),
    };
    let chat = Chat::builder(store.clone(), store.clone()).limits(generous());
    let chat = chat.last_seen(slow.clone()).build();
    (World::of(store, chat), slow)
}

/// Has `device` watch users, and something happen while that is looked up; what it was told of their presence.
async fn watch_meanwhile(
    device: &mut Device,
    names: &[&str],
    slow: &Slow,
    happens: impl Future<Output = ()>,
) -> Vec<(String, String, bool)> {
    slow.slow.store(true, Ordering::Release);
    let meanwhile = async {
        slow.asked.acquire().await.unwrap().forget();
        happens.await;
        settle().await;
        slow.let_go.add_permits(1);
    };
    let watch = device.say(json!({"type": "watch", "user_ids": names}));
    tokio::join!(watch, meanwhile);
    settle().await;
    words(device)
}

/// Each word about somebody's presence, in order: the frame's kind, who, and whether they are there.
fn words(device: &Device) -> Vec<(String, String, bool)> {
    let frames = device.read().into_iter();
    let words = frames.flat_map(|frame| {
        let kind = frame["type"].as_str().unwrap().to_owned();
        let told = match kind.as_str() {
            "presence_state" => frame["users"].as_array().unwrap().clone(),
            "presence_changed" => vec![frame],
            _ => Vec::new(),
        };
        told.into_iter().map(move |user| word(&kind, &user))
    });
    words.collect()
}

fn word(kind: &str, user: &Value) -> (String, String, bool) {
    let name = user["user_id"].as_str().unwrap().to_owned();
    (kind.to_owned(), name, user["online"] == true)
}

fn last_of(words: &[(String, String, bool)], name: &str) -> Option<bool> {
    let mut of = words.iter().filter(|(_, user, _)| user == name);
    of.next_back().map(|(_, _, online)| *online)
}

#[tokio::test(start_paused = true)]
async fn who_comes_while_it_is_looked_up_is_told_after_the_answer() {
    for known in [false, true] {
        let (world, slow) = slow_world();
        world.group("ada", &["bob", "eve"]).await;
        let mut ada = world.device("ada").await;
        if known {
            ada.say(json!({"type": "watch", "user_ids": ["bob"]})).await;
            words(&ada);
        }

        let mut bob = None;
        let comes = async { bob = Some(world.device("bob").await) };
        let words = watch_meanwhile(&mut ada, &["bob", "eve"], &slow, comes).await;

        assert_eq!(
            last_of(&words, "bob"),
            Some(true),
            "known {known}: {words:?}"
        );
        assert_eq!(last_of(&words, "eve"), Some(false), "known {known}");
        drop(bob);
    }
}

#[tokio::test(start_paused = true)]
async fn who_blocks_while_it_is_looked_up_is_not_in_the_answer() {
    let (world, slow) = slow_world();
    world.group("ada", &["bob", "eve"]).await;
    let _bob = world.device("bob").await;
    let mut ada = world.device("ada").await;
    let blocks = async {
        world.chat.block(&user("bob"), &user("ada")).await.unwrap();
        sleep(Duration::from_millis(100)).await;
    };

    let words = watch_meanwhile(&mut ada, &["bob", "eve"], &slow, blocks).await;

    assert_ne!(last_of(&words, "bob"), Some(true), "{words:?}");
    assert_eq!(last_of(&words, "eve"), Some(false));
}

#[tokio::test(start_paused = true)]
async fn at_the_limit_those_who_are_watched_are_answered_still() {
    let limits = Limits {
        watched_users: 2,
        ..generous()
    };
    let world = World::new(limits, PEOPLE);
    world.group("ada", &["bob", "eve"]).await;
    let mut ada = world.device("ada").await;
    ada.say(json!({"type": "watch", "user_ids": ["bob", "eve"]}))
        .await;
    words(&ada);

    ada.say(json!({"type": "watch", "user_ids": ["ada", "bob"]}))
        .await;

    assert_eq!(
        words(&ada),
        [word(
            "presence_state",
            &json!({"user_id": "bob", "online": false})
        )]
    );
}

async fn remove(world: &World, id: ConversationId, by: &str, whom: &str) {
    let removed = world.chat.remove_member(&user(by), id, &user(whom)).await;
    removed.unwrap();
}

#[tokio::test(start_paused = true)]
async fn with_the_last_conversation_that_two_share_their_presence_ends() {
    let bus = MemoryBus::default();
    let [here, there] = World::pair(PEOPLE, &bus);
    let kept = here.group("ada", &["bob"]).await;
    let left = here.group("ada", &["bob", "eve"]).await;
    let mut ada = here.device("ada").await;
    let mut eve = there.device("eve").await;
    let bob = there.device("bob").await;
    sleep(Duration::from_millis(100)).await;
    for device in [&mut ada, &mut eve] {
        let watch = json!({"type": "watch", "user_ids": ["ada", "bob", "eve"]});
        device.say(watch).await;
        assert_eq!(words(device).len(), 3);
    }

    remove(&here, left, "ada", "eve").await;
    sleep(Duration::from_millis(100)).await;
    assert_eq!(last_of(&words(&ada), "eve"), Some(false));
    let told = words(&eve);
    assert_eq!(last_of(&told, "ada"), Some(false), "{told:?}");
    assert_eq!(last_of(&told, "bob"), Some(false), "{told:?}");

    drop(bob);
    sleep(Duration::from_secs(30)).await;
    assert_eq!(last_of(&words(&eve), "bob"), None, "nothing more of him");
    assert_eq!(
        last_of(&words(&ada), "bob"),
        Some(false),
        "they share {kept}"
    );
}

/// Keeps what it is told to, and says that it failed.
#[derive(Debug, Clone)]
struct Forgetful(MemoryStore);

#[async_trait]
impl PeopleStore for Forgetful {
    async fn block(
        &self,
        user: &UserId,
        other: &UserId,
        at: Timestamp,
        at_most: usize,
    ) -> Result<Blocking, StoreError> {
        self.0.block(user, other, at, at_most).await?;
        Err(StoreError::unavailable("the answer is lost"))
    }

    async fn unblock(&self, user: &UserId, other: &UserId) -> Result<bool, StoreError> {
        self.0.unblock(user, other).await
    }

    async fn blocked(
        &self,
        user: &UserId,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Vec<(UserId, Timestamp)>, StoreError> {
        self.0.blocked(user, after, limit).await
    }

    async fn blocks(&self, viewer: &UserId, others: &[UserId]) -> Result<Vec<Block>, StoreError> {
        self.0.blocks(viewer, others).await
    }

    async fn barred(&self, conversation: ConversationId) -> Result<bool, StoreError> {
        self.0.barred(conversation).await
    }

    async fn set_privacy(&self, user: &UserId, privacy: Privacy) -> Result<(), StoreError> {
        self.0.set_privacy(user, privacy).await?;
        // The call is given up here.
        std::future::pending().await
    }

    async fn privacy(&self, users: &[UserId]) -> Result<Vec<(UserId, Privacy)>, StoreError> {
        self.0.privacy(users).await
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_decided_counts_even_if_its_call_failed_or_was_given_up() {
    let World { store, .. } = World::new(generous(), PEOPLE);
    let chat = Chat::builder(store.clone(), store.clone()).limits(generous());
    let chat = chat.people(Forgetful(store.clone())).build();
    let world = World::of(store, chat);
    for peer in ["bob", "eve"] {
        let (ada, peer) = (user("ada"), user(peer));
        world.chat.create_direct(&ada, &peer).await.unwrap();
    }
    let (ada, bob, eve) = tokio::join!(
        world.device("ada"),
        world.device("bob"),
        world.device("eve")
    );
    sleep(Duration::from_millis(100)).await;
    words(&ada);
    words(&bob);
    words(&eve);

    let blocked = world.chat.block(&user("ada"), &user("bob")).await;
    assert!(blocked.is_err());
    sleep(Duration::from_millis(100)).await;
    assert_eq!(last_of(&words(&bob), "ada"), Some(false));
    assert_eq!(last_of(&words(&ada), "bob"), Some(false));

    let hidden = Privacy {
        last_seen: Audience::Nobody,
    };
    let (chat, name) = (world.chat.clone(), user("ada"));
    let given_up = tokio::spawn(async move { chat.set_privacy(&name, hidden).await });
    settle().await;
    given_up.abort();
    sleep(Duration::from_millis(100)).await;
    assert_eq!(last_of(&words(&eve), "ada"), Some(false));
}
