//! What a run is told, and where it takes place.

use std::fs;
use std::path::PathBuf;

use super::{Scenario, clock};
use crate::cluster::{BusKind, Cluster, Failure, Plan, StoreKind};
use crate::node::Settings;

/// What every run is told.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many messages are acknowledged at least.
    pub acks: u64,
    /// Where chance begins.
    pub seed: u64,
    /// Where histories and logs go.
    pub out: PathBuf,
    /// The server program.
    pub server: PathBuf,
    /// A planted defect that nodes are to have; their server must be built for it.
    pub defect: Option<String>,
    /// Another number of nodes than the scenario's.
    pub nodes: Option<usize>,
    /// Another store than the scenario's.
    pub store: Option<StoreKind>,
    /// Another bus than the scenario's.
    pub bus: Option<BusKind>,
}

impl Options {
    fn moved(&self, ground: Ground) -> Ground {
        Ground {
            nodes: self.nodes.unwrap_or(ground.nodes),
            store: self.store.unwrap_or(ground.store),
            bus: self.bus.unwrap_or(ground.bus),
            ..ground
        }
    }
}

/// What a scenario takes place on.
#[derive(Debug, Clone, Copy)]
pub struct Ground {
    /// How many nodes.
    pub nodes: usize,
    /// Over which store.
    pub store: StoreKind,
    /// With which bus.
    pub bus: BusKind,
    /// Whether devices reach the nodes through proxies.
    pub doors: bool,
    /// Whether the nodes' wall clock can be set.
    pub clock: bool,
}

impl Ground {
    /// One node and no bus.
    #[must_use]
    pub const fn single(store: StoreKind) -> Self {
        Self {
            nodes: 1,
            store,
            bus: BusKind::None,
            doors: false,
            clock: false,
        }
    }

    /// Several nodes over Postgres.
    #[must_use]
    pub const fn several(nodes: usize, bus: BusKind) -> Self {
        Self {
            nodes,
            store: StoreKind::Postgres,
            bus,
            doors: false,
            clock: false,
        }
    }

    /// The same with proxies before the nodes.
    #[must_use]
    pub const fn with_doors(mut self) -> Self {
        self.doors = true;
        self
    }

    /// The same with a wall clock that can be set.
    #[must_use]
    pub const fn with_clock(mut self) -> Self {
        self.clock = true;
        self
    }
}

/// A run's folder and plan.
#[derive(Debug, Clone)]
pub struct Stage {
    /// What it is told.
    pub options: Options,
    /// Its own folder; empty at first.
    pub folder: PathBuf,
    /// What it takes place on.
    pub ground: Ground,
    /// What nodes are told.
    pub settings: Settings,
}

impl Stage {
    /// Makes the folder of a run of `scenario`.
    ///
    /// # Errors
    /// [`Failure`] if it cannot be made.
    pub fn set(scenario: &Scenario, options: &Options) -> Result<Self, Failure> {
        let defect = options.defect.as_ref().map(|name| format!("-{name}"));
        let name = format!(
            "{}{}-{}",
            scenario.name,
            defect.unwrap_or_default(),
            options.seed
        );
        let folder = std::path::absolute(options.out.join(name))?;
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let mut settings = Settings::default();
        if let Some(defect) = &options.defect {
            settings = settings.with("CHAT_DEFECT", defect);
        }
        if scenario.ground.clock {
            settings = clock::with_clock(settings, &folder)?;
        }
        Ok(Self {
            options: options.clone(),
            folder,
            ground: options.moved(scenario.ground),
            settings,
        })
    }

    /// Starts the cluster.
    ///
    /// # Errors
    /// [`Failure`] if something does not start.
    pub async fn cluster(&self) -> Result<Cluster, Failure> {
        let plan = Plan {
            program: self.options.server.clone(),
            folder: self.folder.clone(),
            nodes: self.ground.nodes,
            store: self.ground.store,
            bus: self.ground.bus,
            doors: self.ground.doors,
            settings: self.settings.clone(),
        };
        Cluster::start(&plan).await
    }
}
