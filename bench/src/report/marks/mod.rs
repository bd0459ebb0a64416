//! The marks: what is aimed at, what was measured, and whether that is enough.

mod aims;

use std::collections::BTreeMap;

use super::Run;
use super::summary::{FLOOR, Row, rows};
use super::table::{grouped, line};
use crate::scenario::NAMES;

/// A figure that is aimed at.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Bound {
    fn is_met(self, measured: f64) -> bool {
        match self {
            Self::AtMost(most) => measured <= most,
            Self::AtLeast(least) => measured >= least,
        }
    }

    fn text(self, digits: usize) -> String {
        let (word, bound) = match self {
            Self::AtMost(bound) => ("at most", bound),
            Self::AtLeast(bound) => ("at least", bound),
        };
        format!("{word} {}", grouped(&format!("{bound:.digits$}")))
    }
}

/// One mark; what has not been measured is not met.
#[derive(Debug)]
struct Mark {
    what: &'static str,
    server: &'static str,
    bound: Option<Bound>,
    measured: Option<f64>,
    digits: usize,
}

impl Mark {
    const fn new(
        what: &'static str,
        server: &'static str,
        bound: Option<Bound>,
        measured: Option<f64>,
    ) -> Self {
        Self {
            what,
            server,
            bound,
            measured,
            digits: 2,
        }
    }

    const fn with_digits(mut self, digits: usize) -> Self {
        self.digits = digits;
        self
    }

    fn cells(&self) -> Vec<String> {
        let digits = self.digits;
        let none = || "–".to_owned();
        let met = match (self.bound, self.measured) {
            (Some(bound), Some(measured)) if bound.is_met(measured) => "yes",
            (Some(_), Some(_)) => "**no**",
            _ => "not measured",
        };
        let measured = self
            .measured
            .map(|measured| grouped(&format!("{measured:.digits$}")));
        vec![
            self.what.to_owned(),
            self.server.to_owned(),
            self.bound.map_or_else(none, |bound| bound.text(digits)),
            measured.unwrap_or_else(none),
            met.to_owned(),
        ]
    }
}

/// The table of all marks.
pub(super) fn write(runs: &[Run]) -> String {
    let medians = Medians::of(runs);
    let heads = ["what", "server", "mark", "measured", "met"];
    let mut text = line(&heads.map(str::to_owned));
    text += &line(&vec!["---".to_owned(); heads.len()]);
    for mark in aims::all(&medians) {
        text += &line(&mark.cells());
    }
    text
}

/// The rows of all scenarios.
struct Medians(BTreeMap<&'static str, Vec<Row>>);

impl Medians {
    fn of(runs: &[Run]) -> Self {
        Self(
            NAMES
                .into_iter()
                .map(|name| (name, rows(runs, name)))
                .collect(),
        )
    }

    fn figure(&self, scenario: &str, server: &str, figure: &str) -> Option<f64> {
        let row = self
            .0
            .get(scenario)?
            .iter()
            .find(|row| row.server == server)?;
        row.figures.get(figure).map(|spread| spread.median)
    }

    /// A figure of a server against one of the floor.
    fn ratio(&self, scenario: &str, server: &str, figure: &str, under: &str) -> Option<f64> {
        let floor = self
            .figure(scenario, FLOOR, under)
            .filter(|floor| *floor > 0.0)?;
        Some(self.figure(scenario, server, figure)? / floor)
    }

    /// The figure of every peer.
    fn peers(&self, scenario: &str, figure: &str) -> impl Iterator<Item = f64> {
        let rows = self.0.get(scenario).into_iter().flatten();
        let peers = rows.filter(|row| {
            ![FLOOR, "chat-"]
                .iter()
                .any(|ours| row.server.starts_with(ours))
        });
        peers.filter_map(move |row| row.figures.get(figure).map(|spread| spread.median))
    }
}

#[cfg(test)]
mod tests {
    use super::write;
    use crate::report::Run;
    use crate::scenario::Outcome;

    fn run(scenario: &str, server: &str, figure: &str, value: f64) -> Run {
        let mut outcome = Outcome::default();
        outcome.figures.insert(figure.to_owned(), value);
        Run {
            round: 1,
            scenario: scenario.to_owned(),
            server: server.to_owned(),
            outcome,
            failed: None,
        }
    }

    #[test]
    fn a_mark_is_met_missed_or_not_measured() {
        let runs = [
            run("fanout-100", "floor", "cpu_us_per_delivery", 2.0),
            run("fanout-100", "chat-memory", "cpu_us_per_delivery", 2.2),
            run("idle", "chat-memory", "kib_per_connection", 6.7),
            run("hot", "chat-postgres", "sends_per_second", 5_000.0),
        ];

        let table = write(&runs);

        for expected in [
            "times the floor's | chat-memory | at most 1.15 | 1.10 | yes |",
            "an idle connection, KiB | chat-memory | at most 6.00 | 6.70 | **no** |",
            "one conversation, messages a second | chat-postgres | at least 5,000 | 5,000 | yes |",
            "all 10,000 resumed, s | chat-postgres | at most 30.00 | – | not measured |",
            "an idle connection, KiB | chat-memory | – | 6.70 | not measured |",
        ] {
            assert!(table.contains(expected), "{expected}\n{table}");
        }
    }

    #[test]
    fn the_latency_on_a_disk_may_be_a_commit_more_than_the_floors() {
        let runs = |ours| {
            [
                run("fanout-1000", "floor", "p99_ms", 10.0),
                run("sends", "chat-sqlite", "commit_p50_ms", 2.0),
                run("sends", "chat-sqlite", "rare_commit_p99_ms", 5.0),
                run("fanout-1000", "chat-sqlite", "p99_ms", ours),
            ]
        };

        assert!(write(&runs(15.0)).contains("chat-sqlite | at most 15.00 | 15.00 | yes"));
        assert!(write(&runs(15.1)).contains("chat-sqlite | at most 15.00 | 15.10 | **no**"));
        assert!(write(&runs(15.1)).contains("chat-sqlite | at most 18.00 | 15.10 | yes"));
    }

    #[test]
    fn what_is_left_without_the_append_is_not_believed_below_the_floor() {
        let apart = "cpu_us_per_delivery_without_append";
        for (left, expected) in [(2.2, "1.10 | yes |"), (-0.4, "– | not measured |")] {
            let runs = [
                run("fanout-10", "floor", "cpu_us_per_delivery", 2.0),
                run("fanout-10", "chat-sqlite", apart, left),
            ];

            let table = write(&runs);

            let row = format!(
                "without the append's, 100 rooms of 10, times the floor's | chat-sqlite | at most 1.25 | {expected}"
            );
            assert!(table.contains(&row), "{table}");
        }
    }
}
