//! Cases with many callers at once. Each race is run many times.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::timeout;

use crate::conformance::Ports;
use crate::conformance::fixtures::{account, at, draft, login, named, seq, upload, user};
use crate::id::UploadId;
use crate::model::{ChangeKind, Draft, MarkKind, MessageKind, Purpose, Refusal, Role, Rotation};
use crate::store::Window;

/// How often a race is run: 20 times, or as often as `CHAT_CONFORMANCE_ROUNDS` says.
pub(super) fn rounds() -> usize {
    let rounds = std::env::var("CHAT_CONFORMANCE_ROUNDS");
    rounds
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(20)
}

/// How long a race may take before it counts as stuck.
pub(super) const STUCK: Duration = Duration::from_secs(60);

/// Runs `count` tasks at once.
async fn at_once<F, T>(count: usize, task: impl Fn(usize) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let tasks: Vec<_> = (0..count).map(|n| tokio::spawn(task(n))).collect();
    let mut answers = Vec::with_capacity(count);
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

impl Ports {
    /// Starts `count` tasks at once, each with ports of its own; gives their answers in order.
    pub(super) fn race<F, T>(
        &self,
        count: usize,
        task: impl Fn(Self, usize) -> F,
    ) -> impl Future<Output = Vec<T>> + Send
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let start = |n| tokio::spawn(task(self.clone(), n));
        let tasks: Vec<_> = (0..count).map(start).collect();
        async move {
            let mut answers = Vec::with_capacity(count);
            for task in tasks {
                answers.push(task.await.unwrap());
            }
            answers
        }
    }
}

/// Eight writers and a reader: numbers have no gap, and none comes late.
pub async fn no_number_becomes_visible_after_a_higher_one(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    let done = Arc::new(AtomicBool::new(false));
    let (reader, stop) = (ports.clone(), Arc::clone(&done));
    let reading = tokio::spawn(async move {
        let mut seen = Vec::new();
        while !stop.load(Ordering::Acquire) || seen.len() < 200 {
            let after = seq(seen.last().copied().unwrap_or(0));
            let page = reader
                .seqs(id, "ada", Window::After(after), 50)
                .await
                .unwrap();
            seen.extend(page);
            tokio::task::yield_now().await;
        }
        seen
    });
    let writers = ports.clone();
    at_once(8, move |writer| {
        let ports = writers.clone();
        async move {
            for n in 0..25 {
                ports.send(id, "ada", &format!("{writer}-{n}")).await;
            }
        }
    })
    .await;
    done.store(true, Ordering::Release);
    let seen = timeout(STUCK, reading).await.expect("all are seen");
    assert_eq!(seen.unwrap(), (1..=200).collect::<Vec<i64>>());
}

/// One client id from eight callers is one message.
pub async fn one_client_id_at_once_is_one_message(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    for round in 0..rounds() {
        let shared = ports.clone();
        let answers = at_once(8, move |_| {
            let ports = shared.clone();
            async move {
                ports
                    .try_send(named(draft(id, "ada", "hi"), &format!("c{round}")))
                    .await
                    .unwrap()
            }
        })
        .await;
        assert_eq!(
            answers.iter().filter(|answer| answer.is_new).count(),
            1,
            "round {round}"
        );
        assert!(
            answers
                .iter()
                .all(|answer| answer.message == answers[0].message),
            "round {round}"
        );
    }
    assert_eq!(
        ports
            .seqs(id, "ada", Window::Latest, 10_000)
            .await
            .unwrap()
            .len(),
        rounds()
    );
}

/// Nobody sends after being removed.
pub async fn no_message_follows_its_senders_removal(ports: &Ports) {
    for round in 0..rounds() {
        let id = ports.group("ada", &["bob"]).await;
        let writer = ports.clone();
        let writing = tokio::spawn(async move {
            let mut last = None;
            for _ in 0..2_000 {
                match writer.try_send(draft(id, "bob", "x")).await {
                    Ok(sent) => last = Some(sent.message.rev),
                    Err(_) => break,
                }
                tokio::task::yield_now().await;
            }
            last
        });
        tokio::task::yield_now().await;
        let removal = ports
            .change(id, "ada", ChangeKind::Remove(user("bob")))
            .await
            .unwrap()
            .members[0]
            .rev;
        let last = writing.await.unwrap();
        assert!(
            last.is_none_or(|last| last < removal),
            "round {round}: {last:?} after {removal:?}"
        );
        let rest = ports.changes_of(id, removal.get(), 1_000).await;
        assert_eq!(rest.messages, [], "round {round}");
    }
}

/// Both sides open the same conversation.
pub async fn a_pair_that_opens_at_once_gets_one_conversation(ports: &Ports) {
    for round in 0..rounds() {
        let shared = ports.clone();
        let opened = at_once(4, move |n| {
            let ports = shared.clone();
            async move {
                let (a, b) = (format!("a{round}"), format!("b{round}"));
                if n % 2 == 0 {
                    ports.direct(&a, &b).await
                } else {
                    ports.direct(&b, &a).await
                }
            }
        })
        .await;
        assert_eq!(
            opened.iter().filter(|created| created.is_new).count(),
            1,
            "round {round}"
        );
        assert!(
            opened
                .iter()
                .all(|created| created.conversation.id == opened[0].conversation.id)
        );
    }
}

/// Of two last owners one stays.
pub async fn a_group_never_loses_its_last_owner(ports: &Ports) {
    for round in 0..rounds() {
        let id = ports.group("ada", &["bob", "cyd"]).await;
        ports
            .change(id, "ada", ChangeKind::SetRole(user("bob"), Role::Owner))
            .await
            .unwrap();
        let shared = ports.clone();
        let left = at_once(2, move |n| {
            let ports = shared.clone();
            async move { ports.change(id, ["ada", "bob"][n], ChangeKind::Leave).await }
        })
        .await;
        assert_eq!(
            left.iter().filter(|answer| answer.is_ok()).count(),
            1,
            "round {round}"
        );
        assert!(left.contains(&Err(Refusal::LastOwner)), "round {round}");
    }
}

/// A group never has more members than it may.
pub async fn a_group_is_never_over_full(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    let shared = ports.clone();
    let added = at_once(20, move |n| {
        let ports = shared.clone();
        async move {
            let change = crate::model::Change {
                conversation: id,
                actor: user("ada"),
                kind: ChangeKind::Add(vec![user(&format!("m{n}"))]),
                at: at(0),
                max_members: 10,
            };
            ports.conversations.change(&change).await.unwrap()
        }
    })
    .await;
    assert_eq!(added.iter().filter(|answer| answer.is_ok()).count(), 9);
    let members = ports
        .conversations
        .members(id, &user("ada"), None, 100)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(members.len(), 10);
}

/// One of fifty gets the name.
pub async fn one_of_many_registrations_gets_the_name(ports: &Ports) {
    let shared = ports.clone();
    let made = at_once(50, move |n| {
        let ports = shared.clone();
        let wish = crate::model::Account {
            id: user(&format!("u{n}")),
            email: format!("{n}@example.com"),
            ..account("wanted")
        };
        async move { ports.accounts.create(&wish).await.unwrap() }
    })
    .await;
    assert_eq!(made.iter().filter(|answer| answer.is_ok()).count(), 1);
}

/// One of eight advances; the others repeat.
pub async fn one_of_many_rotations_advances(ports: &Ports) {
    for round in 0..rounds() {
        let ada = login("ada", 0);
        ports.logins.create(&ada, 100).await.unwrap();
        let (shared, id) = (ports.clone(), ada.id);
        let rotated = at_once(8, move |_| {
            let ports = shared.clone();
            async move { ports.logins.rotate(id, 1, at(10), 1_000).await.unwrap() }
        })
        .await;
        let advanced = rotated
            .iter()
            .filter(|rotation| matches!(rotation, Rotation::Advanced(_)))
            .count();
        let repeated = rotated
            .iter()
            .filter(|rotation| matches!(rotation, Rotation::Repeated(_)))
            .count();
        assert_eq!((advanced, repeated), (1, 7), "round {round}");
    }
}

/// The highest of many marks counts.
pub async fn the_highest_of_many_marks_counts(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    ports.send_many(id, "ada", 40).await;
    let shared = ports.clone();
    at_once(40, move |n| {
        let ports = shared.clone();
        let to = i64::try_from((n * 7) % 40 + 1).unwrap();
        async move { ports.mark(id, "bob", MarkKind::Read, to).await.unwrap() }
    })
    .await;
    let (_, me) = ports
        .conversations
        .find(id, &user("bob"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(me.markers.read, seq(40));
}

/// An upload is attached and kept, or gone and refused.
pub async fn an_upload_is_attached_or_deleted(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    for round in 0..rounds() {
        let image = upload("ada", Purpose::Attachment, 0);
        ports.uploads.create(&image).await.unwrap();
        let (deleter, gone): (Ports, UploadId) = (ports.clone(), image.id);
        let deleting = tokio::spawn(async move { deleter.uploads.delete(gone).await.unwrap() });
        let attachments = vec![image.attachment()];
        let sent = ports
            .try_send(Draft {
                kind: MessageKind::Image,
                attachments,
                ..draft(id, "ada", "")
            })
            .await;
        let deleted = deleting.await.unwrap();
        assert_ne!(sent.is_ok(), deleted, "round {round}");
        let found = ports.uploads.find(image.id, &user("ada")).await.unwrap();
        assert_eq!(found.is_some(), sent.is_ok(), "round {round}");
    }
}
