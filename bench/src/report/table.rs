//! A scenario as a table in Markdown.

use super::columns::{Column, Columns};
use super::summary::Row;

/// The table: of each figure the median, and least and most where there are several rounds.
pub(super) fn write(columns: &Columns, rows: &[Row]) -> String {
    let mut heads = vec!["server".to_owned()];
    heads.extend(columns.columns.iter().map(|column| column.head.to_owned()));
    let compared = rows.iter().any(|row| ratio(columns, row).is_some());
    if compared {
        heads.insert(2, "times the floor's".to_owned());
    }
    if columns.checked {
        heads.push("lost, doubled, reordered".to_owned());
    }
    let mut text = line(&heads);
    text += &line(&vec!["---".to_owned(); heads.len()]);
    for row in rows {
        text += &line(&cells(columns, row, compared));
    }
    text
}

/// The figure that is compared with the floor's.
fn ratio(columns: &Columns, row: &Row) -> Option<f64> {
    row.ratios.get(columns.key().figure).copied()
}

fn cells(columns: &Columns, row: &Row, compared: bool) -> Vec<String> {
    let mut cells = vec![row.server.clone()];
    if row.figures.is_empty() {
        cells.push(
            row.failed
                .clone()
                .unwrap_or_else(|| "held no rate".to_owned()),
        );
        return cells;
    }
    cells.extend(columns.columns.iter().map(|column| cell(*column, row)));
    if compared {
        let ratio = ratio(columns, row).map(|ratio| format!("{ratio:.2}"));
        cells.insert(2, ratio.unwrap_or_else(none));
    }
    if columns.checked {
        let found = &row.checked;
        let mut text = format!("{}, {}, {}", found.lost, found.doubled, found.reordered);
        if row.troubles > 0 {
            text += &format!("; {} cut off or refused", row.troubles);
        }
        cells.push(text);
    }
    cells
}

fn cell(column: Column, row: &Row) -> String {
    let digits = column.digits;
    let Some(spread) = row.figures.get(column.figure) else {
        return none();
    };
    let number = |value: f64| grouped(&format!("{value:.digits$}"));
    let (least, most) = (number(spread.least), number(spread.most));
    match least == most {
        true => least,
        false => format!("{} ({least}–{most})", number(spread.median)),
    }
}

fn none() -> String {
    "–".to_owned()
}

/// The number with a comma between each three digits before the point.
pub(super) fn grouped(number: &str) -> String {
    let (whole, rest) = number
        .split_once('.')
        .map_or((number, None), |(whole, rest)| (whole, Some(rest)));
    let mut text = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    match rest {
        Some(rest) => format!("{text}.{rest}"),
        None => text,
    }
}

/// A row of a table.
pub(super) fn line(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn digits_are_in_groups_of_three() {
        for (number, expected) in [
            ("7", "7"),
            ("100", "100"),
            ("1000.25", "1,000.25"),
            ("5812345", "5,812,345"),
        ] {
            assert_eq!(grouped(number), expected);
        }
    }
}
