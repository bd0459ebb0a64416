//! One fault each: load, break, heal, catch up, check.
//!
//! [`ALL`] is the list. Each is a load with one kind of [`Fault`] that strikes again and again; some do something
//! of their own beside it.

mod beside;
mod clock;
mod defects;
mod list;
mod plan;
mod strike;
mod under_load;

use std::time::Instant;

pub use beside::{Beside, Scene};
pub use defects::{DEFECTS, Defect};
pub use list::ALL;
pub use plan::{Ground, Options, Stage};
pub use strike::Fault;
pub use under_load::{Bounds, Strikes};

use crate::cluster::Failure;
use crate::report::Row;

/// A scenario.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// Its name on the command line and in reports.
    pub name: &'static str,
    /// What happens in it.
    pub about: &'static str,
    /// The promises that it tries.
    pub promises: &'static [&'static str],
    /// What it needs.
    pub ground: Ground,
    /// How it goes.
    pub strikes: Strikes,
}

impl Scenario {
    /// Runs it once.
    ///
    /// # Errors
    /// [`Failure`] if it comes to no result.
    pub async fn run(&self, options: &Options) -> Result<Row, Failure> {
        let begun = Instant::now();
        let stage = Stage::set(self, options)?;
        let mut row = self.strikes.run(&stage).await?;
        row.scenario = self.name.to_owned();
        row.promises = self.promises.iter().map(|id| (*id).to_owned()).collect();
        row.seed = options.seed;
        row.defect.clone_from(&options.defect);
        row.duration_ms = u64::try_from(begun.elapsed().as_millis())?;
        Ok(row)
    }
}
