//! Cases of `unreached` of [`ConversationStore`](crate::store::ConversationStore).

use crate::conformance::Ports;
use crate::conformance::fixtures::{seq, user};
use crate::id::{ConversationId, Seq};
use crate::model::{ChangeKind, MarkKind, Member};

async fn unreached(ports: &Ports, id: ConversationId, seq: Seq) -> Vec<String> {
    let found = ports.conversations.unreached(id, seq, None, 100).await;
    names(&found.unwrap())
}

fn names(members: &[Member]) -> Vec<String> {
    members
        .iter()
        .map(|member| member.user.to_string())
        .collect()
}

/// Those whose devices a message did not come to; whoever sent it has it.
pub async fn who_did_not_receive_a_message_is_unreached(ports: &Ports) {
    let id = ports.group("ada", &["cyd", "bob", "dan"]).await;
    ports.send(id, "ada", "one").await;
    ports.send(id, "bob", "two").await;
    ports.mark(id, "cyd", MarkKind::Delivered, 1).await.unwrap();
    ports.mark(id, "dan", MarkKind::Read, 2).await.unwrap();
    assert_eq!(unreached(ports, id, seq(1)).await, [""; 0]);
    assert_eq!(unreached(ports, id, seq(2)).await, ["ada", "cyd"]);
    assert_eq!(unreached(ports, id, Seq::ZERO).await, [""; 0]);
    let found = ports
        .conversations
        .unreached(id, seq(2), None, 1)
        .await
        .unwrap();
    assert_eq!(found[0].markers.delivered, seq(1), "a member is whole");
}

/// Former members are none, and who joins is reached by all that was before.
pub async fn only_members_are_unreached(ports: &Ports) {
    let id = ports.group("ada", &["bob", "cyd"]).await;
    ports.send(id, "ada", "one").await;
    for kind in [
        ChangeKind::Remove(user("bob")),
        ChangeKind::Add(vec![user("eve")]),
    ] {
        ports.change(id, "ada", kind).await.unwrap();
    }
    assert_eq!(unreached(ports, id, seq(1)).await, ["cyd"]);
    ports.send(id, "ada", "two").await;
    assert_eq!(unreached(ports, id, seq(2)).await, ["cyd", "eve"]);
    assert_eq!(
        unreached(ports, ConversationId::new(), seq(1)).await,
        [""; 0]
    );
}

/// Each once, by the bytes of their ids, however small the pages.
pub async fn the_unreached_are_paged_by_id(ports: &Ports) {
    let id = ports
        .group("ada", &["bob", "Bob", "bobby", "zoe", "eve"])
        .await;
    ports.send(id, "ada", "one").await;
    ports.mark(id, "eve", MarkKind::Delivered, 1).await.unwrap();
    let (mut after, mut all) = (None, Vec::new());
    loop {
        let page = ports
            .conversations
            .unreached(id, seq(1), after.as_ref(), 2)
            .await
            .unwrap();
        assert!(page.len() <= 2, "{page:?}");
        all.extend(names(&page));
        match page.last() {
            Some(last) => after = Some(last.user.clone()),
            None => break,
        }
    }
    assert_eq!(all, ["Bob", "bob", "bobby", "zoe"]);
    let none = ports.conversations.unreached(id, seq(1), None, 0).await;
    assert_eq!(none.unwrap(), []);
}
