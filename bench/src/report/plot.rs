//! A scenario as bars: the figure that is compared, of each server its median, and a line from least to most.

use std::fmt::Write as _;

use super::columns::Columns;
use super::summary::{FLOOR, Row, Spread};
use super::table::grouped;

const BAR: f64 = 22.0;
const STEP: f64 = 32.0;
const TOP: f64 = 46.0;
const LEFT: f64 = 150.0;
const WIDTH: f64 = 420.0;

/// The plot as SVG.
pub(super) fn draw(columns: &Columns, rows: &[Row]) -> String {
    let key = columns.key();
    let bars: Vec<(&Row, &Spread)> = rows
        .iter()
        .filter_map(|row| Some((row, row.figures.get(key.figure)?)))
        .collect();
    let most = bars
        .iter()
        .map(|(_, spread)| spread.most)
        .fold(f64::MIN_POSITIVE, f64::max);
    let (width, height) = (LEFT + WIDTH + 110.0, TOP + STEP * bars.len() as f64 + 10.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text x=\"10\" y=\"20\" font-weight=\"bold\">{}</text>\n<text x=\"10\" y=\"37\" fill=\"#555\">{}</text>\n",
        escaped(columns.title),
        escaped(key.head)
    );
    for (place, (row, spread)) in bars.iter().enumerate() {
        let y = TOP + STEP * place as f64;
        let label = grouped(&format!("{:.*}", key.digits, spread.median));
        // Writing to a string does not fail.
        let _ = bar(&mut svg, &row.server, y, spread, most, &label);
    }
    svg + "</svg>\n"
}

fn bar(
    svg: &mut String,
    server: &str,
    y: f64,
    spread: &Spread,
    most: f64,
    label: &str,
) -> std::fmt::Result {
    let at = |value: f64| WIDTH * value / most;
    let colour = match server {
        FLOOR => "#9aa5b1",
        ours if ours.starts_with("chat-") => "#2f7ed8",
        _ => "#d9a441",
    };
    let (text, middle) = (y + BAR * 0.7, y + BAR / 2.0);
    let (least, end) = (LEFT + at(spread.least), LEFT + at(spread.most));
    writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{text:.1}\" text-anchor=\"end\">{}</text>",
        LEFT - 8.0,
        escaped(server)
    )?;
    writeln!(
        svg,
        "<rect x=\"{LEFT}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{BAR}\" fill=\"{colour}\"/>",
        at(spread.median)
    )?;
    writeln!(
        svg,
        "<path d=\"M{least:.1} {middle:.1}H{end:.1}\" stroke=\"#222\"/>"
    )?;
    writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{text:.1}\">{label}</text>",
        end + 8.0
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
