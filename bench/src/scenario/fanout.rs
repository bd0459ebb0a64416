//! Rooms that are talked in, at a steady rate.

use super::paced::Paced;
use super::{Outcome, Times, all_there, meet};
use crate::Failure;
use crate::layout::Layout;
use crate::measure::machine::Cores;
use crate::subject::{Child, Subject};

/// Runs it. The cost of the append is told from that of the deliveries: in memory by the time that it takes, on a disk by
/// that of rooms of one.
pub(super) fn run(
    subject: &Subject,
    layout: Layout,
    rate: f64,
    times: Times,
    cores: Cores,
) -> Result<Outcome, Failure> {
    let messages = rate / layout.members as f64;
    let mut outcome = at_rate(subject, layout, messages, times, cores)?;
    let append = if subject.is_durable() {
        let alone = Layout::groups(layout.rooms, 1);
        Some(cpu(&at_rate(subject, alone, messages, times, cores)?))
    } else if subject.is_in_memory() {
        append_in_memory(subject, layout, messages, times, cores)?
    } else {
        None
    };
    if let Some(append) = append.map(|append| append / layout.members as f64) {
        let all = cpu(&outcome);
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

/// Microseconds that the store takes for a message, of a run of its own, for taking note of them costs something, too.
fn append_in_memory(
    subject: &Subject,
    layout: Layout,
    messages: f64,
    times: Times,
    cores: Cores,
) -> Result<Option<f64>, Failure> {
    let child = Child::start_metered(subject, layout, cores)?;
    let mut fleet = all_there(&child, layout)?;
    Paced::new(&mut fleet, messages, times)?.run(child.id(), times)?;
    drop(fleet);
    Ok(child.end()?.append_us_per_message)
}

fn cpu(outcome: &Outcome) -> f64 {
    let figure = outcome.figures.get("cpu_us_per_delivery");
    figure.copied().unwrap_or_default()
}
