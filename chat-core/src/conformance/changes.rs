//! Cases of reading what changed.

use crate::conformance::Ports;
use crate::conformance::fixtures::{rev, user};
use crate::conformance::revisions::edit;
use crate::id::ConversationId;
use crate::model::{ChangeKind, Role};
use crate::store::Since;

/// Everything above the rev, by rising rev, and nothing else.
pub async fn changes_are_all_rows_above_the_rev(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    ports.send(id, "ada", "two").await;
    ports
        .change(id, "ada", ChangeKind::Add(vec![user("bob")]))
        .await
        .unwrap();
    ports.send(id, "bob", "four").await;
    let all = ports.changes_of(id, 0, 100).await;
    assert_eq!(all.conversation.rev, rev(4));
    assert_eq!(
        all.messages.iter().map(|m| m.rev.get()).collect::<Vec<_>>(),
        [2, 4]
    );
    assert_eq!(
        all.members.iter().map(|m| m.rev.get()).collect::<Vec<_>>(),
        [1, 3]
    );
    let later = ports.changes_of(id, 3, 100).await;
    assert_eq!(
        (later.messages.len(), later.members.len(), later.truncated),
        (1, 0, false)
    );
    let none = ports.changes_of(id, 4, 100).await;
    assert_eq!((none.messages.len(), none.members.len()), (0, 0));
    assert_eq!(none.conversation.rev, rev(4));
}

/// A row that changed often comes once, as it is.
pub async fn a_row_that_changed_often_comes_once(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    ports
        .change(id, "ada", ChangeKind::SetRole(user("bob"), Role::Admin))
        .await
        .unwrap();
    ports
        .change(id, "ada", ChangeKind::SetRole(user("bob"), Role::Member))
        .await
        .unwrap();
    ports
        .change(id, "ada", ChangeKind::Remove(user("bob")))
        .await
        .unwrap();
    let changes = ports.changes_of(id, 1, 100).await;
    assert_eq!(changes.members.len(), 1);
    assert_eq!(
        (changes.members[0].active, changes.members[0].rev),
        (false, rev(4))
    );
}

/// The settings' rev tells whether they changed.
pub async fn settings_tell_their_own_rev(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    ports.send(id, "ada", "x").await;
    ports
        .change(id, "ada", ChangeKind::Rename("n".to_owned()))
        .await
        .unwrap();
    ports.send(id, "ada", "y").await;
    assert_eq!(
        ports.changes_of(id, 0, 100).await.conversation.settings_rev,
        rev(3)
    );
}

/// At the limit all come, above it none.
pub async fn more_rows_than_the_limit_are_truncated(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    ports.send_many(id, "ada", 5).await;
    let exactly = ports.changes_of(id, 0, 7).await;
    assert_eq!(
        (
            exactly.truncated,
            exactly.messages.len(),
            exactly.members.len()
        ),
        (false, 5, 2)
    );
    let over = ports.changes_of(id, 0, 6).await;
    assert_eq!(
        (over.truncated, over.messages.len(), over.members.len()),
        (true, 0, 0)
    );
    assert_eq!(over.conversation.rev, rev(6));
    assert!(!ports.changes_of(id, 1, 5).await.truncated);
    assert!(ports.changes_of(id, 1, 4).await.truncated);
}

/// Messages that are new, revised or both come once each, by rising rev, and count alike.
pub async fn new_and_revised_messages_come_once_and_in_order(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    let first = ports.send(id, "ada", "first").await;
    let second = ports.send(id, "ada", "second").await;
    ports.send_many(id, "ada", 4).await;
    for (message, text) in [(&second, "once"), (&first, "changed")] {
        ports.revise(message, "ada", edit(text)).await.unwrap();
    }
    let new = ports.send(id, "bob", "new").await;
    ports.send_many(id, "bob", 2).await;
    for (message, by) in [(&new, "bob"), (&second, "ada")] {
        ports.revise(message, by, edit("twice")).await.unwrap();
    }

    let told = ports.changes_of(id, 7, 5).await;
    let places = told.messages.iter();
    let places: Vec<_> = places.map(|m| (m.rev.get(), m.seq.get())).collect();
    assert_eq!(places, [(9, 1), (11, 8), (12, 9), (13, 7), (14, 2)]);
    assert!(!told.truncated);
    assert!(ports.changes_of(id, 7, 4).await.truncated);
    let last = ports.changes_of(id, 13, 1).await;
    assert_eq!((last.messages.len(), last.truncated), (1, false));
}

/// Many places are answered in the order asked; unknown ones are left out.
pub async fn places_are_answered_in_order(ports: &Ports) {
    let (one, two) = (ports.group("ada", &[]).await, ports.group("ada", &[]).await);
    ports.send_many(one, "ada", 2).await;
    ports.send_many(two, "ada", 9).await;
    let place = |conversation, since| Since {
        conversation,
        rev: rev(since),
    };
    let places = [
        place(two, 5),
        place(ConversationId::new(), 0),
        place(one, 1),
    ];
    let found = ports.messages.changes(&places, 5).await.unwrap();
    let found: Vec<_> = found
        .iter()
        .map(|c| (c.conversation.id, c.messages.len(), c.truncated))
        .collect();
    assert_eq!(found, [(two, 5, false), (one, 2, false)]);
    assert_eq!(ports.messages.changes(&[], 5).await.unwrap(), []);
}

/// A rev from the future gives nothing.
pub async fn a_rev_from_the_future_gives_nothing(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    let changes = ports.changes_of(id, i64::MAX, 10).await;
    assert_eq!(
        (
            changes.conversation.rev,
            changes.members.len(),
            changes.truncated
        ),
        (rev(1), 0, false)
    );
}
