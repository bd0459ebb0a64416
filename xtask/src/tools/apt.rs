//! Debian's packages.

use super::on_path;
use crate::command::Cmd;
use crate::error::Error;

/// Installs packages, through `sudo` where we are not root.
///
/// # Errors
/// [`Error::Missing`] where there is no `apt-get` or no right to use it, [`Error::Command`] if it fails.
pub(crate) fn install(packages: &[&str]) -> Result<(), Error> {
    let missing = |reason: &str| Error::Missing {
        what: packages.join(", "),
        remedy: format!("{reason}; install it and run again"),
    };
    if on_path("apt-get").is_none() {
        return Err(missing(
            "this is no Debian, so it cannot be installed from here",
        ));
    }
    let root = Cmd::new("id").arg("-u").capture()?.trim() == "0";
    if !root && Cmd::new("sudo").args(["-n", "true"]).capture().is_err() {
        return Err(missing(
            "installing it takes root, or sudo without a password",
        ));
    }
    apt_get(root).args(["-qq", "update"]).run()?;
    apt_get(root)
        .args(["-qq", "install", "-y", "--no-install-recommends"])
        .args(packages)
        .run()
}

fn apt_get(root: bool) -> Cmd {
    let before: &[&str] = if root { &[] } else { &["sudo", "-n"] };
    let words = [
        before,
        &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"],
    ]
    .concat();
    Cmd::new(words[0]).args(&words[1..])
}
