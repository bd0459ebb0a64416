//! `cargo xtask growth`: what a service costs as it grows, counted, and the page that tells of it.

use std::env::consts::EXE_SUFFIX;

use crate::bench;
use crate::command::Cmd;
use crate::error::Error;
use crate::step::Step;
use crate::workspace::Workspace;

/// The steps of `cargo xtask growth`.
pub(crate) const STEPS: &[Step] = &[
    Step::new("bench, optimised", bench::build),
    Step::new("docs/growth.md", report),
];

/// Puts the tables and plots into the page.
fn report(workspace: &Workspace) -> Result<(), Error> {
    let docs = workspace.root.join("docs");
    let bench = workspace.target.join(format!("release/bench{EXE_SUFFIX}"));
    let tables = Cmd::new(bench)
        .args(["growth", "--plots"])
        .arg(docs.join("growth"))
        .capture()?;
    bench::put(&docs.join("growth.md"), tables.trim_end())
}
