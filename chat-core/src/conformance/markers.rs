//! Cases of markers.

use crate::conformance::Ports;
use crate::conformance::fixtures::{rev, seq, user};
use crate::id::ConversationId;
use crate::model::{ConversationKind, Mark, MarkKind, Markers, Refusal};

fn markers(delivered: i64, read: i64) -> Markers {
    Markers {
        delivered: seq(delivered),
        read: seq(read),
    }
}

/// Delivered moves alone, read takes delivered along.
pub async fn reading_delivers_too(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    ports.send_many(id, "ada", 5).await;
    let delivered = ports.mark(id, "bob", MarkKind::Delivered, 3).await.unwrap();
    assert_eq!((delivered.markers, delivered.moved), (markers(3, 0), true));
    let read = ports.mark(id, "bob", MarkKind::Read, 4).await.unwrap();
    assert_eq!((read.markers, read.moved), (markers(4, 4), true));
    assert_eq!((read.kind, read.member_count), (ConversationKind::Group, 2));
}

/// Markers never go back.
pub async fn markers_only_grow(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    ports.send_many(id, "ada", 5).await;
    ports.mark(id, "bob", MarkKind::Read, 4).await.unwrap();
    for (kind, to) in [
        (MarkKind::Read, 4),
        (MarkKind::Read, 1),
        (MarkKind::Delivered, 2),
        (MarkKind::Read, 0),
    ] {
        let marked = ports.mark(id, "bob", kind, to).await.unwrap();
        assert_eq!(
            (marked.markers, marked.moved),
            (markers(4, 4), false),
            "{kind:?} {to}"
        );
    }
}

/// There is nothing behind the last message.
pub async fn a_mark_past_the_head_is_refused(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    ports.send_many(id, "ada", 2).await;
    assert_eq!(
        ports.mark(id, "bob", MarkKind::Read, 3).await,
        Err(Refusal::PastHead)
    );
    assert!(ports.mark(id, "bob", MarkKind::Read, 2).await.is_ok());
}

/// Strangers mark nothing.
pub async fn only_members_mark(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    assert_eq!(
        ports.mark(id, "eve", MarkKind::Read, 0).await,
        Err(Refusal::NotMember)
    );
    assert_eq!(
        ports
            .mark(ConversationId::new(), "ada", MarkKind::Read, 0)
            .await,
        Err(Refusal::NotMember)
    );
}

/// Sending reads.
pub async fn sending_reads_up_to_ones_own_message(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    ports.send_many(id, "ada", 2).await;
    ports.send(id, "bob", "three").await;
    let (_, me) = ports
        .conversations
        .find(id, &user("bob"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(me.markers, markers(3, 3));
    let (_, ada) = ports
        .conversations
        .find(id, &user("ada"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(ada.markers, markers(2, 2));
}

/// Markers take no rev.
pub async fn marks_take_no_rev(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    ports.send(id, "ada", "hi").await;
    ports.mark(id, "bob", MarkKind::Read, 1).await.unwrap();
    let (conversation, me) = ports
        .conversations
        .find(id, &user("bob"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((conversation.rev, me.rev), (rev(2), rev(1)));
}

/// A batch of marks is answered one by one, and its marks see each other.
pub async fn marks_of_one_batch_are_independent_and_in_order(ports: &Ports) {
    let (one, two) = (
        ports.group("ada", &["bob"]).await,
        ports.group("ada", &[]).await,
    );
    ports.send_many(one, "ada", 5).await;
    let mark = |conversation, name: &str, kind, to| Mark {
        conversation,
        user: user(name),
        kind,
        seq: seq(to),
    };
    let marks = [
        mark(one, "bob", MarkKind::Delivered, 2),
        mark(two, "bob", MarkKind::Read, 0),
        mark(one, "bob", MarkKind::Read, 9),
        mark(one, "bob", MarkKind::Read, 4),
        mark(one, "bob", MarkKind::Delivered, 3),
        mark(one, "ada", MarkKind::Read, 1),
    ];
    let answers = ports.conversations.mark(&marks).await.unwrap();
    let answers: Vec<_> = answers
        .into_iter()
        .map(|answer| answer.map(|m| (m.markers, m.moved)))
        .collect();
    assert_eq!(
        answers,
        [
            Ok((markers(2, 0), true)),
            Err(Refusal::NotMember),
            Err(Refusal::PastHead),
            Ok((markers(4, 4), true)),
            Ok((markers(4, 4), false)),
            Ok((markers(5, 5), false)),
        ]
    );
    let (_, me) = ports
        .conversations
        .find(one, &user("bob"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(me.markers, markers(4, 4));
    assert_eq!(ports.conversations.mark(&[]).await.unwrap(), []);
}
