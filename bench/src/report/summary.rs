//! The rounds of a server in one row: medians, and how far they are apart.

use std::collections::{BTreeMap, BTreeSet};

use super::Run;
use crate::load::checker::Checked;

/// Who is compared with.
pub(super) const FLOOR: &str = "floor";

/// One figure of all rounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) least: f64,
    pub(super) median: f64,
    pub(super) most: f64,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median = match values.len() % 2 {
            0 => f64::midpoint(values[middle - 1], values[middle]),
            _ => values[middle],
        };
        Some(Self {
            least,
            median,
            most,
        })
    }
}

/// All rounds of one server in one scenario.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) server: String,
    pub(super) figures: BTreeMap<String, Spread>,
    /// The medians of one figure against the floor's, by figure.
    pub(super) ratios: BTreeMap<String, f64>,
    /// Of all rounds together.
    pub(super) checked: Checked,
    pub(super) troubles: u64,
    pub(super) failed: Option<String>,
}

/// A row for each server of a scenario, in the order in which they ran.
pub(super) fn rows(runs: &[Run], scenario: &str) -> Vec<Row> {
    let runs: Vec<&Run> = runs.iter().filter(|run| run.scenario == scenario).collect();
    let mut seen = BTreeSet::new();
    let servers = runs.iter().map(|run| run.server.as_str());
    let servers: Vec<&str> = servers.filter(|server| seen.insert(*server)).collect();
    let rows = servers.into_iter().map(|server| row(&runs, server));
    let mut rows: Vec<Row> = rows.collect();
    let floor = rows.iter().find(|row| row.server == FLOOR);
    let floor = floor.map(|row| row.figures.clone()).unwrap_or_default();
    for row in &mut rows {
        let known = row.figures.iter().filter_map(|(name, spread)| {
            let under = floor.get(name).filter(|under| under.median > 0.0)?;
            Some((name.clone(), spread.median / under.median))
        });
        row.ratios = known.collect();
    }
    rows
}

fn row(runs: &[&Run], server: &str) -> Row {
    let runs: Vec<&&Run> = runs.iter().filter(|run| run.server == server).collect();
    let names: BTreeSet<&String> = runs
        .iter()
        .flat_map(|run| run.outcome.figures.keys())
        .collect();
    let figures = names.into_iter().filter_map(|name| {
        let values = runs.iter().filter_map(|run| run.outcome.figures.get(name));
        Some((name.clone(), Spread::of(values.copied().collect())?))
    });
    let mut row = Row {
        server: server.to_owned(),
        figures: figures.collect(),
        failed: runs.iter().find_map(|run| run.failed.clone()),
        ..Row::default()
    };
    for run in runs {
        let (sum, more) = (&mut row.checked, &run.outcome.checked);
        sum.expected += more.expected;
        sum.received += more.received;
        sum.lost += more.lost;
        sum.doubled += more.doubled;
        sum.reordered += more.reordered;
        sum.misrouted += more.misrouted;
        row.troubles += run.outcome.troubles;
    }
    row
}

#[cfg(test)]
mod tests {
    use super::{Spread, rows};
    use crate::report::Run;
    use crate::scenario::Outcome;

    fn run(round: u32, server: &str, cpu: f64) -> Run {
        let mut outcome = Outcome::default();
        outcome.figures.insert("cpu".to_owned(), cpu);
        Run {
            round,
            scenario: "fanout-100".to_owned(),
            server: server.to_owned(),
            outcome,
            failed: None,
        }
    }

    #[test]
    fn a_row_has_the_median_the_spread_and_the_ratio_to_the_floor() {
        let runs = [
            run(1, "floor", 2.0),
            run(1, "ours", 3.0),
            run(2, "floor", 4.0),
            run(2, "ours", 9.0),
            run(3, "floor", 3.0),
            run(3, "ours", 6.0),
        ];

        let rows = rows(&runs, "fanout-100");

        assert_eq!(rows.len(), 2);
        let spread = Spread {
            least: 3.0,
            median: 6.0,
            most: 9.0,
        };
        assert_eq!(rows[1].figures["cpu"], spread);
        assert_eq!(rows[1].ratios["cpu"], 2.0);
    }
}
