//! valgrind, whose callgrind counts instructions.

use std::path::PathBuf;

use super::{apt, on_path};
use crate::error::Error;

/// The program, installed if it is missing.
///
/// # Errors
/// [`Error::Missing`] or [`Error::Command`] if it cannot be installed.
pub(crate) fn find_or_install() -> Result<PathBuf, Error> {
    if let Some(found) = on_path("valgrind") {
        return Ok(found);
    }
    apt::install(&["valgrind"])?;
    on_path("valgrind").ok_or_else(|| Error::Missing {
        what: "valgrind".to_owned(),
        remedy: "install it and run again".to_owned(),
    })
}
