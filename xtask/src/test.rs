//! `cargo xtask test`: every test there is, and what the tests need.
//!
//! What is missing is brought first, so that a machine that cannot run a test says so before anything is
//! compiled. No test is skipped: a missing component is a failure.

use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::path::{Path, PathBuf};

use crate::client_js;
use crate::command::Cmd;
use crate::error::Error;
use crate::faults;
use crate::instructions;
use crate::layers::scan;
use crate::services::{self, Services};
use crate::step::Step;
use crate::tools::{chromium, node, python};
use crate::workspace::Workspace;

const NOTHING_IGNORED: Step = Step::new("no test is ignored", nothing_ignored);
const KOSOKU: Step = Step::new("WebSocket suite", bring_kosoku);
const CHROMIUM: Step = Step::new("Chromium", bring_chromium);
const PACKAGES: Step = Step::new("npm packages", bring_packages);
const WORKSPACE: Step = Step::new("cargo test, all features", cargo_test);
const WITHOUT_ACCOUNTS: Step = Step::new("cargo test, without accounts", without_accounts);
const RACES: Step = Step::new("races, 200 rounds on every store", races);
const ORDERS: Step = Step::new("orders of threads, under shuttle", orders);
const AUTOBAHN: Step = Step::new("Autobahn's cases", autobahn);
const BROWSER: Step = Step::new("browser tests", browser);

/// The suites by name. `rust` contains `autobahn`, which is here for the developer of the codec, and `orders`, for who
/// works on the hub.
const SUITES: [(&str, &[Step]); 4] = [
    (
        "rust",
        &[
            NOTHING_IGNORED,
            KOSOKU,
            services::BRING,
            WORKSPACE,
            ORDERS,
            WITHOUT_ACCOUNTS,
        ],
    ),
    (
        "web",
        &[
            services::BRING,
            CHROMIUM,
            PACKAGES,
            client_js::TYPES,
            client_js::TESTS,
            BROWSER,
        ],
    ),
    ("autobahn", &[KOSOKU, AUTOBAHN]),
    ("orders", &[ORDERS]),
];

/// Everything, with what can be missing in front.
const ALL: &[Step] = &[
    NOTHING_IGNORED,
    KOSOKU,
    services::BRING,
    CHROMIUM,
    PACKAGES,
    WORKSPACE,
    ORDERS,
    RACES,
    WITHOUT_ACCOUNTS,
    client_js::TYPES,
    client_js::TESTS,
    BROWSER,
    faults::BRING,
    faults::SHORT,
    faults::DEFECTS,
    instructions::BRING,
    instructions::CHECK,
];

/// The steps of the suites named, or of all when none is.
///
/// # Errors
/// [`Error::Usage`] for a suite that does not exist.
pub(crate) fn steps(suites: &[&str]) -> Result<Vec<Step>, Error> {
    if suites.is_empty() {
        return Ok(ALL.to_vec());
    }
    let mut steps = Vec::new();
    for suite in suites {
        let Some((_, of_suite)) = SUITES.iter().find(|(name, _)| name == suite) else {
            let known = SUITES.map(|(name, _)| name).join(", ");
            return Err(Error::Usage(format!(
                "no such suite: `{suite}`; there are {known}"
            )));
        };
        steps.extend_from_slice(of_suite);
    }
    Ok(steps)
}

/// An ignored test is a promise that nobody checks.
fn nothing_ignored(workspace: &Workspace) -> Result<(), Error> {
    let mut found = 0;
    for path in workspace.sources()? {
        let source = fs::read_to_string(&path).map_err(Error::file(&path))?;
        for line in ignored_lines(&source) {
            println!("{}:{line}: an ignored test", path.display());
            found += 1;
        }
    }
    match found {
        0 => Ok(()),
        count => Err(Error::Violations(count)),
    }
}

/// The numbers of the lines with the attribute, which comments and literals may well name.
fn ignored_lines(source: &str) -> Vec<usize> {
    let code = scan::without_text(source);
    let lines = (1..).zip(code.lines());
    lines
        .filter(|(_, line)| line.contains("#[ignore"))
        .map(|(number, _)| number)
        .collect()
}

fn bring_kosoku(workspace: &Workspace) -> Result<(), Error> {
    report(&python::kosoku(workspace)?);
    Ok(())
}

fn bring_chromium(_: &Workspace) -> Result<(), Error> {
    report(&chromium::find_or_install()?);
    Ok(())
}

fn bring_packages(workspace: &Workspace) -> Result<(), Error> {
    node::packages(&workspace.client_js())?;
    node::packages(&workspace.web_tests())
}

fn report(path: &Path) {
    println!("using {}", path.display());
}

/// Unit, integration and documentation tests of every crate.
fn cargo_test(workspace: &Workspace) -> Result<(), Error> {
    let services = Services::start(workspace)?;
    services
        .tell(Cmd::cargo("test --workspace --all-features --no-fail-fast"))
        .env("KOSOKU", python::kosoku(workspace)?)
        .run()
}

/// What a host with its own login compiles: the core bare, and the crates whose tests do not switch accounts on.
fn without_accounts(workspace: &Workspace) -> Result<(), Error> {
    Cmd::cargo("check --package chat-core --lib --no-default-features").run()?;
    let packages = "--package chat-store-sqlite --package chat-media --package embed";
    let services = Services::start(workspace)?;
    services
        .tell(Cmd::cargo(&format!("test {packages} --no-fail-fast")))
        .run()
}

/// Ten times the rounds of the ordinary run. Built with the features of the workspace's tests.
fn races(workspace: &Workspace) -> Result<(), Error> {
    let races = "test --workspace --all-features --no-fail-fast --test conformance -- races";
    let services = Services::start(workspace)?;
    services
        .tell(Cmd::cargo(races))
        .env("CHAT_CONFORMANCE_ROUNDS", "200")
        .run()
}

/// The locks of the hub. The flag makes it another build of everything, and optimised it takes a tenth of the time.
fn orders(workspace: &Workspace) -> Result<(), Error> {
    Cmd::cargo("test --package chat-core --lib shuttle")
        .env("RUSTFLAGS", "--cfg shuttle")
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
        .env("CARGO_TARGET_DIR", workspace.target.join("shuttle"))
        .run()
}

fn autobahn(workspace: &Workspace) -> Result<(), Error> {
    Cmd::cargo("test --package chat-transport-warp --all-features --test autobahn")
        .env("KOSOKU", python::kosoku(workspace)?)
        .run()
}

/// The pages in a real browser, against the programs as they are built.
fn browser(workspace: &Workspace) -> Result<(), Error> {
    let mut tests = client_js::test_files(&workspace.web_tests())?;
    tests.extend(client_js::test_files(&workspace.messenger_web_tests())?);
    let server = build(workspace, "chat-server")?;
    let messenger = build(workspace, "chat-messenger")?;
    node::packages(&workspace.web_tests())?;
    let services = Services::start(workspace)?;
    services
        .tell(node::tests(&tests)?)
        .env("CHAT_SERVER_BIN", server)
        .env("CHAT_MESSENGER_BIN", messenger)
        .env("CHROMIUM", chromium::find_or_install()?)
        .current_dir(&workspace.web_tests())
        .run()
}

/// A program, built as the workspace's tests have it, so that nothing is compiled twice: with every feature, and beside a
/// test, which has its dependencies compiled with those that tests ask for.
///
/// # Errors
/// [`Error::Command`] if it cannot be built.
pub(crate) fn build(workspace: &Workspace, program: &str) -> Result<PathBuf, Error> {
    let build = format!("build --workspace --all-features --bin {program} --test readme");
    Cmd::cargo(&build).run()?;
    Ok(workspace
        .target
        .join(format!("debug/{program}{EXE_SUFFIX}")))
}

#[cfg(test)]
mod tests {
    use super::{ALL, SUITES, ignored_lines};

    #[test]
    fn everything_holds_every_suite() {
        let all: Vec<_> = ALL.iter().map(|step| step.name).collect();
        for (suite, steps) in SUITES.iter().filter(|(name, _)| *name != "autobahn") {
            for step in *steps {
                assert!(all.contains(&step.name), "{suite}: {}", step.name);
            }
        }
    }

    #[test]
    fn only_the_attribute_itself_ignores_a_test() {
        let source =
            "// #[ignore]\nlet a = \"#[ignore]\";\n#[ignore = \"slow\"]\nfn b() {}\n#[ignore]";

        assert_eq!(ignored_lines(source), [3, 5]);
    }
}
