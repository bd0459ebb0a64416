//! What it costs to open an inbox of 1,000 conversations and a page of history, beside few messages and beside many.

use super::Outcome;
use crate::subject::Subject;
use crate::{Failure, flat};

/// Messages beside which it is opened first.
const FEW: i64 = 10_000;

/// Runs it, within this process.
pub(super) fn run(subject: &Subject, many: i64) -> Result<Outcome, Failure> {
    let scratch = crate::subject::scratch()?;
    let url = subject.url(scratch.path()).ok_or("it keeps nothing")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let few = runtime.block_on(flat::opening(&url, FEW))?;
    let beside_many = runtime.block_on(flat::opening(&url, many))?;
    let mut outcome = Outcome::default();
    outcome.figure("opening_few_ms", few.p50);
    outcome.figure("opening_many_ms", beside_many.p50);
    outcome.figure("opening_many_p99_ms", beside_many.p99);
    outcome.figure("many", many as f64);
    outcome.figure("times_few", beside_many.p50 / few.p50);
    Ok(outcome)
}
