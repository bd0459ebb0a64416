//! Connections that say nothing.

use std::thread;
use std::time::{Duration, Instant};

use super::{Outcome, Times};
use crate::Failure;
use crate::layout::Layout;
use crate::load::fleet::Fleet;
use crate::measure::cpu::Cpu;
use crate::measure::machine::Cores;
use crate::measure::memory::resident;
use crate::subject::{Child, Subject};

/// What opening left behind is given back within.
const SETTLE: Duration = Duration::from_secs(2);

/// Runs it: the server's memory before anybody connects and while all are connected, and what they cost it in CPU.
pub(super) fn run(
    subject: &Subject,
    layout: Layout,
    times: Times,
    cores: Cores,
) -> Result<Outcome, Failure> {
    let child = Child::start(subject, layout, cores)?;
    let base = resident(child.id())?;
    let mut fleet = Fleet::new(layout, child.adapter(), child.port())?;
    let begun = Instant::now();
    fleet.open_all()?;
    let opened = begun.elapsed().as_secs_f64();
    thread::sleep(SETTLE);
    let full = resident(child.id())?;
    let before = Cpu::of(child.id())?;
    let until = Instant::now() + times.measure;
    while Instant::now() < until {
        fleet.turn(Duration::from_millis(50), |_, _| ())?;
    }
    let used = Cpu::of(child.id())?.micros_since(&before);
    let connections = layout.seats() as f64;
    let mut outcome = Outcome {
        troubles: fleet.troubles(),
        ..Outcome::default()
    };
    let more = full.saturating_sub(base) as f64;
    outcome.figure("kib_per_connection", more / connections / 1_024.0);
    outcome.figure("base_mib", base as f64 / f64::from(1 << 20));
    outcome.figure("connections_per_second", connections / opened);
    let busy = used / times.measure.as_secs_f64() / 1e4;
    outcome.figure("server_busy_percent", busy);
    Ok(outcome)
}
