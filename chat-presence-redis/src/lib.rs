//! The presence bus of chat-core on Redis: a single server (6 and later) or a Cluster (7 and later).
//!
//! Events travel by publish and subscribe, in a Cluster by its sharded kind; leases are sorted sets that expire by
//! themselves. Nothing else is kept in Redis, and nothing is lost with it: the store is the truth, and after an outage
//! every node subscribes anew and is told to look there.
//!
//! Each attached node has a connection of its own for its subscriptions on every server, and all share one for
//! commands. Every connection is tried once a second, so that one whose other end is gone without a word is noticed
//! within three. Channels and keys begin with the prefix of [`RedisConfig`]; patterns are never subscribed to.
//!
//! Redis should be reachable by the nodes alone: whoever can publish on it is believed as far as the store bears it out.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use chat_core::id::NodeId;
//! use chat_core::presence::{PresenceBus as _, Topic};
//! use chat_presence_redis::{RedisBus, RedisConfig};
//!
//! let config = RedisConfig::default().with_prefix("shop");
//! let bus = RedisBus::connect("redis://localhost:6379", config).await?;
//!
//! let (node, (sender, mut events)) = (NodeId::new(), tokio::sync::mpsc::channel(1_024));
//! bus.attach(node, sender).await?;
//! bus.subscribe(node, &[Topic::Nodes]).await?;
//! while let Some(event) = events.recv().await {
//!     println!("{event:?}");
//! }
//! # Ok(())
//! # }
//! ```

mod backoff;
mod bus;
mod config;
mod error;
mod leases;
mod listen;
mod names;
mod publish;
mod servers;
mod task;
mod wire;

pub use bus::RedisBus;
pub use config::RedisConfig;
