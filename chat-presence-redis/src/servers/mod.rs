//! The servers: which there are, and the connections for commands to them.

mod address;
mod batch;
mod line;
mod link;
mod map;
mod refresh;
mod slots;
mod url;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redis::Value;
use tokio::sync::{Notify, watch};

use crate::config::Limits;
use crate::error::Fault;
use crate::task::Task;

pub(crate) use address::Address;
pub(crate) use batch::Batch;
pub(crate) use line::{Dial, Line, PING_EVERY, checked};
pub(crate) use map::SlotMap;

use link::Link;
use url::Target;

/// The servers of one Redis.
pub(crate) struct Servers {
    dial: Dial,
    /// Those that the URL names.
    seeds: Vec<Address>,
    map: watch::Sender<Arc<SlotMap>>,
    links: Mutex<HashMap<Address, Arc<Link>>>,
    /// Told when the map may have changed.
    stale: Arc<Notify>,
}

impl Servers {
    /// Finds the servers through the first of the URL's that answers, and connects to them.
    pub(crate) async fn connect(url: &str, limits: Limits) -> Result<Arc<Self>, Fault> {
        let Target { seeds, settings } = Target::parse(url)?;
        let dial = Dial { settings, limits };
        let map = Arc::new(refresh::first_map(&dial, &seeds).await?);
        let servers = Self {
            dial,
            seeds,
            map: watch::Sender::new(Arc::clone(&map)),
            links: Mutex::default(),
            stale: Arc::default(),
        };
        for address in map.addresses() {
            servers.link(address);
        }
        Ok(Arc::new(servers))
    }

    /// Follows the changes of a Cluster as long as the task is kept. A single server has none.
    pub(crate) fn follow(self: &Arc<Self>) -> Option<Task> {
        let is_cluster = self.map().is_cluster;
        is_cluster.then(|| Task::spawn(refresh::run(Arc::clone(self))))
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

    /// Takes a map over, if it is another.
    fn adopt(&self, map: SlotMap) {
        let map = Arc::new(map);
        self.links()
            .retain(|address, _| map.addresses().contains(address));
        self.map.send_if_modified(|current| {
            let is_other = **current != *map;
            *current = Arc::clone(&map);
            is_other
        });
    }

    /// The link to a server; a new one begins to connect.
    fn link(&self, address: &Address) -> Arc<Link> {
        let start = || {
            let stale = Arc::clone(&self.stale);
            Arc::new(Link::start(self.dial.clone(), address.clone(), stale))
        };
        Arc::clone(self.links().entry(address.clone()).or_insert_with(start))
    }

    fn links(&self) -> MutexGuard<'_, HashMap<Address, Arc<Link>>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bytes of a text.
fn text(value: &Value) -> Option<&[u8]> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) => Some(text.as_bytes()),
        _ => None,
    }
}
