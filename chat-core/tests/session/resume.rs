//! What a client that returns is told.

use chat_core::id::{MessageId, Timestamp};
use chat_core::model::{Draft, MessageKind};
use chat_core::protocol::MessageBody;
use chat_core::store::MessageStore;
use serde_json::{Value, json};

use crate::support::{World, generous, settle, user};

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
        blind: None,
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
        blind: None,
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
