//! The JavaScript client: its types, its tests against the server, and `cargo xtask types`, which writes the types.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::command::Cmd;
use crate::error::Error;
use crate::step::Step;
use crate::test;
use crate::tools::node;
use crate::workspace::Workspace;

/// Checks the sources as strictly as TypeScript can, and that the declarations are made from them.
pub(crate) const TYPES: Step = Step::new("JavaScript client: types", check_types);

/// Runs its tests against the server and the shortest host as they are built.
pub(crate) const TESTS: Step = Step::new("JavaScript client: tests", run_tests);

/// The steps of `cargo xtask types`.
pub(crate) const WRITE: &[Step] = &[
    Step::new("types of the wire", write_wire),
    Step::new("types of the modules", write_modules),
];

fn write_wire(_: &Workspace) -> Result<(), Error> {
    Cmd::cargo("test --quiet --package chat-transport-warp --test typescript")
        .env("WRITE_TYPES", "1")
        .run()
}

fn write_modules(workspace: &Workspace) -> Result<(), Error> {
    node::packages(&workspace.client_js())?;
    declarations(workspace, &workspace.client_js().join("types"))
}

/// Writes the declarations of every module into `folder`.
fn declarations(workspace: &Workspace, folder: &Path) -> Result<(), Error> {
    tsc(workspace)
        .args(["-p", "tsconfig.types.json", "--outDir"])
        .arg(folder)
        .run()
}

fn tsc(workspace: &Workspace) -> Cmd {
    Cmd::new("node")
        .arg("node_modules/typescript/bin/tsc")
        .current_dir(&workspace.client_js())
}

fn check_types(workspace: &Workspace) -> Result<(), Error> {
    node::packages(&workspace.client_js())?;
    // Beside the committed ones, so that what they import is found there.
    let made = workspace.client_js().join("node_modules/.declarations");
    if made.is_dir() {
        fs::remove_dir_all(&made).map_err(Error::file(&made))?;
    }
    declarations(workspace, &made)?;
    compare(&made, &workspace.client_js().join("types"))?;
    tsc(workspace).args(["-p", "tsconfig.json"]).run()
}

/// Every file made is there as committed, and none is left of a module that is gone.
fn compare(made: &Path, committed: &Path) -> Result<(), Error> {
    let mut wrong = 0;
    for name in names(made)?.union(&names(committed)?) {
        let same = fs::read(made.join(name)).ok() == fs::read(committed.join(name)).ok();
        // Made from the Rust types, and checked by their test.
        if name != "wire.d.ts" && !same {
            println!("types/{name} is not what its module gives; run `cargo xtask types`");
            wrong += 1;
        }
    }
    match wrong {
        0 => Ok(()),
        wrong => Err(Error::Violations(wrong)),
    }
}

fn names(folder: &Path) -> Result<BTreeSet<String>, Error> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(Error::file(folder))? {
        let name = entry.map_err(Error::file(folder))?.file_name();
        names.insert(name.to_string_lossy().into_owned());
    }
    Ok(names)
}

fn run_tests(workspace: &Workspace) -> Result<(), Error> {
    let tests = test_files(&workspace.client_js().join("test"))?;
    node::tests(&tests)?
        .env("CHAT_SERVER_BIN", test::build(workspace, "chat-server")?)
        .env("CHAT_HELLO_BIN", test::build(workspace, "hello")?)
        .current_dir(&workspace.client_js())
        .run()
}

/// The test files, by name: which files `node --test FOLDER` takes differs between versions of Node.
///
/// # Errors
/// [`Error::File`] if the folder cannot be read, [`Error::Missing`] if it has none.
pub(crate) fn test_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut tests: Vec<PathBuf> = names(folder)?
        .into_iter()
        .filter(|name| name.ends_with(".test.mjs"))
        .map(|name| folder.join(name))
        .collect();
    tests.sort();
    if tests.is_empty() {
        return Err(Error::Missing {
            what: format!("a test in {}", folder.display()),
            remedy: "name it `*.test.mjs`".to_owned(),
        });
    }
    Ok(tests)
}
