//! The counts as tables in Markdown.

use super::breaks::{self, BOUNDS};
use super::measured::{CONNECTION_KIB, SUBSCRIPTION_BYTES, TOPIC_BYTES};
use super::tally::Tally;

/// All tables.
pub(super) fn write(tallies: &[Tally]) -> String {
    let tables = [
        ("What a second brings", second(tallies)),
        ("What a node has", node(tallies)),
        ("What goes on without a message", standing(tallies)),
        ("What ends first", ends(tallies)),
    ];
    let tables = tables.map(|(title, table)| format!("### {title}\n\n{table}"));
    tables.join("\n")
}

fn second(tallies: &[Tally]) -> String {
    let heads = [
        "connections",
        "nodes",
        "messages",
        "sockets a message",
        "nodes a message",
        "publications",
        "handed on",
        "markers",
        "publications of these",
        "handed on of these",
        "sockets of these",
    ];
    table(&heads, tallies, |one| {
        let each = |count: u64| count as f64 / one.messages.max(1) as f64;
        let rate = |count| short(Tally::a_second(count));
        vec![
            short(one.connections as f64),
            short(one.nodes as f64),
            rate(one.messages),
            short(each(one.told.written)),
            short(each(one.told.encoded)),
            rate(one.told.publications),
            rate(one.told.handed_on),
            rate(one.marks),
            rate(one.marked.publications),
            rate(one.marked.handed_on),
            rate(one.marked.written),
        ]
    })
}

fn node(tallies: &[Tally]) -> String {
    let heads = [
        "connections",
        "connections of a node",
        "conversations it hears of",
        "subscriptions of connections",
        "users it hears of",
        "MiB",
        "frames written a second",
        "cores for these",
        "the busiest node",
    ];
    table(&heads, tallies, |one| {
        let of_node = |count: u64| count as f64 / one.nodes as f64;
        let subscriptions = of_node(one.subscriptions + one.watched);
        let topics = of_node(one.topics + one.watched);
        let bytes = topics * TOPIC_BYTES + subscriptions * SUBSCRIPTION_BYTES;
        let kib = of_node(one.connections) * CONNECTION_KIB + bytes / 1024.0;
        let written = Tally::a_second(one.told.written + one.marked.written);
        vec![
            short(one.connections as f64),
            short(of_node(one.connections)),
            short(of_node(one.topics)),
            short(subscriptions),
            short(of_node(one.connections + one.watched)),
            short(kib / 1024.0),
            short(written / one.nodes as f64),
            short(breaks::cores(one) / one.nodes as f64),
            format!("{:.2} times the mean", one.unevenness()),
        ]
    })
}

fn standing(tallies: &[Tally]) -> String {
    let heads = [
        "connections",
        "leases renewed a second",
        "leases asked for a second",
        "heads read a second",
        "beats handed on a second",
    ];
    table(&heads, tallies, |one| {
        let rates = [one.renewals(), one.questions(), one.heads(), one.beats()];
        let mut cells = vec![short(one.connections as f64)];
        cells.extend(rates.map(short));
        cells
    })
}

/// How much of each bound is needed at some sizes, in the order in which they are met.
fn ends(tallies: &[Tally]) -> String {
    let mut rows: Vec<(f64, String)> = BOUNDS
        .iter()
        .map(|bound| {
            let at = breaks::met_at(bound, tallies);
            let needs = [1_000_000, 100_000_000].map(|connections| {
                let one = tallies.iter().find(|one| one.connections == connections);
                one.map_or_else(none, |one| short((bound.need)(one)))
            });
            let cells = [
                bound.name.to_owned(),
                at.map_or_else(none, short),
                needs[0].clone(),
                needs[1].clone(),
                bound.then.to_owned(),
            ];
            (at.unwrap_or(f64::INFINITY), line(&cells))
        })
        .collect();
    rows.sort_by(|one, other| one.0.total_cmp(&other.0));
    let heads = [
        "bound",
        "met at connections",
        "needed at 1 million",
        "at 100 million",
        "what takes over",
    ];
    let rows = rows.into_iter().map(|(_, row)| row);
    head(&heads) + &rows.collect::<String>()
}

fn table(heads: &[&str], tallies: &[Tally], cells: impl Fn(&Tally) -> Vec<String>) -> String {
    let rows = tallies.iter().map(|tally| line(&cells(tally)));
    head(heads) + &rows.collect::<String>()
}

fn head(heads: &[&str]) -> String {
    line(heads) + &line(&vec!["---"; heads.len()])
}

fn line(cells: &[impl AsRef<str>]) -> String {
    let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
    format!("| {} |\n", cells.join(" | "))
}

fn none() -> String {
    "–".to_owned()
}

/// Three digits that count, and a word for thousands and more.
pub(super) fn short(number: f64) -> String {
    let (number, unit) = match number.abs() {
        size if size >= 999.5e6 => (number / 1e9, " G"),
        size if size >= 999.5e3 => (number / 1e6, " M"),
        size if size >= 999.5 => (number / 1e3, " k"),
        _ => (number, ""),
    };
    let digits = match number.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{number:.digits$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    format!("{text}{unit}")
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn a_number_has_three_digits_and_a_unit() {
        for (number, expected) in [
            (0.0, "0"),
            (0.333_3, "0.33"),
            (7.0, "7"),
            (99.97, "100"),
            (999.9, "1 k"),
            (12_345.0, "12.3 k"),
            (1_000_000.0, "1 M"),
            (2_500_000_000.0, "2.5 G"),
        ] {
            assert_eq!(short(number), expected, "{number}");
        }
    }
}
