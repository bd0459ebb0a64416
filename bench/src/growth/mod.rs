//! What a service costs as it grows: made-up users on many nodes, whose messages go the way that the hub and the bus
//! send them, counted.
//!
//! ```text
//! World: users, nodes, conversations ─▶ Audience: who hears of one ─▶ Tally: a span of time ─▶ tables, plots
//!                                                        measured costs ─▶ breaks: what ends first ─┘
//! ```
//!
//! The same seed brings the same figures.

mod breaks;
mod draw;
#[cfg(test)]
mod hub_tests;
mod measured;
mod plot;
mod route;
mod tables;
mod tally;
#[cfg(test)]
mod tests;
pub(crate) mod weigh;
mod world;

use std::fs;
use std::path::Path;

use crate::Failure;
use crate::arguments::Options;
use breaks::BOUNDS;
use plot::Series;
use tally::Tally;
use world::World;

/// Sizes that are counted.
const CONNECTIONS: [u64; 9] = [
    10_000,
    30_000,
    100_000,
    300_000,
    1_000_000,
    3_000_000,
    10_000_000,
    30_000_000,
    100_000_000,
];

/// Conversations that are drawn at most; of more, one of several stands for all.
const DRAWN: u64 = 10_000_000;

/// Counts services of all sizes and prints the tables; plots are drawn into a folder, and linked to by its name.
pub(crate) fn run(options: &[&str]) -> Result<(), Failure> {
    let options = Options::read(options, &["--seed", "--plots"])?;
    let seed = options.number("--seed", 1)?;
    let tallies: Vec<Tally> = CONNECTIONS
        .iter()
        .map(|connections| Tally::of(&World::new(*connections, seed, DRAWN)))
        .collect();
    println!(
        "`bench growth --seed {seed}`\n\n{}",
        tables::write(&tallies)
    );
    if let Some(folder) = options.text("--plots") {
        draw(Path::new(folder), &tallies)?;
    }
    Ok(())
}

fn draw(folder: &Path, tallies: &[Tally]) -> Result<(), Failure> {
    fs::create_dir_all(folder)?;
    let link = folder.file_name().unwrap_or_default().to_string_lossy();
    for (name, title, series) in [
        (
            "needs",
            "How much of each bound is needed; 1 is all of it",
            needs(tallies),
        ),
        ("message", "What one message costs", message(tallies)),
    ] {
        fs::write(
            folder.join(format!("{name}.svg")),
            plot::draw(title, &series),
        )?;
        println!("![{title}]({link}/{name}.svg)\n");
    }
    Ok(())
}

fn needs(tallies: &[Tally]) -> Vec<Series> {
    let series = BOUNDS
        .iter()
        .map(|bound| line(bound.name, tallies, bound.need));
    series.collect()
}

fn message(tallies: &[Tally]) -> Vec<Series> {
    let each = |count: u64, tally: &Tally| count as f64 / tally.messages.max(1) as f64;
    vec![
        line("frames written to sockets", tallies, |tally| {
            each(tally.told.written, tally)
        }),
        line("nodes that the bus hands it on to", tallies, |tally| {
            each(tally.told.handed_on, tally)
        }),
        line("markers that it makes move", tallies, |tally| {
            each(tally.marks, tally)
        }),
        line("frames of these", tallies, |tally| {
            each(tally.marked.written, tally)
        }),
    ]
}

fn line(name: &'static str, tallies: &[Tally], of: impl Fn(&Tally) -> f64) -> Series {
    let points = tallies
        .iter()
        .map(|tally| (tally.connections as f64, of(tally)));
    Series {
        name,
        points: points.collect(),
    }
}
