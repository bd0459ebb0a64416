//! A day of all sorts: rooms are talked in, and meanwhile their members open the app on one more device, one after the
//! other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::paced::Paced;
use super::{Outcome, Times, meet, micros};
use crate::Failure;
use crate::layout::{Layout, Seat};
use crate::load::visit::{Visit, Visitor};
use crate::measure::latency::Latency;
use crate::measure::machine::Cores;
use crate::subject::Subject;

/// What happens in a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Traffic {
    /// Messages in all rooms together.
    pub(crate) messages: f64,
    /// Visits.
    pub(crate) visits: f64,
}

/// How long each part of the visits took.
#[derive(Debug)]
struct Visits {
    number: u64,
    connect: Latency,
    inbox: Latency,
    history: Latency,
    mark: Latency,
}

/// Runs it. Latencies of messages are those of the devices that stay.
pub(super) fn run(
    subject: &Subject,
    layout: Layout,
    traffic: Traffic,
    times: Times,
    cores: Cores,
) -> Result<Outcome, Failure> {
    let (child, mut fleet) = meet(subject, layout, cores)?;
    let visitor = Visitor {
        adapter: child.adapter(),
        address: ([127, 0, 0, 1], child.port()).into(),
        layout,
    };
    let paced = Paced::new(&mut fleet, traffic.messages, times)?;
    let is_over = AtomicBool::new(false);
    let (talked, visited) = thread::scope(|scope| {
        let visits = scope.spawn(|| visit(&visitor, traffic.visits, times, &is_over));
        let talked = paced.run(child.id(), times);
        is_over.store(true, Ordering::Relaxed);
        (talked, visits.join())
    });
    let visited = visited.map_err(|_| "the visits ended in a panic")??;
    let mut outcome = talked?;
    visited.tell(&mut outcome, times);
    Ok(outcome)
}

/// Visits at a steady rate, user after user and room after room, until it is over.
fn visit(
    visitor: &Visitor,
    rate: f64,
    times: Times,
    is_over: &AtomicBool,
) -> Result<Visits, Failure> {
    let mut visits = Visits::new()?;
    let begun = Instant::now();
    for number in 0_u32.. {
        let due = Duration::from_secs_f64(f64::from(number) / rate);
        while let Some(wait) = due.checked_sub(begun.elapsed()) {
            if is_over.load(Ordering::Relaxed) {
                return Ok(visits);
            }
            thread::sleep(wait.min(Duration::from_millis(10)));
        }
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        let layout = visitor.layout;
        let (room, place) = (
            number as usize % layout.rooms,
            number as usize / layout.rooms,
        );
        let seat: Seat = layout.of(room).start + place % layout.members;
        let visit = visitor.visit(seat)?;
        let measured = times.warm_up..times.warm_up + times.measure;
        if measured.contains(&begun.elapsed()) {
            visits.note(&visit);
        }
    }
    Ok(visits)
}

impl Visits {
    fn new() -> Result<Self, Failure> {
        let empty = || Latency::within(0..1);
        Ok(Self {
            number: 0,
            connect: empty()?,
            inbox: empty()?,
            history: empty()?,
            mark: empty()?,
        })
    }

    fn note(&mut self, visit: &Visit) {
        self.number += 1;
        self.connect.note(0, micros(visit.connect));
        self.inbox.note(0, micros(visit.inbox));
        self.history.note(0, micros(visit.history));
        self.mark.note(0, micros(visit.mark));
    }

    fn tell(&self, outcome: &mut Outcome, times: Times) {
        let visits = self.number as f64 / times.measure.as_secs_f64();
        outcome.figure("visits_per_second", visits);
        outcome.figure("connect_p99_ms", self.connect.millis(0.99));
        outcome.figure("inbox_p99_ms", self.inbox.millis(0.99));
        outcome.figure("history_p99_ms", self.history.millis(0.99));
        outcome.figure("mark_p99_ms", self.mark.millis(0.99));
    }
}
