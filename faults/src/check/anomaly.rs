//! What can be wrong, and how often it was.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A broken promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Anomaly {
    /// Acknowledged, and not in the log at its seq.
    Lost,
    /// In the log, or delivered, with another text than was sent.
    WrongBytes,
    /// In the log more than once.
    Doubled,
    /// A log's seqs have a hole, or a client's do not rise by one.
    Reordered,
    /// Stored or delivered though nobody sent it.
    Invented,
    /// Refused, and stored all the same.
    RefusedButStored,
    /// Delivered to somebody who had been removed before.
    Leaked,
    /// Not delivered to a member's client.
    Unseen,
    /// Delivered later than the run allows.
    Late,
    /// A read marker went back, or past the last message.
    MarkerRegressed,
    /// Two answers to one client id tell of different messages.
    UnequalAnswers,
    /// Two nodes, or a node and the store, show different logs.
    Disagreeing,
    /// Something took longer than is promised, as closing a socket.
    Overdue,
    /// Something never came to its end: a socket past its session, a node told to stop, a send without an answer.
    Stuck,
    /// A failure that a client should not have seen, as a socket that ended without a close frame.
    Disturbed,
    /// More memory than is promised.
    Unbounded,
}

impl Anomaly {
    /// Every kind there is.
    pub const ALL: &[Self] = &[
        Self::Lost,
        Self::WrongBytes,
        Self::Doubled,
        Self::Reordered,
        Self::Invented,
        Self::RefusedButStored,
        Self::Leaked,
        Self::Unseen,
        Self::Late,
        Self::MarkerRegressed,
        Self::UnequalAnswers,
        Self::Disagreeing,
        Self::Overdue,
        Self::Stuck,
        Self::Disturbed,
        Self::Unbounded,
    ];

    /// Whether it tells of time alone, which a machine that stood still takes from every process on it.
    #[must_use]
    pub const fn is_of_time(self) -> bool {
        matches!(self, Self::Late | Self::Overdue)
    }
}

impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// How many cases of each anomaly are described.
const EXAMPLES: usize = 5;

/// The anomalies of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// How often each was found; those that were not are absent.
    pub counts: BTreeMap<Anomaly, usize>,
    /// The first of each, in words.
    pub examples: Vec<String>,
}

impl Findings {
    /// Counts one case; the first of a kind are described.
    pub fn add(&mut self, anomaly: Anomaly, what: impl FnOnce() -> String) {
        let count = self.counts.entry(anomaly).or_default();
        *count += 1;
        if *count <= EXAMPLES {
            self.examples.push(format!("{anomaly}: {}", what()));
        }
    }

    /// Adds what another check found.
    pub fn merge(&mut self, other: Self) {
        for (anomaly, count) in other.counts {
            *self.counts.entry(anomaly).or_default() += count;
        }
        self.examples.extend(other.examples);
    }

    /// How often an anomaly was found.
    #[must_use]
    pub fn count(&self, anomaly: Anomaly) -> usize {
        self.counts.get(&anomaly).copied().unwrap_or_default()
    }

    /// Whether something was found, and nothing but of time.
    #[must_use]
    pub fn are_of_time(&self) -> bool {
        !self.counts.is_empty() && self.counts.keys().all(|anomaly| anomaly.is_of_time())
    }

    /// How many cases there are in all.
    #[must_use]
    pub fn total(&self) -> usize {
        self.counts.values().sum()
    }
}
