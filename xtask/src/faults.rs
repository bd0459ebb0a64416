//! `cargo xtask faults`: the server under faults, in its short form or in full.
//!
//! The server and the harness are built optimised, with what is measured in mind, into the folder of the usual
//! target. What a run showed is in `target/faults-runs`.

use std::env::consts::EXE_SUFFIX;
use std::path::{Path, PathBuf};

use crate::command::Cmd;
use crate::error::Error;
use crate::services;
use crate::step::Step;
use crate::tools::apt;
use crate::workspace::Workspace;

/// Moves the wall clock of a process.
const LIBFAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

/// The server, the harness, and what counts instructions.
const BUILD: &str = "build --profile faults --package chat-server --package chat-faults --package bench-micro \
    --features chat-server/postgres,chat-server/mongo,chat-server/redis,chat-server/defects";

/// Brings what the harness needs beside the databases.
pub(crate) const BRING: Step = Step::new("libfaketime", bring);

/// Every scenario, each with at least 20,000 acknowledged messages.
pub(crate) const SHORT: Step = Step::new("faults, short form", short);

/// Every bug that a server can be built with, each found.
pub(crate) const DEFECTS: Step = Step::new("faults, planted bugs", defects);

const FULL: Step = Step::new("faults, in full", full);

/// How much a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// About ten minutes.
    Short,
    /// Most of a day.
    Full,
}

/// The steps of `cargo xtask faults [--full]`.
pub(crate) fn steps(size: Size) -> Vec<Step> {
    let run = match size {
        Size::Short => SHORT,
        Size::Full => FULL,
    };
    vec![services::BRING, BRING, run, DEFECTS]
}

fn bring(_: &Workspace) -> Result<(), Error> {
    if !Path::new(LIBFAKETIME).is_file() {
        apt::install(&["libfaketime"])?;
    }
    println!("using {LIBFAKETIME}");
    Ok(())
}

fn short(workspace: &Workspace) -> Result<(), Error> {
    run(workspace, "run --short")
}

fn full(workspace: &Workspace) -> Result<(), Error> {
    run(workspace, "run --full")
}

fn run(workspace: &Workspace, arguments: &str) -> Result<(), Error> {
    build()?;
    let out = workspace.target.join("faults-runs");
    drop(std::fs::remove_dir_all(&out));
    harness(workspace, arguments, &out)?;
    harness(workspace, "report", &out)
}

fn defects(workspace: &Workspace) -> Result<(), Error> {
    build()?;
    let out = workspace.target.join("faults-defects");
    drop(std::fs::remove_dir_all(&out));
    harness(workspace, "defects", &out)
}

/// Server and harness in one go, so that what they share is compiled once, and with the planted bugs in it, of which
/// none is there until it is named: another build would take minutes.
fn build() -> Result<(), Error> {
    Cmd::cargo(BUILD).run()
}

/// One program of the build alone. It has the features that all of them together need, so that whatever was or will
/// be compiled for the others is shared.
///
/// # Errors
/// [`Error::Command`] if it cannot be built.
pub(crate) fn build_one(workspace: &Workspace, program: &str) -> Result<PathBuf, Error> {
    Cmd::cargo(BUILD).args(["--bin", program]).run()?;
    Ok(workspace
        .target
        .join(format!("faults/{program}{EXE_SUFFIX}")))
}

fn harness(workspace: &Workspace, arguments: &str, out: &Path) -> Result<(), Error> {
    let folder: PathBuf = workspace.target.join("faults");
    let programs = services::programs_of(workspace)?;
    let command = Cmd::new(folder.join(format!("chat-faults{EXE_SUFFIX}")))
        .args(arguments.split(' '))
        .arg("--out")
        .arg(out);
    let told = programs
        .into_iter()
        .fold(command, |command, (name, value)| command.env(name, value));
    told.run()
}
