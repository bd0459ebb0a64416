//! Many servers, many scenarios, in rounds: the first round of all, then the second of all, so that whatever the
//! machine does beside it befalls all alike.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::arguments::Options;
use crate::measure::machine::{self, Cores};
use crate::report::{Results, Run};
use crate::scenario::{NAMES, Scenario, Times};
use crate::subject::{Subject, peers};

/// What is to be compared.
#[derive(Debug)]
struct Plan {
    servers: Vec<Subject>,
    scenarios: Vec<&'static str>,
    rounds: u32,
    times: Times,
    out: PathBuf,
}

impl Plan {
    fn read(options: &[&str]) -> Result<Self, Failure> {
        let known = ["--servers", "--scenarios", "--rounds", "--seconds", "--out"];
        let options = Options::read(options, &known)?;
        let servers = match options.text("--servers") {
            Some(names) => names.split(',').map(str::to_owned).collect(),
            None => every_server()?,
        };
        let times = Times::measuring(options.number("--seconds", 10.0)?)?;
        Ok(Self {
            servers: servers
                .iter()
                .map(|name| Subject::named(name))
                .collect::<Result<_, _>>()?,
            scenarios: scenarios(options.text("--scenarios"))?,
            rounds: options.number("--rounds", 3)?,
            times,
            out: options.text("--out").unwrap_or("bench-results").into(),
        })
    }

    /// What is done to whom in a round.
    fn of(&self, round: u32) -> Result<Vec<(&'static str, &Subject)>, Failure> {
        let mut runs = Vec::new();
        for name in &self.scenarios {
            let scenario = Scenario::named(name)?;
            if round > 1 && scenario.is_done_once() {
                continue;
            }
            let servers = self.servers.iter();
            let servers = servers.filter(|subject| scenario.suits(subject));
            runs.extend(servers.map(|subject| (*name, subject)));
        }
        Ok(runs)
    }
}

/// The floors, this library on every store that the environment tells of, and all peers.
fn every_server() -> Result<Vec<String>, Failure> {
    let mut names = vec!["floor", "floor-long", "chat-memory", "chat-sqlite"];
    for (variable, name) in [
        ("TEST_POSTGRES_URL", "chat-postgres"),
        ("TEST_MONGO_URL", "chat-mongo"),
    ] {
        if env::var_os(variable).is_some() {
            names.push(name);
        }
    }
    let peers = peers()?.into_iter().map(|peer| peer.name);
    Ok(names.into_iter().map(str::to_owned).chain(peers).collect())
}

fn scenarios(chosen: Option<&str>) -> Result<Vec<&'static str>, Failure> {
    let Some(chosen) = chosen else {
        return Ok(NAMES.to_vec());
    };
    let known = |name: &str| {
        let found = NAMES.into_iter().find(|known| *known == name);
        found.ok_or_else(|| format!("no scenario is called {name}").into())
    };
    chosen.split(',').map(known).collect()
}

/// Runs everything and writes `results.json`, anew after each run, so that what is cut short shows something too.
pub(crate) fn run(options: &[&str]) -> Result<(), Failure> {
    let plan = Plan::read(options)?;
    fs::create_dir_all(&plan.out)?;
    machine::raise_open_files()?;
    let mut results = Results {
        machine: machine::line(),
        command: command(options),
        apart: false,
        runs: Vec::new(),
    };
    let cores = machine::part()?;
    results.apart = cores.server.is_some();
    for round in 1..=plan.rounds {
        for (scenario, subject) in plan.of(round)? {
            let run = one(round, scenario, subject, plan.times, cores)?;
            println!("{}", run.line());
            results.runs.push(run);
            results.write(&plan.out)?;
        }
    }
    Ok(())
}

/// The command line without the folder, which is this machine's affair.
fn command(options: &[&str]) -> String {
    let pairs = options.chunks(2).filter(|pair| pair[0] != "--out");
    let words = pairs.flatten().copied();
    ["bench", "compare"]
        .into_iter()
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}

/// A server that fails has that said of it, and the others go on.
fn one(
    round: u32,
    name: &str,
    subject: &Subject,
    times: Times,
    cores: Cores,
) -> Result<Run, Failure> {
    let ran = Scenario::named(name)?.run(subject, times, cores);
    let (outcome, failed) = match ran {
        Ok(outcome) => (outcome, None),
        Err(error) => (Default::default(), Some(error.to_string())),
    };
    Ok(Run {
        round,
        scenario: name.to_owned(),
        server: subject.name.clone(),
        outcome,
        failed,
    })
}

/// Prints the tables of `results.json` in this folder, and draws its plots.
pub(crate) fn report(folder: &str, options: &[&str]) -> Result<(), Failure> {
    let options = Options::read(options, &["--plots"])?;
    let folder = Path::new(folder);
    let results = Results::read(folder)?;
    let plots = options.text("--plots").map_or(folder, Path::new);
    fs::create_dir_all(plots)?;
    print!("{}", results.markdown(plots)?);
    Ok(())
}
