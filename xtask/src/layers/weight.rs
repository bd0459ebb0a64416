//! What the core costs a host that brings its own login: the crates it compiles.

use std::collections::BTreeSet;

use super::table::{CORE, CORE_WEIGHT};
use crate::command::Cmd;
use crate::error::Error;
use crate::workspace::Workspace;

/// Counts the crates of the core without default features, build scripts' and procedural macros' included.
///
/// # Errors
/// [`Error::Violations`] if there are too many, [`Error::Command`] if Cargo fails.
pub(crate) fn check(_: &Workspace) -> Result<(), Error> {
    let tree =
        Cmd::cargo("tree --no-default-features --edges normal,build --prefix none --package")
            .arg(CORE)
            .capture()?;
    let weight = distinct(&tree);
    println!("{CORE} without default features compiles {weight} crates, of at most {CORE_WEIGHT}");
    if weight > CORE_WEIGHT {
        return super::conclude(&[format!("{CORE} is too heavy: see `cargo tree -p {CORE}`")]);
    }
    Ok(())
}

/// The distinct crates in a list like `syn v2.0.1 (proc-macro) (*)`.
fn distinct(tree: &str) -> usize {
    let name_and_version = |line: &'_ str| line.split(" (").next().map(str::to_owned);
    let crates: BTreeSet<_> = tree.lines().filter_map(name_and_version).collect();
    crates.len()
}

#[cfg(test)]
mod tests {
    use super::distinct;

    #[test]
    fn a_crate_counts_once_per_version() {
        let tree = "core v1.0.0 (/home/me/core)\nsyn v2.0.1\nmacros v1.0.0 (proc-macro)\nsyn v2.0.1 (*)\nsyn v3.0.0\n";

        assert_eq!(distinct(tree), 4);
    }
}
