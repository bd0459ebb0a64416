//! Waiting until everybody hears what is said in their room: what a server says to an upgrade does not tell that.

use std::time::{Duration, Instant};

use crate::Failure;
use crate::load::fleet::Fleet;
use crate::load::marker::{Marker, ROLL_CALL};

/// How often it is asked.
const AGAIN: Duration = Duration::from_millis(200);

/// For so long nothing comes once all is said.
const QUIET: Duration = Duration::from_millis(50);

/// How long all may take to hear it.
const WITHIN: Duration = Duration::from_secs(60);

/// Has the first member of each room ask until all its members have heard it.
pub(super) fn run(fleet: &mut Fleet) -> Result<(), Failure> {
    let layout = fleet.layout();
    let mut heard = vec![0_usize; layout.seats()];
    let mut missing = layout.seats();
    let mut asked = 0;
    let begun = Instant::now();
    while missing > 0 {
        if begun.elapsed() > WITHIN {
            return Err(format!("{missing} clients hear nothing").into());
        }
        ask(fleet, asked, &heard)?;
        asked += 1;
        listen(fleet, &mut heard, &mut missing)?;
    }
    settle(fleet)
}

/// Asks where somebody has heard nothing.
fn ask(fleet: &mut Fleet, seq: u32, heard: &[usize]) -> Result<(), Failure> {
    let layout = fleet.layout();
    for room in 0..layout.rooms {
        if layout.of(room).any(|seat| heard[seat] == 0) {
            let marker = Marker {
                sender: ROLL_CALL,
                seq,
                micros: 0,
            };
            fleet.send(layout.of(room).start, &marker)?;
        }
    }
    Ok(())
}

fn listen(fleet: &mut Fleet, heard: &mut [usize], missing: &mut usize) -> Result<(), Failure> {
    let until = Instant::now() + AGAIN;
    while *missing > 0 && Instant::now() < until {
        fleet.turn(Duration::from_millis(10), |seat, _| {
            *missing -= usize::from(heard[seat] == 0);
            heard[seat] += 1;
        })?;
    }
    Ok(())
}

/// Waits until nothing has come for a moment, so that the answers to what was asked twice are not in the way.
fn settle(fleet: &mut Fleet) -> Result<(), Failure> {
    let mut quiet = Instant::now();
    while quiet.elapsed() < QUIET {
        fleet.turn(Duration::from_millis(10), |_, _| quiet = Instant::now())?;
    }
    Ok(())
}
