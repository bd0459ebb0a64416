//! Whether what came is what was sent: once, in the order of each sender, and to the right room.

use std::collections::HashMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::marker::Marker;
use crate::layout::{Layout, Seat};

/// Gaps that are remembered, so that what fills one later is known to be late and not doubled.
const MAX_GAPS: usize = 1 << 20;

/// What was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checked {
    /// Deliveries that there should be: each message to each member of its room.
    pub(crate) expected: u64,
    /// Those that came, each counted once.
    pub(crate) received: u64,
    /// Those that never came.
    pub(crate) lost: u64,
    /// Deliveries that had come before.
    pub(crate) doubled: u64,
    /// Those that came after a later message of the same sender.
    pub(crate) reordered: u64,
    /// Those that came to somebody in another room, or that nobody sent.
    pub(crate) misrouted: u64,
}

impl Checked {
    /// Whether every message came to every member, once and in order.
    pub(crate) const fn is_clean(&self) -> bool {
        let wrong = self.lost + self.doubled + self.reordered + self.misrouted;
        wrong == 0 && self.received == self.expected
    }
}

/// Counts, for each receiver and each sender of its room, which message comes next.
#[derive(Debug)]
pub(crate) struct Checker {
    layout: Layout,
    /// By receiver and the sender's place in the room: the next number.
    next: Vec<u32>,
    /// By sender: messages sent.
    sent: Vec<u32>,
    gaps: HashMap<usize, Vec<Range<u32>>>,
    remembered: usize,
    found: Checked,
}

impl Checker {
    /// Nothing has been sent.
    pub(crate) fn new(layout: Layout) -> Self {
        Self {
            layout,
            next: vec![0; layout.seats() * layout.members],
            sent: vec![0; layout.seats()],
            gaps: HashMap::new(),
            remembered: 0,
            found: Checked::default(),
        }
    }

    /// The number of the sender's next message.
    pub(crate) fn number(&self, sender: Seat) -> u32 {
        self.sent[sender]
    }

    /// The sender's next message is on its way.
    pub(crate) fn sent(&mut self, sender: Seat) {
        self.sent[sender] += 1;
        self.found.expected += self.layout.members as u64;
    }

    /// A message came; whether for the first time, to somebody of its room.
    pub(crate) fn received(&mut self, receiver: Seat, marker: &Marker) -> bool {
        let sender = usize::from(marker.sender);
        let room = self.layout.room(receiver);
        let known = self.sent.get(sender).is_some_and(|sent| marker.seq < *sent);
        if !known || self.layout.room(sender) != room {
            self.found.misrouted += 1;
            return false;
        }
        let pair = receiver * self.layout.members + (sender - self.layout.of(room).start);
        let next = &mut self.next[pair];
        let first = if marker.seq < *next {
            self.fill(pair, marker.seq)
        } else {
            let gap = *next..marker.seq;
            *next = marker.seq + 1;
            self.open(pair, gap);
            true
        };
        if first {
            self.found.received += 1;
        } else {
            self.found.doubled += 1;
        }
        first
    }

    fn open(&mut self, pair: usize, gap: Range<u32>) {
        if !gap.is_empty() && self.remembered < MAX_GAPS {
            self.gaps.entry(pair).or_default().push(gap);
            self.remembered += 1;
        }
    }

    /// Whether the message was missing; if so, it came late.
    fn fill(&mut self, pair: usize, seq: u32) -> bool {
        let Some(gaps) = self.gaps.get_mut(&pair) else {
            return false;
        };
        let Some(place) = gaps.iter().position(|gap| gap.contains(&seq)) else {
            return false;
        };
        let gap = gaps.swap_remove(place);
        gaps.extend(
            [gap.start..seq, seq + 1..gap.end]
                .into_iter()
                .filter(|gap| !gap.is_empty()),
        );
        self.found.reordered += 1;
        true
    }

    /// Deliveries that have not come yet.
    pub(crate) const fn outstanding(&self) -> u64 {
        self.found.expected - self.found.received
    }

    /// What was found; what has not come until now is lost.
    pub(crate) const fn finish(&self) -> Checked {
        Checked {
            lost: self.outstanding(),
            ..self.found
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Checked, Checker};
    use crate::layout::Layout;
    use crate::load::marker::Marker;

    /// Two rooms of two; seat 0 has sent three messages.
    fn checker() -> Checker {
        let mut checker = Checker::new(Layout::groups(2, 2));
        for _ in 0..3 {
            checker.sent(0);
        }
        checker
    }

    fn deliver(checker: &mut Checker, deliveries: &[(usize, u32)]) -> Checked {
        for &(receiver, seq) in deliveries {
            let marker = Marker {
                sender: 0,
                seq,
                micros: 0,
            };
            checker.received(receiver, &marker);
        }
        checker.finish()
    }

    const ALL: [(usize, u32); 6] = [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2)];

    #[test]
    fn all_in_order_is_clean() {
        let found = deliver(&mut checker(), &ALL);
        assert!(found.is_clean(), "{found:?}");
        assert_eq!((found.expected, found.received), (6, 6));
    }

    #[test]
    fn a_lost_delivery_is_found() {
        for missing in 0..ALL.len() {
            let mut some = ALL.to_vec();
            some.remove(missing);
            let found = deliver(&mut checker(), &some);
            assert_eq!(found.lost, 1, "{missing}");
            assert_eq!((found.doubled, found.reordered), (0, 0), "{missing}");
        }
    }

    #[test]
    fn a_doubled_delivery_is_found() {
        for twice in ALL {
            let mut more = ALL.to_vec();
            more.push(twice);
            let found = deliver(&mut checker(), &more);
            assert_eq!((found.doubled, found.lost), (1, 0), "{twice:?}");
            assert!(!found.is_clean());
        }
    }

    #[test]
    fn a_reordered_delivery_is_found_and_is_neither_lost_nor_doubled() {
        let found = deliver(
            &mut checker(),
            &[(0, 0), (1, 0), (0, 2), (1, 1), (0, 1), (1, 2)],
        );
        assert_eq!(found.reordered, 1);
        assert_eq!((found.lost, found.doubled), (0, 0));
        assert!(!found.is_clean());
    }

    #[test]
    fn a_delivery_to_another_room_or_of_nothing_that_was_sent_is_found() {
        let found = deliver(&mut checker(), &[(2, 0), (0, 3)]);
        assert_eq!((found.misrouted, found.received), (2, 0));
    }
}
