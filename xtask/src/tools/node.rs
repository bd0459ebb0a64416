//! Node and npm's packages.

use std::fs;
use std::path::Path;

use super::{apt, on_path};
use crate::command::Cmd;
use crate::error::Error;

/// Installs exactly what the lock file in `folder` says, unless that is what is there already.
///
/// # Errors
/// [`Error::Missing`] if Node cannot be installed, [`Error::Command`] if npm fails, [`Error::File`] without a lock file.
pub(crate) fn packages(folder: &Path) -> Result<(), Error> {
    if on_path("node").is_none() || on_path("npm").is_none() {
        apt::install(&["nodejs", "npm"])?;
    }
    let lock = folder.join("package-lock.json");
    let wanted = fs::read(&lock).map_err(Error::file(&lock))?;
    // Inside `node_modules`, so that it goes when the packages go.
    let stamp = folder.join("node_modules/.installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        println!("as locked in {}", lock.display());
        return Ok(());
    }
    Cmd::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(folder)
        .run()?;
    fs::write(&stamp, wanted).map_err(Error::file(&stamp))
}
