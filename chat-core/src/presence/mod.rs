//! The port between nodes: events that travel, and leases that say who is there.

mod error;

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::id::{ConversationId, NodeId, UserId};

pub use error::BusError;

/// What events are about: the key they are fanned out by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A conversation: for the sessions of its members.
    Conversation(ConversationId),
    /// A user: for that user's own sessions.
    User(UserId),
    /// A user's presence: for the sessions that watch it.
    Presence(UserId),
}

/// An event on the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// What it is about.
    pub topic: Topic,
    /// The node that published it.
    pub node: NodeId,
    /// The encoded event; opaque to the bus.
    pub payload: Bytes,
}

/// What a node hears from the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BusEvent {
    /// Another node published this.
    Published(Publication),
    /// Publications may have been lost, of any topic: look into the store.
    Lagged,
}

/// Carries events between nodes, fast and lossy, and keeps the presence leases.
///
/// # Contract
/// * Lossy: a publication may be lost, doubled, delayed or reordered; the store is the truth.
///   A loss that the bus notices is told as [`BusEvent::Lagged`].
/// * Delivery: a publication reaches the other nodes that subscribed to its topic before; never
///   the node that published it.
/// * Bounded: a node that does not read its events loses some and hears of it; it blocks nobody.
/// * Leases: a lease is held by a node for a user and ends at [`LEASE`] after its last
///   renewal, or at its release. A user is online while any node holds one. Renewing and releasing
///   what is or is not held does no harm.
/// * Cancellation: a dropped call has happened or not.
#[async_trait]
pub trait PresenceBus: Debug + Send + Sync + 'static {
    /// Tells the bus where to put what `node` is to hear.
    ///
    /// # Errors
    /// [`BusError`] if the bus cannot be reached.
    async fn attach(&self, node: NodeId, events: mpsc::Sender<BusEvent>) -> Result<(), BusError>;

    /// Publishes events, in order.
    ///
    /// # Errors
    /// [`BusError`] if the bus cannot be reached; any of them may have been published.
    async fn publish(&self, publications: &[Publication]) -> Result<(), BusError>;

    /// Hears of these topics from now on.
    ///
    /// # Errors
    /// [`BusError`] if the bus cannot be reached.
    async fn subscribe(&self, node: NodeId, topics: &[Topic]) -> Result<(), BusError>;

    /// Hears of these topics no more.
    ///
    /// # Errors
    /// [`BusError`] if the bus cannot be reached.
    async fn unsubscribe(&self, node: NodeId, topics: &[Topic]) -> Result<(), BusError>;

    /// Takes or renews the node's leases of these users.
    ///
    /// # Errors
    /// [`BusError`] if the bus cannot be reached.
    async fn renew(&self, node: NodeId, users: &[UserId]) -> Result<(), BusError>;

    /// Gives the node's leases of these users back.
    ///
    /// # Errors
    /// [`BusError`] if the bus cannot be reached.
    async fn release(&self, node: NodeId, users: &[UserId]) -> Result<(), BusError>;

    /// Those among `users` for whom any node holds a lease, each once.
    ///
    /// # Errors
    /// [`BusError`] if the bus cannot be reached.
    async fn online(&self, users: &[UserId]) -> Result<Vec<UserId>, BusError>;
}

/// How long a lease lasts without renewal.
pub const LEASE: std::time::Duration = std::time::Duration::from_secs(45);

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<T: PresenceBus + ?Sized> PresenceBus for Arc<T> {
    async fn attach(&self, node: NodeId, events: mpsc::Sender<BusEvent>) -> Result<(), BusError> {
        (**self).attach(node, events).await
    }

    async fn publish(&self, publications: &[Publication]) -> Result<(), BusError> {
        (**self).publish(publications).await
    }

    async fn subscribe(&self, node: NodeId, topics: &[Topic]) -> Result<(), BusError> {
        (**self).subscribe(node, topics).await
    }

    async fn unsubscribe(&self, node: NodeId, topics: &[Topic]) -> Result<(), BusError> {
        (**self).unsubscribe(node, topics).await
    }

    async fn renew(&self, node: NodeId, users: &[UserId]) -> Result<(), BusError> {
        (**self).renew(node, users).await
    }

    async fn release(&self, node: NodeId, users: &[UserId]) -> Result<(), BusError> {
        (**self).release(node, users).await
    }

    async fn online(&self, users: &[UserId]) -> Result<Vec<UserId>, BusError> {
        (**self).online(users).await
    }
}
