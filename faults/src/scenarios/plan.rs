//! What a run is told, and where it takes place.

use std::fs;
use std::path::PathBuf;

use super::Scenario;
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
    pub defect: Option<u32>,
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
}

impl Ground {
    /// One node and no bus.
    #[must_use]
    pub const fn single(store: StoreKind) -> Self {
        Self {
            nodes: 1,
            store,
            bus: BusKind::None,
        }
    }

    /// Several nodes over Postgres.
    #[must_use]
    pub const fn several(nodes: usize, bus: BusKind) -> Self {
        Self {
            nodes,
            store: StoreKind::Postgres,
            bus,
        }
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
        let defect = options.defect.map(|defect| format!("-defect-{defect}"));
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
        if let Some(defect) = options.defect {
            settings = settings.with("CHAT_DEFECT", defect);
        }
        Ok(Self {
            options: options.clone(),
            folder,
            ground: scenario.ground,
            settings,
        })
    }

    /// Starts the cluster.
    ///
    /// # Errors
    /// [`Failure`] if something does not start.
    pub async fn cluster(&self) -> Result<Cluster, Failure> {
        self.cluster_with(self.settings.clone()).await
    }

    /// The same with other settings for the nodes.
    ///
    /// # Errors
    /// [`Failure`] if something does not start.
    pub async fn cluster_with(&self, settings: Settings) -> Result<Cluster, Failure> {
        let plan = Plan {
            program: self.options.server.clone(),
            folder: self.folder.clone(),
            nodes: self.ground.nodes,
            store: self.ground.store,
            bus: self.ground.bus,
            settings,
        };
        Cluster::start(&plan).await
    }
}
