//! Cases of changing conversations.

use crate::conformance::Ports;
use crate::conformance::fixtures::{at, draft, named, rev, seq, user};
use crate::id::{ConversationId, UploadId};
use crate::model::{Change, ChangeKind, Draft, MarkKind, Markers, Member, Refusal, Role};
use crate::store::Window;

fn add(names: &[&str]) -> ChangeKind {
    ChangeKind::Add(names.iter().map(|name| user(name)).collect())
}

/// A new name takes a rev.
pub async fn renaming_takes_a_rev(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    let changed = ports
        .change(id, "ada", ChangeKind::Rename("Other".to_owned()))
        .await
        .unwrap();
    assert!(changed.settings_changed && changed.members.is_empty());
    assert_eq!(changed.conversation.name.as_deref(), Some("Other"));
    assert_eq!(
        (changed.conversation.rev, changed.conversation.settings_rev),
        (rev(2), rev(2))
    );
    let (found, _) = ports
        .conversations
        .find(id, &user("ada"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found, changed.conversation);
}

/// A picture is set and taken away.
pub async fn a_picture_is_set_and_taken_away(ports: &Ports) {
    let (id, avatar) = (ports.group("ada", &[]).await, UploadId::new());
    let set = ports
        .change(id, "ada", ChangeKind::Avatar(Some(avatar)))
        .await
        .unwrap();
    assert_eq!(set.conversation.avatar, Some(avatar));
    let taken = ports
        .change(id, "ada", ChangeKind::Avatar(None))
        .await
        .unwrap();
    assert_eq!(
        (taken.conversation.avatar, taken.conversation.rev),
        (None, rev(3))
    );
}

/// Each added member takes a rev, in order, and sees from now on.
pub async fn added_members_take_revs_in_order_and_see_from_now_on(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    ports.send(id, "ada", "before").await;
    let changed = ports.change(id, "ada", add(&["cyd", "bob"])).await.unwrap();
    let members: Vec<_> = changed
        .members
        .iter()
        .map(|m| (m.user.as_str(), m.rev.get()))
        .collect();
    assert_eq!(members, [("cyd", 3), ("bob", 4)]);
    assert_eq!(
        (changed.conversation.rev, changed.conversation.member_count),
        (rev(4), 3)
    );
    for member in &changed.members {
        assert!(member.active && member.role == Role::Member);
        assert_eq!(member.visible_from, seq(1));
        assert_eq!(
            member.markers,
            Markers {
                delivered: seq(1),
                read: seq(1)
            }
        );
    }
    assert_eq!(
        ports.seqs(id, "bob", Window::Latest, 10).await,
        Some(vec![])
    );
}

/// Adding a member again changes nothing and takes no rev.
pub async fn adding_a_member_again_changes_nothing(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    let changed = ports.change(id, "ada", add(&["bob"])).await.unwrap();
    assert_eq!(
        (changed.conversation.rev, changed.members.len()),
        (rev(1), 0)
    );
}

/// A removed member is a tombstone with a rev.
pub async fn a_removed_member_is_a_tombstone(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    let changed = ports
        .change(id, "ada", ChangeKind::Remove(user("bob")))
        .await
        .unwrap();
    assert_eq!(changed.members.len(), 1);
    assert_eq!(
        (changed.members[0].active, changed.members[0].rev),
        (false, rev(2))
    );
    assert_eq!(changed.conversation.member_count, 1);
    assert_eq!(
        ports.try_send(draft(id, "bob", "still here?")).await,
        Err(Refusal::NotMember)
    );
}

/// Who comes back starts anew.
pub async fn who_comes_back_sees_nothing_of_before(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    ports.send(id, "ada", "one").await;
    ports
        .change(id, "ada", ChangeKind::Remove(user("bob")))
        .await
        .unwrap();
    ports.send(id, "ada", "two").await;
    ports.change(id, "ada", add(&["bob"])).await.unwrap();
    ports.send(id, "ada", "three").await;
    assert_eq!(ports.texts(id, "bob").await, ["three"]);
    let changes = ports.changes_of(id, 0, 100).await;
    assert_eq!(
        changes
            .members
            .iter()
            .filter(|member| member.user == user("bob"))
            .count(),
        1
    );
}

/// Roles are given and taken by owners, each with a rev.
pub async fn owners_give_and_take_roles(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    let raised = ports
        .change(id, "ada", ChangeKind::SetRole(user("bob"), Role::Owner))
        .await
        .unwrap();
    assert_eq!(
        (raised.members[0].role, raised.members[0].rev),
        (Role::Owner, rev(2))
    );
    let lowered = ports
        .change(id, "bob", ChangeKind::SetRole(user("ada"), Role::Member))
        .await
        .unwrap();
    assert_eq!(lowered.members[0].role, Role::Member);
    assert_eq!(
        ports
            .change(id, "ada", ChangeKind::Rename("x".to_owned()))
            .await,
        Err(Refusal::Forbidden)
    );
}

/// The rules are asked in the store.
pub async fn what_the_rules_forbid_is_refused_and_takes_no_rev(ports: &Ports) {
    let id = ports.group("ada", &["bob", "cyd"]).await;
    for (actor, kind, refusal) in [
        ("eve", ChangeKind::Leave, Refusal::NotMember),
        ("eve", add(&["eve"]), Refusal::NotMember),
        ("bob", add(&["eve"]), Refusal::Forbidden),
        ("bob", ChangeKind::Remove(user("cyd")), Refusal::Forbidden),
        (
            "bob",
            ChangeKind::SetRole(user("bob"), Role::Owner),
            Refusal::Forbidden,
        ),
        (
            "ada",
            ChangeKind::Remove(user("eve")),
            Refusal::UnknownMember,
        ),
        ("ada", ChangeKind::Leave, Refusal::LastOwner),
    ] {
        assert_eq!(
            ports.change(id, actor, kind.clone()).await,
            Err(refusal),
            "{actor} {kind:?}"
        );
    }
    let (conversation, _) = ports
        .conversations
        .find(id, &user("ada"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(conversation.rev, rev(1));
    assert_eq!(
        ports
            .change(ConversationId::new(), "ada", ChangeKind::Leave)
            .await,
        Err(Refusal::NotMember)
    );
}

/// A direct conversation stays what it is.
pub async fn a_direct_conversation_cannot_be_changed(ports: &Ports) {
    let id = ports.direct("ada", "bob").await.conversation.id;
    for kind in [
        ChangeKind::Leave,
        add(&["cyd"]),
        ChangeKind::Rename("x".to_owned()),
        ChangeKind::Remove(user("bob")),
    ] {
        assert_eq!(ports.change(id, "ada", kind).await, Err(Refusal::Forbidden));
    }
}

/// The limit holds at n and n + 1.
pub async fn a_group_is_full_at_its_limit(ports: &Ports) {
    let id = ports.group("ada", &["m1"]).await;
    let change = |names: &[&str]| Change {
        conversation: id,
        actor: user("ada"),
        kind: add(names),
        at: at(0),
        max_members: 3,
    };
    assert_eq!(
        ports
            .conversations
            .change(&change(&["m2", "m3"]))
            .await
            .unwrap(),
        Err(Refusal::Full)
    );
    assert!(
        ports
            .conversations
            .change(&change(&["m2"]))
            .await
            .unwrap()
            .is_ok()
    );
    assert_eq!(
        ports.conversations.change(&change(&["m3"])).await.unwrap(),
        Err(Refusal::Full)
    );
    assert!(
        ports
            .conversations
            .change(&change(&["m1", "m2"]))
            .await
            .unwrap()
            .is_ok(),
        "they are members"
    );
}

/// The last member may go, even as the last owner.
pub async fn the_last_member_may_leave(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    let changed = ports.change(id, "ada", ChangeKind::Leave).await.unwrap();
    assert_eq!(changed.conversation.member_count, 0);
    assert_eq!(
        ports.conversations.memberships(&user("ada")).await.unwrap(),
        []
    );
}

/// Markers of a tombstone do not move.
pub async fn a_former_member_marks_nothing(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    ports.send(id, "ada", "hi").await;
    ports.change(id, "bob", ChangeKind::Leave).await.unwrap();
    assert_eq!(
        ports.mark(id, "bob", MarkKind::Read, 1).await,
        Err(Refusal::NotMember)
    );
}

/// Nothing of the earlier membership comes back: no role, no markers, no date.
pub async fn who_comes_back_has_nothing_of_before(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    let promotion = ChangeKind::SetRole(user("bob"), Role::Owner);
    ports.change(id, "ada", promotion).await.unwrap();
    ports.send_many(id, "bob", 2).await;
    let left = ports.change(id, "bob", ChangeKind::Leave).await.unwrap();
    assert_eq!(left.members[0].role, Role::Owner, "a tombstone keeps it");
    ports.send(id, "ada", "three").await;

    let back = Change {
        conversation: id,
        actor: user("ada"),
        kind: add(&["bob"]),
        at: at(9_000),
        max_members: 256,
    };
    let back = ports.conversations.change(&back).await.unwrap().unwrap();

    let head = Markers {
        delivered: seq(3),
        read: seq(3),
    };
    let bob = Member {
        user: user("bob"),
        role: Role::Member,
        active: true,
        joined_at: at(9_000),
        rev: rev(7),
        visible_from: seq(3),
        markers: head,
    };
    assert_eq!(back.members, std::slice::from_ref(&bob));
    let (_, me) = ports
        .conversations
        .find(id, &user("bob"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(me, bob);
}

/// A client id is remembered over a leaving and a coming back, also where the message is hidden.
pub async fn who_comes_back_still_retries_safely(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    let quoted = ports.send(id, "ada", "one").await;
    let reply = Draft {
        reply_to: Some(quoted.id),
        ..named(draft(id, "bob", "two"), "c1")
    };
    let first = ports.try_send(reply.clone()).await.unwrap();
    ports.change(id, "bob", ChangeKind::Leave).await.unwrap();
    ports.change(id, "ada", add(&["bob"])).await.unwrap();

    let again = ports.try_send(reply).await.unwrap();

    assert!(!again.is_new, "the id is asked before the reply is");
    assert_eq!(again.message, first.message);
    assert_eq!(ports.texts(id, "bob").await, [""; 0]);
}
