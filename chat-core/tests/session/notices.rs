//! Who is told by a notifier of what no session brought.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chat_core::chat::Chat;
use chat_core::id::{ConversationId, UserId};
use chat_core::memory::MemoryBus;
use chat_core::model::{Profile, RevisionKind};
use chat_core::notify::{Notice, Notifier, NotifyError};
use chat_core::protocol::{Limits, MessageBody};
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::support::{World, generous, settle, user};

const PEOPLE: &[&str] = &["ada", "bob", "cyd", "dan", "eve"];

/// What a notifier does once it has noted what it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Manner {
    #[default]
    Quick,
    Hangs,
    Fails,
    Panics,
}

/// A notifier that keeps what it was told.
#[derive(Debug, Clone, Default)]
struct Board {
    told: Arc<Mutex<Vec<Notice>>>,
    under_way: Arc<AtomicUsize>,
    manner: Manner,
}

#[async_trait]
impl Notifier for Board {
    async fn notify(&self, notice: &Notice) -> Result<(), NotifyError> {
        self.told.lock().unwrap().push(notice.clone());
        self.under_way.fetch_add(1, Ordering::SeqCst);
        match self.manner {
            Manner::Quick => Ok(()),
            Manner::Hangs => std::future::pending().await,
            Manner::Fails => Err(NotifyError::unavailable("nobody answers")),
            Manner::Panics => panic!("a notifier's bug"),
        }
    }
}

impl Board {
    /// What was told since the last call: the text, how many messages, and to whom.
    fn take(&self) -> Vec<(String, u64, Vec<String>)> {
        let told = std::mem::take(&mut *self.told.lock().unwrap());
        let line = |notice: Notice| {
            let users = notice.users.iter().map(UserId::to_string).collect();
            (notice.message.text, notice.messages, users)
        };
        told.into_iter().map(line).collect()
    }

    /// To whom something was told since the last call.
    fn users(&self) -> Vec<String> {
        self.take()
            .into_iter()
            .flat_map(|(_, _, users)| users)
            .collect()
    }
}

fn world_with(limits: Limits, manner: Manner) -> (World, Board) {
    let board = Board {
        manner,
        ..Board::default()
    };
    let store = World::new(limits.clone(), PEOPLE).store;
    let chat = Chat::builder(store.clone(), store.clone()).limits(limits);
    let chat = chat.notifier(board.clone()).build();
    (World::of(store, chat), board)
}

fn world() -> (World, Board) {
    world_with(generous(), Manner::Quick)
}

async fn after_a_while() {
    sleep(Duration::from_secs(6)).await;
}

fn line(text: &str, messages: u64, users: &[&str]) -> (String, u64, Vec<String>) {
    let users = users.iter().map(|name| (*name).to_owned()).collect();
    (text.to_owned(), messages, users)
}

#[tokio::test(start_paused = true)]
async fn a_member_who_is_away_is_told_once_after_a_while() {
    let (world, board) = world();
    let id = world.group("ada", &["bob"]).await;
    world.send("ada", id, "hello").await;
    sleep(Duration::from_millis(4_900)).await;
    assert_eq!(board.take(), [], "a session may still bring it");

    after_a_while().await;

    let notice = board.told.lock().unwrap()[0].clone();
    assert_eq!(notice.conversation.name.as_deref(), Some("A group"));
    assert_eq!(notice.sender.unwrap().display_name, "ada");
    assert_eq!(board.take(), [line("hello", 1, &["bob"])]);
    sleep(Duration::from_secs(60)).await;
    assert_eq!(board.take(), [], "once");
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_takes_nothing_from_what_the_others_are_told() {
    let (world, board) = world();
    let id = world.group("bob", &["cyd"]).await;
    world.send("bob", id, "hello").await;
    let (chat, bob) = (&world.chat, user("bob"));
    chat.add_members(&bob, id, &[user("ada")]).await.unwrap();
    let sent = chat.send(&bob, id, MessageBody::text("never mind")).await;
    let message = sent.unwrap().message.id;
    let deleted = chat.revise(&bob, id, message, RevisionKind::Delete).await;
    assert!(deleted.unwrap().changed);

    after_a_while().await;

    assert_eq!(board.take(), [line("hello", 2, &["cyd"])]);
}

#[tokio::test(start_paused = true)]
async fn whoever_was_reached_or_is_there_is_not_told() {
    let (world, board) = world();
    let id = world.group("ada", &["bob", "cyd", "dan"]).await;
    let mut cyd = world.device("cyd").await;
    let bob = world.device("bob").await;
    world.send("ada", id, "hello").await;
    cyd.say(json!({"type": "delivered", "conversation_id": id, "seq": 1}))
        .await;
    drop(cyd);

    after_a_while().await;

    assert_eq!(board.users(), ["dan"], "bob is there, cyd has it");
    drop(bob);
    world.send("dan", id, "who is there?").await;
    after_a_while().await;
    assert_eq!(board.users(), ["ada", "bob", "cyd"]);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_online_on_another_node_is_not_told() {
    let bus = MemoryBus::default();
    let (alone, board) = world();
    let chat = Chat::builder(alone.store.clone(), alone.store.clone()).bus(bus.clone());
    let here = World::of(
        alone.store.clone(),
        chat.notifier(board.clone()).limits(generous()).build(),
    );
    let there = World::node(&alone.store, bus);
    let id = here.group("ada", &["bob", "cyd"]).await;
    let _bob = there.device("bob").await;
    sleep(Duration::from_secs(1)).await;
    here.send("ada", id, "hello").await;
    after_a_while().await;
    assert_eq!(board.users(), ["cyd"]);
}

#[tokio::test(start_paused = true)]
async fn a_removed_member_is_told_nothing() {
    let (world, board) = world();
    let id = world.group("ada", &["bob", "cyd"]).await;
    world.send("ada", id, "about bob").await;
    sleep(Duration::from_secs(3)).await;
    world
        .chat
        .remove_member(&user("ada"), id, &user("bob"))
        .await
        .unwrap();
    after_a_while().await;
    assert_eq!(board.users(), ["cyd"]);
}

#[tokio::test(start_paused = true)]
async fn whoever_blocks_the_sender_hears_of_the_others_only() {
    let (world, board) = world();
    let id = world.group("ada", &["bob", "eve"]).await;
    world.chat.block(&user("bob"), &user("eve")).await.unwrap();
    world.send("eve", id, "to nobody").await;
    after_a_while().await;
    assert_eq!(board.take(), [line("to nobody", 1, &["ada"])]);

    world.send("ada", id, "for bob").await;
    world.send("eve", id, "not for bob").await;
    after_a_while().await;
    assert_eq!(
        board.take(),
        [
            line("not for bob", 2, &["ada"]),
            line("for bob", 2, &["bob"])
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn messages_of_a_conversation_are_told_together() {
    let (world, board) = world();
    let id = world.group("ada", &["bob"]).await;
    for n in 1..=20 {
        world.send("ada", id, &n.to_string()).await;
    }
    let direct = world
        .chat
        .create_direct(&user("ada"), &user("bob"))
        .await
        .unwrap();
    world
        .send("ada", direct.conversation.id, "a word apart")
        .await;
    assert_eq!(world.chat.vitals().waiting_notices, 2);
    after_a_while().await;
    let mut told = board.take();
    told.sort();
    assert_eq!(
        told,
        [line("20", 20, &["bob"]), line("a word apart", 1, &["bob"])]
    );
    assert_eq!(world.chat.vitals().waiting_notices, 0);
}

#[tokio::test(start_paused = true)]
async fn a_message_is_told_as_it_is_by_then() {
    let (world, board) = world();
    let id = world.group("ada", &["bob"]).await;
    let mut sent = Vec::new();
    for text in ["first", "secret"] {
        let body = MessageBody::text(text);
        sent.push(
            world
                .chat
                .send(&user("ada"), id, body)
                .await
                .unwrap()
                .message,
        );
    }
    for (message, kind) in [
        (&sent[0], RevisionKind::Edit("first, edited".to_owned())),
        (&sent[1], RevisionKind::Delete),
    ] {
        world
            .chat
            .revise(&user("ada"), id, message.id, kind)
            .await
            .unwrap();
    }
    after_a_while().await;
    assert_eq!(board.take(), [line("first, edited", 2, &["bob"])]);
}

#[tokio::test(start_paused = true)]
async fn a_large_group_is_told_page_by_page() {
    let (world, board) = world();
    let names: Vec<String> = (0..250).map(|n| format!("user {n:03}")).collect();
    for name in &names {
        world.store.insert_user(Profile::new(user(name), name));
    }
    let members: Vec<&str> = names.iter().map(String::as_str).collect();
    let id = world.group("ada", &members).await;
    world.send("ada", id, "hello").await;
    after_a_while().await;
    let told = board.take();
    let sizes: Vec<usize> = told.iter().map(|(_, _, users)| users.len()).collect();
    assert_eq!(sizes, [100, 100, 50]);
    let all: Vec<String> = told.into_iter().flat_map(|(_, _, users)| users).collect();
    assert_eq!(all, names);
}

#[tokio::test(start_paused = true)]
async fn conversations_beyond_the_bound_are_dropped() {
    let limits = Limits {
        waiting_notices: 2,
        ..generous()
    };
    let (world, board) = world_with(limits, Manner::Quick);
    for n in 0..5 {
        let id = world.group("ada", &["bob"]).await;
        world.send("ada", id, &n.to_string()).await;
        world.send("ada", id, "more").await;
    }
    assert_eq!(world.chat.vitals().waiting_notices, 2);
    after_a_while().await;
    assert_eq!(board.users(), ["bob", "bob"]);

    let id = world.group("ada", &["bob"]).await;
    world.send("ada", id, "there is room again").await;
    after_a_while().await;
    assert_eq!(board.users(), ["bob"]);
}

#[tokio::test(start_paused = true)]
async fn a_notifier_that_hangs_holds_up_nobody() {
    let (world, board) = world_with(generous(), Manner::Hangs);
    let mut ids: Vec<ConversationId> = Vec::new();
    for _ in 0..260 {
        let id = world.group("ada", &["bob"]).await;
        world.send("ada", id, "hello").await;
        ids.push(id);
    }
    after_a_while().await;
    assert_eq!(board.users().len(), 256, "so many at once");
    let begun = Instant::now();
    world.send("ada", ids[0], "sends go on").await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
    sleep(Duration::from_secs(35)).await;
    assert_eq!(board.users().len(), 5, "the others' turn comes");
}

#[tokio::test(start_paused = true)]
async fn what_failed_is_not_told_again() {
    for manner in [Manner::Fails, Manner::Panics] {
        let (world, board) = world_with(generous(), manner);
        let id = world.group("ada", &["bob"]).await;
        for text in ["one", "two"] {
            world.send("ada", id, text).await;
            after_a_while().await;
            assert_eq!(board.users(), ["bob"], "{manner:?}");
            sleep(Duration::from_secs(600)).await;
            assert_eq!(board.users(), [""; 0], "{manner:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_drain_tells_what_waits_at_once() {
    let (world, board) = world();
    let id = world.group("ada", &["bob"]).await;
    world.send("ada", id, "hello").await;
    let begun = Instant::now();
    world.chat.drain(Duration::from_secs(1));
    world.chat.notices_told().await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(board.users(), ["bob"]);
}

#[tokio::test(start_paused = true)]
async fn two_notifiers_are_told_of_everything() {
    let (first, second) = (
        Board {
            manner: Manner::Fails,
            ..Board::default()
        },
        Board::default(),
    );
    let store = World::new(generous(), PEOPLE).store;
    let chat = Chat::builder(store.clone(), store.clone());
    let chat = chat.notifier((first.clone(), second.clone())).build();
    let world = World::of(store, chat);
    let id = world.group("ada", &["bob"]).await;
    world.send("ada", id, "hello").await;
    after_a_while().await;
    assert_eq!(
        (first.users(), second.users().len()),
        (vec!["bob".to_owned()], 1)
    );
}

#[tokio::test(start_paused = true)]
async fn what_the_host_appends_is_told_too() {
    let (world, board) = world();
    let id = world.group("ada", &["bob"]).await;
    let body = MessageBody::text("in the host's transaction");
    let draft = world.chat.draft(&user("ada"), id, body).await.unwrap();
    let appended = chat_core::store::MessageStore::append(&world.store, &[draft]).await;
    let appended = appended.unwrap().remove(0).unwrap();
    world.chat.publish([&appended]);
    settle().await;
    after_a_while().await;
    assert_eq!(board.users(), ["bob"]);
}
