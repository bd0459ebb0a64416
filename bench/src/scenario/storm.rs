//! Everybody is gone at once, and comes back.

use std::time::{Duration, Instant};

use super::{Outcome, meet};
use crate::Failure;
use crate::layout::Layout;
use crate::measure::cpu::Cpu;
use crate::measure::machine::Cores;
use crate::subject::Subject;

/// Runs it. A client is back when it takes part again; where there is a way to ask for what was missed, when it has
/// got that. Fewer are on their way at once than the queue of a listener holds: the kernel would make the others wait
/// for a second.
pub(super) fn run(subject: &Subject, layout: Layout, cores: Cores) -> Result<Outcome, Failure> {
    let (child, mut fleet) = meet(subject, layout, cores)?;
    let before = Cpu::of(child.id())?;
    let begun = Instant::now();
    fleet.drop_all();
    fleet.open_all()?;
    let took = begun.elapsed();
    let used = Cpu::of(child.id())?.micros_since(&before);
    fleet.turn(Duration::ZERO, |_, _| ())?;
    let connections = layout.seats() as f64;
    let mut outcome = Outcome {
        troubles: fleet.troubles(),
        ..Outcome::default()
    };
    outcome.figure("all_back_s", took.as_secs_f64());
    outcome.figure("cpu_us_per_connection", used / connections);
    Ok(outcome)
}
