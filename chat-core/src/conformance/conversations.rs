//! Cases of creating and reading conversations.

use crate::conformance::Ports;
use crate::conformance::fixtures::{at, rev, seq, user};
use crate::id::{ConversationId, UserId};
use crate::model::{ChangeKind, ConversationKind, Markers, NewConversation, Role};

/// A group begins at rev 1 with its creator as owner.
pub async fn a_new_group_is_at_rev_one_with_its_owner(ports: &Ports) {
    let id = ConversationId::new();
    let (creator, members) = (user("ada"), vec![user("bob"), user("cyd")]);
    let new = NewConversation::Group {
        id,
        creator,
        name: "Ünïcode 😀".to_owned(),
        members,
        at: at(7),
    };
    let created = ports.conversations.create(&new).await.unwrap();
    let conversation = &created.conversation;
    assert!(created.is_new);
    assert_eq!(
        (conversation.id, conversation.kind),
        (id, ConversationKind::Group)
    );
    assert_eq!(conversation.name.as_deref(), Some("Ünïcode 😀"));
    assert_eq!(
        (
            conversation.rev,
            conversation.settings_rev,
            conversation.last_seq
        ),
        (rev(1), rev(1), seq(0))
    );
    assert_eq!(
        (conversation.created_at, &conversation.created_by),
        (at(7), &user("ada"))
    );
    assert_eq!(conversation.member_count, 3);
    let members: Vec<_> = created
        .members
        .iter()
        .map(|m| (m.user.as_str(), m.role))
        .collect();
    assert_eq!(
        members,
        [
            ("ada", Role::Owner),
            ("bob", Role::Member),
            ("cyd", Role::Member)
        ]
    );
}

/// Members begin at the beginning.
pub async fn first_members_see_everything_and_have_read_nothing(ports: &Ports) {
    let created = ports.direct("ada", "bob").await;
    for member in &created.members {
        assert!(member.active);
        assert_eq!(
            (member.rev, member.visible_from, member.markers),
            (rev(1), seq(0), Markers::default())
        );
    }
}

/// A group may have its creator alone.
pub async fn a_group_may_begin_with_its_creator_alone(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    let (conversation, me) = ports
        .conversations
        .find(id, &user("ada"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((conversation.member_count, me.role), (1, Role::Owner));
}

/// A pair has one direct conversation, whoever asks first.
pub async fn a_pair_has_one_direct_conversation(ports: &Ports) {
    let first = ports.direct("ada", "bob").await;
    let again = ports.direct("ada", "bob").await;
    let other_way = ports.direct("bob", "ada").await;
    assert!(first.is_new && !again.is_new && !other_way.is_new);
    assert_eq!(first.conversation, again.conversation);
    assert_eq!(first.conversation, other_way.conversation);
    assert_eq!(first.members, other_way.members);
    assert_eq!(first.conversation.name, None);
}

/// Pairs that spell alike when joined are different pairs.
pub async fn pairs_are_told_apart_however_their_ids_are_spelt(ports: &Ports) {
    let mut ids = Vec::new();
    for (a, b) in [
        ("a", "bc"),
        ("ab", "c"),
        ("a:b", "c"),
        ("a", "b:c"),
        ("A", "bc"),
        ("a ", "bc"),
        ("é", "x"),
        ("e\u{301}", "x"),
    ] {
        let created = ports.direct(a, b).await;
        assert!(created.is_new, "{a} {b}");
        ids.push(created.conversation.id);
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 8);
}

/// To strangers a conversation does not exist.
pub async fn only_members_find_a_conversation(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    assert!(
        ports
            .conversations
            .find(id, &user("bob"))
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(
        ports.conversations.find(id, &user("eve")).await.unwrap(),
        None
    );
    assert_eq!(
        ports
            .conversations
            .members(id, &user("eve"), None, 10)
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        ports
            .conversations
            .find(ConversationId::new(), &user("ada"))
            .await
            .unwrap(),
        None
    );
}

/// Those who left do not find it any more.
pub async fn former_members_find_nothing(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    ports.change(id, "bob", ChangeKind::Leave).await.unwrap();
    assert_eq!(
        ports.conversations.find(id, &user("bob")).await.unwrap(),
        None
    );
    assert_eq!(
        ports
            .conversations
            .members(id, &user("bob"), None, 10)
            .await
            .unwrap(),
        None
    );
}

/// Members page by id, without those who left.
pub async fn members_page_by_id_without_tombstones(ports: &Ports) {
    let id = ports.group("m0", &["m1", "m2", "m3", "m4", "m5"]).await;
    ports.change(id, "m3", ChangeKind::Leave).await.unwrap();
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = ports
            .conversations
            .members(id, &user("m0"), after.as_ref(), 2)
            .await
            .unwrap()
            .unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.user.clone());
        found.extend(page.into_iter().map(|member| member.user.to_string()));
    }
    assert_eq!(found, ["m0", "m1", "m2", "m4", "m5"]);
}

/// Large groups are whole.
pub async fn a_group_of_three_hundred_is_whole(ports: &Ports) {
    let names: Vec<String> = (0..299).map(|n| format!("user-{n:03}")).collect();
    let id = ports
        .group(
            "owner",
            &names.iter().map(String::as_str).collect::<Vec<_>>(),
        )
        .await;
    let members = ports
        .conversations
        .members(id, &user("owner"), None, 1_000)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(members.len(), 300);
}

/// Memberships are the user's present ones, with the other side of direct conversations.
pub async fn memberships_are_the_present_ones(ports: &Ports) {
    let direct = ports.direct("ada", "bob").await.conversation.id;
    let group = ports.group("ada", &["bob"]).await;
    let left = ports.group("cyd", &["ada"]).await;
    ports.change(left, "ada", ChangeKind::Leave).await.unwrap();
    ports.send(group, "bob", "hi").await;
    let mut found = ports.conversations.memberships(&user("ada")).await.unwrap();
    found.sort_by_key(|membership| membership.kind != ConversationKind::Direct);
    assert_eq!(
        found.iter().map(|m| m.conversation).collect::<Vec<_>>(),
        [direct, group]
    );
    assert_eq!(found[0].peer, Some((user("bob"), Markers::default())));
    assert_eq!(
        (found[1].peer.clone(), found[1].rev, found[1].last_seq),
        (None, rev(2), seq(1))
    );
    assert_eq!(
        ports.conversations.memberships(&user("eve")).await.unwrap(),
        []
    );
}

async fn acquainted(ports: &Ports, viewer: &str, among: &[&str]) -> Vec<UserId> {
    let among: Vec<UserId> = among.iter().map(|name| user(name)).collect();
    let found = ports.conversations.acquainted(&user(viewer), &among).await;
    let mut found = found.unwrap();
    found.sort();
    found
}

/// Members of one conversation know each other, whatever its kind; others do not, and everyone
/// knows themselves.
pub async fn who_shares_a_conversation_is_acquainted(ports: &Ports) {
    ports.direct("ada", "bob").await;
    ports.group("ada", &["cyd", "dan"]).await;
    ports.group("eve", &["dan"]).await;
    let all = ["ada", "bob", "cyd", "dan", "eve", "nobody"];
    assert_eq!(
        acquainted(ports, "ada", &all).await,
        ["ada", "bob", "cyd", "dan"].map(user)
    );
    assert_eq!(
        acquainted(ports, "bob", &all).await,
        ["ada", "bob"].map(user)
    );
    assert_eq!(
        acquainted(ports, "eve", &all).await,
        ["dan", "eve"].map(user)
    );
    assert_eq!(acquainted(ports, "nobody", &["ada", "bob"]).await, []);
}

/// It ends with the last shared conversation, on both sides.
pub async fn who_left_is_no_longer_acquainted(ports: &Ports) {
    let first = ports.group("ada", &["bob"]).await;
    let second = ports.group("ada", &["bob"]).await;
    ports.change(first, "bob", ChangeKind::Leave).await.unwrap();
    assert_eq!(acquainted(ports, "ada", &["bob"]).await, [user("bob")]);
    ports
        .change(second, "bob", ChangeKind::Leave)
        .await
        .unwrap();
    assert_eq!(acquainted(ports, "ada", &["bob"]).await, []);
    assert_eq!(acquainted(ports, "bob", &["ada"]).await, []);
}

/// Many users are one question, and whoever is named twice comes once.
pub async fn acquaintance_is_asked_of_many_at_once(ports: &Ports) {
    let names: Vec<String> = (0..300).map(|n| format!("user-{n:03}")).collect();
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    ports.group("ada", &names[..200]).await;
    names.push("user-007");
    let found = acquainted(ports, "ada", &names).await;
    assert_eq!(
        found,
        names[..200]
            .iter()
            .map(|name| user(name))
            .collect::<Vec<_>>()
    );
    assert_eq!(acquainted(ports, "ada", &[]).await, []);
}
