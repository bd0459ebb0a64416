//! Cases of calls that are dropped midway: each has happened whole or not at all, and is repeated.

use std::pin::pin;
use std::task::Poll;

use crate::conformance::Ports;
use crate::conformance::fixtures::{account, at, draft, login, named, rev, user};
use crate::model::{Change, ChangeKind, Draft, NewConversation, Revision, RevisionKind, Rotation};
use crate::store::{AccountKey, Window};

/// After how many polls calls are dropped.
const POLLS: std::ops::Range<usize> = 0..25;

/// Polls a call so often, lets others run between, then drops it.
async fn drop_after<T>(polls: usize, call: impl Future<Output = T>) {
    let mut call = pin!(call);
    for _ in 0..polls {
        let poll = std::future::poll_fn(|context| Poll::Ready(call.as_mut().poll(context)));
        if poll.await.is_ready() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// A dropped append may be repeated: each message is there once, without a gap.
pub async fn a_dropped_append_can_be_repeated(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    for polls in POLLS {
        let text = |n: usize| format!("{polls}.{n}");
        let drafts: Vec<Draft> = (0..3)
            .map(|n| named(draft(id, "ada", &text(n)), &text(n)))
            .collect();
        drop_after(polls, ports.messages.append(&drafts)).await;
        let answers = ports.append(&drafts).await;
        let all_new = answers.iter().all(|answer| answer.as_ref().unwrap().is_new);
        let none_new = answers
            .iter()
            .all(|answer| !answer.as_ref().unwrap().is_new);
        assert!(all_new || none_new, "{polls} polls: {answers:?}");
    }
    let expected: Vec<String> = POLLS
        .flat_map(|polls| (0..3).map(move |n| format!("{polls}.{n}")))
        .collect();
    assert_eq!(ports.texts(id, "ada").await, expected);
    let seqs = ports.seqs(id, "ada", Window::Latest, 1_000).await.unwrap();
    assert!(seqs.into_iter().eq(1..=75), "no gaps");
}

/// A dropped change has taken all its revs or none.
pub async fn a_dropped_change_can_be_repeated(ports: &Ports) {
    for polls in POLLS {
        let id = ports.group("ada", &[]).await;
        let change = Change {
            conversation: id,
            actor: user("ada"),
            kind: ChangeKind::Add(vec![user("bob"), user("cyd")]),
            at: at(1),
            max_members: 256,
        };
        drop_after(polls, ports.conversations.change(&change)).await;
        let before = ports.changes_of(id, 0, 10).await.conversation.rev;
        assert!(
            before == rev(1) || before == rev(3),
            "{polls} polls: {before:?}"
        );
        let changed = ports.conversations.change(&change).await.unwrap().unwrap();
        assert_eq!(changed.conversation.rev, rev(3), "{polls} polls");
        assert_eq!(changed.conversation.member_count, 3, "{polls} polls");
    }
}

/// A dropped deletion is whole, with its uploads and its words, or has not happened.
pub async fn a_dropped_revision_can_be_repeated(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    for polls in POLLS {
        let sent = ports.send(id, "ada", "word").await;
        let revision = Revision {
            conversation: id,
            message: sent.id,
            actor: user("ada"),
            kind: RevisionKind::Delete,
            at: at(1),
            max_reactions: 50,
            blind_words: None,
        };
        drop_after(polls, ports.messages.revise(&revision)).await;
        let revised = ports.messages.revise(&revision).await.unwrap().unwrap();
        assert_eq!(
            revised.message.rev.get(),
            sent.rev.get() + 1,
            "{polls} polls"
        );
        assert_eq!(revised.message.text, "", "{polls} polls");
    }
    assert_eq!(ports.admin.audit(10).await.unwrap(), []);
}

/// A dropped creation leaves no half of a conversation.
pub async fn a_dropped_creation_can_be_repeated(ports: &Ports) {
    for polls in POLLS {
        let new = NewConversation::Direct {
            id: crate::id::ConversationId::new(),
            creator: user("ada"),
            peer: user(&format!("peer {polls}")),
            at: at(0),
        };
        drop_after(polls, ports.conversations.create(&new)).await;
        let created = ports.conversations.create(&new).await.unwrap();
        assert_eq!(created.members.len(), 2, "{polls} polls");
        let again = ports.conversations.create(&new).await.unwrap();
        assert_eq!(again.conversation, created.conversation, "{polls} polls");
    }
    let rows = ports.conversations.memberships(&user("ada")).await.unwrap();
    assert_eq!(rows.len(), POLLS.len());
}

/// A client whose refresh was dropped midway is not taken for a thief.
pub async fn a_dropped_refresh_can_be_repeated(ports: &Ports) {
    for polls in POLLS {
        let ada = login("ada", 0);
        ports.logins.create(&ada, 100).await.unwrap();
        drop_after(polls, ports.logins.rotate(ada.id, 1, at(10), 1_000)).await;
        let rotated = ports.logins.rotate(ada.id, 1, at(11), 1_000).await.unwrap();
        let (Rotation::Advanced(now) | Rotation::Repeated(now)) = rotated else {
            panic!("{polls} polls: {rotated:?}");
        };
        assert_eq!(now.generation, 2, "{polls} polls");
    }
}

/// A dropped registration has taken both the name and the address, or neither.
pub async fn a_dropped_registration_is_whole_or_absent(ports: &Ports) {
    for polls in POLLS {
        let made = account(&format!("u{polls}"));
        drop_after(polls, ports.accounts.create(&made)).await;
        // Either answer is right; the account is there afterwards.
        let again = ports.accounts.create(&made).await.unwrap();
        for key in [
            AccountKey::Id(&made.id),
            AccountKey::Username(&made.username),
            AccountKey::Email(&made.email),
        ] {
            let found = ports.accounts.find(key).await.unwrap();
            assert_eq!(found.as_ref(), Some(&made), "{polls} polls, {again:?}");
        }
    }
}
