//! Coming back by oneself, as a client of this library does: when the server said, and a little later each time that
//! nobody is there.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::{Duration, Instant};

use super::Fleet;
use crate::Failure;
use crate::layout::Seat;

/// The first wait; it doubles up to [`LONGEST`], and each is between half and all of itself.
const FIRST: Duration = Duration::from_millis(250);

/// Connections that may be on their way at once: clients do not wait for each other, and this library's listener has room.
const COMING: usize = 2_000;

/// The longest wait.
const LONGEST: Duration = Duration::from_secs(10);

/// Who is away, and until when.
#[derive(Debug, Default)]
pub(super) struct Away {
    /// How long the server asked to wait at least.
    hints: HashMap<Seat, Duration>,
    /// Attempts since somebody last took part.
    attempts: HashMap<Seat, u32>,
    due: BinaryHeap<Reverse<(Instant, Seat)>>,
}

impl Away {
    /// The server asked a client to stay away for a while.
    pub(super) fn told(&mut self, seat: Seat, hint: Duration) {
        self.hints.insert(seat, hint);
    }

    /// A client's connection ended, or none could be made.
    pub(super) fn left(&mut self, seat: Seat) {
        let attempts = self.attempts.entry(seat).or_default();
        let hint = self.hints.remove(&seat).unwrap_or_default();
        let wait = hint + wait(seat, *attempts);
        *attempts += 1;
        self.due.push(Reverse((Instant::now() + wait, seat)));
    }

    /// A client takes part.
    pub(super) fn returned(&mut self, seat: Seat) {
        self.attempts.remove(&seat);
    }

    /// Whose time has come.
    fn next(&mut self) -> Option<Seat> {
        let Reverse((at, seat)) = *self.due.peek()?;
        if at > Instant::now() {
            return None;
        }
        self.due.pop();
        Some(seat)
    }
}

/// The wait after so many attempts; in the place of chance there is a number made of the seat and the attempt.
fn wait(seat: Seat, attempts: u32) -> Duration {
    let wait = (FIRST * 2_u32.pow(attempts.min(10))).min(LONGEST);
    let chance = (seat * 7_919 + attempts as usize * 104_729) % 1_000;
    wait.mul_f64(0.5 + chance as f64 / 2_000.0)
}

impl Fleet {
    /// From now on, whoever is cut off comes back by itself, and is somebody who was there before.
    pub(crate) fn come_back(&mut self) {
        self.back = true;
        self.away = Some(Away::default());
    }

    /// Opens the connections of those whose time has come.
    ///
    /// # Errors
    /// If the kernel has no more of what it takes.
    pub(crate) fn reopen(&mut self) -> Result<(), Failure> {
        while self.open - self.ready < COMING {
            let Some(seat) = self.away.as_mut().and_then(Away::next) else {
                return Ok(());
            };
            if self.open(seat).is_err()
                && let Some(away) = &mut self.away
            {
                away.left(seat);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{FIRST, LONGEST, wait};

    #[test]
    fn waits_double_and_are_spread_over_half_of_themselves() {
        for seat in 0..1_000 {
            for (attempts, longest) in [(0, FIRST), (3, FIRST * 8), (9, LONGEST), (40, LONGEST)] {
                let wait = wait(seat, attempts);
                assert!(
                    longest / 2 <= wait && wait < longest,
                    "{attempts}: {wait:?}"
                );
            }
        }
        let first = (0..1_000).map(|seat| wait(seat, 0));
        let spread = first.clone().max().unwrap() - first.min().unwrap();
        assert!(spread > Duration::from_millis(100), "{spread:?}");
    }
}
