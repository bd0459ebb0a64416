//! `cargo xtask layers`: who may import whom.
//!
//! [`table`] holds the rules as data. [`crates`] holds them against the manifests, [`modules`] against every path in
//! `chat-core/src` (read through [`scan`]), and [`weight`] counts what the bare core compiles.

mod crates;
mod modules;
pub(crate) mod scan;
mod table;
mod weight;

use crate::error::Error;
use crate::step::Step;

/// The steps, in order.
pub(crate) const STEPS: [Step; 3] = [
    Step::new("layers of the crates", crates::check),
    Step::new("layers of chat-core's modules", modules::check),
    Step::new("weight of chat-core", weight::check),
];

/// Prints each violation on a line of its own.
///
/// # Errors
/// [`Error::Violations`] if there is one.
fn conclude(violations: &[String]) -> Result<(), Error> {
    for violation in violations {
        println!("{violation}");
    }
    match violations.len() {
        0 => Ok(()),
        count => Err(Error::Violations(count)),
    }
}
