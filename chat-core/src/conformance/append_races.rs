//! Races of appends: with each other, with changes and with marks.

use tokio::time::timeout;

use crate::conformance::Ports;
use crate::conformance::fixtures::{draft, named, seq, user};
use crate::conformance::races::STUCK;
use crate::id::ConversationId;
use crate::model::{ChangeKind, Draft, MarkKind};
use crate::store::Window;

/// What a reader by rev sees until the head is `until`: the seqs, as they came.
async fn follow(ports: Ports, id: ConversationId, until: i64) -> Vec<i64> {
    let (mut since, mut seen) = (1, Vec::new());
    while since < until {
        let changes = ports.changes_of(id, since, 1_000).await;
        let head = changes.conversation.rev.get();
        for message in &changes.messages {
            let rev = message.rev.get();
            assert!(
                since < rev && rev <= head,
                "rev {rev} in ({since}, {head}]: {message:?}"
            );
            seen.push(message.seq.get());
        }
        assert_eq!(
            seen.last().copied().unwrap_or(0),
            changes.conversation.last_seq.get(),
            "the head and the rows are of one moment"
        );
        since = head;
        tokio::task::yield_now().await;
    }
    seen
}

/// Writers, renames between them, and a reader by rev: none comes late, and none is used twice.
pub async fn no_rev_becomes_visible_after_a_higher_one(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    let reading = tokio::spawn(timeout(STUCK, follow(ports.clone(), id, 1 + 9 * 15)));
    ports
        .race(9, move |ports, writer| async move {
            for n in 0..15 {
                let text = format!("{writer}-{n}");
                if writer == 8 {
                    let renamed = ports.change(id, "ada", ChangeKind::Rename(text)).await;
                    assert!(renamed.is_ok(), "{renamed:?}");
                } else {
                    ports.send(id, "ada", &text).await;
                }
            }
        })
        .await;
    let seen = reading.await.unwrap().expect("the head is reached");
    assert_eq!(seen, (1..=8 * 15).collect::<Vec<i64>>());
}

/// What one writer sends after another's answer comes after it.
pub async fn each_writers_own_order_is_kept(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    ports
        .race(4, move |ports, writer| async move {
            for batch in 0..5 {
                let drafts: Vec<Draft> = (0..5)
                    .map(|n| draft(id, "ada", &format!("{writer} {:02}", batch * 5 + n)))
                    .collect();
                assert!(ports.append(&drafts).await.iter().all(Result::is_ok));
            }
        })
        .await;
    let texts = ports.texts(id, "ada").await;
    for writer in 0..4 {
        let own: Vec<&String> = texts
            .iter()
            .filter(|text| text.starts_with(&format!("{writer} ")))
            .collect();
        assert!(
            own.is_sorted() && own.len() == 25,
            "writer {writer}: {own:?}"
        );
    }
}

/// Batches that name the same conversations in opposite orders do not wait for each other for ever.
pub async fn batches_in_opposite_orders_all_finish(ports: &Ports) {
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(ports.group("ada", &[]).await);
    }
    let all = ids.clone();
    let racing = ports.race(8, move |ports, writer| {
        let mut ids = all.clone();
        if writer % 2 == 1 {
            ids.reverse();
        }
        async move {
            for _ in 0..5 {
                let drafts: Vec<Draft> = ids.iter().map(|id| draft(*id, "ada", "x")).collect();
                assert!(ports.append(&drafts).await.iter().all(Result::is_ok));
            }
        }
    });
    timeout(STUCK, racing).await.expect("no batch is stuck");
    for id in ids {
        assert_eq!(
            ports.seqs(id, "ada", Window::Latest, 100).await,
            Some((1..=40).collect())
        );
    }
}

/// A whole batch that is sent eight times at once is stored once.
pub async fn a_batch_repeated_at_once_is_stored_once(ports: &Ports) {
    let (one, two) = (ports.group("ada", &[]).await, ports.group("ada", &[]).await);
    let answers = ports
        .race(8, move |ports, _| async move {
            let drafts: Vec<Draft> = (0..10)
                .map(|n| {
                    let id = if n % 2 == 0 { one } else { two };
                    named(draft(id, "ada", &n.to_string()), &n.to_string())
                })
                .collect();
            ports.append(&drafts).await
        })
        .await;
    for place in 0..10 {
        let of_all: Vec<_> = answers
            .iter()
            .map(|answer| answer[place].as_ref().unwrap())
            .collect();
        assert_eq!(of_all.iter().filter(|answer| answer.is_new).count(), 1);
        assert!(
            of_all
                .iter()
                .all(|answer| answer.message == of_all[0].message),
            "{of_all:?}"
        );
    }
    assert_eq!(ports.texts(one, "ada").await.len(), 5);
    assert_eq!(ports.texts(two, "ada").await.len(), 5);
}

/// Marks and sends of one member at once: the markers stay in order, and within the log.
pub async fn marks_and_sends_at_once_keep_the_markers_in_order(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    ports.send_many(id, "ada", 30).await;
    ports
        .race(3, move |ports, task| async move {
            for n in 1..=20 {
                match task {
                    0 => drop(ports.mark(id, "bob", MarkKind::Read, n).await.unwrap()),
                    1 => drop(
                        ports
                            .mark(id, "bob", MarkKind::Delivered, n + 10)
                            .await
                            .unwrap(),
                    ),
                    _ => drop(ports.send(id, "bob", "x").await),
                }
            }
        })
        .await;
    let (conversation, me) = ports
        .conversations
        .find(id, &user("bob"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(conversation.last_seq, seq(50));
    assert_eq!((me.markers.read, me.markers.delivered), (seq(50), seq(50)));
}

/// Paging back from a place gives the same messages, whatever is sent meanwhile.
pub async fn pages_backwards_are_stable_under_writes(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    ports.send_many(id, "ada", 60).await;
    let writer = ports.clone();
    let writing = tokio::spawn(async move {
        for _ in 0..30 {
            writer.send(id, "ada", "later").await;
        }
    });
    let (mut place, mut seen) = (seq(61), Vec::new());
    loop {
        let page = ports
            .seqs(id, "ada", Window::Before(place), 7)
            .await
            .unwrap();
        let Some(first) = page.first() else { break };
        place = seq(*first);
        seen.splice(0..0, page);
        tokio::task::yield_now().await;
    }
    writing.await.unwrap();
    assert_eq!(seen, (1..=60).collect::<Vec<i64>>());
}
