//! The workspace, as `cargo metadata` describes it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::command::Cmd;
use crate::error::Error;

/// The folders and packages that the steps work on.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    /// The folder with the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Where Cargo builds.
    pub(crate) target: PathBuf,
    /// The workspace's own packages.
    pub(crate) packages: Vec<Package>,
}

/// A package of the workspace and those of the workspace that it depends on.
#[derive(Debug)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its folder, relative to the root.
    pub(crate) folder: PathBuf,
    /// Its dependencies on other packages of the workspace.
    pub(crate) uses: Vec<Dependency>,
}

/// A dependency on a package of the workspace.
#[derive(Debug)]
pub(crate) struct Dependency {
    /// The package depended on.
    pub(crate) name: String,
    /// What it is needed for.
    pub(crate) kind: Kind,
}

/// What a dependency is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The package itself, or its build script.
    Build,
    /// Its tests and examples only.
    Test,
}

impl Workspace {
    /// Asks Cargo about the workspace of the current folder.
    ///
    /// # Errors
    /// [`Error::Command`] if Cargo cannot read the manifests, or prints what is not expected of it.
    pub(crate) fn load() -> Result<Self, Error> {
        let question = "metadata --no-deps --format-version 1";
        let text = Cmd::cargo(question).capture()?;
        parse(&text).ok_or_else(|| Error::Command {
            line: format!("cargo {question}"),
            outcome: "printed something else than the metadata".to_owned(),
        })
    }

    /// Where the chores keep what they install.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("xtask")
    }

    /// The folder of the browser tests.
    pub(crate) fn web_tests(&self) -> PathBuf {
        self.root.join("examples/server/tests/web")
    }

    /// The folder of the JavaScript client.
    pub(crate) fn client_js(&self) -> PathBuf {
        self.root.join("chat-client-js")
    }

    /// The folder of the browser tests of the messenger, which use what is beside the server's.
    pub(crate) fn messenger_web_tests(&self) -> PathBuf {
        self.root.join("examples/messenger/tests/web")
    }

    /// Every Rust source file of the packages, sorted.
    ///
    /// # Errors
    /// [`Error::File`] if a folder cannot be read.
    pub(crate) fn sources(&self) -> Result<Vec<PathBuf>, Error> {
        let mut found = Vec::new();
        for package in &self.packages {
            found.extend(rust_files(&self.root.join(&package.folder))?);
        }
        Ok(found)
    }
}

/// Every Rust file at or below a folder, sorted; skips `target` and `node_modules`.
///
/// # Errors
/// [`Error::File`] if a folder cannot be read.
pub(crate) fn rust_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(Error::file(&folder))? {
            let path = entry.map_err(Error::file(&folder))?.path();
            if path.is_dir() {
                if !path.ends_with("target") && !path.ends_with("node_modules") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn parse(metadata: &str) -> Option<Workspace> {
    let metadata: Value = serde_json::from_str(metadata).ok()?;
    let root = PathBuf::from(metadata["workspace_root"].as_str()?);
    let packages = metadata["packages"].as_array()?.iter();
    Some(Workspace {
        target: metadata["target_directory"].as_str()?.into(),
        packages: packages
            .map(|package| parse_package(package, &root))
            .collect::<Option<_>>()?,
        root,
    })
}

fn parse_package(package: &Value, root: &Path) -> Option<Package> {
    let folder = Path::new(package["manifest_path"].as_str()?).parent()?;
    // A dependency with a path is one on this workspace: there are no others beside it.
    let own = package["dependencies"].as_array()?.iter();
    let own = own.filter(|dependency| dependency["path"].is_string());
    Some(Package {
        name: package["name"].as_str()?.to_owned(),
        folder: folder.strip_prefix(root).ok()?.to_owned(),
        uses: own.map(parse_dependency).collect::<Option<_>>()?,
    })
}

fn parse_dependency(dependency: &Value) -> Option<Dependency> {
    Some(Dependency {
        name: dependency["name"].as_str()?.to_owned(),
        kind: match dependency["kind"].as_str() {
            Some("dev") => Kind::Test,
            _ => Kind::Build,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::{Kind, parse};

    #[test]
    fn metadata_gives_folders_and_the_workspaces_own_dependencies() {
        let workspace = parse(
            r#"{
                "workspace_root": "/w", "target_directory": "/w/target",
                "packages": [{
                    "name": "chat-media", "manifest_path": "/w/chat-media/Cargo.toml",
                    "dependencies": [
                        {"name": "bytes", "kind": null},
                        {"name": "chat-core", "kind": null, "path": "/w/chat-core"},
                        {"name": "chat-core", "kind": "dev", "path": "/w/chat-core"}
                    ]
                }]
            }"#,
        )
        .unwrap();

        let package = &workspace.packages[0];
        assert_eq!(package.folder.to_str(), Some("chat-media"));
        let uses: Vec<_> = package.uses.iter().map(|d| (&*d.name, d.kind)).collect();
        assert_eq!(
            uses,
            [("chat-core", Kind::Build), ("chat-core", Kind::Test)]
        );
    }

    #[test]
    fn anything_else_is_not_metadata() {
        for text in ["", "[]", "{}", r#"{"workspace_root": "/w"}"#] {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
