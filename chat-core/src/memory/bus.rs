//! A bus between hubs of one process.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::id::{NodeId, UserId};
use crate::presence::{BusError, BusEvent, LEASE, MAX_PAYLOAD, PresenceBus, Publication, Topic};

/// A bus in memory: for tests of several nodes in one process. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct MemoryBus {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    nodes: HashMap<NodeId, Node>,
    leases: HashMap<(UserId, NodeId), Instant>,
}

#[derive(Debug)]
struct Node {
    events: mpsc::Sender<BusEvent>,
    topics: HashSet<Topic>,
    /// It lost events and has not been told yet.
    lagged: bool,
}

impl Node {
    /// Hands an event over, or notes that it was lost. A loss is told before anything later.
    fn hand(&mut self, publication: &Publication) {
        if self.lagged {
            self.lagged = self.events.try_send(BusEvent::Lagged).is_err();
        }
        if self.lagged
            || self
                .events
                .try_send(BusEvent::Published(publication.clone()))
                .is_err()
        {
            self.lagged = true;
        }
    }
}

impl MemoryBus {
    fn with<T>(&self, work: impl FnOnce(&mut Shared) -> T) -> T {
        work(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl PresenceBus for MemoryBus {
    async fn attach(&self, node: NodeId, events: mpsc::Sender<BusEvent>) -> Result<(), BusError> {
        let fresh = Node {
            events,
            topics: HashSet::new(),
            lagged: false,
        };
        self.with(|shared| shared.nodes.insert(node, fresh));
        Ok(())
    }

    async fn publish(&self, publications: &[Publication]) -> Result<(), BusError> {
        if publications
            .iter()
            .any(|publication| publication.payload.len() > MAX_PAYLOAD)
        {
            return Err(BusError::new("a payload is too large"));
        }
        self.with(|shared| {
            shared.nodes.retain(|_, node| !node.events.is_closed());
            for publication in publications {
                for (id, node) in &mut shared.nodes {
                    if *id != publication.node && node.topics.contains(&publication.topic) {
                        node.hand(publication);
                    }
                }
            }
        });
        Ok(())
    }

    async fn subscribe(&self, node: NodeId, topics: &[Topic]) -> Result<(), BusError> {
        self.with(|shared| {
            if let Some(node) = shared.nodes.get_mut(&node) {
                node.topics.extend(topics.iter().cloned());
            }
        });
        Ok(())
    }

    async fn unsubscribe(&self, node: NodeId, topics: &[Topic]) -> Result<(), BusError> {
        self.with(|shared| {
            if let Some(node) = shared.nodes.get_mut(&node) {
                node.topics.retain(|topic| !topics.contains(topic));
            }
        });
        Ok(())
    }

    async fn renew(&self, node: NodeId, users: &[UserId]) -> Result<(), BusError> {
        let ends = Instant::now() + LEASE;
        self.with(|shared| {
            shared.leases.retain(|_, ends| *ends > Instant::now());
            shared
                .leases
                .extend(users.iter().map(|user| ((user.clone(), node), ends)));
        });
        Ok(())
    }

    async fn release(&self, node: NodeId, users: &[UserId]) -> Result<(), BusError> {
        self.with(|shared| {
            for user in users {
                shared.leases.remove(&(user.clone(), node));
            }
        });
        Ok(())
    }

    async fn online(&self, users: &[UserId]) -> Result<Vec<UserId>, BusError> {
        let now = Instant::now();
        let asked: BTreeSet<&UserId> = users.iter().collect();
        let online = self.with(|shared| {
            let held = |user: &&UserId| {
                shared
                    .leases
                    .iter()
                    .any(|((held, _), ends)| held == *user && *ends > now)
            };
            asked.into_iter().filter(held).cloned().collect()
        });
        Ok(online)
    }
}
