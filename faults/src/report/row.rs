//! One run in figures.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::check::{Findings, Latency, Verdict};

/// One run in figures.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Row {
    /// The scenario.
    pub scenario: String,
    /// The promises that it tries, as `P1`.
    pub promises: Vec<String>,
    /// The seed of its chance.
    pub seed: u64,
    /// The planted defect that the nodes had, if any.
    pub defect: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// How many faults there were.
    pub faults: usize,
    /// How many sends were begun.
    pub sent: usize,
    /// How many were acknowledged.
    pub acked: usize,
    /// How many were refused.
    pub nacked: usize,
    /// Of how many nobody was told.
    pub indeterminate: usize,
    /// Of those, how many were stored.
    pub appeared: usize,
    /// Every anomaly.
    pub findings: Findings,
    /// From a send's acknowledgement to each other client's receipt.
    pub latency: Latency,
    /// The same while nothing was broken.
    pub calm: Latency,
    /// From the loss of a connection to the end of the next resume.
    pub reconnect: Latency,
    /// The longest time in which nobody was acknowledged, in milliseconds.
    pub unavailable_ms: u64,
    /// The longest time from the end of a fault to the next acknowledgement, in milliseconds.
    pub recovery_ms: u64,
    /// The most memory that a node had resident, in KiB.
    pub peak_kib: u64,
    /// How often connections ended, by close code; 1006 is one without a close frame.
    pub closes: BTreeMap<String, usize>,
    /// What else the scenario measured, by its name with its unit.
    pub figures: BTreeMap<String, f64>,
}

impl Row {
    /// Whether every promise was kept.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.total() == 0
    }

    /// Adds what a checker said of a part of the run; the worst part counts for the times.
    pub fn take(&mut self, verdict: Verdict) {
        self.sent += verdict.sent;
        self.acked += verdict.acked;
        self.nacked += verdict.nacked;
        self.indeterminate += verdict.indeterminate;
        self.appeared += verdict.appeared;
        self.findings.merge(verdict.findings);
        self.latency = self.latency.or_worse(verdict.latency);
        self.calm = self.calm.or_worse(verdict.calm);
        self.reconnect = self.reconnect.or_worse(verdict.reconnect);
        self.unavailable_ms = self.unavailable_ms.max(millis(verdict.unavailable));
        self.recovery_ms = self.recovery_ms.max(millis(verdict.recovery));
    }

    /// Adds the findings and figures of something that went on beside.
    pub fn merge(&mut self, other: Self) {
        self.findings.merge(other.findings);
        self.figures.extend(other.figures);
    }

    /// Keeps the highest value of a figure.
    pub fn worst(&mut self, figure: &str, value: f64) {
        let known = self.figures.entry(figure.to_owned()).or_insert(value);
        *known = known.max(value);
    }

    /// Adds to a figure.
    pub fn add(&mut self, figure: &str, value: f64) {
        *self.figures.entry(figure.to_owned()).or_default() += value;
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Adds a row to a file of JSON lines.
///
/// # Errors
/// [`io::Error`] if it cannot be written.
pub fn append(path: &Path, row: &Row) -> io::Result<()> {
    let mut line = serde_json::to_vec(row)?;
    line.push(b'\n');
    let mut file = File::options().create(true).append(true).open(path)?;
    file.write_all(&line)
}

/// Reads the rows of a file.
///
/// # Errors
/// [`io::Error`] if it cannot be read, or has a line that is no row.
pub fn read(path: &Path) -> io::Result<Vec<Row>> {
    let text = fs::read_to_string(path)?;
    let rows = text.lines().map(serde_json::from_str);
    rows.map(|row| row.map_err(Into::into)).collect()
}
