//! Cases of [`PushStore`](crate::store::PushStore).

use crate::conformance::Ports;
use crate::conformance::fixtures::{at, user};
use crate::id::{LoginId, UserId};
use crate::model::PushSubscription;

/// A subscription of `name` at a push service.
pub(super) fn subscription(name: &str, endpoint: &str, created: i64) -> PushSubscription {
    PushSubscription {
        endpoint: format!("https://push.example/{endpoint}"),
        user: user(name),
        login: None,
        p256dh: format!("key of {endpoint}"),
        auth: format!("secret of {endpoint}"),
        created_at: at(created),
    }
}

async fn kept(ports: &Ports, names: &[&str]) -> Vec<PushSubscription> {
    let users: Vec<UserId> = names.iter().map(|name| user(name)).collect();
    let mut found = ports.push.subscriptions(&users).await.unwrap();
    found.sort_by(|one, two| one.endpoint.cmp(&two.endpoint));
    found
}

async fn subscribe(ports: &Ports, all: &[PushSubscription]) {
    for one in all {
        ports.push.subscribe(one, 20).await.unwrap();
    }
}

/// All that was told, with and without a login, to the longest endpoint.
pub async fn a_subscription_is_kept_whole(ports: &Ports) {
    let long = "x".repeat(2_048 - "https://push.example/".len());
    let all = [
        subscription("ada", "%_'\"\\ü", 1),
        PushSubscription {
            login: Some(LoginId::new()),
            ..subscription("ada", "A", 2)
        },
        subscription("ada", "a", 3),
        subscription("ada", &long, 4),
    ];
    subscribe(ports, &all).await;
    let mut expected = all.to_vec();
    expected.sort_by(|one, two| one.endpoint.cmp(&two.endpoint));
    assert!(kept(ports, &["ada"]).await == expected);
}

/// Of all who are asked for, each once, and of nobody else.
pub async fn subscriptions_of_many_users_are_one_question(ports: &Ports) {
    let names: Vec<String> = (0..200).map(|n| format!("user {n:03}")).collect();
    let all: Vec<_> = names
        .iter()
        .map(|name| subscription(name, name, 1))
        .collect();
    subscribe(ports, &all).await;
    let asked: Vec<&str> = names[..150].iter().map(String::as_str).collect();
    let twice = [&asked[..], &asked[..10], &["nobody", "User 000"]].concat();
    assert!(kept(ports, &twice).await == all[..150]);
    assert!(kept(ports, &[]).await.is_empty());
}

/// The same endpoint again is the same browser: with other keys, and whoever uses it now.
pub async fn an_endpoint_is_one_subscription(ports: &Ports) {
    subscribe(ports, &[subscription("ada", "a", 1)]).await;
    let again = PushSubscription {
        p256dh: "another key".to_owned(),
        auth: "another secret".to_owned(),
        login: Some(LoginId::new()),
        ..subscription("bob", "a", 2)
    };
    subscribe(ports, std::slice::from_ref(&again)).await;
    assert!(kept(ports, &["ada", "bob"]).await == [again]);
    assert!(kept(ports, &["ada"]).await.is_empty());
}

/// The oldest go when there are too many; subscribing again makes one young.
pub async fn the_oldest_subscription_goes_when_there_are_too_many(ports: &Ports) {
    for (n, endpoint) in (1..).zip(["a", "b", "c", "a", "d"]) {
        let one = subscription("ada", endpoint, n);
        ports.push.subscribe(&one, 3).await.unwrap();
    }
    subscribe(ports, &[subscription("bob", "z", 0)]).await;
    let left = kept(ports, &["ada"]).await;
    let left: Vec<&str> = left.iter().map(|one| one.p256dh.as_str()).collect();
    assert_eq!(left, ["key of a", "key of c", "key of d"]);
    assert_eq!(kept(ports, &["bob"]).await.len(), 1, "others keep theirs");
}

/// Users end their own, and nobody else's.
pub async fn only_ones_own_subscription_is_ended(ports: &Ports) {
    let one = subscription("ada", "a", 1);
    subscribe(ports, std::slice::from_ref(&one)).await;
    let end = |name| {
        let (user, endpoint) = (user(name), one.endpoint.clone());
        async move { ports.push.unsubscribe(&user, &endpoint).await.unwrap() }
    };
    assert!(!end("bob").await);
    assert_eq!(kept(ports, &["ada"]).await.len(), 1);
    assert!(end("ada").await);
    assert!(!end("ada").await);
    assert!(kept(ports, &["ada"]).await.is_empty());
}

/// What the push service does not know goes, whosever it is.
pub async fn dead_endpoints_are_forgotten(ports: &Ports) {
    let all = [
        subscription("ada", "a", 1),
        subscription("ada", "b", 1),
        subscription("bob", "c", 1),
    ];
    subscribe(ports, &all).await;
    let dead = [&all[0], &all[2], &subscription("eve", "unknown", 1)];
    let dead = dead.map(|one| one.endpoint.clone());
    ports.push.forget(&dead).await.unwrap();
    ports.push.forget(&dead).await.unwrap();
    ports.push.forget(&[]).await.unwrap();
    assert!(kept(ports, &["ada", "bob"]).await == all[1..2]);
}

/// Nothing is pushed to who was erased.
pub async fn an_erased_users_subscriptions_are_gone(ports: &Ports) {
    let all = [subscription("ada", "a", 1), subscription("bob", "b", 1)];
    subscribe(ports, &all).await;
    ports.admin.erase(&user("ada"), at(9)).await.unwrap();
    assert!(kept(ports, &["ada", "bob"]).await == all[1..]);
    assert_eq!(ports.admin.audit(10).await.unwrap(), []);
}
