//! `cargo xtask instructions`: how many instructions a message costs on each path, against what is kept.
//!
//! Time depends on what else the machine does, the number of instructions does not. callgrind counts those of a path
//! that is gone along so many times and twice as often; the difference is what going along it costs, without what it
//! takes to begin. The counts hold for one compiler, and for one kind of processor, for which libraries choose code.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::command::Cmd;
use crate::error::Error;
use crate::faults;
use crate::step::Step;
use crate::tools::valgrind;
use crate::workspace::Workspace;

/// How many percent a count may be above what is kept.
const TOLERANCE: u64 = 10;

/// Brings what counts.
pub(crate) const BRING: Step = Step::new("valgrind", bring);

/// Counts, and compares with what is kept.
pub(crate) const CHECK: Step = Step::new("instructions of each path", check);

/// Counts, and keeps that.
pub(crate) const KEEP: Step = Step::new("keep the instructions of each path", keep);

/// Instructions by path.
type Counts = BTreeMap<String, u64>;

fn bring(_: &Workspace) -> Result<(), Error> {
    println!("using {}", valgrind::find_or_install()?.display());
    Ok(())
}

fn check(workspace: &Workspace) -> Result<(), Error> {
    let path = file(workspace);
    let text = fs::read_to_string(&path).map_err(Error::file(&path))?;
    let kept = parse(&text);
    let counted = count(workspace)?;
    let verdicts = compare(&kept, &counted);
    for Verdict { line, .. } in &verdicts {
        println!("{line}");
    }
    let of = made_with()?;
    if !text.contains(&of) {
        println!("what is kept was not counted with {of}");
    }
    match verdicts.iter().filter(|verdict| verdict.fails).count() {
        0 => Ok(()),
        failed => Err(Error::Violations(failed)),
    }
}

fn keep(workspace: &Workspace) -> Result<(), Error> {
    let path = file(workspace);
    let text = write(&made_with()?, &count(workspace)?);
    print!("{text}");
    fs::write(&path, text).map_err(Error::file(&path))
}

fn file(workspace: &Workspace) -> PathBuf {
    workspace.root.join("bench/micro/instructions.txt")
}

/// The compiler, in its own words.
fn made_with() -> Result<String, Error> {
    let version = Cmd::new("rustc").arg("--version").capture()?;
    Ok(version.trim().to_owned())
}

/// Counts every path, in the build that the faults are tried with.
fn count(workspace: &Workspace) -> Result<Counts, Error> {
    let program = faults::build_one(workspace, "bench-micro")?;
    let paths = Cmd::new(&program).capture()?;
    let mut counts = Counts::new();
    for (name, times) in pairs(&paths) {
        let once = instructions(&program, name, times)?;
        let twice = instructions(&program, name, 2 * times)?;
        counts.insert(name.to_owned(), twice.saturating_sub(once) / times);
    }
    Ok(counts)
}

/// All instructions of the program while it goes along a path that many times.
fn instructions(program: &Path, name: &str, times: u64) -> Result<u64, Error> {
    let report = Cmd::new(valgrind::find_or_install()?)
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg("--log-fd=1")
        .arg(program)
        .arg(name)
        .arg(times.to_string())
        .capture()?;
    collected(&report).ok_or_else(|| Error::Missing {
        what: format!("the number of instructions of `{name}`"),
        remedy: "see whether this callgrind prints `Collected :`".to_owned(),
    })
}

/// The number in callgrind's report.
fn collected(report: &str) -> Option<u64> {
    let (_, number) = report
        .lines()
        .find_map(|line| line.split_once("Collected :"))?;
    number.trim().parse().ok()
}

/// A path, told.
#[derive(Debug, PartialEq, Eq)]
struct Verdict {
    line: String,
    fails: bool,
}

/// One verdict for each path that was counted or is kept.
fn compare(kept: &Counts, counted: &Counts) -> Vec<Verdict> {
    let gone = kept.keys().filter(|name| !counted.contains_key(*name));
    let names = counted.keys().chain(gone);
    names
        .map(|name| judge(name, kept.get(name).copied(), counted.get(name).copied()))
        .collect()
}

fn judge(name: &str, kept: Option<u64>, counted: Option<u64>) -> Verdict {
    let (fails, words) = match (kept, counted) {
        (Some(kept), Some(counted)) if counted * 100 > kept * (100 + TOLERANCE) => {
            (true, format!("more than {TOLERANCE} percent above"))
        }
        (Some(kept), Some(counted)) if counted * (100 + TOLERANCE) < kept * 100 => (
            false,
            "far below: keep that, by `cargo xtask instructions --keep`".to_owned(),
        ),
        (Some(_), Some(_)) => (false, "as kept".to_owned()),
        (None, _) => (
            true,
            "not kept: `cargo xtask instructions --keep`".to_owned(),
        ),
        (_, None) => (true, "kept, and no such path".to_owned()),
    };
    let number =
        |count: Option<u64>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
    let (kept, counted) = (number(kept), number(counted));
    Verdict {
        line: format!("{name:<12} {counted:>10} instructions, kept {kept:>10}: {words}"),
        fails,
    }
}

fn write(made_with: &str, counts: &Counts) -> String {
    let head = format!(
        "# Instructions for going once along each path of bench-micro, as callgrind counts them.\n\
         # Written by `cargo xtask instructions --keep`; more than {TOLERANCE} percent above is a failure.\n\
         # Counted with {made_with}, profile `faults`, on {}.\n",
        std::env::consts::ARCH
    );
    let lines = counts
        .iter()
        .map(|(name, count)| format!("{name} {count}\n"));
    head + &lines.collect::<String>()
}

fn parse(text: &str) -> Counts {
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let lines = lines.join("\n");
    pairs(&lines)
        .map(|(name, count)| (name.to_owned(), count))
        .collect()
}

/// Lines of a name and a number.
fn pairs(text: &str) -> impl Iterator<Item = (&str, u64)> {
    text.lines().filter_map(|line| {
        let (name, number) = line.split_once(' ')?;
        Some((name, number.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::{Counts, collected, compare, parse, write};

    fn counts(pairs: &[(&str, u64)]) -> Counts {
        pairs
            .iter()
            .map(|&(name, count)| (name.to_owned(), count))
            .collect()
    }

    fn failures(kept: &[(&str, u64)], counted: &[(&str, u64)]) -> Vec<bool> {
        let verdicts = compare(&counts(kept), &counts(counted));
        verdicts.into_iter().map(|verdict| verdict.fails).collect()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let counted = counts(&[("encode", 4_321), ("parse", 1_234)]);

        assert_eq!(parse(&write("rustc 1.95.0", &counted)), counted);
    }

    #[test]
    fn a_count_fails_from_more_than_ten_percent_above() {
        for (counted, fails) in [(1_100, false), (1_101, true), (1_000, false), (1, false)] {
            let verdict = failures(&[("parse", 1_000)], &[("parse", counted)]);
            assert_eq!(verdict, [fails], "{counted}");
        }
    }

    #[test]
    fn a_count_far_below_is_to_be_kept() {
        let verdicts = compare(&counts(&[("parse", 1_000)]), &counts(&[("parse", 900)]));

        assert!(verdicts[0].line.contains("--keep"), "{verdicts:?}");
    }

    #[test]
    fn a_path_that_is_not_kept_or_not_there_fails() {
        assert_eq!(failures(&[], &[("parse", 1)]), [true]);
        assert_eq!(failures(&[("parse", 1)], &[]), [true]);
    }

    #[test]
    fn the_number_is_found_in_callgrinds_report() {
        let report = "==7== Events    : Ir\n==7== Collected : 123456\n==7== \n";

        assert_eq!(collected(report), Some(123_456));
        assert_eq!(collected("==7== Events    : Ir\n"), None);
    }
}
