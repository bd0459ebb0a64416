//! An open loop: messages are sent when it is time, whether or not the server keeps up, and their latency counts from
//! then.

use std::time::{Duration, Instant};

use super::{Outcome, Times, micros};
use crate::Failure;
use crate::layout::{Layout, Seat};
use crate::load::checker::Checker;
use crate::load::fleet::Fleet;
use crate::load::marker::{Marker, ROLL_CALL};
use crate::measure::cpu::Cpu;
use crate::measure::latency::Latency;

/// Messages that are sent without looking what has come.
const AT_ONCE: usize = 64;

/// How long what was sent may take to come, after the last was.
const DRAIN_WITHIN: Duration = Duration::from_secs(10);

/// Sends at a steady rate and listens.
#[derive(Debug)]
pub(super) struct Paced<'a> {
    fleet: &'a mut Fleet,
    checker: Checker,
    latency: Latency,
    /// Microseconds between two messages.
    every: f64,
    /// When it began.
    begin: u64,
    /// Messages so far.
    sent: u64,
    /// Deliveries so far.
    came: u64,
    /// Messages that the server was too far behind to be sent.
    held_back: u64,
}

/// What a process had used, and what had come, at one moment.
#[derive(Debug)]
struct Mark {
    server: Cpu,
    own: Cpu,
    at: Instant,
    came: u64,
    sent: u64,
}

impl<'a> Paced<'a> {
    /// Will send so many messages a second.
    pub(super) fn new(fleet: &'a mut Fleet, rate: f64, times: Times) -> Result<Self, Failure> {
        let begin = fleet.micros() + 1_000;
        let from = begin + micros(times.warm_up);
        let latency = Latency::within(from..from + micros(times.measure))?;
        Ok(Self {
            checker: Checker::new(fleet.layout()),
            fleet,
            latency,
            every: 1e6 / rate,
            begin,
            sent: 0,
            came: 0,
            held_back: 0,
        })
    }

    /// Warms up, measures, and waits for what is still on its way.
    pub(super) fn run(mut self, server: u32, times: Times) -> Result<Outcome, Failure> {
        let from = self.begin + micros(times.warm_up);
        let until = from + micros(times.measure);
        self.send_until(from)?;
        let before = self.mark(server)?;
        self.send_until(until)?;
        let after = self.mark(server)?;
        let drained = Instant::now() + DRAIN_WITHIN;
        while self.checker.outstanding() > 0 && Instant::now() < drained {
            self.turn(Duration::from_millis(10))?;
        }
        // What is doubled comes behind what it doubles.
        self.turn(Duration::from_millis(10))?;
        Ok(self.outcome(&before, &after))
    }

    fn mark(&self, server: u32) -> Result<Mark, Failure> {
        Ok(Mark {
            server: Cpu::of(server)?,
            own: Cpu::of(std::process::id())?,
            at: Instant::now(),
            came: self.came,
            sent: self.sent,
        })
    }

    fn send_until(&mut self, until: u64) -> Result<(), Failure> {
        loop {
            let mut due = self.due();
            let mut now = self.fleet.micros();
            for _ in 0..AT_ONCE {
                if due >= until || due > now {
                    break;
                }
                self.send(due)?;
                due = self.due();
            }
            now = self.fleet.micros();
            if now >= until && due >= until {
                return Ok(());
            }
            let wait = due.min(until).saturating_sub(now);
            self.turn(Duration::from_micros(wait))?;
        }
    }

    /// When the next message is meant to be sent.
    fn due(&self) -> u64 {
        let number = self.sent + self.held_back;
        self.begin + (number as f64 * self.every) as u64
    }

    fn send(&mut self, micros: u64) -> Result<(), Failure> {
        let sender = sender(self.fleet.layout(), self.sent + self.held_back);
        let marker = Marker {
            sender: u16::try_from(sender)?,
            seq: self.checker.number(sender),
            micros,
        };
        if self.fleet.send(sender, &marker).unwrap_or(false) {
            self.checker.sent(sender);
            self.sent += 1;
        } else {
            self.held_back += 1;
        }
        Ok(())
    }

    fn turn(&mut self, within: Duration) -> Result<(), Failure> {
        let began = self.fleet.began();
        let (checker, latency, came) = (&mut self.checker, &mut self.latency, &mut self.came);
        self.fleet.turn(within, |receiver, marker| {
            if marker.sender != ROLL_CALL && checker.received(receiver, &marker) {
                *came += 1;
                latency.note(marker.micros, micros(began.elapsed()));
            }
        })
    }

    fn outcome(&self, before: &Mark, after: &Mark) -> Outcome {
        let seconds = after.at.duration_since(before.at).as_secs_f64();
        let came = (after.came - before.came) as f64;
        let cpu = after.server.micros_since(&before.server);
        let mut outcome = Outcome {
            checked: self.checker.finish(),
            troubles: self.fleet.troubles() + self.held_back,
            ..Outcome::default()
        };
        outcome.figure("deliveries_per_second", came / seconds);
        outcome.figure(
            "messages_per_second",
            (after.sent - before.sent) as f64 / seconds,
        );
        outcome.figure("cpu_us_per_delivery", cpu / came);
        outcome.figure("server_busy_percent", cpu / seconds / 1e4);
        let own = after.own.micros_since(&before.own);
        outcome.figure("generator_busy_percent", own / seconds / 1e4);
        outcome.figure("p50_ms", self.latency.millis(0.5));
        outcome.figure("p99_ms", self.latency.millis(0.99));
        outcome.figure("max_ms", self.latency.longest());
        outcome
    }
}

/// Who sends: room after room, and in each room member after member.
const fn sender(layout: Layout, message: u64) -> Seat {
    let (rooms, members) = (layout.rooms as u64, layout.members as u64);
    (message % rooms * members + message / rooms % members) as Seat
}

#[cfg(test)]
mod tests {
    use super::sender;
    use crate::layout::Layout;

    #[test]
    fn all_rooms_and_then_all_members_take_their_turns() {
        let layout = Layout::groups(2, 3);
        let senders: Vec<_> = (0..7).map(|n| sender(layout, n)).collect();
        assert_eq!(senders, [0, 3, 1, 4, 2, 5, 0]);
    }
}
