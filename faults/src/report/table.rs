//! Tables for people, in Markdown.

use std::fmt::Write as _;

use super::Row;
use crate::check::Anomaly;

/// The promises that scenarios try, in short.
pub const PROMISES: &[(&str, &str)] = &[
    ("P1", "acknowledged is durable"),
    ("P2", "every member gets every message"),
    ("P3", "one order for all"),
    ("P4", "nothing invented"),
    ("P5", "a repeated send is stored once"),
    ("P6", "no duplicate is seen"),
    ("P7", "removed members get nothing more"),
    ("P8", "resume leaves no hole"),
    ("P9", "bounded memory, slow consumers"),
    ("P10", "one client disturbs no other"),
    ("P11", "graceful drain"),
    ("P12", "node crash"),
    ("P13", "bus loss"),
    ("P14", "store outage"),
    ("P15", "clock jumps"),
    ("P16", "revocation reaches sockets"),
    ("P17", "reconnect storm"),
    ("P18", "read markers"),
];

/// A table of the promises, one of the runs, and the anomalies in words.
#[must_use]
pub fn markdown(rows: &[Row]) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = promises(&mut text, rows).and_then(|()| runs(&mut text, rows));
    for row in rows.iter().filter(|row| !row.is_clean()) {
        let _ = writeln!(text, "\n`{}`, seed {}:", row.scenario, row.seed);
        for example in &row.findings.examples {
            let _ = writeln!(text, "- {example}");
        }
    }
    text
}

fn promises(text: &mut String, rows: &[Row]) -> std::fmt::Result {
    writeln!(
        text,
        "| promise | runs | acknowledged | anomalies | scenarios |"
    )?;
    writeln!(text, "|---|---|---|---|---|")?;
    for (id, short) in PROMISES {
        let tried: Vec<&Row> = rows
            .iter()
            .filter(|row| row.promises.iter().any(|promise| promise == id))
            .collect();
        let acked: usize = tried.iter().map(|row| row.acked).sum();
        let found: usize = tried.iter().map(|row| row.findings.total()).sum();
        let mut names: Vec<&str> = tried.iter().map(|row| row.scenario.as_str()).collect();
        names.dedup();
        let (runs, names) = (tried.len(), names.join(", "));
        writeln!(
            text,
            "| {id} {short} | {runs} | {acked} | {found} | {names} |"
        )?;
    }
    Ok(())
}

fn runs(text: &mut String, rows: &[Row]) -> std::fmt::Result {
    writeln!(
        text,
        "\n| scenario | s | faults | acked | refused | unknown (stored) | anomalies | p50 / p99 / max ms | p99 without faults ms | resumes, p99 ms | without service / recovery ms | peak MiB | closes | measured |"
    )?;
    writeln!(
        text,
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
    )?;
    for row in rows {
        let ms = |us: u64| us as f64 / 1e3;
        writeln!(
            text,
            "| {}{} | {:.1} | {} | {} | {} | {} ({}) | {} | {:.1} / {:.1} / {:.0} | {:.1} | {}, {:.0} | {} / {} | {} | {} | {} |",
            row.scenario,
            row.defect
                .as_ref()
                .map_or(String::new(), |defect| format!(" ({defect})")),
            row.duration_ms as f64 / 1e3,
            row.faults,
            row.acked,
            row.nacked,
            row.indeterminate,
            row.appeared,
            anomalies(row),
            ms(row.latency.p50_us),
            ms(row.latency.p99_us),
            ms(row.latency.max_us),
            ms(row.calm.p99_us),
            row.reconnect.count,
            ms(row.reconnect.p99_us),
            row.unavailable_ms,
            row.recovery_ms,
            row.peak_kib / 1024,
            list(row.closes.iter()),
            list(
                row.figures
                    .iter()
                    .map(|(name, value)| (name, (value * 10.0).round() / 10.0))
            ),
        )?;
    }
    Ok(())
}

fn anomalies(row: &Row) -> String {
    let found = Anomaly::ALL
        .iter()
        .filter(|anomaly| row.findings.count(**anomaly) > 0);
    let found = found.map(|anomaly| format!("{anomaly}: {}", row.findings.count(*anomaly)));
    let found: Vec<String> = found.collect();
    match found.is_empty() {
        true => "0".to_owned(),
        false => found.join(", "),
    }
}

fn list<N: std::fmt::Display, V: std::fmt::Display>(pairs: impl Iterator<Item = (N, V)>) -> String {
    let pairs: Vec<String> = pairs
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    pairs.join(", ")
}

#[cfg(test)]
mod tests {
    use super::{Row, markdown};
    use crate::check::Anomaly;

    #[test]
    fn a_promise_counts_the_runs_that_try_it_and_what_they_found() {
        let clean = Row {
            scenario: "node-kill".to_owned(),
            promises: vec!["P1".to_owned(), "P12".to_owned()],
            acked: 20_000,
            ..Row::default()
        };
        let mut red = clean.clone();
        red.findings.add(Anomaly::Lost, || "1-2".to_owned());

        let text = markdown(&[clean, red]);

        assert!(text.contains("| P1 acknowledged is durable | 2 | 40000 | 1 | node-kill |"));
        assert!(text.contains("| P2 every member gets every message | 0 | 0 | 0 |  |"));
        assert!(text.contains("- lost: 1-2"), "{text}");
    }
}
