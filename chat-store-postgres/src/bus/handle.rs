//! The handle.

use std::collections::HashMap;
use std::future::Future;
use std::str::FromStr as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chat_core::id::{NodeId, UserId};
use chat_core::presence::{BusError, BusEvent, PresenceBus, Publication, Topic};
use sqlx::postgres::PgConnectOptions;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::ear::{self, Ear};
use super::error::Fault;
use super::handover::Handover;
use super::leases::Leases;
use super::speaker::Speaker;
use crate::pool::Names;

/// How long a call may take.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// What our connections are called on the server.
const APPLICATION: &str = "chat bus";

/// The bus between nodes on Postgres. Clones share it; its connections end with the last.
///
/// It has connections of its own, three for a node: one listens, one notifies, one keeps the leases. They have to lead
/// to the server itself, or through a pooler that keeps sessions apart: `LISTEN` belongs to a session.
///
/// Every node reads what every other one publishes. Postgres keeps what a listener has not read yet, up to 8 GB; once
/// that is full, because a session that listens stays in an open transaction, `publish` fails until it ends.
///
/// Whoever may connect to the database may notify, and is believed as far as the store bears it out.
#[derive(Debug, Clone)]
pub struct PostgresBus {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    options: PgConnectOptions,
    speaker: Arc<Speaker>,
    leases: Leases,
    nodes: Mutex<HashMap<NodeId, Ear>>,
    dropped: Arc<AtomicU64>,
}

impl PostgresBus {
    /// Connects to the database of a [`PostgresStore`](crate::PostgresStore): the same URL and the same schema, `chat`
    /// unless the store has another. The leases are a table there, which the store's migrations make.
    ///
    /// The bus comes back by itself whenever Postgres does, but this first attempt must succeed.
    ///
    /// # Errors
    /// [`BusError`] if the URL or the schema is none, or the server cannot be reached within 1.5 s.
    pub async fn connect(url: &str, schema: &str) -> Result<Self, BusError> {
        let options = PgConnectOptions::from_str(url).map_err(Fault::Postgres)?;
        Self::connect_with(options, schema).await
    }

    /// The same with options of the host.
    ///
    /// # Errors
    /// [`BusError`] if the schema is none, or the server cannot be reached within 1.5 s.
    pub async fn connect_with(options: PgConnectOptions, schema: &str) -> Result<Self, BusError> {
        let names = Names::new(schema).map_err(BusError::new)?;
        let options = options.application_name(APPLICATION);
        // A name of at most 63 bytes, since a schema's is one of at most 48.
        let channel = format!("chat:{schema}");
        let shared = Shared {
            speaker: Arc::new(Speaker::new(&options, channel)),
            leases: Leases::new(&options, names),
            nodes: Mutex::default(),
            dropped: Arc::default(),
            options,
        };
        in_time(shared.speaker.connect()).await?;
        let shared = Arc::new(shared);
        Ok(Self { shared })
    }

    /// How many notifications and messages were dropped since the start because they were not understood: whoever
    /// notifies on our channel speaks another version, or is no chat. Each node that hears one counts it.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    fn nodes(&self) -> MutexGuard<'_, HashMap<NodeId, Ear>> {
        let nodes = self.shared.nodes.lock();
        nodes.unwrap_or_else(PoisonError::into_inner)
    }
}

/// The outcome, or an error when the time is up.
async fn in_time<T>(call: impl Future<Output = Result<T, Fault>> + Send) -> Result<T, BusError> {
    match timeout(PATIENCE, call).await {
        Ok(outcome) => Ok(outcome?),
        Err(_) => Err(Fault::Slow(PATIENCE).into()),
    }
}

/// Topics are sorted out here, so that to subscribe never fails. An `attach` that fails is done as soon as Postgres is
/// back.
#[async_trait]
impl PresenceBus for PostgresBus {
    async fn attach(&self, node: NodeId, events: mpsc::Sender<BusEvent>) -> Result<(), BusError> {
        let shared = &self.shared;
        let handover = Handover::new(node, events, Arc::clone(&shared.dropped));
        let listening = ear::listen(&shared.options, shared.speaker.channel());
        let (listener, outcome) = match in_time(listening).await {
            Ok(listener) => (Some(listener), Ok(())),
            Err(error) => (None, Err(error)),
        };
        let speaker = Arc::clone(&shared.speaker);
        let ear = Ear::start(shared.options.clone(), speaker, handover, listener);
        let mut nodes = self.nodes();
        nodes.retain(|_, ear| !ear.is_gone());
        nodes.insert(node, ear);
        outcome
    }

    async fn publish(&self, publications: &[Publication]) -> Result<(), BusError> {
        in_time(self.shared.speaker.publish(publications)).await
    }

    async fn subscribe(&self, node: NodeId, topics: &[Topic]) -> Result<(), BusError> {
        if let Some(ear) = self.nodes().get(&node) {
            ear.subscribe(topics);
        }
        Ok(())
    }

    async fn unsubscribe(&self, node: NodeId, topics: &[Topic]) -> Result<(), BusError> {
        if let Some(ear) = self.nodes().get(&node) {
            ear.unsubscribe(topics);
        }
        Ok(())
    }

    async fn renew(&self, node: NodeId, users: &[UserId]) -> Result<(), BusError> {
        in_time(self.shared.leases.renew(node, users)).await
    }

    async fn release(&self, node: NodeId, users: &[UserId]) -> Result<(), BusError> {
        in_time(self.shared.leases.release(node, users)).await
    }

    async fn online(&self, users: &[UserId]) -> Result<Vec<UserId>, BusError> {
        in_time(self.shared.leases.online(users)).await
    }
}
