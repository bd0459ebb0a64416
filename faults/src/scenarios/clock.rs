//! The nodes' wall clock, by `libfaketime`: it moves while their monotonic clock goes on.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cluster::{Cluster, Failure};
use crate::node::Settings;

/// Where Debian's package `libfaketime` puts it.
const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

/// Names another one.
const VARIABLE: &str = "TEST_LIBFAKETIME";

/// The file that tells how far the clock of a run's nodes is off.
fn file(folder: &Path) -> PathBuf {
    folder.join("clock")
}

/// Settings of nodes whose clock is told by a file in `folder`.
pub(super) fn with_clock(settings: Settings, folder: &Path) -> Result<Settings, Failure> {
    let library = std::env::var(VARIABLE).unwrap_or_else(|_| LIBRARY.to_owned());
    if !Path::new(&library).is_file() {
        let what = format!("libfaketime is missing: install it, or name it in {VARIABLE}");
        return Err(what.into());
    }
    let file = file(folder);
    fs::write(&file, "+0\n")?;
    Ok(settings
        .with("LD_PRELOAD", library)
        .with("FAKETIME_TIMESTAMP_FILE", file.display().to_string())
        .with("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .with("FAKETIME_NO_CACHE", "1"))
}

/// Sets the clock of all nodes so many seconds off.
pub(super) fn set(cluster: &Cluster, seconds: i64) -> io::Result<()> {
    // Nodes may look at any moment: they must find the old file or the new one.
    let new = cluster.folder.join("clock.new");
    fs::write(&new, format!("{seconds:+}\n"))?;
    fs::rename(new, file(&cluster.folder))
}
