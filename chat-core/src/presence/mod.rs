//! The port between nodes: events that travel, and leases that say who is there.

mod error;
mod topic;

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::id::{NodeId, UserId};

pub use error::BusError;
pub use topic::{Topic, TopicError};

/// An event on the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// What it is about.
    pub topic: Topic,
    /// The node that published it.
    pub node: NodeId,
    /// The encoded event, at most [`MAX_PAYLOAD`] bytes; opaque to the bus.
    pub payload: Bytes,
}

/// What a node hears from the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BusEvent {
    /// Another node published this.
    Published(Publication),
    /// The bus cannot be heard: what is published from here on is lost until [`BusEvent::Lagged`].
    Disconnected,
    /// Publications may have been lost, of any topic: look into the store. From here on they come again.
    Lagged,
}

/// Carries events between nodes, fast and lossy, and keeps the presence leases.
///
/// # Contract
/// * Lossy: a publication may be lost, doubled, delayed or reordered; the store is the truth.
///   A loss that the bus notices is told as [`BusEvent::Lagged`]. While nothing is lost, the publications of a
///   node on one topic come in order.
/// * Delivery: a publication reaches the other nodes that subscribed to its topic before; never
///   the node that published it. Payloads are carried to the byte.
/// * Subscriptions last until they are ended. A bus that lost its connection tells
///   [`BusEvent::Disconnected`], comes back by itself, subscribes anew, and then tells [`BusEvent::Lagged`].
/// * Attaching: a node attaches once, before it subscribes. One whose receiver is gone is forgotten.
/// * Bounded: a node that does not read its events loses some and hears of it; it blocks nobody. Whatever
///   comes larger than [`MAX_PAYLOAD`], or cannot be understood, is dropped.
/// * In time: a call ends within two seconds, with [`BusError`] if the bus does not answer.
/// * Leases: a lease is held by a node for a user and ends at [`LEASE`] after its last
///   renewal, by the bus's own clock, or at its release. A user is online while any node holds one. Renewing and releasing
///   what is or is not held does no harm.
/// * Cancellation: a dropped call has happened or not.
#[async_trait]
pub trait PresenceBus: Debug + Send + Sync + 'static {
    /// Tells the bus where to put what `node` is to hear.
    ///
    /// # Errors
    /// [`BusError`] if the bus cannot be reached.
    async fn attach(&self, node: NodeId, events: mpsc::Sender<BusEvent>) -> Result<(), BusError>;

    /// Publishes events, those of one topic in order.
    ///
    /// # Errors
    /// [`BusError`] if the bus cannot be reached, or a payload is larger than [`MAX_PAYLOAD`]; any of them may have
    /// been published.
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

/// Largest payload in bytes: 256 KiB.
pub const MAX_PAYLOAD: usize = 256 << 10;

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
