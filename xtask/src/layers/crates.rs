//! The crates' manifests against [`CRATES`].

use std::path::Path;

use super::table::{CRATES, CrateRule, FREE_FOLDER};
use crate::error::Error;
use crate::workspace::{Dependency, Kind, Package, Workspace};

/// Checks every package of the workspace.
///
/// # Errors
/// [`Error::Violations`] after printing them.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Error> {
    let packages = &workspace.packages;
    println!("{} crates", packages.len());
    let violations: Vec<_> = packages
        .iter()
        .flat_map(|p| violations(p, CRATES))
        .collect();
    super::conclude(&violations)
}

fn violations(package: &Package, rules: &[CrateRule]) -> Vec<String> {
    if package.folder.starts_with(FREE_FOLDER) {
        return Vec::new();
    }
    let manifest = Path::new(&package.folder).join("Cargo.toml");
    let manifest = manifest.display();
    let Some(rule) = rules.iter().find(|rule| rule.name == package.name) else {
        return vec![format!("{manifest}: `{}` is in no layer", package.name)];
    };
    let forbidden = package.uses.iter().filter(|used| !allows(rule, used));
    forbidden
        .map(|used| {
            let (name, used, on) = (rule.name, &used.name, rule.on);
            format!("{manifest}: `{name}` may not use `{used}`, only {on:?}")
        })
        .collect()
}

fn allows(rule: &CrateRule, used: &Dependency) -> bool {
    let used_name = used.name.as_str();
    let in_tests = rule.tests_on.contains(&used_name) || used_name == rule.name;
    rule.on.contains(&used_name) || (used.kind == Kind::Test && in_tests)
}

#[cfg(test)]
mod tests {
    use super::violations;
    use crate::layers::table::CRATES;
    use crate::workspace::{Dependency, Kind, Package};

    fn package(name: &str, folder: &str, uses: &[(&str, Kind)]) -> Package {
        Package {
            name: name.to_owned(),
            folder: folder.into(),
            uses: uses
                .iter()
                .map(|&(name, kind)| Dependency {
                    name: name.to_owned(),
                    kind,
                })
                .collect(),
        }
    }

    #[test]
    fn a_store_stands_on_the_core() {
        let uses = [("chat-core", Kind::Build), ("chat-core", Kind::Test)];
        let store = package("chat-store-sqlite", "chat-store-sqlite", &uses);

        assert_eq!(violations(&store, CRATES), Vec::<String>::new());
    }

    #[test]
    fn a_store_on_a_transport_is_caught() {
        for kind in [Kind::Build, Kind::Test] {
            let uses = [("chat-core", Kind::Build), ("chat-transport-warp", kind)];
            let store = package("chat-store-sqlite", "chat-store-sqlite", &uses);

            let found = violations(&store, CRATES);

            assert_eq!(found.len(), 1, "{found:?}");
            assert!(
                found[0].contains("may not use `chat-transport-warp`"),
                "{found:?}"
            );
        }
    }

    #[test]
    fn a_crates_tests_may_use_it_but_it_may_not() {
        let own = |kind| package("chat-core", "chat-core", &[("chat-core", kind)]);

        assert!(violations(&own(Kind::Test), CRATES).is_empty());
        assert_eq!(violations(&own(Kind::Build), CRATES).len(), 1);
    }

    #[test]
    fn examples_may_name_all() {
        let uses = [("chat-core", Kind::Build), ("chat-media", Kind::Build)];

        assert!(violations(&package("chat-server", "examples/server", &uses), CRATES).is_empty());
    }

    #[test]
    fn a_crate_in_no_layer_is_caught() {
        let found = violations(&package("chat-extra", "chat-extra", &[]), CRATES);

        assert_eq!(
            found,
            ["chat-extra/Cargo.toml: `chat-extra` is in no layer"]
        );
    }
}
