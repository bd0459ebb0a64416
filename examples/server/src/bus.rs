//! The bus that is configured.

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use chat_core::id::{NodeId, UserId};
use chat_core::presence::{BusError, BusEvent, PresenceBus, Publication, Topic};
use tokio::sync::{OnceCell, mpsc};

use crate::config::{BusUrl, Config};
use crate::run::Failure;

/// The bus between nodes, if there is to be one. If it cannot be reached now, the server starts all the same and
/// goes on trying: a node that starts while the bus is away is better than none.
pub(crate) async fn open(config: &Config) -> Result<Option<Arc<dyn PresenceBus>>, Failure> {
    let Some(url) = &config.bus else {
        return Ok(None);
    };
    check_feature(url)?;
    let bus = LateBus {
        url: url.clone(),
        prefix: config.store_prefix.clone().unwrap_or("chat".to_owned()),
        bus: OnceCell::new(),
    };
    if let Err(error) = bus.connected().await {
        tracing::warn!(error = &error as &dyn Error, "the bus cannot be used yet");
    }
    Ok(Some(Arc::new(bus)))
}

fn check_feature(url: &BusUrl) -> Result<(), Failure> {
    let (feature, is_there) = match url {
        BusUrl::Redis(_) => ("redis", cfg!(feature = "redis")),
        BusUrl::Postgres(_) => ("postgres", cfg!(feature = "postgres")),
    };
    match is_there {
        true => Ok(()),
        false => Err(Failure::Feature { feature }),
    }
}

/// A bus that is connected to when it can be: the hub attaches again and again until then.
#[derive(Debug)]
struct LateBus {
    url: BusUrl,
    prefix: String,
    bus: OnceCell<Arc<dyn PresenceBus>>,
}

impl LateBus {
    async fn connected(&self) -> Result<&Arc<dyn PresenceBus>, BusError> {
        self.bus.get_or_try_init(|| self.connect()).await
    }

    #[cfg_attr(
        not(any(feature = "redis", feature = "postgres")),
        expect(
            clippy::unused_async,
            reason = "without a bus there is nothing to wait for"
        )
    )]
    async fn connect(&self) -> Result<Arc<dyn PresenceBus>, BusError> {
        match &self.url {
            #[cfg(feature = "redis")]
            BusUrl::Redis(url) => {
                use chat_presence_redis::{RedisBus, RedisConfig};
                let config = RedisConfig::default().with_prefix(&self.prefix);
                Ok(Arc::new(RedisBus::connect(url, config).await?))
            }
            #[cfg(feature = "postgres")]
            BusUrl::Postgres(url) => {
                let bus = chat_store_postgres::PostgresBus::connect(url, &self.prefix).await?;
                Ok(Arc::new(bus))
            }
            #[cfg_attr(
                all(feature = "redis", feature = "postgres"),
                expect(unreachable_patterns, reason = "with all features there is no other")
            )]
            _ => Err(BusError::new(format!("{}: not compiled in", self.prefix))),
        }
    }

    fn now(&self) -> Result<&Arc<dyn PresenceBus>, BusError> {
        self.bus
            .get()
            .ok_or_else(|| BusError::new("not connected yet"))
    }
}

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl PresenceBus for LateBus {
    async fn attach(&self, node: NodeId, events: mpsc::Sender<BusEvent>) -> Result<(), BusError> {
        self.connected().await?.attach(node, events).await
    }

    async fn publish(&self, publications: &[Publication]) -> Result<(), BusError> {
        self.now()?.publish(publications).await
    }

    async fn subscribe(&self, node: NodeId, topics: &[Topic]) -> Result<(), BusError> {
        self.now()?.subscribe(node, topics).await
    }

    async fn unsubscribe(&self, node: NodeId, topics: &[Topic]) -> Result<(), BusError> {
        self.now()?.unsubscribe(node, topics).await
    }

    async fn renew(&self, node: NodeId, users: &[UserId]) -> Result<(), BusError> {
        self.now()?.renew(node, users).await
    }

    async fn release(&self, node: NodeId, users: &[UserId]) -> Result<(), BusError> {
        self.now()?.release(node, users).await
    }

    async fn online(&self, users: &[UserId]) -> Result<Vec<UserId>, BusError> {
        self.now()?.online(users).await
    }
}
