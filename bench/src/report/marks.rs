//! The marks: what is aimed at, what was measured, and whether that is enough.

use std::collections::BTreeMap;

use super::Run;
use super::summary::{FLOOR, Row, rows};
use super::table::{grouped, line};
use crate::scenario::NAMES;

const OURS: &str = "chat-memory";
const DURABLE: [&str; 2] = ["chat-sqlite", "chat-postgres"];

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
    for mark in marks(&medians) {
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
        let peers = rows.filter(|row| row.server != FLOOR && !row.server.starts_with("chat-"));
        peers.filter_map(move |row| row.figures.get(figure).map(|spread| spread.median))
    }
}

fn marks(medians: &Medians) -> Vec<Mark> {
    let mut marks = fan_out(medians);
    marks.extend(in_memory(medians));
    marks.extend(on_disk(medians));
    marks.extend(against_peers(medians));
    marks
}

const CPU: &str = "cpu_us_per_delivery";
const APART: &str = "cpu_us_per_delivery_without_append";

/// CPU per delivery against the floor's; on a disk without that of the append, which is told in the tables.
fn fan_out(medians: &Medians) -> Vec<Mark> {
    let mut marks = Vec::new();
    for (scenario, what, most) in [
        (
            "fanout-100",
            "CPU a delivery, a room of 100, times the floor's",
            1.15,
        ),
        (
            "fanout-1000",
            "CPU a delivery, a room of 1,000, times the floor's",
            1.25,
        ),
        (
            "fanout-10",
            "CPU a delivery, 100 rooms of 10, times the floor's",
            1.25,
        ),
    ] {
        let servers = [(OURS, CPU), (DURABLE[0], APART), (DURABLE[1], APART)];
        marks.extend(servers.map(|(server, figure)| Mark {
            what,
            server,
            bound: Some(Bound::AtMost(most)),
            measured: medians.ratio(scenario, server, figure, CPU),
            digits: 2,
        }));
    }
    marks
}

fn in_memory(medians: &Medians) -> Vec<Mark> {
    let rate = "deliveries_per_second";
    let mark = |what, bound, measured, digits| Mark {
        what,
        server: OURS,
        bound: Some(bound),
        measured,
        digits,
    };
    vec![
        mark(
            "the most in a room of 100, times the floor's",
            Bound::AtLeast(0.5),
            medians.ratio("most", OURS, rate, rate),
            2,
        ),
        mark(
            "an idle connection, KiB",
            Bound::AtMost(6.0),
            medians.figure("idle", OURS, "kib_per_connection"),
            2,
        ),
        mark(
            "pairs, p99, ms",
            Bound::AtMost(5.0),
            medians.figure("pairs", OURS, "p99_ms"),
            2,
        ),
        mark(
            "pairs, messages a second, times the floor's",
            Bound::AtLeast(0.5),
            medians.ratio("pairs", OURS, "messages_per_second", "messages_per_second"),
            2,
        ),
    ]
}

fn on_disk(medians: &Medians) -> Vec<Mark> {
    let mut marks = Vec::new();
    for server in DURABLE {
        let floor = medians.figure("fanout-1000", FLOOR, "p99_ms");
        let commit = medians.figure("sends", server, "commit_p50_ms");
        let latest = floor
            .zip(commit)
            .map(|(floor, commit)| 1.3 * floor + commit);
        let mark = |what, bound, measured, digits| Mark {
            what,
            server,
            bound,
            measured,
            digits,
        };
        let sends = medians.figure("sends", server, "times_singly");
        let flat = medians.figure("flat", server, "times_few");
        marks.extend([
            mark(
                "p99 in a room of 1,000, ms: 1.3 times the floor's and one commit's median",
                latest.map(Bound::AtMost),
                medians.figure("fanout-1000", server, "p99_ms"),
                2,
            ),
            mark(
                "64 senders, times a commit for each message",
                Some(Bound::AtLeast(10.0)),
                sends,
                1,
            ),
            mark(
                "opening an inbox and a page, times that beside 10,000 messages",
                Some(Bound::AtMost(2.0)),
                flat,
                2,
            ),
        ]);
    }
    let postgres = |what, bound, measured, digits| Mark {
        what,
        server: DURABLE[1],
        bound: Some(bound),
        measured,
        digits,
    };
    marks.extend([
        postgres(
            "64 senders in one conversation, messages a second",
            Bound::AtLeast(5_000.0),
            medians.figure("hot", DURABLE[1], "sends_per_second"),
            0,
        ),
        postgres(
            "a node started again, all 10,000 resumed, s",
            Bound::AtMost(30.0),
            medians.figure("restart", DURABLE[1], "all_back_s"),
            1,
        ),
    ]);
    marks
}

/// Ahead of whichever peer is best.
fn against_peers(medians: &Medians) -> Vec<Mark> {
    let less = |scenario, figure, what, digits| {
        let best = medians.peers(scenario, figure).min_by(f64::total_cmp);
        Mark {
            what,
            server: OURS,
            bound: best.map(Bound::AtMost),
            measured: medians.figure(scenario, OURS, figure),
            digits,
        }
    };
    let more = |scenario, figure, what| {
        let best = medians.peers(scenario, figure).max_by(f64::total_cmp);
        Mark {
            what,
            server: OURS,
            bound: best.map(Bound::AtLeast),
            measured: medians.figure(scenario, OURS, figure),
            digits: 0,
        }
    };
    vec![
        less(
            "fanout-100",
            CPU,
            "the best peer: µs a delivery, a room of 100",
            2,
        ),
        less(
            "fanout-1000",
            CPU,
            "the best peer: µs a delivery, a room of 1,000",
            2,
        ),
        less(
            "fanout-10",
            CPU,
            "the best peer: µs a delivery, 100 rooms of 10",
            2,
        ),
        more(
            "most",
            "deliveries_per_second",
            "the best peer: the most in a room of 100",
        ),
        more(
            "pairs",
            "messages_per_second",
            "the best peer: pairs, messages a second",
        ),
        less(
            "idle",
            "kib_per_connection",
            "the best peer: an idle connection, KiB",
            2,
        ),
    ]
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
            "all 10,000 resumed, s | chat-postgres | at most 30.0 | – | not measured |",
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
                run("fanout-1000", "chat-sqlite", "p99_ms", ours),
            ]
        };

        assert!(write(&runs(15.0)).contains("chat-sqlite | at most 15.00 | 15.00 | yes"));
        assert!(write(&runs(15.1)).contains("chat-sqlite | at most 15.00 | 15.10 | **no**"));
    }
}
