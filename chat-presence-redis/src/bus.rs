//! The handle.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chat_core::id::{NodeId, UserId};
use chat_core::presence::{BusError, BusEvent, PresenceBus, Publication, Topic};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::config::RedisConfig;
use crate::error::Fault;
use crate::listen::{Handover, Listener};
use crate::names::Names;
use crate::servers::Servers;
use crate::task::Task;

/// The bus between nodes on Redis. Clones share it; its connections end with the last.
#[derive(Clone)]
pub struct RedisBus {
    shared: Arc<Shared>,
}

struct Shared {
    names: Names,
    servers: Arc<Servers>,
    nodes: Mutex<HashMap<NodeId, Arc<Listener>>>,
    dropped: Arc<AtomicU64>,
    /// Follows a Cluster's changes.
    _following: Option<Task>,
}

impl RedisBus {
    /// Connects to `redis://[user:password@]host[:port][/db]`. A server that is part of a Cluster is known as such, and
    /// the others are found through it; several may be named, `redis://one:6379,two:6379`, of which one needs to
    /// answer. `redis-cluster://` is another name for `redis://`.
    ///
    /// The bus comes back by itself whenever Redis does, but this first attempt must succeed.
    ///
    /// # Errors
    /// [`BusError`] if the URL is none or begins with `rediss://` (TLS is not supported), the configuration's prefix
    /// is none, or no server answers in time; its source tells which.
    pub async fn connect(url: &str, config: RedisConfig) -> Result<Self, BusError> {
        let names = Names::new(&config.prefix)?;
        let servers = Servers::connect(url, config.limits).await?;
        let shared = Shared {
            names,
            _following: servers.follow(),
            servers,
            nodes: Mutex::default(),
            dropped: Arc::default(),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// How many messages were dropped since the start because they were not understood or too large: whoever shares
    /// the prefix on this Redis speaks another version, or is no chat.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    fn listener(&self, node: NodeId) -> Option<Arc<Listener>> {
        self.nodes().get(&node).cloned()
    }

    /// Keeps the listener of a node, and forgets the nodes that are gone.
    fn remember(&self, node: NodeId, listener: Arc<Listener>) {
        let mut nodes = self.nodes();
        nodes.retain(|_, listener| !listener.is_gone());
        nodes.insert(node, listener);
    }

    fn nodes(&self) -> MutexGuard<'_, HashMap<NodeId, Arc<Listener>>> {
        let nodes = self.shared.nodes.lock();
        nodes.unwrap_or_else(PoisonError::into_inner)
    }

    /// The outcome, or an error when the time is up.
    async fn in_time<T>(
        &self,
        call: impl Future<Output = Result<T, Fault>> + Send,
    ) -> Result<T, BusError> {
        let limit = self.shared.servers.dial().limits.call;
        match timeout(limit, call).await {
            Ok(outcome) => Ok(outcome?),
            Err(_) => Err(Fault::Slow(limit).into()),
        }
    }
}

impl fmt::Debug for RedisBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisBus")
            .field("names", &self.shared.names)
            .field("map", &self.shared.servers.map())
            .finish_non_exhaustive()
    }
}

/// A call that fails to attach or to subscribe is remembered, and done as soon as Redis is back: before the node is
/// told [`BusEvent::Lagged`].
#[async_trait]
impl PresenceBus for RedisBus {
    async fn attach(&self, node: NodeId, events: mpsc::Sender<BusEvent>) -> Result<(), BusError> {
        let shared = &self.shared;
        let dropped = Arc::clone(&shared.dropped);
        let handover = Handover::new(node, shared.names.clone(), events, dropped);
        let servers = Arc::clone(&shared.servers);
        let listener = Arc::new(Listener::start(servers, shared.names.clone(), handover));
        self.remember(node, Arc::clone(&listener));
        self.in_time(listener.started()).await
    }

    async fn publish(&self, publications: &[Publication]) -> Result<(), BusError> {
        let shared = &self.shared;
        let publishing = shared.servers.publish(&shared.names, publications);
        self.in_time(publishing).await
    }

    async fn subscribe(&self, node: NodeId, topics: &[Topic]) -> Result<(), BusError> {
        match self.listener(node) {
            Some(listener) => self.in_time(listener.subscribe(topics)).await,
            None => Ok(()),
        }
    }

    async fn unsubscribe(&self, node: NodeId, topics: &[Topic]) -> Result<(), BusError> {
        match self.listener(node) {
            Some(listener) => self.in_time(listener.unsubscribe(topics)).await,
            None => Ok(()),
        }
    }

    async fn renew(&self, node: NodeId, users: &[UserId]) -> Result<(), BusError> {
        let shared = &self.shared;
        let renewing = shared.servers.renew(&shared.names, node, users);
        self.in_time(renewing).await
    }

    async fn release(&self, node: NodeId, users: &[UserId]) -> Result<(), BusError> {
        let shared = &self.shared;
        let releasing = shared.servers.release(&shared.names, node, users);
        self.in_time(releasing).await
    }

    async fn online(&self, users: &[UserId]) -> Result<Vec<UserId>, BusError> {
        let shared = &self.shared;
        let asking = shared.servers.online(&shared.names, users);
        self.in_time(asking).await
    }
}
