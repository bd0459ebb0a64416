//! Cases of [`PresenceBus`]: several nodes on one bus.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::conformance::fixtures::user;
use crate::id::{ConversationId, NodeId};
use crate::presence::{BusEvent, MAX_PAYLOAD, PresenceBus, Publication, Topic};

/// How long an event may take.
const SOON: Duration = Duration::from_secs(5);

struct Node {
    id: NodeId,
    events: mpsc::Receiver<BusEvent>,
}

async fn node(bus: &dyn PresenceBus, capacity: usize) -> Node {
    let (sender, events) = mpsc::channel(capacity);
    let id = NodeId::new();
    bus.attach(id, sender).await.unwrap();
    Node { id, events }
}

impl Node {
    fn publication(&self, topic: &Topic, text: &str) -> Publication {
        Publication {
            topic: topic.clone(),
            node: self.id,
            payload: Bytes::copy_from_slice(text.as_bytes()),
        }
    }

    async fn next(&mut self) -> Publication {
        match timeout(SOON, self.events.recv()).await {
            Ok(Some(BusEvent::Published(publication))) => publication,
            other => panic!("expected a publication, got {other:?}"),
        }
    }
}

/// Another node hears what it subscribed to, in order, with what was sent.
pub async fn a_subscriber_hears_publications_in_order(bus: &dyn PresenceBus) {
    let (here, mut there) = (node(bus, 64).await, node(bus, 64).await);
    let topic = Topic::Conversation(ConversationId::new());
    bus.subscribe(there.id, std::slice::from_ref(&topic))
        .await
        .unwrap();
    let sent = [
        here.publication(&topic, "one"),
        here.publication(&topic, "two é😀"),
    ];
    bus.publish(&sent).await.unwrap();
    for expected in sent {
        assert_eq!(there.next().await, expected);
    }
}

/// Topics of one kind and name are one, of another kind are another.
pub async fn topics_are_told_apart(bus: &dyn PresenceBus) {
    let (here, mut there) = (node(bus, 64).await, node(bus, 64).await);
    let (user_topic, presence) = (
        Topic::User(user("a:* []?\u{e9}")),
        Topic::Presence(user("a:* []?\u{e9}")),
    );
    bus.subscribe(there.id, std::slice::from_ref(&presence))
        .await
        .unwrap();
    bus.publish(&[
        here.publication(&user_topic, "no"),
        here.publication(&presence, "yes"),
    ])
    .await
    .unwrap();
    assert_eq!(there.next().await.payload, "yes");
}

/// The publishing node does not hear itself.
pub async fn nobody_hears_themselves(bus: &dyn PresenceBus) {
    let (mut here, there) = (node(bus, 64).await, node(bus, 64).await);
    let topic = Topic::Conversation(ConversationId::new());
    bus.subscribe(here.id, std::slice::from_ref(&topic))
        .await
        .unwrap();
    bus.publish(&[here.publication(&topic, "own")])
        .await
        .unwrap();
    bus.publish(&[there.publication(&topic, "theirs")])
        .await
        .unwrap();
    assert_eq!(here.next().await.payload, "theirs");
}

/// Unsubscribing ends it.
pub async fn unsubscribing_ends_it(bus: &dyn PresenceBus) {
    let (here, mut there) = (node(bus, 64).await, node(bus, 64).await);
    let (one, two) = (
        Topic::Conversation(ConversationId::new()),
        Topic::Conversation(ConversationId::new()),
    );
    bus.subscribe(there.id, &[one.clone(), two.clone()])
        .await
        .unwrap();
    bus.unsubscribe(there.id, std::slice::from_ref(&one))
        .await
        .unwrap();
    bus.publish(&[here.publication(&one, "no"), here.publication(&two, "yes")])
        .await
        .unwrap();
    assert_eq!(there.next().await.payload, "yes");
}

/// A node that does not read hears that it lost something, and blocks nobody.
pub async fn a_node_that_does_not_read_is_told_that_it_lagged(bus: &dyn PresenceBus) {
    let (here, mut there) = (node(bus, 64).await, node(bus, 2).await);
    let topic = Topic::Conversation(ConversationId::new());
    bus.subscribe(there.id, std::slice::from_ref(&topic))
        .await
        .unwrap();
    for n in 0..10 {
        bus.publish(&[here.publication(&topic, &n.to_string())])
            .await
            .unwrap();
    }
    let mut lagged = false;
    for n in 0..20 {
        bus.publish(&[here.publication(&topic, &format!("more {n}"))])
            .await
            .unwrap();
        let event = timeout(SOON, there.events.recv()).await.unwrap().unwrap();
        if event == BusEvent::Lagged {
            lagged = true;
            break;
        }
    }
    assert!(lagged);
}

/// A user is online while any node holds a lease.
pub async fn a_user_is_online_while_any_lease_is_held(bus: &dyn PresenceBus) {
    let (one, two) = (node(bus, 4).await, node(bus, 4).await);
    let (ada, bob) = (user("ada"), user("bob"));
    let both = [ada.clone(), bob.clone()];
    bus.renew(one.id, std::slice::from_ref(&ada)).await.unwrap();
    bus.renew(two.id, std::slice::from_ref(&ada)).await.unwrap();
    assert_eq!(bus.online(&both).await.unwrap(), std::slice::from_ref(&ada));
    bus.release(one.id, &both).await.unwrap();
    assert_eq!(bus.online(&both).await.unwrap(), std::slice::from_ref(&ada));
    bus.release(two.id, std::slice::from_ref(&ada))
        .await
        .unwrap();
    bus.release(two.id, std::slice::from_ref(&ada))
        .await
        .unwrap();
    assert_eq!(bus.online(&both).await.unwrap(), []);
}

/// Payloads are carried to the byte, whatever they are.
pub async fn payloads_are_carried_verbatim(bus: &dyn PresenceBus) {
    let (here, mut there) = (node(bus, 64).await, node(bus, 64).await);
    let topic = Topic::User(user("ada"));
    bus.subscribe(there.id, std::slice::from_ref(&topic))
        .await
        .unwrap();
    let long = "x".repeat(64 * 1024);
    for text in ["", "\0\r\n", "{\"type\":\"x\"}", &long] {
        let publication = here.publication(&topic, text);
        bus.publish(std::slice::from_ref(&publication))
            .await
            .unwrap();
        assert_eq!(there.next().await, publication);
    }
}

/// The largest payload is carried, one larger is refused.
pub async fn the_largest_payload_is_carried_and_a_larger_one_refused(bus: &dyn PresenceBus) {
    let (here, mut there) = (node(bus, 64).await, node(bus, 64).await);
    bus.subscribe(there.id, &[Topic::Nodes]).await.unwrap();
    let largest = here.publication(&Topic::Nodes, &"\u{1}".repeat(MAX_PAYLOAD));
    let larger = here.publication(&Topic::Nodes, &"x".repeat(MAX_PAYLOAD + 1));
    assert!(bus.publish(&[larger]).await.is_err());
    bus.publish(std::slice::from_ref(&largest)).await.unwrap();
    loop {
        // On a bus that others use too, their nodes may be heard.
        let publication = there.next().await;
        if publication.node == here.id {
            return assert_eq!(publication, largest);
        }
    }
}

/// Many publications on many topics at once: each topic's come in order, none is lost or doubled.
pub async fn every_topic_keeps_its_order_under_load(bus: &dyn PresenceBus) {
    let (here, mut there) = (node(bus, 64).await, node(bus, 10_000).await);
    let topics: Vec<_> = (0..50)
        .map(|_| Topic::Conversation(ConversationId::new()))
        .collect();
    bus.subscribe(there.id, &topics).await.unwrap();
    for round in 0..100 {
        let text = round.to_string();
        let batch: Vec<_> = topics
            .iter()
            .map(|topic| here.publication(topic, &text))
            .collect();
        bus.publish(&batch).await.unwrap();
    }
    let mut heard: HashMap<Topic, Vec<String>> = HashMap::new();
    for _ in 0..50 * 100 {
        let publication = there.next().await;
        let text = String::from_utf8(publication.payload.to_vec()).unwrap();
        heard.entry(publication.topic).or_default().push(text);
    }
    let expected: Vec<_> = (0..100).map(|round| round.to_string()).collect();
    for topic in &topics {
        assert_eq!(heard[topic], expected);
    }
}

/// A node that is gone is in nobody's way.
pub async fn a_node_that_is_gone_is_forgotten(bus: &dyn PresenceBus) {
    let (here, gone, mut there) = (
        node(bus, 64).await,
        node(bus, 64).await,
        node(bus, 64).await,
    );
    let topic = Topic::Conversation(ConversationId::new());
    for id in [gone.id, there.id] {
        bus.subscribe(id, std::slice::from_ref(&topic))
            .await
            .unwrap();
    }
    drop(gone);
    for text in ["one", "two"] {
        bus.publish(&[here.publication(&topic, text)])
            .await
            .unwrap();
        assert_eq!(there.next().await.payload, text);
    }
}

/// A node that does not read holds nobody up.
pub async fn a_stalled_node_holds_nobody_up(bus: &dyn PresenceBus) {
    let (here, stalled) = (node(bus, 64).await, node(bus, 1).await);
    let mut there = node(bus, 1_000).await;
    let topic = Topic::Conversation(ConversationId::new());
    for id in [stalled.id, there.id] {
        bus.subscribe(id, std::slice::from_ref(&topic))
            .await
            .unwrap();
    }
    for n in 0..500 {
        let publication = here.publication(&topic, &n.to_string());
        let published = timeout(SOON, bus.publish(&[publication])).await;
        published.expect("a stalled node blocks nobody").unwrap();
    }
    for n in 0..500 {
        assert_eq!(there.next().await.payload, n.to_string());
    }
}

/// Everyone who subscribed hears it, and nobody else.
pub async fn every_subscriber_hears_it(bus: &dyn PresenceBus) {
    let here = node(bus, 64).await;
    let mut nodes = [
        node(bus, 64).await,
        node(bus, 64).await,
        node(bus, 64).await,
    ];
    let (first, then) = (Topic::User(user("ada")), Topic::User(user("ada ")));
    for there in &nodes[..2] {
        bus.subscribe(there.id, std::slice::from_ref(&first))
            .await
            .unwrap();
    }
    for there in &nodes {
        bus.subscribe(there.id, std::slice::from_ref(&then))
            .await
            .unwrap();
    }
    bus.publish(&[
        here.publication(&first, "first"),
        here.publication(&then, "then"),
    ])
    .await
    .unwrap();
    let [one, two, three] = &mut nodes;
    for there in [one, two] {
        // Only the publications of one topic come in order.
        let heard = [there.next().await.payload, there.next().await.payload];
        assert!(heard.contains(&Bytes::from_static(b"first")), "{heard:?}");
        assert!(heard.contains(&Bytes::from_static(b"then")), "{heard:?}");
    }
    assert_eq!(three.next().await.payload, "then");
}

/// Nothing to do is no error, nor is what is not held or heard.
pub async fn empty_and_needless_calls_do_no_harm(bus: &dyn PresenceBus) {
    let here = node(bus, 4).await;
    let (ada, topic) = (user("ada"), Topic::User(user("ada")));
    bus.publish(&[]).await.unwrap();
    bus.subscribe(here.id, &[]).await.unwrap();
    bus.unsubscribe(here.id, &[topic]).await.unwrap();
    bus.renew(here.id, &[]).await.unwrap();
    bus.release(here.id, std::slice::from_ref(&ada))
        .await
        .unwrap();
    assert_eq!(bus.online(&[]).await.unwrap(), []);
    assert_eq!(bus.online(std::slice::from_ref(&ada)).await.unwrap(), []);
}

/// A user is told once, however often asked, and not for another who looks alike.
pub async fn online_users_are_told_once_and_apart(bus: &dyn PresenceBus) {
    let here = node(bus, 4).await;
    let alike = ["ada", "Ada", "ada ", "a*a", "a?a", "[a]da", "ada:", "%"].map(user);
    bus.renew(here.id, &alike[..2]).await.unwrap();
    bus.renew(here.id, &alike[..1]).await.unwrap();
    let asked: Vec<_> = alike.iter().chain(&alike).cloned().collect();
    let mut online = bus.online(&asked).await.unwrap();
    online.sort();
    let mut expected = alike[..2].to_vec();
    expected.sort();
    assert_eq!(online, expected);
}
