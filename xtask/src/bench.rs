//! `cargo xtask bench`: this library beside the floor and its peers, on this machine, and the page that tells of it.
//!
//! Nothing else should run meanwhile. What a run showed is in `target/bench-results`.

use std::env;
use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::path::Path;

use crate::command::Cmd;
use crate::error::Error;
use crate::services::{self, Services};
use crate::step::Step;
use crate::tools::node;
use crate::workspace::Workspace;

/// Where the page's tables are.
const BEGIN: &str = "<!-- measured -->\n";
const END: &str = "<!-- end of what is measured -->";

/// How many rounds there are, and how long each run is measured: about half an hour altogether.
const ROUNDS: (&str, &str) = ("BENCH_ROUNDS", "3");
const SECONDS: (&str, &str) = ("BENCH_SECONDS", "2");

const PEERS: Step = Step::new("peers", build_peers);
const BUILD: Step = Step::new("bench, optimised", build);
const COMPARE: Step = Step::new("comparison", compare);
const COMPARE_QUICKLY: Step = Step::new("comparison, one short round", compare_quickly);
const SHOW: Step = Step::new("tables", show);
const REPORT: Step = Step::new("docs/performance.md", report);

/// How much a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// One short round, to see that everything runs; the page stays as it is.
    Quick,
    /// All rounds, and the page.
    Full,
}

/// The steps of `cargo xtask bench [--quick]`.
pub(crate) fn steps(size: Size) -> Vec<Step> {
    let mut steps = vec![services::BRING, PEERS, BUILD];
    match size {
        Size::Quick => steps.extend([COMPARE_QUICKLY, SHOW]),
        Size::Full => steps.extend([COMPARE, REPORT]),
    }
    steps
}

/// Each kind of peer has a folder: a workspace of Rust programs, and what runs on Node.
fn build_peers(workspace: &Workspace) -> Result<(), Error> {
    let folder = workspace.root.join("bench/peers");
    let manifest = folder.join("Cargo.toml");
    if manifest.is_file() {
        Cmd::cargo("build --release --manifest-path")
            .arg(&manifest)
            .arg("--target-dir")
            .arg(folder.join("target"))
            .run()?;
    }
    let node = folder.join("node");
    match node.join("package-lock.json").is_file() {
        true => node::packages(&node),
        false => Ok(()),
    }
}

/// Builds the benchmark.
pub(crate) fn build(_: &Workspace) -> Result<(), Error> {
    Cmd::cargo("build --release --package bench").run()
}

fn compare(workspace: &Workspace) -> Result<(), Error> {
    let (rounds, seconds) = (option(ROUNDS), option(SECONDS));
    run(workspace, &format!("--rounds {rounds} --seconds {seconds}"))
}

fn compare_quickly(workspace: &Workspace) -> Result<(), Error> {
    run(workspace, "--rounds 1 --seconds 2")
}

/// An environment variable's value, or what it is without.
fn option((variable, default): (&str, &str)) -> String {
    env::var(variable).unwrap_or_else(|_| default.to_owned())
}

fn run(workspace: &Workspace, options: &str) -> Result<(), Error> {
    let services = Services::start(workspace)?;
    let command = bench(workspace)
        .arg("compare")
        .args(options.split(' '))
        .arg("--out")
        .arg(workspace.target.join("bench-results"));
    services.tell(command).run()
}

fn show(workspace: &Workspace) -> Result<(), Error> {
    let results = workspace.target.join("bench-results");
    bench(workspace).arg("report").arg(results).run()
}

/// Puts the tables and plots of the last run into the page.
fn report(workspace: &Workspace) -> Result<(), Error> {
    let docs = workspace.root.join("docs");
    let tables = bench(workspace)
        .arg("report")
        .arg(workspace.target.join("bench-results"))
        .arg("--plots")
        .arg(docs.join("performance"))
        .capture()?;
    put(&docs.join("performance.md"), &tables)
}

/// Puts tables into a page, in the place of those that it had.
pub(crate) fn put(path: &Path, tables: &str) -> Result<(), Error> {
    let page = fs::read_to_string(path).map_err(Error::file(path))?;
    let page = with_tables(&page, tables).ok_or_else(|| Error::Missing {
        what: format!("the place for the tables in {}", path.display()),
        remedy: format!("put {BEGIN} and {END} there", BEGIN = BEGIN.trim()),
    })?;
    fs::write(path, page).map_err(Error::file(path))
}

fn bench(workspace: &Workspace) -> Cmd {
    let folder = workspace.target.join("release");
    Cmd::new(folder.join(format!("bench{EXE_SUFFIX}")))
}

/// The page with other tables between its two marks.
fn with_tables(page: &str, tables: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{tables}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, END, with_tables};

    #[test]
    fn tables_take_the_place_of_those_before() {
        let page = format!("a\n{BEGIN}old\n{END}\nb\n");

        let page = with_tables(&page, "new").unwrap();

        assert_eq!(page, format!("a\n{BEGIN}\nnew\n{END}\nb\n"));
        assert_eq!(with_tables("a page without a place", "new"), None);
    }
}
