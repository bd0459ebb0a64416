//! Pairs in ping-pong: each answers the other as soon as it hears, so that the server sets the pace.

use std::time::{Duration, Instant};

use super::{Outcome, Times, meet, micros};
use crate::Failure;
use crate::layout::{Layout, Seat};
use crate::load::checker::Checker;
use crate::load::fleet::Fleet;
use crate::load::marker::{Marker, ROLL_CALL};
use crate::measure::cpu::Cpu;
use crate::measure::latency::Latency;
use crate::measure::machine::Cores;
use crate::subject::Subject;

/// How long the last answers may take.
const DRAIN_WITHIN: Duration = Duration::from_secs(5);

/// Runs it.
pub(super) fn run(
    subject: &Subject,
    layout: Layout,
    times: Times,
    cores: Cores,
) -> Result<Outcome, Failure> {
    let (child, mut fleet) = meet(subject, layout, cores)?;
    let mut pairs = Pairs::new(&mut fleet, times)?;
    for pair in 0..layout.rooms {
        pairs.say(layout.of(pair).start)?;
    }
    pairs.play(times.warm_up)?;
    let (before, came) = (Cpu::of(child.id())?, pairs.came);
    pairs.play(times.measure)?;
    let used = Cpu::of(child.id())?.micros_since(&before);
    let came = (pairs.came - came) as f64;
    pairs.finish()?;
    let mut outcome = Outcome {
        checked: pairs.checker.finish(),
        troubles: pairs.fleet.troubles(),
        ..Outcome::default()
    };
    let seconds = times.measure.as_secs_f64();
    outcome.figure("messages_per_second", came / 2.0 / seconds);
    outcome.figure("cpu_us_per_delivery", used / came);
    outcome.figure("p50_ms", pairs.latency.millis(0.5));
    outcome.figure("p99_ms", pairs.latency.millis(0.99));
    outcome.figure("max_ms", pairs.latency.longest());
    Ok(outcome)
}

#[derive(Debug)]
struct Pairs<'a> {
    fleet: &'a mut Fleet,
    checker: Checker,
    /// From one to the other; one's own copy is checked and not timed.
    latency: Latency,
    /// Deliveries so far.
    came: u64,
    /// Who has heard the other and has not answered yet.
    turns: Vec<Seat>,
}

impl<'a> Pairs<'a> {
    fn new(fleet: &'a mut Fleet, times: Times) -> Result<Self, Failure> {
        let from = fleet.micros() + micros(times.warm_up);
        Ok(Self {
            checker: Checker::new(fleet.layout()),
            latency: Latency::within(from..from + micros(times.measure))?,
            fleet,
            came: 0,
            turns: Vec::new(),
        })
    }

    fn say(&mut self, sender: Seat) -> Result<(), Failure> {
        let marker = Marker {
            sender: u16::try_from(sender)?,
            seq: self.checker.number(sender),
            micros: self.fleet.micros(),
        };
        if self.fleet.send(sender, &marker)? {
            self.checker.sent(sender);
        }
        Ok(())
    }

    fn play(&mut self, time: Duration) -> Result<(), Failure> {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.listen()?;
            let mut turns = std::mem::take(&mut self.turns);
            for seat in turns.drain(..) {
                self.say(seat)?;
            }
            self.turns = turns;
        }
        Ok(())
    }

    /// Nobody answers any more.
    fn finish(&mut self) -> Result<(), Failure> {
        let until = Instant::now() + DRAIN_WITHIN;
        while self.checker.outstanding() > 0 && Instant::now() < until {
            self.listen()?;
        }
        self.listen()
    }

    fn listen(&mut self) -> Result<(), Failure> {
        let began = self.fleet.began();
        let Self {
            fleet,
            checker,
            latency,
            came,
            turns,
        } = self;
        fleet.turn(Duration::ZERO, |receiver, marker| {
            if marker.sender == ROLL_CALL || !checker.received(receiver, &marker) {
                return;
            }
            *came += 1;
            if usize::from(marker.sender) != receiver {
                latency.note(marker.micros, micros(began.elapsed()));
                turns.push(receiver);
            }
        })
    }
}
