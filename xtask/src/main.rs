//! The project's chores: `cargo xtask test`, `cargo xtask layers`, `cargo xtask ci`.
//!
//! A chore is a list of [`step::Step`]s; [`step::run_all`] runs them in order, goes on after a failure and ends
//! with a summary. [`tools`] brings what the steps need and the machine lacks, [`layers`] checks who may import
//! whom. Nothing here is part of the library, and no crate of the library depends on it.

#![expect(clippy::print_stdout, reason = "what a chore prints is its result")]

mod bench;
mod book;
mod ci;
mod client_js;
mod command;
mod error;
mod faults;
mod growth;
mod instructions;
mod layers;
mod services;
mod size;
mod step;
mod test;
mod tools;
mod workspace;

use std::env;
use std::process::ExitCode;

use crate::error::Error;
use crate::step::Step;
use crate::workspace::Workspace;

const USAGE: &str = "\
The project's chores.

Usage: cargo xtask CHORE

  test [SUITE]...  run every test, or only the suites named: rust, web, autobahn, orders;
                   brings the databases, Chromium, the npm packages and the WebSocket suite where they are missing
  services up      start the databases that the tests talk to, and say how they are found; `test` starts its own
                   for each run
  services down    end them
  faults [--full]  break nodes, stores and buses under load, each scenario with 20,000 messages or a million; then
                   find every planted bug. `test` has the short form
  instructions [--keep]
                   count the instructions of the paths that every message goes along, and compare them with those kept
                   in bench/micro/instructions.txt, or keep them; `test` does too
  bench [--quick]  measure servers beside the floor and their peers, and put tables and plots into
                   docs/performance.md; quick: one short round, and the page stays
  growth           count what a service costs as it grows, and put tables and plots into docs/growth.md
  size [--cold]    build the server with each store and print how large it is; cold: how long a build from nothing
                   takes, too
  types            write the TypeScript types of chat-client-js anew: those of the wire from the Rust types, those of
                   its modules from their sources; `test` fails where they are not current
  layers           check the crates' dependencies, the order of chat-core's modules and its weight
  ci               formatting, lock file, layers, the book's links, licences, clippy, documentation; everything but
                   the tests

Environment:
  CHROMIUM         the browser to use instead of the one on PATH
  TEST_POSTGRES_URL, TEST_MONGO_URL, TEST_REDIS_URL
                   servers to use instead of private ones
  TEST_POSTGRES_BIN, TEST_MONGOD, TEST_REDIS_SERVER
                   programs to start instead of those found or fetched
  BENCH_ROUNDS, BENCH_SECONDS
                   rounds of `bench`, and seconds that each run is measured: 3 and 2
  KOSOKU           the WebSocket suite (Autobahn's cases) to use instead of an own copy";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("\nerror: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Error> {
    let Some(steps) = plan(arguments)? else {
        println!("{USAGE}");
        return Ok(());
    };
    step::run_all(&steps, &Workspace::load()?)
}

/// The steps that the command line asks for; `None` when it asks for help.
fn plan(arguments: &[String]) -> Result<Option<Vec<Step>>, Error> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] | ["help" | "--help" | "-h", ..] => Ok(None),
        ["test", suites @ ..] => test::steps(suites).map(Some),
        ["faults"] => Ok(Some(faults::steps(faults::Size::Short))),
        ["faults", "--full"] => Ok(Some(faults::steps(faults::Size::Full))),
        ["instructions"] => Ok(Some(vec![instructions::BRING, instructions::CHECK])),
        ["instructions", "--keep"] => Ok(Some(vec![instructions::BRING, instructions::KEEP])),
        ["bench"] => Ok(Some(bench::steps(bench::Size::Full))),
        ["bench", "--quick"] => Ok(Some(bench::steps(bench::Size::Quick))),
        ["growth"] => Ok(Some(growth::STEPS.to_vec())),
        ["size"] => Ok(Some(vec![size::SIZES])),
        ["size", "--cold"] => Ok(Some(vec![size::SIZES, size::COLD])),
        ["types"] => Ok(Some(client_js::WRITE.to_vec())),
        ["layers"] => Ok(Some(layers::STEPS.to_vec())),
        ["services", "up"] => Ok(Some(services::UP.to_vec())),
        ["services", "down"] => Ok(Some(services::DOWN.to_vec())),
        ["ci"] => Ok(Some(ci::steps())),
        _ => Err(Error::Usage(format!(
            "no such chore: `{}`\n\n{USAGE}",
            words.join(" ")
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::plan;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn every_chore_of_the_usage_has_steps() {
        for line in [
            "test",
            "test rust",
            "test web autobahn orders",
            "faults",
            "faults --full",
            "instructions",
            "instructions --keep",
            "bench",
            "bench --quick",
            "growth",
            "size",
            "size --cold",
            "layers",
            "types",
            "ci",
            "services up",
            "services down",
        ] {
            let steps = plan(&words(line)).unwrap().unwrap();
            assert!(!steps.is_empty(), "{line}");
        }
    }

    #[test]
    fn an_unknown_chore_or_suite_is_refused_by_name() {
        for line in ["tset", "test all", "layers core"] {
            let refusal = plan(&words(line)).unwrap_err().to_string();
            let last = line.split(' ').next_back().unwrap();
            assert!(refusal.contains(last), "{line}: {refusal}");
        }
    }
}
