//! This node among others: what it tells them, what it hears of them, and whether it can hear at all.
//!
//! ```text
//! Hub::publish ──▶ Outgoing ──▶ PresenceBus ──▶ hear ──▶ Topic (in order by rev)
//! topics come and go ──▶ Subscriptions ──▶ PresenceBus
//! beats of all nodes, losses ──▶ Health ──▶ how often the store is looked into
//! ```
//!
//! The bus is fast and may lose anything; what it carries only saves waiting for the next look into the
//! store. A chat without a bus is alone, and has none of this but the look.

mod beat;
mod envelope;
mod health;
mod hear;
mod outgoing;
mod subscriptions;

use std::sync::{Arc, OnceLock, Weak};

use tokio::task::AbortHandle;

use crate::hub::{Hub, Shared, check, presence, reviews};
use crate::id::NodeId;
use crate::presence::{PresenceBus, Publication, Topic as Key};
use crate::protocol::Event;

pub(super) use envelope::Told;
pub(super) use health::Health;
use outgoing::Outgoing;
use subscriptions::Subscriptions;

/// How many publications wait to be heard. What comes on top is lost, and the bus says so.
const INCOMING: usize = 4_096;

/// This node, and its way to the others.
#[derive(Debug)]
pub(super) struct Nodes {
    health: Arc<Health>,
    link: Option<Link>,
    tasks: OnceLock<Tasks>,
}

/// What a node with a bus has.
#[derive(Debug)]
struct Link {
    id: NodeId,
    bus: Arc<dyn PresenceBus>,
    outgoing: Arc<Outgoing>,
    subscriptions: Arc<Subscriptions>,
}

/// Tasks that end with the hub.
#[derive(Debug)]
struct Tasks(Vec<AbortHandle>);

impl Drop for Tasks {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}

impl Nodes {
    pub(super) fn new(bus: Option<Arc<dyn PresenceBus>>) -> Self {
        let link = bus.map(|bus| Link {
            id: NodeId::new(),
            bus,
            outgoing: Arc::default(),
            subscriptions: Arc::default(),
        });
        Self {
            health: Arc::default(),
            link,
            tasks: OnceLock::new(),
        }
    }

    /// Whether everything is heard.
    pub(super) fn health(&self) -> Arc<Health> {
        Arc::clone(&self.health)
    }

    /// Whether there may be other nodes.
    pub(super) const fn has_bus(&self) -> bool {
        self.link.is_some()
    }

    /// The bus, and this node's name on it.
    pub(super) fn bus(&self) -> Option<(NodeId, &Arc<dyn PresenceBus>)> {
        self.link.as_ref().map(|link| (link.id, &link.bus))
    }

    /// Tells the nodes that subscribed to `topic`. Never waits: what there is no room for is lost.
    pub(super) fn tell(&self, topic: Key, told: &Told<&Event>) {
        if let Some(link) = &self.link {
            let payload = envelope::write(told);
            link.outgoing.push(Publication {
                topic,
                node: link.id,
                payload,
            });
        }
    }

    /// A topic got its first subscriber here, or lost its last.
    pub(super) fn note(&self, topic: Key) {
        if let Some(link) = &self.link {
            link.subscriptions.note(topic);
        }
    }

    /// Waits until the bus knows of every topic noted so far, for a limited time: while the bus is away, the
    /// store is looked into instead.
    pub(super) async fn settled(&self) {
        if let Some(link) = &self.link
            && !self.health.is_away()
        {
            link.subscriptions.settled().await;
        }
    }

    /// Starts the node's tasks, once.
    pub(super) fn start(&self, hub: &Hub) {
        self.tasks.get_or_init(|| {
            let weak = Arc::downgrade(&hub.shared);
            let mut tasks = vec![
                tokio::spawn(check::run(Weak::clone(&weak))).abort_handle(),
                tokio::spawn(presence::run(Weak::clone(&weak))).abort_handle(),
                tokio::spawn(reviews::run(Weak::clone(&weak))).abort_handle(),
            ];
            if let Some(link) = &self.link {
                tasks.extend(link.start(&weak));
            }
            Tasks(tasks)
        });
    }
}

impl Link {
    fn start(&self, hub: &Weak<Shared>) -> [AbortHandle; 4] {
        let (id, bus) = (self.id, &self.bus);
        let (events, heard) = tokio::sync::mpsc::channel(INCOMING);
        [
            tokio::spawn(outgoing::run(
                Arc::clone(&self.outgoing),
                Arc::clone(bus),
                Weak::clone(hub),
            )),
            tokio::spawn(subscriptions::run(
                Arc::clone(&self.subscriptions),
                Arc::clone(bus),
                id,
                events,
                Weak::clone(hub),
            )),
            tokio::spawn(hear::run(Weak::clone(hub), heard)),
            tokio::spawn(beat::run(Weak::clone(hub), Arc::clone(&self.outgoing))),
        ]
        .map(|task| task.abort_handle())
    }
}
