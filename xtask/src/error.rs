//! Why a chore failed.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a chore, or one step of it, failed.
#[derive(Debug)]
pub(crate) enum Error {
    /// The command line asks for something that does not exist.
    Usage(String),
    /// A command could not be started, or said that it failed.
    Command {
        /// The command as one would type it.
        line: String,
        /// What became of it.
        outcome: String,
    },
    /// A file or folder could not be read or written.
    File {
        /// Which one.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Something the step needs is not here and cannot be brought.
    Missing {
        /// What is missing.
        what: String,
        /// How to provide it.
        remedy: String,
    },
    /// A check found this many violations, which it has printed.
    Violations(usize),
    /// These steps failed; each has printed its own reason.
    Steps(Vec<&'static str>),
}

impl Error {
    /// Wraps an I/O error with the path it concerns.
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) => f.write_str(message),
            Self::Command { line, outcome } => write!(f, "`{line}` {outcome}"),
            Self::File { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Missing { what, remedy } => write!(f, "{what} is missing: {remedy}"),
            Self::Violations(1) => f.write_str("1 violation"),
            Self::Violations(count) => write!(f, "{count} violations"),
            Self::Steps(names) => write!(f, "failed: {}", names.join("; ")),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { source, .. } => Some(source),
            Self::Usage(_)
            | Self::Command { .. }
            | Self::Missing { .. }
            | Self::Violations(_)
            | Self::Steps(_) => None,
        }
    }
}
