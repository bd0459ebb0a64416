//! Node and npm's packages.

use std::fs;
use std::path::{Path, PathBuf};

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

/// Runs test files, several at a time: most of what they do is to wait for a server or a page.
///
/// # Errors
/// [`Error::Missing`] if Node has no `WebSocket`.
pub(crate) fn tests(files: &[PathBuf]) -> Result<Cmd, Error> {
    let node = Cmd::new("node").args(with_sockets()?);
    Ok(node
        .args(["--test", "--test-concurrency=3", "--test-reporter=spec"])
        .args(files))
}

/// What to tell Node so that scripts have a `WebSocket`: nothing from version 22 on.
///
/// # Errors
/// [`Error::Missing`] if Node is older than 20.10, which has none.
fn with_sockets() -> Result<&'static [&'static str], Error> {
    let version = Cmd::new("node").arg("--version").capture()?;
    flags(&version).ok_or_else(|| Error::Missing {
        what: format!("a WebSocket in Node {}", version.trim()),
        remedy: "install Node 22 or newer".to_owned(),
    })
}

/// The flags for a version as Node prints it; none if no flag helps.
fn flags(version: &str) -> Option<&'static [&'static str]> {
    let mut numbers = version.trim().trim_start_matches('v').split('.');
    let mut number = || numbers.next().and_then(|number| number.parse::<u32>().ok());
    match (number()?, number()?) {
        (22.., _) => Some(&[]),
        (21, _) | (20, 10..) => Some(&["--experimental-websocket"]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::flags;

    #[test]
    fn sockets_come_with_version_22_or_a_flag() {
        let flag: &[&str] = &["--experimental-websocket"];
        for (version, expected) in [
            ("v22.1.0\n", Some(&[][..])),
            ("v26.10.0\n", Some(&[][..])),
            ("v20.20.2\n", Some(flag)),
            ("v20.9.0\n", None),
            ("v18.20.4\n", None),
            ("else", None),
        ] {
            assert_eq!(flags(version), expected, "{version}");
        }
    }
}
