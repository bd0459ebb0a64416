//! Cases of the inbox.

use crate::conformance::Ports;
use crate::conformance::fixtures::{at, draft, user};
use crate::id::ConversationId;
use crate::model::{ChangeKind, Draft, MarkKind};
use crate::store::InboxCursor;

async fn ids(ports: &Ports, name: &str) -> Vec<ConversationId> {
    let entries = ports
        .conversations
        .inbox(&user(name), None, 100)
        .await
        .unwrap();
    entries
        .into_iter()
        .map(|entry| entry.conversation.id)
        .collect()
}

/// Newest activity first: messages count, and creations.
pub async fn the_inbox_is_newest_activity_first(ports: &Ports) {
    let (one, two) = (
        ports.group_at("ada", &[], 1).await,
        ports.group_at("ada", &[], 2).await,
    );
    let three = ports.group_at("ada", &[], 3).await;
    assert_eq!(ids(ports, "ada").await, [three, two, one]);
    ports
        .try_send(Draft {
            at: at(10),
            ..draft(one, "ada", "hi")
        })
        .await
        .unwrap();
    assert_eq!(ids(ports, "ada").await, [one, three, two]);
}

/// A row has the last message and how many are unread.
pub async fn a_row_shows_the_last_message_and_the_unread_count(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    ports.send_many(id, "ada", 3).await;
    ports.mark(id, "bob", MarkKind::Read, 1).await.unwrap();
    let entry = ports
        .conversations
        .inbox(&user("bob"), None, 10)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(entry.unread(), 2);
    assert_eq!(
        entry
            .last_message
            .as_ref()
            .map(|message| message.text.as_str()),
        Some("3")
    );
    assert_eq!(entry.me.user, user("bob"));
    assert_eq!(entry.active_at, at(1_000));
    let own = ports
        .conversations
        .inbox(&user("ada"), None, 10)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(own.unread(), 0);
}

/// The other side is there in direct conversations, and only there.
pub async fn a_direct_row_shows_the_other_side(ports: &Ports) {
    let id = ports.direct("ada", "bob").await.conversation.id;
    ports.send(id, "ada", "hi").await;
    ports.mark(id, "bob", MarkKind::Delivered, 1).await.unwrap();
    ports.group("ada", &["bob"]).await;
    let entries = ports
        .conversations
        .inbox(&user("ada"), None, 10)
        .await
        .unwrap();
    let peers: Vec<_> = entries
        .iter()
        .map(|e| {
            e.peer
                .as_ref()
                .map(|p| (p.user.as_str(), p.markers.delivered.get()))
        })
        .collect();
    assert_eq!(peers, [Some(("bob", 1)), None]);
}

/// A new member's row tells nothing of before.
pub async fn a_new_members_row_hides_what_was_before(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    ports.send(id, "ada", "secret").await;
    ports
        .change(id, "ada", ChangeKind::Add(vec![user("bob")]))
        .await
        .unwrap();
    let entry = ports
        .conversations
        .inbox(&user("bob"), None, 10)
        .await
        .unwrap()
        .remove(0);
    assert_eq!((entry.last_message.clone(), entry.unread()), (None, 0));
}

/// Pages follow each other, also where activity is at the same moment.
pub async fn pages_of_the_inbox_give_each_row_once(ports: &Ports) {
    let mut expected = Vec::new();
    for n in 0..7 {
        expected.push(ports.group_at("ada", &[], n / 3).await);
    }
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = ports
            .conversations
            .inbox(&user("ada"), after, 3)
            .await
            .unwrap();
        let Some(last) = page.last() else { break };
        after = Some(InboxCursor {
            active_at: last.active_at,
            conversation: last.conversation.id,
        });
        found.extend(
            page.iter()
                .map(|entry| (entry.active_at, entry.conversation.id)),
        );
    }
    let mut sorted = found.clone();
    sorted.sort_by(|a, b| b.cmp(a));
    assert_eq!(found, sorted, "newest first, ties by descending id");
    let mut found: Vec<_> = found.into_iter().map(|(_, id)| id).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

/// Only one's own present conversations are in it.
pub async fn the_inbox_is_ones_own(ports: &Ports) {
    ports.group("ada", &[]).await;
    let left = ports.group("ada", &["bob"]).await;
    ports.change(left, "bob", ChangeKind::Leave).await.unwrap();
    assert_eq!(ids(ports, "bob").await, []);
}
