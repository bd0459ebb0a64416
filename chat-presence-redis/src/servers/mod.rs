//! The servers: which there are, and the connections for commands to them.

mod address;
mod batch;
mod line;
mod link;
mod map;
mod url;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use redis::Value;
use tokio::sync::{Notify, watch};

use crate::config::Limits;
use crate::error::Fault;

pub(crate) use address::Address;
pub(crate) use batch::Batch;
pub(crate) use line::{Dial, Line, PING_EVERY, checked};
pub(crate) use map::SlotMap;

use link::Link;
use url::Target;

/// The servers of one Redis.
pub(crate) struct Servers {
    dial: Dial,
    map: watch::Sender<Arc<SlotMap>>,
    links: Mutex<HashMap<Address, Arc<Link>>>,
    /// Told when the map may have changed.
    stale: Arc<Notify>,
}

impl Servers {
    /// Finds the servers through the first of the URL's that answers, and connects to them.
    pub(crate) async fn connect(url: &str, limits: Limits) -> Result<Arc<Self>, Fault> {
        let target = Target::parse(url)?;
        let settings = target.settings;
        let dial = Dial { settings, limits };
        let map = first_map(&dial, &target.seeds).await?;
        let servers = Self {
            dial,
            map: watch::Sender::new(Arc::new(map)),
            links: Mutex::default(),
            stale: Arc::default(),
        };
        let map = servers.map();
        for address in map.addresses() {
            servers.link(address);
        }
        Ok(Arc::new(servers))
    }

    pub(crate) const fn dial(&self) -> &Dial {
        &self.dial
    }

    /// The map as it is now.
    pub(crate) fn map(&self) -> Arc<SlotMap> {
        Arc::clone(&self.map.borrow())
    }

    /// The map, as it changes.
    pub(crate) fn maps(&self) -> watch::Receiver<Arc<SlotMap>> {
        self.map.subscribe()
    }

    /// Says that the map may have changed.
    pub(crate) fn suspect(&self) {
        self.stale.notify_one();
    }

    /// The link to a server; a new one begins to connect.
    fn link(&self, address: &Address) -> Arc<Link> {
        let start = || {
            let stale = Arc::clone(&self.stale);
            Arc::new(Link::start(self.dial.clone(), address.clone(), stale))
        };
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(links.entry(address.clone()).or_insert_with(start))
    }
}

/// The map as the first server tells it that answers.
async fn first_map(dial: &Dial, seeds: &[Address]) -> Result<SlotMap, Fault> {
    let mut fault = Fault::Url(None);
    for seed in seeds {
        match map_of(dial, seed).await {
            Ok(map) if !map.is_cluster && seeds.len() > 1 => return Err(Fault::NoCluster),
            Ok(map) => return Ok(map),
            Err(other) => fault = other,
        }
    }
    Err(fault)
}

/// The map as a server tells it.
async fn map_of(dial: &Dial, address: &Address) -> Result<SlotMap, Fault> {
    let line = dial.open(address, |_| ControlFlow::Continue(())).await?;
    let hello = line.ask(redis::cmd("HELLO").arg(3)).await?;
    if mode(&hello) == Some(b"cluster") {
        return Err(Fault::Unserved);
    }
    Ok(SlotMap::single(address.clone()))
}

/// The `mode` in the answer to HELLO: `standalone`, `sentinel` or `cluster`.
fn mode(hello: &Value) -> Option<&[u8]> {
    let (_, mode) = hello
        .as_map_iter()?
        .find(|(key, _)| text(key) == Some(b"mode"))?;
    text(mode)
}

/// The bytes of a text.
fn text(value: &Value) -> Option<&[u8]> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) => Some(text.as_bytes()),
        _ => None,
    }
}
