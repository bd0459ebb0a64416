//! What some scenarios do beside the load; one file each.

mod crowd;
mod flood;
mod outage;
mod revocation;
mod twins;

use std::pin::Pin;

use tokio::sync::watch;

pub(super) use crowd::crowd;
pub(super) use flood::flood;
pub(super) use outage::outage;
pub(super) use revocation::{revocation, revocation_without_bus};
pub(super) use twins::twins;

use crate::cluster::Failure;
use crate::history::History;
use crate::report::Row;
use crate::workload::Cast;

/// What is done beside the load, until told to stop: a function of the scene whose figures and findings count.
pub type Beside = fn(Scene) -> Pin<Box<dyn Future<Output = Result<Row, Failure>> + Send>>;

/// What it has to do with.
#[derive(Debug)]
pub struct Scene {
    /// Who takes part in the load.
    pub cast: Cast,
    /// Where requests go.
    pub bases: Vec<String>,
    /// Where devices go.
    pub entrances: Vec<String>,
    /// What happens is taken down here.
    pub history: History,
    /// The number of the load, for names.
    pub number: u64,
    /// Where chance begins.
    pub seed: u64,
    /// True once it is over.
    pub stop: watch::Receiver<bool>,
}

impl Scene {
    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        *self.stop.borrow()
    }
}
