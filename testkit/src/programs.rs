//! Where the servers' programs are.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// Names the folder of Postgres's programs.
pub const POSTGRES_BIN: &str = "TEST_POSTGRES_BIN";
/// Names MongoDB's server.
pub const MONGOD: &str = "TEST_MONGOD";
/// Names Redis's server.
pub const REDIS_SERVER: &str = "TEST_REDIS_SERVER";

/// The folder with `initdb` and `postgres`: the one in `TEST_POSTGRES_BIN`, else the newest of Debian's, else on the
/// `PATH`.
#[must_use]
pub fn postgres() -> Option<PathBuf> {
    let holds =
        |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    if let Some(folder) = named(POSTGRES_BIN) {
        return Some(folder).filter(holds);
    }
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, folder)| holds(folder))
        .collect();
    versions.sort();
    versions.pop().map(|(_, folder)| folder).or_else(|| {
        on_path("initdb")?
            .parent()
            .map(Path::to_owned)
            .filter(holds)
    })
}

/// `mongod`: the one in `TEST_MONGOD`, else on the `PATH`.
#[must_use]
pub fn mongod() -> Option<PathBuf> {
    program(MONGOD, "mongod")
}

/// `redis-server`: the one in `TEST_REDIS_SERVER`, else on the `PATH`.
#[must_use]
pub fn redis_server() -> Option<PathBuf> {
    program(REDIS_SERVER, "redis-server")
}

fn program(variable: &str, name: &str) -> Option<PathBuf> {
    match named(variable) {
        Some(path) => Some(path).filter(|path| path.is_file()),
        None => on_path(name),
    }
}

fn named(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

fn on_path(program: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}
