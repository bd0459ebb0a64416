//! One run of one scenario, printed as JSON.

use crate::Failure;
use crate::arguments::Options;
use crate::measure::machine;
use crate::scenario::{Scenario, Times};
use crate::subject::Subject;

/// Runs and prints.
pub(crate) fn run(scenario: &str, server: &str, options: &[&str]) -> Result<(), Failure> {
    let options = Options::read(options, &["--seconds", "--rate", "--messages"])?;
    let times = Times::measuring(options.number("--seconds", 10.0)?)?;
    let mut scenario = Scenario::named(scenario)?;
    if let Scenario::Fanout { rate, .. } = &mut scenario {
        *rate = options.number("--rate", *rate)?;
    }
    if let Scenario::Flat { many } = &mut scenario {
        *many = options.number("--messages", *many)?;
    }
    machine::raise_open_files()?;
    let cores = machine::part()?;
    let subject = Subject::named(server)?;
    if !scenario.suits(&subject) {
        return Err(format!("it tells nothing of {server}").into());
    }
    let outcome = scenario.run(&subject, times, cores)?;
    println!("{}", serde_json::to_string_pretty(&outcome)?);
    Ok(())
}
