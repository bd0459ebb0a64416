//! Rooms that are talked in, at a steady rate.

use super::paced::Paced;
use super::{Outcome, Times, meet};
use crate::Failure;
use crate::layout::Layout;
use crate::measure::machine::Cores;
use crate::subject::Subject;

/// Runs it; with a durable store also rooms of one, to tell the cost of the append from that of the deliveries.
pub(super) fn run(
    subject: &Subject,
    layout: Layout,
    rate: f64,
    times: Times,
    cores: Cores,
) -> Result<Outcome, Failure> {
    let messages = rate / layout.members as f64;
    let mut outcome = at_rate(subject, layout, messages, times, cores)?;
    if subject.is_durable() {
        let alone = Layout::groups(layout.rooms, 1);
        let sends = at_rate(subject, alone, messages, times, cores)?;
        let all = cpu(&outcome);
        let append = cpu(&sends) / layout.members as f64;
        outcome.figure("append_us_per_delivery", append);
        outcome.figure("cpu_us_per_delivery_without_append", all - append);
    }
    Ok(outcome)
}

/// One run at so many messages a second.
pub(super) fn at_rate(
    subject: &Subject,
    layout: Layout,
    messages: f64,
    times: Times,
    cores: Cores,
) -> Result<Outcome, Failure> {
    let (child, mut fleet) = meet(subject, layout, cores)?;
    let outcome = Paced::new(&mut fleet, messages, times)?.run(child.id(), times);
    // The server ends without anybody to say good-bye to.
    drop(fleet);
    outcome
}

fn cpu(outcome: &Outcome) -> f64 {
    let figure = outcome.figures.get("cpu_us_per_delivery");
    figure.copied().unwrap_or_default()
}
