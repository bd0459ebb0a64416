//! Whoever else is on the same Redis: garbage, forgeries, and another chat.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics"
)]

mod common;

use chat_core::id::{NodeId, UserId};
use chat_core::presence::{MAX_PAYLOAD, PresenceBus as _, Topic};
use common::node::Node;

/// A message of version 1 as another program would make it.
fn message(node: NodeId, payload: &[u8]) -> Vec<u8> {
    [&[1], &node.as_uuid().as_bytes()[..], payload].concat()
}

#[tokio::test]
async fn what_is_no_message_is_dropped_and_counted() {
    let (url, prefix) = (common::url(), common::prefix());
    let bus = common::bus(&url, &prefix).await;
    let (here, mut there) = (Node::attach(&bus).await, Node::attach(&bus).await);
    there.subscribe(&[Topic::Nodes]).await;
    let mut newer = message(here.id, b"of a later version");
    newer[0] = 2;
    let garbage = [
        Vec::new(),
        b"garbage".to_vec(),
        b"{\"type\":\"message_sent\"}".to_vec(),
        newer,
        message(here.id, b"")[..16].to_vec(),
        message(here.id, &vec![0; MAX_PAYLOAD + 1]),
        vec![1; 8 << 20],
    ];

    let mut raw = common::plain(&url).await;
    for message in &garbage {
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(format!("{prefix}:nodes")).arg(message);
        let heard: i64 = publish.query_async(&mut raw).await.unwrap();
        assert_eq!(heard, 1);
    }
    let good = here.publication(&Topic::Nodes, "good");
    bus.publish(std::slice::from_ref(&good)).await.unwrap();

    assert_eq!(there.publication_heard().await, good);
    assert_eq!(bus.dropped(), u64::try_from(garbage.len()).unwrap());
}

/// A forgery of the right form is believed as far as the store bears it out; it is given as it is.
#[tokio::test]
async fn a_forged_message_is_heard_as_what_it_says() {
    let (url, prefix) = (common::url(), common::prefix());
    let bus = common::bus(&url, &prefix).await;
    let mut there = Node::attach(&bus).await;
    there.subscribe(&[Topic::Nodes]).await;
    let forger = NodeId::new();

    let mut raw = common::plain(&url).await;
    for node in [there.id, forger] {
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(format!("{prefix}:nodes"));
        let publish = publish.arg(message(node, b"not \xff json"));
        let _: i64 = publish.query_async(&mut raw).await.unwrap();
    }

    let heard = there.publication_heard().await;
    assert_eq!((heard.node, heard.topic), (forger, Topic::Nodes));
    assert_eq!(heard.payload, &b"not \xff json"[..]);
    assert_eq!(bus.dropped(), 0);
}

#[tokio::test]
async fn chats_of_different_prefixes_share_nothing() {
    let (url, prefix) = (common::url(), common::prefix());
    let ours = common::bus(&url, &prefix).await;
    let theirs = common::bus(&url, &format!("{prefix}-2")).await;
    let users = [UserId::new("ada").unwrap()];
    let topic = Topic::User(users[0].clone());
    let (here, mut there) = (Node::attach(&ours).await, Node::attach(&ours).await);
    let (foreign, mut other) = (Node::attach(&theirs).await, Node::attach(&theirs).await);
    for node in [&there, &other] {
        node.subscribe(std::slice::from_ref(&topic)).await;
    }

    ours.renew(here.id, &users).await.unwrap();
    let own = here.publication(&topic, "ours");
    ours.publish(std::slice::from_ref(&own)).await.unwrap();
    let their_own = foreign.publication(&topic, "theirs");
    theirs
        .publish(std::slice::from_ref(&their_own))
        .await
        .unwrap();

    assert_eq!(there.publication_heard().await, own);
    assert_eq!(other.publication_heard().await, their_own);
    assert!(there.is_quiet() && other.is_quiet());
    assert_eq!(ours.online(&users).await.unwrap(), users);
    assert_eq!(theirs.online(&users).await.unwrap(), []);
}

/// Ids that are patterns, hash tags, separators or commands elsewhere are text here.
const NAMES: [&str; 12] = [
    "*",
    "?",
    "[a-z]",
    "a b",
    "a:b",
    "c:u:a",
    "{",
    "{}",
    "{a}",
    "}{",
    "\\",
    "a\u{e9}\u{1f600}",
];

async fn names_are_literal(url: &str) {
    let bus = common::bus(url, &common::prefix()).await;
    let (here, mut there) = (Node::attach(&bus).await, Node::attach(&bus).await);
    let users = NAMES.map(|name| UserId::new(name).unwrap());
    let (heard, unheard) = users.split_at(users.len() / 2);
    let topics: Vec<_> = heard.iter().cloned().map(Topic::User).collect();
    there.subscribe(&topics).await;

    let all = users.iter().cloned().map(Topic::User);
    let all: Vec<_> = all.map(|topic| here.publication(&topic, "x")).collect();
    let last = here.publication(&topics[0], "last");
    bus.publish(&all).await.unwrap();
    bus.publish(std::slice::from_ref(&last)).await.unwrap();
    bus.renew(here.id, unheard).await.unwrap();

    let mut found = Vec::new();
    for _ in 0..=heard.len() {
        found.push(there.publication_heard().await);
    }
    for expected in all[..heard.len()].iter().chain([&last]) {
        assert!(found.contains(expected), "{expected:?}");
    }
    assert!(there.is_quiet());
    let mut online = bus.online(&users).await.unwrap();
    let mut expected = unheard.to_vec();
    online.sort();
    expected.sort();
    assert_eq!(online, expected);
    assert!(
        UserId::new("a\r\nb").is_err(),
        "no id has control characters"
    );
}

#[tokio::test]
async fn user_ids_are_literal() {
    names_are_literal(&common::url()).await;
}

#[tokio::test]
async fn user_ids_are_literal_on_a_cluster() {
    let cluster = common::cluster().await;
    names_are_literal(&cluster.url()).await;
}

#[tokio::test]
async fn leases_expire_without_anybody() {
    let (url, prefix) = (common::url(), common::prefix());
    let bus = common::bus(&url, &prefix).await;
    let users = [UserId::new("ada").unwrap()];
    bus.renew(NodeId::new(), &users).await.unwrap();

    let mut raw = common::plain(&url).await;
    let mut ask = redis::cmd("PTTL");
    let ask = ask.arg(format!("{prefix}:lease:ada"));
    let left: u128 = ask.query_async(&mut raw).await.unwrap();

    let lease = chat_core::presence::LEASE.as_millis();
    assert!((lease - 5_000..=lease).contains(&left), "{left}");
}

#[tokio::test]
async fn what_cannot_be_connected_to_is_refused_at_once() {
    let config = chat_presence_redis::RedisConfig::default;
    let url = common::url();
    for (url, config, why) in [
        ("rediss://localhost", config(), "TLS"),
        ("http://localhost", config(), "URL"),
        (&*url, config().with_prefix("a:b"), "prefix"),
        ("redis://127.0.0.1:1", config(), "Redis cannot be used"),
        (&*format!("{url},127.0.0.1:1"), config(), "no Cluster"),
    ] {
        let refused = chat_presence_redis::RedisBus::connect(url, config).await;
        let error = refused.unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains(why), "{url}: {source}");
    }
}
