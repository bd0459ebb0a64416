//! Cases at the ends: limits of zero and beyond everything, the highest numbers, large questions.

use crate::conformance::Ports;
use crate::conformance::fixtures::{account, at, rev, seq, upload, user};
use crate::id::{ConversationId, UploadId, UserId};
use crate::model::{Change, ChangeKind, Mark, MarkKind, Purpose, Refusal};
use crate::store::{Since, Window};

fn windows(place: i64) -> [Window; 4] {
    let place = seq(place);
    [
        Window::Latest,
        Window::Before(place),
        Window::After(place),
        Window::Around(place),
    ]
}

/// A limit of zero asks for nothing, and gets it.
pub async fn a_limit_of_zero_gives_nothing(ports: &Ports) {
    let (id, ada) = (ports.group("ada", &["bob"]).await, user("ada"));
    ports.send_many(id, "ada", 3).await;
    let orphan = upload("ada", Purpose::Attachment, 0);
    ports.uploads.create(&orphan).await.unwrap();
    for window in windows(2) {
        let page = ports.seqs(id, "ada", window, 0).await;
        assert_eq!(page, Some(vec![]), "{window:?}");
    }
    let members = ports.conversations.members(id, &ada, None, 0).await;
    assert_eq!(members.unwrap(), Some(vec![]));
    assert_eq!(ports.conversations.inbox(&ada, None, 0).await.unwrap(), []);
    assert_eq!(
        ports
            .uploads
            .orphans(Purpose::Attachment, at(10), None, 0)
            .await
            .unwrap(),
        []
    );
    assert!(!ports.changes_of(id, 4, 0).await.truncated);
    assert!(ports.changes_of(id, 3, 0).await.truncated);
}

/// A limit beyond everything gives everything.
pub async fn a_limit_beyond_everything_gives_everything(ports: &Ports) {
    let (id, ada) = (ports.group("ada", &["bob"]).await, user("ada"));
    ports.send_many(id, "ada", 5).await;
    for (window, expected) in windows(3).into_iter().zip([5, 2, 2, 5]) {
        let page = ports.seqs(id, "ada", window, usize::MAX).await.unwrap();
        assert_eq!(page.len(), expected, "{window:?}");
    }
    let members = ports
        .conversations
        .members(id, &ada, None, usize::MAX)
        .await;
    assert_eq!(members.unwrap().unwrap().len(), 2);
    let rows = ports.conversations.inbox(&ada, None, usize::MAX).await;
    assert_eq!(rows.unwrap().len(), 1);
    let changes = ports.changes_of(id, 0, usize::MAX).await;
    assert_eq!((changes.messages.len(), changes.members.len()), (5, 2));
}

/// The highest seq there is does no harm.
pub async fn the_highest_seq_does_no_harm(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    ports.send_many(id, "ada", 3).await;
    let expected = [vec![1, 2, 3], vec![1, 2, 3], vec![], vec![2, 3]];
    for (window, expected) in windows(i64::MAX).into_iter().zip(expected) {
        let page = ports.seqs(id, "ada", window, 4).await.unwrap();
        assert_eq!(page, expected, "{window:?}");
    }
    let marked = ports.mark(id, "ada", MarkKind::Read, i64::MAX).await;
    assert_eq!(marked, Err(Refusal::PastHead));
}

/// Hundreds of users are added by one change, in order, and paged without loss.
pub async fn hundreds_are_added_at_once_and_paged(ports: &Ports) {
    let id = ports.group("owner", &[]).await;
    let added: Vec<UserId> = (0..299).rev().map(|n| user(&format!("m{n:03}"))).collect();
    let change = Change {
        conversation: id,
        actor: user("owner"),
        kind: ChangeKind::Add(added.clone()),
        at: at(1),
        max_members: 300,
    };
    let changed = ports.conversations.change(&change).await.unwrap().unwrap();
    let in_order = (2..).map(rev).zip(&added);
    let rows = changed.members.iter().map(|row| (row.rev, &row.user));
    assert!(rows.eq(in_order), "in the order asked, a rev each");
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = ports
            .conversations
            .members(id, &user("owner"), after.as_ref(), 70)
            .await
            .unwrap()
            .unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.user.clone());
        found.extend(page.into_iter().map(|member| member.user));
    }
    let mut expected = added;
    expected.push(user("owner"));
    expected.sort();
    assert_eq!(found, expected);
}

/// Questions over hundreds of conversations are one call each.
pub async fn hundreds_of_conversations_are_one_question(ports: &Ports) {
    let mut places = Vec::new();
    for _ in 0..200 {
        let id = ports.group("ada", &[]).await;
        ports.send(id, "ada", "x").await;
        places.push(Since {
            conversation: id,
            rev: rev(1),
        });
    }
    let changes = ports.messages.changes(&places, 10).await.unwrap();
    let ids = changes.iter().map(|changes| changes.conversation.id);
    assert!(ids.eq(places.iter().map(|place| place.conversation)));
    assert!(changes.iter().all(|changes| changes.messages.len() == 1));
    let rows = ports.conversations.inbox(&user("ada"), None, 300).await;
    assert_eq!(rows.unwrap().len(), 200);
    let rows = ports.conversations.memberships(&user("ada")).await;
    assert_eq!(rows.unwrap().len(), 200);
    let marks: Vec<Mark> = places
        .iter()
        .map(|place| Mark {
            conversation: place.conversation,
            user: user("ada"),
            kind: MarkKind::Read,
            seq: seq(1),
        })
        .collect();
    let marked = ports.conversations.mark(&marks).await.unwrap();
    assert!(marked.iter().all(Result::is_ok) && marked.len() == 200);
}

/// Hundreds of ids are one question.
pub async fn hundreds_of_ids_are_one_question(ports: &Ports) {
    let (mut users, mut uploads) = (Vec::new(), Vec::new());
    for n in 0..60 {
        let made = account(&format!("u{n}"));
        ports.accounts.create(&made).await.unwrap().unwrap();
        users.push(made.id);
        let made = upload("ada", Purpose::Attachment, n);
        ports.uploads.create(&made).await.unwrap();
        uploads.push(made.id);
    }
    users.extend((0..500).map(|n| user(&format!("nobody {n}"))));
    uploads.extend((0..500).map(|_| UploadId::new()));
    assert_eq!(ports.users.find(&users).await.unwrap().len(), 60);
    let owned = ports.uploads.owned(&user("ada"), &uploads).await.unwrap();
    assert_eq!(owned.len(), 60);
    let seen: Vec<_> = users.iter().map(|user| (user.clone(), at(1))).collect();
    ports.last_seen.touch(&seen).await.unwrap();
    assert_eq!(ports.last_seen.find(&users).await.unwrap().len(), 560);
}

/// A place with too much behind it takes nothing from the others.
pub async fn a_truncated_place_leaves_the_others_whole(ports: &Ports) {
    let (busy, quiet) = (ports.group("ada", &[]).await, ports.group("ada", &[]).await);
    ports.send_many(busy, "ada", 50).await;
    ports.send_many(quiet, "ada", 3).await;
    let place = |conversation: ConversationId| Since {
        conversation,
        rev: rev(1),
    };
    let places = [place(quiet), place(busy), place(ConversationId::new())];
    let changes = ports.messages.changes(&places, 3).await.unwrap();
    let found: Vec<_> = changes
        .iter()
        .map(|row| (row.conversation.id, row.messages.len(), row.truncated))
        .collect();
    assert_eq!(found, [(quiet, 3, false), (busy, 0, true)]);
    assert_eq!(changes[1].conversation.rev, rev(51));
}
