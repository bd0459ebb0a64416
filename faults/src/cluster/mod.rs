//! Nodes over one store and, if there are several, one bus, each link to it through a proxy of its own.

mod bus;
mod store;

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

pub use bus::{Bus, BusKind};
pub use store::{Store, StoreKind};

use crate::node::{Node, Settings};
use crate::proxy::Proxy;

/// Whatever ends a run before it has a result.
pub type Failure = Box<dyn Error + Send + Sync>;

/// What a cluster is made of.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The server program.
    pub program: PathBuf,
    /// Where everything of it is kept.
    pub folder: PathBuf,
    /// How many nodes.
    pub nodes: usize,
    /// Over which store.
    pub store: StoreKind,
    /// With which bus.
    pub bus: BusKind,
    /// Whether devices reach the nodes through proxies.
    pub doors: bool,
    /// What every node is told.
    pub settings: Settings,
}

/// A running cluster; everything ends when it is dropped.
#[derive(Debug)]
pub struct Cluster {
    /// Where everything of it is kept.
    pub folder: PathBuf,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// What they keep messages in.
    pub store: Store,
    /// What they tell each other by.
    pub bus: Bus,
    /// Each node's link to the bus; none without a bus.
    pub links: Vec<Proxy>,
    /// Each node's door for devices; none if they go straight in.
    pub doors: Vec<Proxy>,
}

impl Cluster {
    /// Starts everything and waits until every node is ready.
    ///
    /// # Errors
    /// [`Failure`] if something does not start.
    pub async fn start(plan: &Plan) -> Result<Self, Failure> {
        let store = blocking(|| Store::start(plan.store, &plan.folder))?;
        let bus = blocking(|| Bus::start(plan.bus))?;
        let mut cluster = Self {
            folder: plan.folder.clone(),
            nodes: Vec::new(),
            store,
            bus,
            links: Vec::new(),
            doors: Vec::new(),
        };
        for number in 0..plan.nodes {
            let mut settings = plan.settings.clone();
            settings = settings.with("CHAT_STORE_URL", cluster.store.url());
            if let Some(target) = cluster.bus.address(&cluster.store)? {
                let link = Proxy::start(target).await?;
                let url = cluster.bus.url_at(link.address());
                settings = settings.with("CHAT_BUS_URL", url);
                cluster.links.push(link);
            }
            cluster.add(number, &plan.program, &plan.folder, settings)?;
            if plan.doors {
                let door = Proxy::start(cluster.nodes[number].address()).await?;
                cluster.doors.push(door);
            }
        }
        // One after the other: the first migrates the store.
        for node in &mut cluster.nodes {
            node.start().await?;
        }
        Ok(cluster)
    }

    fn add(
        &mut self,
        number: usize,
        program: &Path,
        folder: &Path,
        settings: Settings,
    ) -> io::Result<()> {
        let name = format!("node {number}");
        let folder = folder.join(format!("node-{number}"));
        let node = Node::new(&name, program, &folder, settings)?;
        self.nodes.push(node);
        Ok(())
    }

    /// Where clients reach the nodes, whatever happens to the doors.
    #[must_use]
    pub fn bases(&self) -> Vec<String> {
        self.nodes.iter().map(Node::base).collect()
    }

    /// Where devices reach the nodes.
    #[must_use]
    pub fn entrances(&self) -> Vec<String> {
        if self.doors.is_empty() {
            return self.bases();
        }
        let doors = self.doors.iter();
        doors
            .map(|door| format!("http://{}", door.address()))
            .collect()
    }

    /// Ends every fault of links and doors.
    pub fn heal(&self) {
        for proxy in self.links.iter().chain(&self.doors) {
            proxy.heal();
        }
    }

    /// The most memory that one node had resident, in KiB.
    #[must_use]
    pub fn peak_kib(&mut self) -> u64 {
        let peaks = self.nodes.iter_mut().map(Node::peak_kib);
        peaks.max().unwrap_or_default()
    }
}

/// Runs what blocks, as the beginning and the end of servers do.
pub fn blocking<T>(work: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(work)
}
