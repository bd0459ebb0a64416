//! What was measured, as a file, as tables and as plots.

mod columns;
mod marks;
mod plot;
mod summary;
mod table;

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::scenario::{NAMES, Outcome};
use columns::Columns;

const FILE: &str = "results.json";

/// All runs of a comparison.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Results {
    /// The machine in one line.
    pub(crate) machine: String,
    /// What was called.
    pub(crate) command: String,
    /// Whether server and generator had a processor each.
    pub(crate) apart: bool,
    /// In the order in which they were made.
    pub(crate) runs: Vec<Run>,
}

/// One run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Run {
    /// From 1.
    pub(crate) round: u32,
    /// What was done.
    pub(crate) scenario: String,
    /// To whom.
    pub(crate) server: String,
    /// What it showed.
    pub(crate) outcome: Outcome,
    /// Why it showed nothing.
    pub(crate) failed: Option<String>,
}

impl Run {
    /// The run in one line, for whoever waits.
    pub(crate) fn line(&self) -> String {
        let place = format!("{} {} {}", self.round, self.scenario, self.server);
        if let Some(failed) = &self.failed {
            return format!("{place}: FAILED: {failed}");
        }
        let figures = self.outcome.figures.iter();
        let figures: Vec<String> = figures
            .map(|(name, value)| format!("{name} {value:.2}"))
            .collect();
        let wrong = match self.outcome.checked.is_clean() && self.outcome.troubles == 0 {
            true => String::new(),
            false => format!(
                " {:?}, {} troubles",
                self.outcome.checked, self.outcome.troubles
            ),
        };
        format!("{place}: {}{wrong}", figures.join(", "))
    }
}

impl Results {
    /// Reads those in a folder.
    ///
    /// # Errors
    /// If there are none.
    pub(crate) fn read(folder: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(folder.join(FILE))?;
        Ok(serde_json::from_str(&text)?)
    }

    /// Writes them into a folder.
    ///
    /// # Errors
    /// If it cannot be written to.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Failure> {
        Ok(fs::write(
            folder.join(FILE),
            serde_json::to_string_pretty(self)?,
        )?)
    }

    /// The tables; plots are drawn into a folder, and linked to by its name.
    ///
    /// # Errors
    /// If it cannot be written to.
    pub(crate) fn markdown(&self, plots: &Path) -> Result<String, Failure> {
        let cores = match self.apart {
            true => "server and generator on a processor each",
            false => "everything on one processor",
        };
        let rounds = self.runs.iter().map(|run| run.round).max().unwrap_or(0);
        let mut text = format!(
            "Measured on {}; {cores}; `{}`; rounds: {rounds}.\n",
            self.machine, self.command
        );
        text += &format!("\n### Marks\n\n{}", marks::write(&self.runs));
        let link = plots.file_name().unwrap_or_default().to_string_lossy();
        for scenario in NAMES {
            let columns = Columns::of(scenario);
            let rows = summary::rows(&self.runs, scenario);
            if rows.is_empty() {
                continue;
            }
            text += &format!("\n### {}\n\n", columns.title);
            text += &table::write(&columns, &rows);
            let plot = plot::draw(&columns, &rows);
            fs::write(plots.join(format!("{scenario}.svg")), plot)?;
            text += &format!("\n![{}]({link}/{scenario}.svg)\n", columns.title);
        }
        Ok(text)
    }
}
