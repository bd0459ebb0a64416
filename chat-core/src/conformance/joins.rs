//! Cases of `join_counts` of [`ConversationStore`](crate::store::ConversationStore).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::time::timeout;

use crate::conformance::Ports;
use crate::conformance::fixtures::{at, user};
use crate::conformance::races::{STUCK, rounds};
use crate::id::UserId;
use crate::model::{ChangeKind, MarkKind, Refusal, Role};

/// The counts of these, 0 for who has none.
async fn counts<const N: usize>(ports: &Ports, names: [&str; N]) -> [u64; N] {
    let users = names.map(user);
    let found = ports.conversations.join_counts(&users).await.unwrap();
    users.map(|user| {
        let mut of_user = found.iter().filter(|(of, _)| *of == user);
        let count = of_user.next().map_or(0, |(_, count)| *count);
        assert_eq!(of_user.next(), None, "told once");
        count
    })
}

/// The members of a new conversation, its creator too; who is added; and who comes back.
pub async fn everybody_who_becomes_a_member_is_counted(ports: &Ports) {
    let all = ["ada", "bob", "cyd"];
    ports.direct("ada", "bob").await;
    assert_eq!(counts(ports, all).await, [1, 1, 0]);
    let id = ports.group("ada", &["bob"]).await;
    assert_eq!(counts(ports, all).await, [2, 2, 0]);
    let add = |name| ChangeKind::Add(vec![user(name)]);
    ports.change(id, "ada", add("cyd")).await.unwrap();
    assert_eq!(counts(ports, all).await, [2, 2, 1]);
    ports.change(id, "cyd", ChangeKind::Leave).await.unwrap();
    ports.change(id, "ada", add("cyd")).await.unwrap();
    assert_eq!(counts(ports, all).await, [2, 2, 2]);
    ports.group("cyd", &[]).await;
    assert_eq!(counts(ports, all).await, [2, 2, 3]);
}

/// Finding a pair's conversation, adding a member, naming one twice, and everything else.
pub async fn what_makes_no_member_is_not_counted(ports: &Ports) {
    let all = ["ada", "bob", "cyd"];
    for (creator, peer) in [("ada", "bob"), ("ada", "bob"), ("bob", "ada")] {
        ports.direct(creator, peer).await;
    }
    assert_eq!(counts(ports, all).await, [1, 1, 0]);
    let id = ports.group("ada", &["bob", "ada", "bob"]).await;
    assert_eq!(counts(ports, all).await, [2, 2, 0]);
    for kind in [
        ChangeKind::Add(vec![user("bob"), user("ada")]),
        ChangeKind::SetRole(user("bob"), Role::Owner),
        ChangeKind::Rename("Other".to_owned()),
        ChangeKind::Avatar(None),
    ] {
        ports.change(id, "ada", kind).await.unwrap();
    }
    let partly = ChangeKind::Add(vec![user("bob"), user("cyd")]);
    ports.change(id, "ada", partly).await.unwrap();
    assert_eq!(counts(ports, all).await, [2, 2, 1]);
    let refused = ChangeKind::Add(vec![user("dan")]);
    let refused = ports.change(id, "cyd", refused).await;
    assert_eq!(refused, Err(Refusal::Forbidden));
    ports.send(id, "cyd", "hello").await;
    ports.mark(id, "bob", MarkKind::Read, 1).await.unwrap();
    ports.change(id, "ada", ChangeKind::Leave).await.unwrap();
    assert_eq!(counts(ports, all).await, [2, 2, 1]);
    assert_eq!(counts(ports, ["dan"]).await, [0]);
}

/// Who never was a member is left out, and nobody asked is nobody told.
pub async fn who_never_was_a_member_has_no_count(ports: &Ports) {
    ports.group("ada", &[]).await;
    let asked = [user("nobody"), user("ada"), user("Ada")];
    let found = ports.conversations.join_counts(&asked).await.unwrap();
    assert_eq!(found, [(user("ada"), 1)]);
    assert_eq!(ports.conversations.join_counts(&[]).await.unwrap(), []);
}

/// Many are one question, and each is told once however often asked for.
pub async fn hundreds_of_counts_are_one_question(ports: &Ports) {
    let names: Vec<String> = (0..200).map(|n| format!("user {n}")).collect();
    let members: Vec<&str> = names.iter().map(String::as_str).collect();
    ports.group("ada", &members).await;
    ports.group("ada", &members[..100]).await;
    let nobody = (0..500).map(|n| user(&format!("nobody {n}")));
    let asked = members.iter().chain(&members).map(|name| user(name));
    let asked: Vec<UserId> = asked.chain(nobody).collect();
    let mut found = ports.conversations.join_counts(&asked).await.unwrap();
    found.sort();
    let count = |n: usize| if n < 100 { 2 } else { 1 };
    let expected = members.iter().enumerate();
    let mut expected: Vec<_> = expected.map(|(n, name)| (user(name), count(n))).collect();
    expected.sort();
    assert_eq!(found, expected);
}

/// An erased user's count is gone; who comes back starts anew.
pub async fn an_erased_users_count_is_gone(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    ports.group("bob", &[]).await;
    ports.admin.erase(&user("bob"), at(9)).await.unwrap();
    assert_eq!(counts(ports, ["ada", "bob"]).await, [1, 0]);
    assert_eq!(ports.admin.audit(10).await.unwrap(), []);
    let add = ChangeKind::Add(vec![user("bob")]);
    ports.change(id, "ada", add).await.unwrap();
    assert_eq!(counts(ports, ["ada", "bob"]).await, [1, 1]);
}

/// Additions at once, of one user and of many, into one group and into many.
pub async fn joinings_at_once_are_all_counted(ports: &Ports) {
    let shared = ports.group("ada", &[]).await;
    ports
        .race(8, move |ports, n| async move {
            let own = ports.group("ada", &[]).await;
            for id in [shared, own] {
                let add = ChangeKind::Add(vec![user("cyd"), user("bob"), user(&format!("u{n}"))]);
                ports.change(id, "ada", add).await.unwrap();
            }
        })
        .await;
    let expected = [9, 9, 9, 2, 2];
    let found = counts(ports, ["ada", "bob", "cyd", "u0", "u7"]).await;
    assert_eq!(found, expected);
}

/// Groups that name the same users in every order: none waits for another for ever.
pub async fn groups_made_in_opposite_orders_are_all_counted(ports: &Ports) {
    let names = ["bob", "cyd", "dan", "eve", "fay", "gus"];
    for round in 1..=u64::try_from(rounds()).unwrap() {
        let made = ports.race(8, move |ports, n| async move {
            let mut members = names;
            members.rotate_left(n % names.len());
            if n % 2 == 0 {
                members.reverse();
            }
            ports.group(members[0], &members[1..4]).await
        });
        timeout(STUCK, made).await.expect("nobody is stuck");
        let found = counts(ports, names).await;
        assert_eq!(found.iter().sum::<u64>(), round * 8 * 4, "{found:?}");
    }
}

/// Of many that open a pair's conversation at once, one makes members.
pub async fn a_pair_that_opens_at_once_is_counted_once(ports: &Ports) {
    for round in 0..rounds() {
        let names = [format!("ada {round}"), format!("bob {round}")];
        let pair = names.clone();
        ports
            .race(4, move |ports, n| {
                let pair = pair.clone();
                async move { ports.direct(&pair[n % 2], &pair[(n + 1) % 2]).await }
            })
            .await;
        let found = counts(ports, [&names[0], &names[1]]).await;
        assert_eq!(found, [1, 1], "round {round}");
    }
}

/// Whoever sees a membership finds it counted.
pub async fn no_membership_is_seen_before_its_count(ports: &Ports) {
    let done = Arc::new(AtomicBool::new(false));
    let (reader, stop) = (ports.clone(), Arc::clone(&done));
    let reading = tokio::spawn(async move {
        let (bob, mut last) = (user("bob"), 0);
        while !stop.load(Ordering::Acquire) {
            let rows = reader.conversations.memberships(&bob).await.unwrap();
            let [count] = counts(&reader, ["bob"]).await;
            assert!(count >= rows.len() as u64, "{count} of {}", rows.len());
            assert!(count >= last, "never back");
            last = count;
            tokio::task::yield_now().await;
        }
    });
    ports
        .race(4, |ports, n| async move {
            for _ in 0..10 {
                match n {
                    0 => drop(ports.group("bob", &[]).await),
                    _ => {
                        let id = ports.group("ada", &[]).await;
                        let add = ChangeKind::Add(vec![user("bob")]);
                        ports.change(id, "ada", add).await.unwrap();
                    }
                }
            }
        })
        .await;
    done.store(true, Ordering::Release);
    timeout(STUCK, reading).await.expect("it ends").unwrap();
    assert_eq!(counts(ports, ["bob"]).await, [40]);
}
