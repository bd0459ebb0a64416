//! Users with two devices each on all nodes, who send, read, mark, and come and go.
//!
//! [`Load`] runs them all and ends with an [`Evidence`](crate::check::Evidence) for the checker. Chance comes from
//! one seed; what the scheduler does with it is another matter.

mod cast;
mod churn;
mod device;
mod drain;
mod harvest;
mod load;
mod mark;
mod probe;
mod write;

pub use cast::{Cast, Group, User};
pub use device::{Device, Progress};
pub use drain::drained;
pub use harvest::{harvest, log_of};
pub use load::{Load, Shape};
pub use probe::{Probe, Tried};

/// Chance for one part of a run.
#[must_use]
pub fn chance(seed: u64, part: u64) -> fastrand::Rng {
    fastrand::Rng::with_seed(seed ^ part.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
