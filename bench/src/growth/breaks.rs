//! What ends first, and where.

use super::measured::{APPENDS, ASK_US, DELIVERY_US, HAND_ON_US, HEAD_US, PUBLISH_US, RENEW_US};
use super::tally::Tally;

/// Something of which one machine has so much.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    /// What.
    pub(super) name: &'static str,
    /// How much of what one has is needed: 1 is all of it.
    pub(super) need: fn(&Tally) -> f64,
    /// What takes over, and by which key.
    pub(super) then: &'static str,
}

/// What a second has of one core, in microseconds.
const CORE: f64 = 1e6;

const SHARDS: &str =
    "Redis Cluster: a lease is a key of its user, a topic a sharded channel of its own";

/// All that is shared by the nodes.
pub(super) const BOUNDS: &[Bound] = &[
    Bound {
        name: "Redis, one core: presence",
        need: |tally| (tally.renewals() * RENEW_US + tally.questions() * ASK_US) / CORE,
        then: SHARDS,
    },
    Bound {
        name: "Redis, one core: messages and markers",
        need: |tally| {
            let publications = tally.told.publications + tally.marked.publications;
            let handed_on = tally.told.handed_on + tally.marked.handed_on;
            (Tally::a_second(publications) * PUBLISH_US + Tally::a_second(handed_on) * HAND_ON_US)
                / CORE
        },
        then: SHARDS,
    },
    Bound {
        name: "Redis, one core: beats of the nodes",
        need: |tally| tally.beats() * HAND_ON_US / CORE,
        then: "nothing: all nodes hear one channel; larger nodes, or services beside each other",
    },
    Bound {
        name: "store, one core: looks for what was missed",
        need: |tally| tally.heads() * HEAD_US / CORE,
        then: "`Limits::check_after`; shards by conversation, and by user for memberships",
    },
    Bound {
        name: "store, one primary: messages",
        need: |tally| Tally::a_second(tally.messages) / APPENDS,
        then: "shards by conversation",
    },
    Bound {
        name: "store, one primary: markers",
        need: |tally| Tally::a_second(tally.marks) / APPENDS,
        then: "shards by conversation",
    },
];

/// How many cores the deliveries keep busy, of all nodes.
pub(super) fn cores(tally: &Tally) -> f64 {
    Tally::a_second(tally.told.written + tally.marked.written) * DELIVERY_US / CORE
}

/// The number of connections at which a bound is met, between the sizes that were counted; none, if it is not.
pub(super) fn met_at(bound: &Bound, tallies: &[Tally]) -> Option<f64> {
    let points: Vec<(f64, f64)> = tallies
        .iter()
        .map(|tally| (tally.connections as f64, (bound.need)(tally)))
        .collect();
    let crossing = points.windows(2).find(|pair| pair[1].1 >= 1.0)?;
    let ((from, low), (to, high)) = (crossing[0], crossing[1]);
    match low {
        low if low >= 1.0 => Some(from),
        0.0 => Some(to),
        _ => {
            let way = -low.ln() / (high.ln() - low.ln());
            Some(from * (to / from).powf(way))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bound, met_at};
    use crate::growth::tally::Tally;

    #[test]
    fn a_bound_is_met_between_the_sizes_beside_it() {
        let half_a_million = Bound {
            name: "",
            need: |tally| tally.connections as f64 / 500_000.0,
            then: "",
        };
        let of = |connections| Tally {
            connections,
            ..Tally::default()
        };
        let tallies = [of(10_000), of(100_000), of(1_000_000)];

        let at = met_at(&half_a_million, &tallies).unwrap();

        assert!((at / 500_000.0 - 1.0).abs() < 1e-9, "{at}");
        assert_eq!(met_at(&half_a_million, &tallies[..2]), None);
    }
}
