//! Steps: the named pieces of a chore, run in order and summed up.

use std::time::{Duration, Instant};

use crate::error::Error;
use crate::workspace::Workspace;

/// One named piece of a chore.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    /// What it does, as the progress lines and the summary show it.
    pub(crate) name: &'static str,
    /// Does it.
    pub(crate) run: fn(&Workspace) -> Result<(), Error>,
}

impl Step {
    /// A step of this name.
    pub(crate) const fn new(name: &'static str, run: fn(&Workspace) -> Result<(), Error>) -> Self {
        Self { name, run }
    }
}

/// What became of a step.
#[derive(Debug)]
struct Outcome {
    name: &'static str,
    took: Duration,
    failed: bool,
}

/// Runs every step, also after one that failed, so that one run shows all there is to repair.
///
/// # Errors
/// [`Error::Steps`] with the names of those that failed.
pub(crate) fn run_all(steps: &[Step], workspace: &Workspace) -> Result<(), Error> {
    let started = Instant::now();
    let outcomes: Vec<Outcome> = (1..)
        .zip(steps)
        .map(|(number, step)| {
            let place = format!("{number}/{}", steps.len());
            println!(
                "\n==> [{place}] {} (at {})",
                step.name,
                seconds(started.elapsed())
            );
            run_one(step, workspace)
        })
        .collect();
    summarise(&outcomes, started.elapsed());

    let failed: Vec<_> = outcomes
        .iter()
        .filter(|o| o.failed)
        .map(|o| o.name)
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    Err(Error::Steps(failed))
}

fn run_one(step: &Step, workspace: &Workspace) -> Outcome {
    let started = Instant::now();
    let result = (step.run)(workspace);
    let took = started.elapsed();
    match &result {
        Ok(()) => println!("<== ok: {} ({})", step.name, seconds(took)),
        Err(error) => println!("<== FAILED: {} ({}): {error}", step.name, seconds(took)),
    }
    Outcome {
        name: step.name,
        took,
        failed: result.is_err(),
    }
}

fn summarise(outcomes: &[Outcome], took: Duration) {
    println!("\nSummary ({})", seconds(took));
    for outcome in outcomes {
        let word = if outcome.failed { "FAILED" } else { "ok" };
        println!("  {word:<6} {:>9}  {}", seconds(outcome.took), outcome.name);
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::{Step, run_all};
    use crate::error::Error;
    use crate::workspace::Workspace;

    fn good(_: &Workspace) -> Result<(), Error> {
        Ok(())
    }

    fn bad(_: &Workspace) -> Result<(), Error> {
        Err(Error::Violations(2))
    }

    #[test]
    fn a_failed_step_fails_the_chore_and_stops_no_other() {
        let steps = [
            Step::new("first", bad),
            Step::new("second", good),
            Step::new("third", bad),
        ];

        let error = run_all(&steps, &Workspace::default()).unwrap_err();

        assert_eq!(error.to_string(), "failed: first; third");
    }

    #[test]
    fn good_steps_make_a_good_chore() {
        let done = run_all(&[Step::new("only", good)], &Workspace::default());

        assert!(done.is_ok(), "{done:?}");
    }
}
