//! Races of changes: with each other and with sends.

use crate::conformance::Ports;
use crate::conformance::fixtures::{rev, user};
use crate::conformance::races::rounds;
use crate::id::ConversationId;
use crate::model::{ChangeKind, Member, Refusal, Role};
use crate::store::Window;

async fn active(ports: &Ports, id: ConversationId, viewer: &str) -> Vec<Member> {
    let viewer = user(viewer);
    let members = ports.conversations.members(id, &viewer, None, 1_000).await;
    members.unwrap().unwrap()
}

fn owners(members: &[Member]) -> usize {
    let owner = |member: &&Member| member.role == Role::Owner;
    members.iter().filter(owner).count()
}

/// Two owners take the role from each other: one of them is faster.
pub async fn owners_who_demote_each_other_leave_one(ports: &Ports) {
    for round in 0..rounds() {
        let id = ports.group("ada", &["bob"]).await;
        let promotion = ChangeKind::SetRole(user("bob"), Role::Owner);
        ports.change(id, "ada", promotion).await.unwrap();
        let answers = ports
            .race(2, move |ports, n| async move {
                let (actor, target) = [("ada", "bob"), ("bob", "ada")][n];
                let demotion = ChangeKind::SetRole(user(target), Role::Member);
                ports.change(id, actor, demotion).await
            })
            .await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        assert!(answers.contains(&Err(Refusal::Forbidden)), "{answers:?}");
        let members = active(ports, id, "ada").await;
        assert_eq!(owners(&members), 1, "round {round}: {members:?}");
    }
}

/// The last owner makes another one and leaves, at once: the group has an owner either way.
pub async fn an_owner_who_leaves_while_promoting_leaves_an_owner(ports: &Ports) {
    for round in 0..rounds() {
        let id = ports.group("ada", &["bob"]).await;
        let answers = ports
            .race(2, move |ports, n| async move {
                let kind = match n {
                    0 => ChangeKind::SetRole(user("bob"), Role::Owner),
                    _ => ChangeKind::Leave,
                };
                ports.change(id, "ada", kind).await
            })
            .await;
        let members = active(ports, id, "bob").await;
        let stay = usize::from(answers[1].is_err());
        assert_eq!(owners(&members), 1 + stay, "round {round}: {answers:?}");
        assert!(answers[0].is_ok(), "round {round}: {answers:?}");
    }
}

/// One user whom many add at once is one member, by one change.
pub async fn one_user_added_at_once_is_one_member(ports: &Ports) {
    for round in 0..rounds() {
        let id = ports.group("ada", &[]).await;
        let answers = ports
            .race(8, move |ports, _| async move {
                let add = ChangeKind::Add(vec![user("bob")]);
                ports.change(id, "ada", add).await.unwrap()
            })
            .await;
        let wrote = answers.iter().filter(|changed| !changed.members.is_empty());
        assert_eq!(wrote.count(), 1, "round {round}");
        let changes = ports.changes_of(id, 0, 10).await;
        assert_eq!(changes.conversation.rev, rev(2), "round {round}");
        assert_eq!(changes.conversation.member_count, 2, "round {round}");
    }
}

/// Changes at once take a rev each, one after the other.
pub async fn changes_at_once_take_a_rev_each(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    let mut revs = ports
        .race(16, move |ports, n| async move {
            let rename = ChangeKind::Rename(format!("name {n}"));
            let changed = ports.change(id, "ada", rename).await.unwrap();
            assert_eq!(changed.conversation.name, Some(format!("name {n}")));
            assert_eq!(changed.conversation.settings_rev, changed.conversation.rev);
            changed.conversation.rev.get()
        })
        .await;
    revs.sort_unstable();
    assert_eq!(revs, (2..=17).collect::<Vec<i64>>());
}

/// A user who is removed and added over and over ends in or out, and all reads agree on it.
pub async fn a_user_added_and_removed_at_once_is_in_or_out(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    ports
        .race(4, move |ports, n| async move {
            for _ in 0..10 {
                let kind = match n % 2 {
                    0 => ChangeKind::Add(vec![user("bob")]),
                    _ => ChangeKind::Remove(user("bob")),
                };
                let answer = ports.change(id, "ada", kind).await;
                let fine = answer.is_ok() || answer == Err(Refusal::UnknownMember);
                assert!(fine, "{answer:?}");
            }
        })
        .await;
    let bob = user("bob");
    let changes = ports.changes_of(id, 0, 10).await;
    let row = changes.members.iter().find(|member| member.user == bob);
    let inside = row.unwrap().active;
    let members = active(ports, id, "ada").await;
    assert_eq!(members.iter().any(|member| member.user == bob), inside);
    assert_eq!(members.len(), changes.conversation.member_count as usize);
    let found = ports.conversations.find(id, &bob).await.unwrap();
    assert_eq!(found.is_some(), inside);
    let memberships = ports.conversations.memberships(&bob).await.unwrap();
    assert_eq!(memberships.len(), usize::from(inside));
}

/// A join among sends: the new member sees the messages of later revs, and no others.
pub async fn a_new_member_sees_exactly_what_follows_the_joining(ports: &Ports) {
    for round in 0..rounds() {
        let id = ports.group("ada", &[]).await;
        let writer = ports.clone();
        let writing = tokio::spawn(async move {
            for _ in 0..8 {
                writer.send(id, "ada", "x").await;
            }
        });
        tokio::task::yield_now().await;
        let add = ChangeKind::Add(vec![user("bob")]);
        let joined = ports.change(id, "ada", add).await.unwrap();
        writing.await.unwrap();
        let later = ports.changes_of(id, joined.members[0].rev.get(), 100).await;
        let later: Vec<i64> = later.messages.iter().map(|m| m.seq.get()).collect();
        let seen = ports.seqs(id, "bob", Window::Latest, 100).await;
        assert_eq!(seen, Some(later), "round {round}");
    }
}

/// Groups made at once are all there.
pub async fn groups_made_at_once_are_all_there(ports: &Ports) {
    let made = ports
        .race(
            16,
            |ports, _| async move { ports.group("ada", &["bob"]).await },
        )
        .await;
    let found = ports.conversations.memberships(&user("bob")).await.unwrap();
    let mut found: Vec<_> = found.iter().map(|row| row.conversation).collect();
    let mut made = made;
    found.sort();
    made.sort();
    assert_eq!(found, made);
}
