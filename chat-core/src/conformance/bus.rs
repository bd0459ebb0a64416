//! Cases of [`PresenceBus`]: several nodes on one bus.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::conformance::fixtures::user;
use crate::id::{ConversationId, NodeId};
use crate::presence::{BusEvent, PresenceBus, Publication, Topic};

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
