//! Cases of `heads` of [`MessageStore`](crate::store::MessageStore).

use crate::conformance::Ports;
use crate::conformance::fixtures::{rev, user};
use crate::conformance::races::rounds;
use crate::id::{ConversationId, Rev};
use crate::model::{ChangeKind, MarkKind};

async fn head(ports: &Ports, id: ConversationId) -> Rev {
    let heads = ports.messages.heads(&[id]).await.unwrap();
    assert_eq!(heads.len(), 1, "{heads:?}");
    assert_eq!(heads[0].0, id);
    heads[0].1
}

/// It is what the last change took, whatever it changed.
pub async fn a_head_is_the_rev_of_now(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    assert_eq!(head(ports, id).await, rev(1));
    let sent = ports.send(id, "ada", "hello").await;
    assert_eq!(head(ports, id).await, sent.rev);
    for kind in [
        ChangeKind::Rename("Other".to_owned()),
        ChangeKind::Add(vec![user("cyd"), user("dan")]),
        ChangeKind::Remove(user("cyd")),
    ] {
        let changed = ports.change(id, "ada", kind).await.unwrap();
        assert_eq!(head(ports, id).await, changed.conversation.rev);
    }
    ports.mark(id, "bob", MarkKind::Read, 1).await.unwrap();
    assert_eq!(head(ports, id).await, rev(6));
}

/// What does not exist is left out, and nothing asked is nothing told.
pub async fn an_unknown_conversation_has_no_head(ports: &Ports) {
    let known = ports.direct("ada", "bob").await.conversation;
    let asked = [ConversationId::new(), known.id, ConversationId::new()];
    let heads = ports.messages.heads(&asked).await.unwrap();
    assert_eq!(heads, [(known.id, known.rev)]);
    assert_eq!(ports.messages.heads(&asked[..1]).await.unwrap(), []);
    assert_eq!(ports.messages.heads(&[]).await.unwrap(), []);
}

/// Many are one question, and each is told once however often it is asked for.
pub async fn hundreds_of_heads_are_one_question(ports: &Ports) {
    let (mut asked, mut expected) = (Vec::new(), Vec::new());
    for n in 0..200 {
        let id = ports.group("ada", &[]).await;
        ports.send_many(id, "ada", n % 3).await;
        asked.extend([id, id, ConversationId::new()]);
        expected.push((id, rev(1 + i64::try_from(n % 3).unwrap())));
    }
    let mut heads = ports.messages.heads(&asked).await.unwrap();
    heads.sort();
    expected.sort();
    assert_eq!(heads, expected);
}

/// Who was told of a rev, or has a friend who was, never gets a lower one.
pub async fn a_head_is_not_behind_a_finished_write(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    for _ in 0..rounds() {
        ports
            .race(4, move |ports, n| async move {
                let sent = ports.send(id, "ada", &n.to_string()).await;
                assert!(head(&ports, id).await >= sent.rev);
            })
            .await;
    }
    let sent = i64::try_from(rounds() * 4).unwrap();
    assert_eq!(head(ports, id).await, rev(1 + sent));
}
