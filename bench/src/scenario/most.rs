//! How much a room of 100 can be talked in: the highest rate at which nothing is lost and all is quick.

use std::time::Duration;

use super::fanout::at_rate;
use super::{Outcome, Times};
use crate::Failure;
use crate::layout::Layout;
use crate::measure::machine::Cores;
use crate::subject::Subject;

/// Deliveries a second to begin with.
const FIRST: f64 = 50_000.0;

/// How close is close enough.
const CLOSE: f64 = 1.1;

/// What 99 of 100 deliveries may take, in milliseconds.
const P99: f64 = 100.0;

/// Runs it: doubles the rate until it is too much, then halves the distance; each rate on a server of its own. The
/// outcome is that of the highest rate that held.
pub(super) fn run(
    subject: &Subject,
    layout: Layout,
    times: Times,
    cores: Cores,
) -> Result<Outcome, Failure> {
    // Shorter than others: there are about ten of them.
    let times = Times {
        warm_up: times.warm_up.min(Duration::from_secs(1)),
        measure: times.measure.min(Duration::from_millis(1_500)),
    };
    let attempt = |rate: f64| {
        let outcome = at_rate(subject, layout, rate / layout.members as f64, times, cores)?;
        Ok::<_, Failure>(Some(outcome).filter(|outcome| holds(outcome, rate)))
    };
    let (mut low, mut high) = (0.0, FIRST);
    let mut best = None;
    loop {
        match attempt(high)? {
            Some(outcome) => {
                best = Some(outcome);
                (low, high) = (high, high * 2.0);
            }
            None if best.is_none() && high > 1_000.0 => high /= 4.0,
            None => break,
        }
    }
    while low > 0.0 && high / low > CLOSE {
        let middle = f64::midpoint(low, high);
        match attempt(middle)? {
            Some(outcome) => {
                best = Some(outcome);
                low = middle;
            }
            None => high = middle,
        }
    }
    Ok(best.unwrap_or_default())
}

/// Whether everything came, and in time; the rate too, for what comes in time only behind the measured time is late.
fn holds(outcome: &Outcome, rate: f64) -> bool {
    let figure = |name: &str| outcome.figures.get(name).copied().unwrap_or_default();
    outcome.checked.is_clean()
        && outcome.troubles == 0
        && figure("p99_ms") < P99
        && figure("deliveries_per_second") > 0.97 * rate
}
