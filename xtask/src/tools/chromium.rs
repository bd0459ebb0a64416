//! The browser.

use std::path::PathBuf;

use super::{apt, from_env, on_path};
use crate::error::Error;

/// The browser in `CHROMIUM`, else the one on `PATH`, else Debian's, installed now.
///
/// # Errors
/// [`Error::Missing`] if `CHROMIUM` names no file or Chromium cannot be installed.
pub(crate) fn find_or_install() -> Result<PathBuf, Error> {
    if let Some(path) = from_env("CHROMIUM") {
        return if path.is_file() {
            Ok(path)
        } else {
            Err(missing("CHROMIUM names no file"))
        };
    }
    if let Some(path) = on_path("chromium") {
        return Ok(path);
    }
    apt::install(&["chromium"])?;
    on_path("chromium").ok_or_else(|| missing("Debian's package brought none"))
}

fn missing(why: &str) -> Error {
    Error::Missing {
        what: "Chromium".to_owned(),
        remedy: format!("{why}; set CHROMIUM to the path of a Chromium"),
    }
}
