//! Edits, deletions and reactions on their way to everyone who may see the message.

use async_trait::async_trait;
use chat_core::chat::{Chat, Error, Silence};
use chat_core::id::{ConversationId, MessageId, Timestamp, UserId};
use chat_core::memory::MemoryBus;
use chat_core::model::{Message, Reaction, Revision, RevisionKind};
use chat_core::policy::{Action, Decision, Policy};
use chat_core::protocol::{Code, Limits, MessageBody};
use chat_core::store::MessageStore;
use serde_json::{Value, json};

use crate::support::{Device, World, generous, settle, user};

impl World {
    async fn sent(&self, name: &str, id: ConversationId, text: &str) -> Message {
        let body = MessageBody::text(text);
        let sent = self.chat.send(&user(name), id, body).await;
        sent.unwrap().message
    }

    async fn add(&self, actor: &str, id: ConversationId, name: &str) {
        let added = [user(name)];
        let added = self.chat.add_members(&user(actor), id, &added).await;
        added.unwrap();
    }

    async fn edit(&self, message: &Message, text: &str) {
        let (kind, actor) = (RevisionKind::Edit(text.to_owned()), &message.sender);
        let place = (message.conversation, message.id);
        let edited = self.chat.revise(actor, place.0, place.1, kind).await;
        assert!(edited.unwrap().changed);
    }

    /// As another process does that dies before it tells anybody.
    async fn edit_untold(&self, message: &Message, text: &str) {
        let revision = Revision {
            conversation: message.conversation,
            message: message.id,
            actor: message.sender.clone(),
            kind: RevisionKind::Edit(text.to_owned()),
            at: Timestamp::now(),
            max_reactions: 50,
            blind_words: None,
        };
        self.store.revise(&revision).await.unwrap().unwrap();
    }
}

impl Device {
    /// Messages that were told since the last call: how, and the text.
    fn told(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let frames = self.read().into_iter();
        let messages = frames.filter(|frame| frame["message"].is_object());
        let told = messages.map(|frame| (text(&frame["type"]), text(&frame["message"]["content"])));
        told.collect()
    }
}

fn created(text: &str) -> (String, String) {
    ("message_created".to_owned(), text.to_owned())
}

fn updated(text: &str) -> (String, String) {
    ("message_updated".to_owned(), text.to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_revision_is_acknowledged_and_told_to_everyone() {
    let world = World::new(generous(), &["ada", "bob"]);
    let id = world.group("ada", &["bob"]).await;
    let sent = world.sent("ada", id, "helo").await;
    let (mut ada, mut bob) = (world.device("ada").await, world.device("bob").await);
    ada.read();
    bob.read();
    let place = json!({"id": "7", "conversation_id": id, "message_id": sent.id});
    let command = |kind: &str, field: &str, value: &str| {
        let mut command = place.clone();
        command["type"] = json!(kind);
        if !field.is_empty() {
            command[field] = json!(value);
        }
        command
    };

    ada.say(command("edit", "content", "hello")).await;
    bob.say(command("react", "reaction", "👍")).await;
    bob.say(command("react", "reaction", "👍")).await;

    let ack = &ada.read_kind("ack")[0];
    assert_eq!(
        (&ack["id"], &ack["rev"], &ack["seq"]),
        (&json!("7"), &json!(3), &json!(1))
    );
    let frames = bob.read();
    let kinds: Vec<_> = frames
        .iter()
        .map(|frame| frame["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["message_updated", "message_updated", "ack", "ack"]);
    assert_eq!(frames[0]["message"]["content"], "hello");
    assert!(frames[0]["message"]["edited_at"].is_string());
    let told = json!([{"reaction": "👍", "count": 1, "user_ids": ["bob"]}]);
    assert_eq!(frames[1]["message"]["reactions"], told);
    assert_eq!(
        (&frames[2]["rev"], &frames[2]["duplicate"]),
        (&json!(4), &json!(false))
    );
    assert_eq!(
        (&frames[3]["rev"], &frames[3]["duplicate"]),
        (&json!(4), &json!(true))
    );

    bob.say(command("unreact", "reaction", "👍")).await;
    bob.say(command("delete", "", "")).await;
    ada.say(command("delete", "", "")).await;
    ada.say(command("edit", "content", "late")).await;
    assert_eq!(bob.read_kind("error")[0]["code"], "forbidden");
    let frames = ada.read();
    let gone = &frames
        .iter()
        .rfind(|frame| frame["type"] == "message_updated")
        .unwrap()["message"];
    assert_eq!(
        (&gone["message_type"], &gone["content"]),
        (&json!("deleted"), &json!(""))
    );
    assert_eq!(frames.last().unwrap()["code"], "message_deleted");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_revision_is_refused() {
    let world = World::new(generous(), &["ada", "bob", "eve"]);
    let id = world.group("ada", &["bob"]).await;
    let sent = world.sent("ada", id, "x").await;
    let mut ada = world.device("ada").await;
    ada.read();
    for (kind, field, value, message, code) in [
        ("edit", "content", "  ", sent.id, "invalid_content"),
        ("edit", "content", "a\0", sent.id, "invalid_content"),
        (
            "edit",
            "content",
            &"x".repeat(4_001),
            sent.id,
            "invalid_content",
        ),
        ("edit", "contents", "x", sent.id, "unknown_field"),
        ("react", "reaction", "a b", sent.id, "invalid_reaction"),
        ("react", "reaction", "", sent.id, "invalid_reaction"),
        (
            "unreact",
            "reaction",
            &"x".repeat(65),
            sent.id,
            "invalid_reaction",
        ),
        ("react", "reaction", "x", MessageId::new(), "not_found"),
        ("edit", "content", "x", MessageId::new(), "not_found"),
    ] {
        ada.say(json!({"type": kind, "conversation_id": id, "message_id": message, field: value}))
            .await;
        assert_eq!(ada.read()[0]["code"], code, "{kind} {field} {value}");
    }
    let mut eve = world.device("eve").await;
    eve.read();
    eve.say(json!({"type": "delete", "conversation_id": id, "message_id": sent.id}))
        .await;
    assert_eq!(eve.read()[0]["code"], "not_found");
}

#[tokio::test(start_paused = true)]
async fn who_joined_later_hears_nothing_of_older_messages_and_misses_nothing() {
    let world = World::new(generous(), &["ada", "bob"]);
    let id = world.group("ada", &[]).await;
    let old = world.sent("ada", id, "old").await;
    let present = world.device("bob").await;
    world.add("ada", id, "bob").await;
    let mut later = world.device("bob").await;
    settle().await;
    present.read();
    later.read();

    world.edit(&old, "of before").await;
    world.edit_untold(&old, "untold").await;
    let new = world.sent("ada", id, "new").await;
    world.edit(&new, "newer").await;
    settle().await;

    let expected = [created("new"), updated("newer")];
    assert_eq!(present.told(), expected, "let in while connected");
    assert_eq!(later.told(), expected, "connected afterwards");
    let (epoch, revs) = (
        world.chat.epoch().await.unwrap(),
        json!({id.to_string(): 3}),
    );
    later
        .say(json!({"type": "resume", "epoch": epoch, "revs": revs}))
        .await;
    let frames = later.read();
    let messages = frames[0]["messages"].as_array().unwrap();
    let texts: Vec<&Value> = messages.iter().map(|message| &message["content"]).collect();
    assert_eq!(texts, ["newer"]);
    assert_eq!(frames[0]["rev"], 7);
    world.edit(&old, "of before again").await;
    settle().await;
    later
        .say(json!({"type": "resume", "epoch": epoch, "revs": {id.to_string(): 7}}))
        .await;
    let changes = &later.read_kind("changes")[0];
    assert_eq!(
        (&changes["messages"], &changes["rev"]),
        (&json!([]), &json!(8))
    );
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_hears_nothing_of_what_was_before() {
    let world = World::new(generous(), &["ada", "bob"]);
    let id = world.group("ada", &["bob"]).await;
    let old = world.sent("ada", id, "old").await;
    let bob = world.device("bob").await;
    let ada = user("ada");
    world
        .chat
        .remove_member(&ada, id, &user("bob"))
        .await
        .unwrap();
    let away = world.sent("ada", id, "away").await;
    world.add("ada", id, "bob").await;
    settle().await;
    bob.read();
    for message in [&old, &away] {
        world.edit(message, "edited").await;
    }
    world.send("ada", id, "here").await;
    settle().await;
    assert_eq!(bob.told(), [created("here")]);
}

#[tokio::test(start_paused = true)]
async fn a_gap_tells_new_messages_as_created_and_others_as_updated() {
    let world = World::new(generous(), &["ada", "bob"]);
    let id = world.group("ada", &["bob"]).await;
    let old = world.sent("ada", id, "old").await;
    let bob = world.device("bob").await;
    bob.read();
    world.edit_untold(&old, "edited").await;
    let draft = chat_core::model::Draft::text(id, user("ada"), "new");
    let new = world.store.append(&[draft]).await.unwrap().remove(0);
    world.edit_untold(&new.unwrap().message, "newer").await;
    world.send("ada", id, "next").await;
    settle().await;
    let expected = [updated("edited"), created("newer"), created("next")];
    assert_eq!(bob.told(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_revision_on_one_node_is_told_on_the_other() {
    let [here, there] = World::pair(&["ada", "bob"], &MemoryBus::default());
    let id = here.group("ada", &["bob"]).await;
    let (_ada, bob) = (here.device("ada").await, there.device("bob").await);
    let sent = here.sent("ada", id, "one").await;
    here.edit(&sent, "two").await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(bob.told(), [created("one"), updated("two")]);
}

#[tokio::test(start_paused = true)]
async fn revisions_count_as_sends_for_the_rate() {
    let limits = Limits {
        send_burst: 3,
        ..Limits::default()
    };
    let world = World::new(limits, &["ada"]);
    let id = world.group("ada", &[]).await;
    let sent = world.sent("ada", id, "x").await;
    let react = |text: &str| RevisionKind::React(Reaction::new(text).unwrap());
    let ada = user("ada");
    for text in ["a", "b"] {
        let reacted = world.chat.revise(&ada, id, sent.id, react(text)).await;
        assert!(reacted.is_ok());
    }
    let refused = world.chat.revise(&ada, id, sent.id, react("c")).await;
    assert!(
        matches!(refused, Err(Error::RateLimited { .. })),
        "{refused:?}"
    );
}

/// Denies deletions and has every edit say something else.
#[derive(Debug)]
struct Strict(&'static str);

#[async_trait]
impl Policy for Strict {
    async fn check(&self, _actor: &UserId, action: Action<'_>) -> Decision {
        let Action::Revise(revision) = action else {
            return Decision::Allow;
        };
        match revision.kind {
            RevisionKind::Delete => Decision::Deny("kept for the record".to_owned()),
            _ => Decision::Rewrite(self.0.to_owned()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_policy_denies_and_rewrites_within_the_rules() {
    for (text, expected) in [("***", Ok("***")), (" ", Err(Code::InvalidContent))] {
        let store = World::new(generous(), &["ada"]).store;
        let chat = Chat::builder(store.clone(), store.clone());
        let policy = (Strict(text), Silence::default());
        let chat = chat.limits(generous()).policy(policy.0, policy.1).build();
        let ada = user("ada");
        let id = chat
            .create_group(&ada, "n", &[])
            .await
            .unwrap()
            .conversation
            .id;
        let sent = chat
            .send(&ada, id, MessageBody::text("x"))
            .await
            .unwrap()
            .message;
        let edit = RevisionKind::Edit("darn".to_owned());

        let edited = chat.revise(&ada, id, sent.id, edit).await;
        let deleted = chat.revise(&ada, id, sent.id, RevisionKind::Delete).await;
        let react = RevisionKind::React(Reaction::new("x").unwrap());
        let reacted = chat.revise(&ada, id, sent.id, react).await;

        let edited = edited.as_ref().map(|edited| edited.message.text.as_str());
        assert_eq!(edited.map_err(|error| error.code()), expected);
        assert_eq!(deleted.map_err(|error| error.code()), Err(Code::Denied));
        assert!(reacted.unwrap().changed, "nothing to rewrite");
    }
}
