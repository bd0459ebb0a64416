//! Races of revisions: with each other, with sends and with removals.

use crate::conformance::Ports;
use crate::conformance::fixtures::{at, draft, upload, user};
use crate::conformance::races::rounds;
use crate::conformance::revisions::{edit, react, told};
use crate::model::{ChangeKind, Draft, MessageKind, Purpose, Refusal, RevisionKind};

/// Whichever is first: the message is deleted in the end, and an edit that came too late was refused.
pub async fn deleting_wins_over_an_edit_at_once(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    for round in 0..rounds() {
        let sent = ports.send(id, "bob", "x").await;
        let raced = sent.clone();
        let answers = ports
            .race(4, move |ports, n| {
                let sent = raced.clone();
                async move {
                    match n {
                        0 => ports.revise(&sent, "ada", RevisionKind::Delete).await,
                        n => ports.revise(&sent, "bob", edit(&n.to_string())).await,
                    }
                }
            })
            .await;
        let deleted = answers[0].as_ref().unwrap().message.rev;
        for answer in &answers[1..] {
            match answer {
                Ok(edited) => assert!(edited.message.rev < deleted, "round {round}"),
                Err(refusal) => assert_eq!(*refusal, Refusal::MessageDeleted),
            }
        }
        let now = ports.message(&sent, "ada").await.unwrap();
        assert_eq!((now.kind, now.rev), (MessageKind::Deleted, deleted));
        assert_eq!(now.text, "", "round {round}");
    }
}

/// However many come at once, one of them gives the last kind that there is room for.
pub async fn no_message_has_a_kind_of_reaction_too_many(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    let sent = ports.send(id, "ada", "x").await;
    for n in 0..49 {
        let kind = react(&format!("r{n}"));
        ports.revise(&sent, "ada", kind).await.unwrap();
    }
    let raced = sent.clone();
    let answers = ports
        .race(8, move |ports, n| {
            let sent = raced.clone();
            async move { ports.revise(&sent, "ada", react(&format!("late{n}"))).await }
        })
        .await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let full = Err(Refusal::TooManyReactions);
    assert_eq!(answers.iter().filter(|answer| **answer == full).count(), 7);
    let now = ports.message(&sent, "ada").await.unwrap();
    assert_eq!(now.reactions.len(), 50);
}

/// None of many is lost, and each takes a rev.
pub async fn reactions_at_once_are_all_counted(ports: &Ports) {
    let names: Vec<String> = (0..12).map(|n| format!("u{n:02}")).collect();
    let members: Vec<&str> = names.iter().map(String::as_str).collect();
    let id = ports.group("ada", &members).await;
    let sent = ports.send(id, "ada", "x").await;
    let raced = sent.clone();
    let answers = ports
        .race(24, move |ports, n| {
            let sent = raced.clone();
            async move {
                ports
                    .revise(&sent, &format!("u{:02}", n / 2), react("x"))
                    .await
            }
        })
        .await;
    let mut revs: Vec<i64> = answers
        .into_iter()
        .map(Result::unwrap)
        .filter_map(|answer| answer.changed.then_some(answer.message.rev.get()))
        .collect();
    revs.sort_unstable();
    assert_eq!(revs, (3..15).collect::<Vec<i64>>(), "twice is once");
    let now = ports.message(&sent, "ada").await.unwrap();
    assert_eq!(told(&now)[0].1, 12);
    assert_eq!(told(&now)[0].2.len(), 12);
    assert_eq!(ports.admin.audit(10).await.unwrap(), []);
}

/// An upload whose message is deleted while another attaches it is held by that one.
pub async fn an_upload_outlives_the_message_that_is_deleted(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    for round in 0..rounds() {
        let picture = upload("ada", Purpose::Attachment, 0);
        ports.uploads.create(&picture).await.unwrap();
        let attach = Draft {
            kind: MessageKind::Image,
            attachments: vec![picture.attachment()],
            ..draft(id, "ada", "")
        };
        let first = ports.try_send(attach).await.unwrap().message;
        let held = picture.clone();
        ports
            .race(2, move |ports, n| {
                let (first, held) = (first.clone(), held.clone());
                async move {
                    if n == 0 {
                        let deleted = ports.revise(&first, "ada", RevisionKind::Delete).await;
                        return assert!(deleted.is_ok());
                    }
                    let again = Draft {
                        kind: MessageKind::Image,
                        attachments: vec![held.attachment()],
                        ..draft(id, "ada", "")
                    };
                    assert!(ports.try_send(again).await.is_ok());
                }
            })
            .await;
        assert!(!ports.uploads.delete(picture.id).await.unwrap());
        let seen = ports.uploads.find(picture.id, &user("bob")).await.unwrap();
        assert!(seen.is_some(), "round {round}");
        assert_eq!(
            ports
                .uploads
                .orphans(Purpose::Attachment, at(1), None, 10)
                .await
                .unwrap(),
            []
        );
    }
}

/// Nobody revises after being removed.
pub async fn no_revision_follows_its_actors_removal(ports: &Ports) {
    for round in 0..rounds() {
        let id = ports.group("ada", &["bob"]).await;
        let sent = ports.send(id, "bob", "x").await;
        let answers = ports
            .race(4, move |ports, n| {
                let sent = sent.clone();
                async move {
                    if n == 3 {
                        let removal = ChangeKind::Remove(user("bob"));
                        let removed = ports.change(id, "ada", removal).await.unwrap();
                        return Ok(removed.members[0].rev);
                    }
                    let kinds = [edit("y"), react("x"), RevisionKind::Delete];
                    let revised = ports.revise(&sent, "bob", kinds[n].clone()).await;
                    revised.map(|revised| revised.message.rev)
                }
            })
            .await;
        let removal = answers[3].unwrap();
        for answer in &answers[..3] {
            let allowed = match answer {
                Ok(rev) => *rev < removal,
                Err(refusal) => [Refusal::NotMember, Refusal::MessageDeleted].contains(refusal),
            };
            assert!(allowed, "round {round}: {answer:?}, removal {removal:?}");
        }
        let rest = ports.changes_of(id, removal.get(), 10).await;
        assert_eq!(rest.messages, [], "round {round}");
    }
}
