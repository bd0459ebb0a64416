//! Rooms that are talked in, at a steady rate.

use super::paced::Paced;
use super::{Outcome, Times, meet};
use crate::Failure;
use crate::layout::Layout;
use crate::measure::machine::Cores;
use crate::serve::Spent;
use crate::subject::Subject;

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
    let (mut outcome, spent) = at_rate(subject, layout, messages, times, cores)?;
    let append = if subject.is_durable() {
        let alone = Layout::groups(layout.rooms, 1);
        let (sends, _) = at_rate(subject, alone, messages, times, cores)?;
        Some(cpu(&sends))
    } else {
        spent.append_us_per_message
    };
    if let Some(append) = append.map(|append| append / layout.members as f64) {
        let all = cpu(&outcome);
        outcome.figure("append_us_per_delivery", append);
        outcome.figure("cpu_us_per_delivery_without_append", all - append);
    }
    Ok(outcome)
}

/// One run at so many messages a second, and what the server says of it.
pub(super) fn at_rate(
    subject: &Subject,
    layout: Layout,
    messages: f64,
    times: Times,
    cores: Cores,
) -> Result<(Outcome, Spent), Failure> {
    let (child, mut fleet) = meet(subject, layout, cores)?;
    let outcome = Paced::new(&mut fleet, messages, times)?.run(child.id(), times)?;
    // The server ends without anybody to say good-bye to.
    drop(fleet);
    Ok((outcome, child.end()?))
}

fn cpu(outcome: &Outcome) -> f64 {
    let figure = outcome.figures.get("cpu_us_per_delivery");
    figure.copied().unwrap_or_default()
}
