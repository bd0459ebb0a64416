//! Cases of reading history.

use crate::conformance::Ports;
use crate::conformance::fixtures::{seq, user};
use crate::id::ConversationId;
use crate::model::ChangeKind;
use crate::store::Window;

async fn ten(ports: &Ports) -> ConversationId {
    let id = ports.group("ada", &[]).await;
    ports.send_many(id, "ada", 10).await;
    id
}

/// The last messages come oldest first.
pub async fn the_latest_page_is_the_end_oldest_first(ports: &Ports) {
    let id = ten(ports).await;
    assert_eq!(
        ports.seqs(id, "ada", Window::Latest, 3).await,
        Some(vec![8, 9, 10])
    );
    assert_eq!(
        ports
            .seqs(id, "ada", Window::Latest, 50)
            .await
            .unwrap()
            .len(),
        10
    );
}

/// Before is below.
pub async fn a_page_before_ends_right_below(ports: &Ports) {
    let id = ten(ports).await;
    let before = async |at| {
        ports
            .seqs(id, "ada", Window::Before(seq(at)), 3)
            .await
            .unwrap()
    };
    assert_eq!(before(8).await, [5, 6, 7]);
    assert_eq!(before(2).await, [1]);
    assert_eq!(before(1).await, Vec::<i64>::new());
    assert_eq!(before(0).await, Vec::<i64>::new());
    assert_eq!(before(11).await, [8, 9, 10]);
    assert_eq!(before(1 << 60).await, [8, 9, 10]);
}

/// After is above.
pub async fn a_page_after_begins_right_above(ports: &Ports) {
    let id = ten(ports).await;
    let after = async |at| {
        ports
            .seqs(id, "ada", Window::After(seq(at)), 3)
            .await
            .unwrap()
    };
    assert_eq!(after(0).await, [1, 2, 3]);
    assert_eq!(after(8).await, [9, 10]);
    assert_eq!(after(10).await, Vec::<i64>::new());
    assert_eq!(after(1 << 60).await, Vec::<i64>::new());
}

/// Around has both sides.
pub async fn a_page_around_has_both_sides(ports: &Ports) {
    let id = ten(ports).await;
    let around = async |at, limit| {
        ports
            .seqs(id, "ada", Window::Around(seq(at)), limit)
            .await
            .unwrap()
    };
    assert_eq!(around(5, 4).await, [3, 4, 5, 6]);
    assert_eq!(around(5, 5).await, [3, 4, 5, 6, 7]);
    assert_eq!(around(1, 4).await, [1, 2]);
    assert_eq!(around(10, 4).await, [8, 9, 10]);
    assert_eq!(around(5, 1).await, [5]);
}

/// Pages backwards and forwards cover everything.
pub async fn pages_cover_the_history_in_both_directions(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    ports.send_many(id, "ada", 23).await;
    let (mut back, mut forth) = (Vec::new(), Vec::new());
    let mut place = 24;
    while let Some(first) = ports
        .seqs(id, "ada", Window::Before(seq(place)), 5)
        .await
        .unwrap()
        .first()
        .copied()
    {
        back.splice(
            0..0,
            ports
                .seqs(id, "ada", Window::Before(seq(place)), 5)
                .await
                .unwrap(),
        );
        place = first;
    }
    while let Some(page) = ports
        .seqs(
            id,
            "ada",
            Window::After(seq(forth.last().copied().unwrap_or(0))),
            5,
        )
        .await
        .filter(|p| !p.is_empty())
    {
        forth.extend(page);
    }
    let all: Vec<i64> = (1..=23).collect();
    assert_eq!((back, forth), (all.clone(), all));
}

/// A new member reads from joining on, however asked.
pub async fn a_new_member_reads_from_joining_on(ports: &Ports) {
    let id = ten(ports).await;
    ports
        .change(id, "ada", ChangeKind::Add(vec![user("bob")]))
        .await
        .unwrap();
    ports.send_many(id, "ada", 2).await;
    for window in [
        Window::Latest,
        Window::Before(seq(100)),
        Window::After(seq(0)),
        Window::Around(seq(11)),
    ] {
        assert_eq!(
            ports.seqs(id, "bob", window, 20).await,
            Some(vec![11, 12]),
            "{window:?}"
        );
    }
    for window in [Window::Before(seq(11)), Window::Before(seq(5))] {
        assert_eq!(
            ports.seqs(id, "bob", window, 20).await,
            Some(vec![]),
            "{window:?}"
        );
    }
}

/// Strangers read nothing.
pub async fn only_members_read(ports: &Ports) {
    let id = ten(ports).await;
    assert_eq!(ports.seqs(id, "eve", Window::Latest, 10).await, None);
    assert_eq!(
        ports
            .seqs(ConversationId::new(), "ada", Window::Latest, 10)
            .await,
        None
    );
}

/// Those who left read nothing any more.
pub async fn former_members_read_nothing(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    ports.send(id, "bob", "hi").await;
    ports.change(id, "bob", ChangeKind::Leave).await.unwrap();
    assert_eq!(ports.seqs(id, "bob", Window::Latest, 10).await, None);
}

/// An empty conversation has an empty history.
pub async fn an_empty_conversation_has_an_empty_history(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    for window in [
        Window::Latest,
        Window::Before(seq(5)),
        Window::After(seq(0)),
        Window::Around(seq(1)),
    ] {
        assert_eq!(
            ports.seqs(id, "ada", window, 10).await,
            Some(vec![]),
            "{window:?}"
        );
    }
}
