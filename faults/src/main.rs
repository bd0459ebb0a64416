//! `chat-faults`: runs scenarios and reports what they showed.

#![expect(clippy::print_stdout, reason = "the figures are the result")]

mod arguments;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use arguments::{Arguments, Command};
use chat_faults::cluster::Failure;
use chat_faults::report::{self, Row};
use chat_faults::scenarios::{ALL, DEFECTS, Options, Scenario};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything was as it should be.
async fn run() -> Result<bool, Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let arguments = Arguments::parse(&words)?;
    let rows = arguments.options.out.join("report.jsonl");
    match &arguments.command {
        Command::Help => print!("{}", arguments::USAGE),
        Command::List => {
            for scenario in ALL {
                let promises = scenario.promises.join(" ");
                println!("{:<22} {} ({promises})", scenario.name, scenario.about);
            }
        }
        Command::Report => print!("{}", report::markdown(&report::read(&rows)?)),
        Command::Defects => return find_defects(&arguments, &rows).await,
        Command::Run(names) => return run_all(&arguments, names, &rows).await,
    }
    Ok(true)
}

/// Runs scenarios one after the other; whether none had an anomaly.
///
/// One that took too long and did nothing else wrong is run a second time, and that run counts: the machine may
/// have stood still. Both are in the report. What was lost, doubled, reordered or leaked, or never came to its end,
/// has no second chance.
async fn run_all(arguments: &Arguments, names: &[String], rows: &Path) -> Result<bool, Failure> {
    fs::create_dir_all(&arguments.options.out)?;
    let mut clean = true;
    for scenario in chosen(names)? {
        let mut row = run_one(scenario, &arguments.options, rows).await?;
        if row.findings.are_of_time() {
            row = run_one(scenario, &arguments.options, rows).await?;
        }
        clean &= row.is_clean();
    }
    Ok(clean)
}

/// Runs a scenario, and tells and reports what it showed.
async fn run_one(scenario: &Scenario, options: &Options, rows: &Path) -> Result<Row, Failure> {
    let row = scenario.run(options).await;
    let row = row.map_err(|error| format!("{}: {error}", scenario.name))?;
    report::append(rows, &row)?;
    tell(&row);
    Ok(row)
}

/// Runs each planted defect in the scenarios that must find it; whether all were found.
async fn find_defects(arguments: &Arguments, rows: &Path) -> Result<bool, Failure> {
    fs::create_dir_all(&arguments.options.out)?;
    let mut all = true;
    let only = arguments.options.defect.as_deref();
    let defects = DEFECTS
        .iter()
        .filter(|defect| only.is_none_or(|only| only == defect.name));
    for defect in defects {
        let mut options = arguments.options.clone();
        options.defect = Some(defect.name.to_owned());
        let names: Vec<String> = defect.scenarios.iter().map(ToString::to_string).collect();
        let mut found = false;
        for scenario in chosen(&names)? {
            found = !run_one(scenario, &options, rows).await?.is_clean();
            if found {
                break;
            }
        }
        let word = if found { "found" } else { "NOT FOUND" };
        println!("{word}: {}", defect.name);
        all &= found;
    }
    Ok(all)
}

fn chosen(names: &[String]) -> Result<Vec<&'static Scenario>, Failure> {
    let find = |name: &String| {
        let found = ALL.iter().find(|scenario| scenario.name == *name);
        found.ok_or_else(|| Failure::from(format!("there is no scenario {name}; see list")))
    };
    match names {
        [] => Ok(ALL.iter().collect()),
        names => names.iter().map(find).collect(),
    }
}

fn tell(row: &Row) {
    let word = if row.is_clean() { "ok" } else { "RED" };
    println!(
        "{word:<4}{:<22} {:>5.1} s, {} faults, {} acknowledged, p99 {:.1} ms, max {:.0} ms, {} ms without service",
        row.scenario,
        row.duration_ms as f64 / 1e3,
        row.faults,
        row.acked,
        row.latency.p99_us as f64 / 1e3,
        row.latency.max_us as f64 / 1e3,
        row.unavailable_ms,
    );
    for (anomaly, count) in &row.findings.counts {
        println!("    {anomaly}: {count}");
    }
    for example in &row.findings.examples {
        println!("      {example}");
    }
}
