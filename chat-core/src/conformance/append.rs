//! Cases of appending messages.

use crate::conformance::Ports;
use crate::conformance::fixtures::{at, draft, named, rev, seq, upload, user};
use crate::id::{ConversationId, MessageId};
use crate::model::{ChangeKind, Draft, MessageKind, Purpose, Refusal};
use crate::store::Window;

/// 1, 2, 3, ...
pub async fn seqs_start_at_one_and_have_no_gaps(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    for expected in 1..=5 {
        let sender = if expected % 2 == 0 { "ada" } else { "bob" };
        assert_eq!(ports.send(id, sender, "x").await.seq, seq(expected));
    }
    assert_eq!(
        ports.seqs(id, "ada", Window::Latest, 10).await,
        Some(vec![1, 2, 3, 4, 5])
    );
}

/// Conversations count for themselves.
pub async fn each_conversation_numbers_its_own(ports: &Ports) {
    let (one, two) = (ports.group("ada", &[]).await, ports.group("ada", &[]).await);
    ports.send_many(one, "ada", 3).await;
    assert_eq!(ports.send(two, "ada", "x").await.seq, seq(1));
}

/// A message takes the next rev, whatever took the one before.
pub async fn a_message_takes_the_next_rev(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    assert_eq!(ports.send(id, "ada", "x").await.rev, rev(2));
    ports
        .change(id, "ada", ChangeKind::Rename("n".to_owned()))
        .await
        .unwrap();
    let message = ports.send(id, "ada", "y").await;
    assert_eq!((message.seq, message.rev), (seq(2), rev(4)));
}

/// A message comes back as it was sent.
pub async fn a_message_is_stored_whole(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    let first = ports.send(id, "ada", "first").await;
    let image = upload("ada", Purpose::Attachment, 0);
    ports.uploads.create(&image).await.unwrap();
    let sent = Draft {
        kind: MessageKind::Image,
        attachments: vec![image.attachment()],
        reply_to: Some(first.id),
        at: at(77),
        ..named(draft(id, "ada", "look"), "c1")
    };
    let appended = ports.try_send(sent.clone()).await.unwrap();
    assert!(appended.is_new);
    let stored = ports
        .messages
        .history(id, &user("ada"), Window::Latest, 1)
        .await
        .unwrap()
        .unwrap()
        .remove(0);
    assert_eq!(stored, appended.message);
    assert_eq!(
        (stored.id, &stored.sender, &stored.client_id),
        (sent.id, &sent.sender, &sent.client_id)
    );
    assert_eq!(
        (stored.kind, &stored.text, &stored.attachments),
        (sent.kind, &sent.text, &sent.attachments)
    );
    assert_eq!(
        stored.reply_to.map(|reply| (reply.id, reply.seq)),
        Some((first.id, seq(1)))
    );
    assert_eq!(stored.created_at, at(77));
}

/// Text is text, whatever it looks like.
pub async fn text_is_kept_verbatim(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    let long = "😀".repeat(4_000);
    let combining = format!("e{}", "\u{301}".repeat(3_999));
    let texts = [
        "'; drop table chat_messages; --",
        "$1 ?1 {} %s %n",
        "{\"$ne\":null}",
        "\\u0000 \\",
        "<script>alert(1)</script>",
        "\u{202e}rtl",
        " spaces ",
        "line\r\nline\ttab",
        "null",
        "123",
        "[\"a\"]",
        "\"quoted\"",
        "",
        &long,
        &combining,
    ];
    let drafts: Vec<Draft> = texts.iter().map(|text| draft(id, "ada", text)).collect();
    assert!(ports.append(&drafts).await.iter().all(Result::is_ok));
    assert_eq!(ports.texts(id, "ada").await, texts);
}

/// The same client id gives the first message.
pub async fn a_repeated_client_id_gives_the_first_message(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    let first = ports
        .try_send(named(draft(id, "ada", "hi"), "c1"))
        .await
        .unwrap();
    ports.send(id, "ada", "between").await;
    let again = ports
        .try_send(named(
            Draft {
                at: at(9_999),
                ..draft(id, "ada", "hi")
            },
            "c1",
        ))
        .await
        .unwrap();
    assert!(first.is_new && !again.is_new);
    assert_eq!(again.message, first.message);
    assert_eq!(
        ports.seqs(id, "ada", Window::Latest, 10).await,
        Some(vec![1, 2])
    );
}

/// Another message under the same client id is refused.
pub async fn a_client_id_with_another_message_is_refused(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    let first = ports
        .try_send(named(draft(id, "ada", "hi"), "c1"))
        .await
        .unwrap()
        .message;
    let reply = Draft {
        reply_to: Some(first.id),
        ..draft(id, "ada", "hi")
    };
    for other in [draft(id, "ada", "ho"), draft(id, "ada", ""), reply] {
        assert_eq!(
            ports.try_send(named(other, "c1")).await,
            Err(Refusal::ClientIdReused)
        );
    }
    assert_eq!(ports.texts(id, "ada").await, ["hi"]);
}

/// Client ids belong to a sender and a conversation, and are compared to the letter.
pub async fn client_ids_are_per_sender_and_conversation_and_exact(ports: &Ports) {
    let (one, two) = (
        ports.group("ada", &["bob"]).await,
        ports.group("ada", &[]).await,
    );
    let long = "x".repeat(64);
    let drafts = [
        named(draft(one, "ada", "1"), "c"),
        named(draft(one, "bob", "2"), "c"),
        named(draft(two, "ada", "3"), "c"),
        named(draft(one, "ada", "4"), "C"),
        named(draft(one, "ada", "5"), "c "),
        named(draft(one, "ada", "6"), "é"),
        named(draft(one, "ada", "7"), "e\u{301}"),
        named(draft(one, "ada", "8"), &long),
        draft(one, "ada", "9"),
        draft(one, "ada", "9"),
    ];
    assert!(
        ports
            .append(&drafts)
            .await
            .iter()
            .all(|answer| answer.as_ref().is_ok_and(|a| a.is_new))
    );
}

/// The promise holds within one batch.
pub async fn a_client_id_twice_in_one_batch_is_one_message(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    let twice = named(draft(id, "ada", "hi"), "c1");
    let again = Draft {
        id: MessageId::new(),
        ..twice.clone()
    };
    let other = named(draft(id, "ada", "ho"), "c1");
    let answers = ports.append(&[twice, again, other]).await;
    let first = answers[0].clone().unwrap();
    assert_eq!(answers[1].as_ref().unwrap().message, first.message);
    assert!(first.is_new && !answers[1].as_ref().unwrap().is_new);
    assert_eq!(answers[2], Err(Refusal::ClientIdReused));
    assert_eq!(ports.texts(id, "ada").await, ["hi"]);
}

/// Members alone send.
pub async fn only_members_send(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    assert_eq!(
        ports.try_send(draft(id, "eve", "let me in")).await,
        Err(Refusal::NotMember)
    );
    assert_eq!(
        ports
            .try_send(draft(ConversationId::new(), "ada", "x"))
            .await,
        Err(Refusal::NotMember)
    );
    assert_eq!(ports.texts(id, "ada").await, Vec::<String>::new());
}

/// Membership is asked before anything else, also of a repetition.
pub async fn a_former_members_retry_is_refused(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    ports
        .try_send(named(draft(id, "bob", "hi"), "c1"))
        .await
        .unwrap();
    ports.change(id, "bob", ChangeKind::Leave).await.unwrap();
    assert_eq!(
        ports.try_send(named(draft(id, "bob", "hi"), "c1")).await,
        Err(Refusal::NotMember)
    );
}

/// Refused drafts leave no trace among the others.
pub async fn refused_drafts_leave_no_gap(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    let lost = Draft {
        reply_to: Some(MessageId::new()),
        ..draft(id, "ada", "lost")
    };
    let answers = ports
        .append(&[
            draft(id, "ada", "1"),
            draft(id, "eve", "no"),
            lost,
            draft(id, "bob", "2"),
            draft(id, "ada", "3"),
        ])
        .await;
    let seqs: Vec<_> = answers
        .iter()
        .map(|answer| answer.as_ref().map(|a| a.message.seq.get()).map_err(|r| *r))
        .collect();
    assert_eq!(
        seqs,
        [
            Ok(1),
            Err(Refusal::NotMember),
            Err(Refusal::UnknownReply),
            Ok(2),
            Ok(3)
        ]
    );
    assert_eq!(ports.texts(id, "ada").await, ["1", "2", "3"]);
    assert_eq!(ports.changes_of(id, 1, 10).await.conversation.rev, rev(4));
}

/// A batch keeps its order in each conversation.
pub async fn a_batch_over_many_conversations_keeps_each_order(ports: &Ports) {
    let (one, two) = (ports.group("ada", &[]).await, ports.group("ada", &[]).await);
    let drafts: Vec<Draft> = (0..20)
        .map(|n| draft(if n % 3 == 0 { one } else { two }, "ada", &n.to_string()))
        .collect();
    assert!(ports.append(&drafts).await.iter().all(Result::is_ok));
    assert_eq!(
        ports.texts(one, "ada").await,
        ["0", "3", "6", "9", "12", "15", "18"]
    );
    assert_eq!(ports.texts(two, "ada").await.len(), 13);
}

/// Large batches work, and empty ones.
pub async fn batches_may_be_large_or_empty(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    ports.send_many(id, "ada", 256).await;
    assert_eq!(
        ports
            .seqs(id, "ada", Window::Latest, 300)
            .await
            .unwrap()
            .len(),
        256
    );
    assert_eq!(ports.append(&[]).await, []);
}

/// A reply names a message of the conversation that the sender can see.
pub async fn a_reply_is_to_a_visible_message_of_the_conversation(ports: &Ports) {
    let (id, other) = (ports.group("ada", &[]).await, ports.group("ada", &[]).await);
    let (old, elsewhere) = (
        ports.send(id, "ada", "old").await,
        ports.send(other, "ada", "x").await,
    );
    ports
        .change(id, "ada", ChangeKind::Add(vec![user("bob")]))
        .await
        .unwrap();
    let new = ports.send(id, "ada", "new").await;
    let reply = |sender: &str, to| Draft {
        reply_to: Some(to),
        ..draft(id, sender, "re")
    };
    assert_eq!(
        ports.try_send(reply("ada", elsewhere.id)).await,
        Err(Refusal::UnknownReply)
    );
    assert_eq!(
        ports.try_send(reply("ada", MessageId::new())).await,
        Err(Refusal::UnknownReply)
    );
    assert_eq!(
        ports.try_send(reply("bob", old.id)).await,
        Err(Refusal::UnknownReply),
        "not visible to bob"
    );
    assert_eq!(
        ports
            .try_send(reply("ada", old.id))
            .await
            .unwrap()
            .message
            .reply_to
            .unwrap()
            .seq,
        seq(1)
    );
    assert_eq!(
        ports
            .try_send(reply("bob", new.id))
            .await
            .unwrap()
            .message
            .reply_to
            .unwrap()
            .seq,
        seq(2)
    );
}

/// A reply may be to a message of the same batch.
pub async fn a_reply_may_be_to_the_same_batch(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    let first = draft(id, "ada", "first");
    let reply = Draft {
        reply_to: Some(first.id),
        ..draft(id, "ada", "re")
    };
    let answers = ports.append(&[first, reply]).await;
    assert_eq!(
        answers[1].as_ref().unwrap().message.reply_to.unwrap().seq,
        seq(1)
    );
}

/// Only one's own uploads are attached.
pub async fn only_ones_own_uploads_are_attached(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    let image = upload("ada", Purpose::Attachment, 0);
    ports.uploads.create(&image).await.unwrap();
    let unknown = upload("ada", Purpose::Attachment, 0);
    let with = |sender: &str, upload: &crate::model::Upload| Draft {
        kind: MessageKind::Image,
        attachments: vec![upload.attachment()],
        ..draft(id, sender, "")
    };
    assert_eq!(
        ports.try_send(with("bob", &image)).await,
        Err(Refusal::UnknownUpload)
    );
    assert_eq!(
        ports.try_send(with("ada", &unknown)).await,
        Err(Refusal::UnknownUpload)
    );
    assert!(ports.try_send(with("ada", &image)).await.is_ok());
}

/// The epoch is the store's.
pub async fn the_epoch_stays_the_same(ports: &Ports) {
    let first = ports.messages.epoch().await.unwrap();
    ports.group("ada", &[]).await;
    assert_eq!(ports.messages.epoch().await.unwrap(), first);
}
