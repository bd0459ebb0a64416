//! Cases of [`PeopleStore`](crate::store::PeopleStore).

use crate::conformance::Ports;
use crate::conformance::fixtures::{at, draft, named, user};
use crate::conformance::revisions::{edit, react, unreact};
use crate::id::{ConversationId, UserId};
use crate::model::{Audience, Block, Blocking, MarkKind, Privacy, Refusal, RevisionKind};
use crate::store::Window;

const HIDDEN: Privacy = Privacy {
    last_seen: Audience::Nobody,
};

impl Ports {
    pub(super) async fn block(&self, by: &str, other: &str) -> Blocking {
        let (by, other) = (user(by), user(other));
        let blocked = self.people.block(&by, &other, at(1), 1_000).await;
        blocked.unwrap()
    }

    async fn unblock(&self, by: &str, other: &str) -> bool {
        let (by, other) = (user(by), user(other));
        self.people.unblock(&by, &other).await.unwrap()
    }

    async fn opened(&self, one: &str, two: &str) -> ConversationId {
        self.direct(one, two).await.conversation.id
    }

    async fn blocks(&self, viewer: &str, others: &[&str]) -> Vec<Block> {
        let others: Vec<UserId> = others.iter().map(|name| user(name)).collect();
        let mut blocks = self.people.blocks(&user(viewer), &others).await.unwrap();
        blocks.sort();
        blocks
    }
}

fn block(by: &str, other: &str) -> Block {
    Block {
        by: user(by),
        other: user(other),
    }
}

/// A block stands until its maker ends it, and the other's own stands besides.
pub async fn a_block_stands_until_it_is_ended(ports: &Ports) {
    assert_eq!(ports.block("ada", "bob").await, Blocking::New);
    assert_eq!(ports.block("bob", "ada").await, Blocking::New);
    assert!(ports.unblock("ada", "bob").await);
    assert_eq!(ports.blocks("ada", &["bob"]).await, [block("bob", "ada")]);
    assert!(!ports.unblock("ada", "bob").await);
    assert!(ports.unblock("bob", "ada").await);
    assert_eq!(ports.blocks("ada", &["bob"]).await, []);
}

/// Blocking again changes nothing.
pub async fn blocking_again_keeps_the_first_moment(ports: &Ports) {
    let (ada, bob) = (user("ada"), user("bob"));
    for (moment, answer) in [(5, Blocking::New), (9, Blocking::Known)] {
        let blocked = ports.people.block(&ada, &bob, at(moment), 10).await;
        assert_eq!(blocked.unwrap(), answer);
    }
    let listed = ports.people.blocked(&ada, None, 10).await.unwrap();
    assert_eq!(listed, [(bob, at(5))]);
}

/// Whoever blocks as many as allowed is told so; who is blocked already stays so.
pub async fn whoever_blocks_as_many_as_allowed_blocks_no_more(ports: &Ports) {
    let ada = user("ada");
    for (name, answer) in [
        ("u1", Blocking::New),
        ("u2", Blocking::New),
        ("u3", Blocking::Full),
        ("u2", Blocking::Known),
    ] {
        let blocked = ports.people.block(&ada, &user(name), at(1), 2).await;
        assert_eq!(blocked.unwrap(), answer, "{name}");
    }
    assert!(ports.unblock("ada", "u1").await);
    let blocked = ports.people.block(&ada, &user("u3"), at(1), 2).await;
    assert_eq!(blocked.unwrap(), Blocking::New);
}

/// Pages by id give each once, and nobody else's.
pub async fn those_who_are_blocked_are_listed_page_by_page(ports: &Ports) {
    for name in ["u3", "u1", "u5", "u2", "u4"] {
        ports.block("ada", name).await;
    }
    ports.block("bob", "u0").await;
    ports.block("u1", "ada").await;
    let (ada, mut seen, mut after) = (user("ada"), Vec::new(), None);
    loop {
        let page = ports.people.blocked(&ada, after.as_ref(), 2).await.unwrap();
        assert!(page.len() <= 2);
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        seen.extend(page.into_iter().map(|(other, _)| other));
    }
    assert_eq!(seen, ["u1", "u2", "u3", "u4", "u5"].map(user));
    assert_eq!(ports.people.blocked(&ada, None, 0).await.unwrap(), []);
    let nobody = ports.people.blocked(&user("cyd"), None, 10).await;
    assert_eq!(nobody.unwrap(), []);
}

/// Both directions are one question; those among others are nobody's business.
pub async fn blocks_of_both_directions_are_told_at_once(ports: &Ports) {
    for (by, other) in [
        ("ada", "bob"),
        ("cyd", "ada"),
        ("ada", "dan"),
        ("dan", "ada"),
    ] {
        ports.block(by, other).await;
    }
    ports.block("bob", "cyd").await;
    ports.block("ada", "eve").await;
    let asked = ["bob", "cyd", "dan", "fay", "bob", "ada"];
    let expected = [
        block("ada", "bob"),
        block("ada", "dan"),
        block("cyd", "ada"),
        block("dan", "ada"),
    ];
    assert_eq!(ports.blocks("ada", &asked).await, expected);
    assert_eq!(ports.blocks("ada", &[]).await, []);
    assert_eq!(ports.blocks("fay", &asked).await, []);
}

/// Many are one question.
pub async fn hundreds_of_users_are_one_question_of_blocks(ports: &Ports) {
    let names: Vec<String> = (0..500).map(|n| format!("user {n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    ports.block("ada", names[7]).await;
    ports.block(names[400], "ada").await;
    let expected = [block("ada", names[7]), block(names[400], "ada")];
    assert_eq!(ports.blocks("ada", &names).await, expected);
}

/// In a direct conversation neither side sends, whoever made the block.
pub async fn neither_side_sends_past_a_block(ports: &Ports) {
    let id = ports.opened("ada", "bob").await;
    let other = ports.opened("ada", "cyd").await;
    for (by, against) in [("ada", "bob"), ("bob", "ada")] {
        ports.block(by, against).await;
        let batch = [
            draft(id, "ada", "no"),
            draft(other, "ada", "yes"),
            draft(id, "bob", "no"),
        ];
        let answers = ports.append(&batch).await;
        assert_eq!(answers[0], Err(Refusal::Blocked), "{by}");
        assert!(answers[1].is_ok(), "{by}: {:?}", answers[1]);
        assert_eq!(answers[2], Err(Refusal::Blocked), "{by}");
        let stranger = ports.try_send(draft(id, "eve", "no")).await;
        assert_eq!(stranger, Err(Refusal::NotMember), "no oracle");
        ports.unblock(by, against).await;
        ports.send(id, "ada", "yes").await;
    }
    let seqs = ports.seqs(id, "ada", Window::Latest, 10).await;
    assert_eq!(seqs, Some(vec![1, 2]), "what was refused left no gap");
}

/// In a direct conversation nothing is edited or reacted to past a block, and what was said can be taken back.
pub async fn nothing_is_added_to_a_message_past_a_block(ports: &Ports) {
    let id = ports.opened("ada", "bob").await;
    let message = ports.send(id, "bob", "hi").await;
    ports.revise(&message, "bob", react("👍")).await.unwrap();
    for (by, against) in [("ada", "bob"), ("bob", "ada")] {
        ports.block(by, against).await;
        for kind in [edit("you again"), react("👎")] {
            let refused = ports.revise(&message, "bob", kind).await;
            assert_eq!(refused, Err(Refusal::Blocked), "{by}");
        }
        let refused = ports.revise(&message, "ada", react("👍")).await;
        assert_eq!(refused, Err(Refusal::Blocked), "{by}");
        for kind in [edit("hi"), react("👍")] {
            let again = ports.revise(&message, "bob", kind).await.unwrap();
            assert!(!again.changed, "{by}: a repetition");
        }
        ports.unblock(by, against).await;
    }
    ports.block("ada", "bob").await;
    let taken_back = ports.revise(&message, "bob", unreact("👍")).await.unwrap();
    assert!(taken_back.changed);
    let deleted = ports.revise(&message, "bob", RevisionKind::Delete).await;
    assert!(deleted.unwrap().changed);

    let group = ports.group("ada", &["bob"]).await;
    let message = ports.send(group, "bob", "hi").await;
    ports.revise(&message, "bob", edit("hello")).await.unwrap();
}

/// What was stored before a block is still acknowledged when it is repeated.
pub async fn a_message_of_before_a_block_is_still_repeated(ports: &Ports) {
    let id = ports.opened("ada", "bob").await;
    let sent = named(draft(id, "bob", "hi"), "c1");
    let first = ports.try_send(sent.clone()).await.unwrap();
    ports.block("ada", "bob").await;
    let again = ports.try_send(sent).await.unwrap();
    assert_eq!((again.message, again.is_new), (first.message, false));
    let other = ports.try_send(named(draft(id, "bob", "other"), "c1")).await;
    assert_eq!(other, Err(Refusal::ClientIdReused));
}

/// A block is between two: a group they share goes on.
pub async fn a_block_stops_nobody_in_a_group(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    ports.block("ada", "bob").await;
    ports.send(id, "ada", "hello").await;
    ports.send(id, "bob", "hello too").await;
    assert!(!ports.people.barred(id).await.unwrap());
}

/// Both sides read on.
pub async fn the_history_stays_readable_past_a_block(ports: &Ports) {
    let id = ports.opened("ada", "bob").await;
    ports.send(id, "ada", "hello").await;
    ports.block("ada", "bob").await;
    for name in ["ada", "bob"] {
        assert_eq!(ports.texts(id, name).await, ["hello"]);
    }
    let again = ports.direct("bob", "ada").await;
    assert_eq!((again.conversation.id, again.is_new), (id, false));
}

/// Either block bars a direct conversation, and no other one.
pub async fn a_conversation_knows_whether_it_is_barred(ports: &Ports) {
    let id = ports.opened("bob", "ada").await;
    let other = ports.opened("ada", "cyd").await;
    for (by, against) in [("ada", "bob"), ("bob", "ada")] {
        assert!(!ports.people.barred(id).await.unwrap());
        ports.block(by, against).await;
        assert!(ports.people.barred(id).await.unwrap());
        assert!(!ports.people.barred(other).await.unwrap());
        ports.unblock(by, against).await;
    }
    let unknown = ConversationId::new();
    assert!(!ports.people.barred(unknown).await.unwrap());
}

/// A marker moves past a block and tells of it.
pub async fn marks_tell_of_a_block(ports: &Ports) {
    let id = ports.opened("ada", "bob").await;
    let group = ports.group("ada", &["bob"]).await;
    for id in [id, group] {
        ports.send(id, "ada", "1").await;
        ports.send(id, "ada", "2").await;
    }
    let marked = ports.mark(id, "bob", MarkKind::Delivered, 1).await.unwrap();
    assert!(marked.moved && !marked.barred, "{marked:?}");
    ports.block("bob", "ada").await;
    let marked = ports.mark(id, "bob", MarkKind::Read, 2).await.unwrap();
    assert!(marked.moved && marked.barred, "{marked:?}");
    let marked = ports.mark(group, "bob", MarkKind::Read, 2).await.unwrap();
    assert!(marked.moved && !marked.barred, "{marked:?}");
}

/// What was chosen last counts; who chose nothing is left out.
pub async fn privacy_is_what_was_chosen_last(ports: &Ports) {
    let asked = [user("ada"), user("bob"), user("ada")];
    assert_eq!(ports.people.privacy(&asked).await.unwrap(), []);
    for chosen in [HIDDEN, Privacy::default(), HIDDEN] {
        let ada = user("ada");
        ports.people.set_privacy(&ada, chosen).await.unwrap();
        let found = ports.people.privacy(&asked).await.unwrap();
        assert_eq!(found, [(ada, chosen)]);
    }
    assert_eq!(ports.people.privacy(&[]).await.unwrap(), []);
}

/// Many are one question.
pub async fn hundreds_of_users_are_one_question_of_privacy(ports: &Ports) {
    let users: Vec<UserId> = (0..500).map(|n| user(&format!("user {n}"))).collect();
    for hidden in [&users[3], &users[333]] {
        ports.people.set_privacy(hidden, HIDDEN).await.unwrap();
    }
    let mut found = ports.people.privacy(&users).await.unwrap();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [(users[3].clone(), HIDDEN), (users[333].clone(), HIDDEN)];
    assert_eq!(found, expected);
}

/// Ids are their very text, alone and as pairs.
pub async fn users_who_look_alike_are_not_blocked(ports: &Ports) {
    ports.block("ada", "bob").await;
    ports
        .people
        .set_privacy(&user("ada"), HIDDEN)
        .await
        .unwrap();
    let alike = ["Ada", "ada ", "\u{e4}da", "ad", "adab"];
    for name in alike {
        let id = ports.opened(name, "bob").await;
        ports.send(id, name, "hi").await;
        assert_eq!(ports.blocks(name, &["bob"]).await, []);
    }
    let id = ports.opened("ad", "abob").await;
    ports.send(id, "ad", "hi").await;
    let found = ports.people.privacy(&alike.map(user)).await.unwrap();
    assert_eq!(found, []);
}

/// Blocks of both directions and the privacy go with the user.
pub async fn an_erased_users_decisions_are_gone(ports: &Ports) {
    for (by, other) in [("ada", "bob"), ("cyd", "ada"), ("bob", "cyd")] {
        ports.block(by, other).await;
    }
    for name in ["ada", "bob"] {
        let user = user(name);
        ports.people.set_privacy(&user, HIDDEN).await.unwrap();
    }

    ports.admin.erase(&user("ada"), at(9)).await.unwrap();

    assert_eq!(ports.blocks("ada", &["bob", "cyd"]).await, []);
    assert_eq!(ports.blocks("bob", &["cyd"]).await, [block("bob", "cyd")]);
    let left = ports.people.privacy(&[user("ada"), user("bob")]).await;
    assert_eq!(left.unwrap(), [(user("bob"), HIDDEN)]);
    assert_eq!(ports.admin.audit(10).await.unwrap(), []);
}
