//! Lines over the number of connections, both axes by powers of ten.

use std::fmt::Write as _;

use super::tables::short;

const LEFT: f64 = 70.0;
const TOP: f64 = 40.0;
const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 300.0;
const LEGEND: f64 = 20.0;
const COLOURS: [&str; 6] = [
    "#2f7ed8", "#d9412f", "#3c9d4e", "#d9a441", "#7b4fb5", "#222",
];

/// A line.
#[derive(Debug)]
pub(super) struct Series {
    /// What it is.
    pub(super) name: &'static str,
    /// Where it goes; what is not above 0 is left out.
    pub(super) points: Vec<(f64, f64)>,
}

/// The plot as SVG.
pub(super) fn draw(title: &str, series: &[Series]) -> String {
    let height = TOP + HEIGHT + 45.0 + LEGEND * series.len() as f64;
    let width = LEFT + WIDTH + 30.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text x=\"10\" y=\"22\" font-weight=\"bold\">{title}</text>\n"
    );
    let all = || series.iter().flat_map(|one| visible(&one.points));
    let axes = Axes {
        across: Axis::over(all().map(|(x, _)| x)),
        up: Axis::over(all().map(|(_, y)| y)),
    };
    // Writing to a string does not fail.
    let _ = axes.draw(&mut svg);
    for (place, one) in series.iter().enumerate() {
        let _ = axes.line(&mut svg, one, place);
    }
    svg + "</svg>\n"
}

fn visible(points: &[(f64, f64)]) -> impl Iterator<Item = (f64, f64)> {
    points.iter().copied().filter(|(_, y)| *y > 0.0)
}

/// Powers of ten, from the first to the last.
#[derive(Debug)]
struct Axis {
    first: f64,
    last: f64,
}

impl Axis {
    fn over(values: impl Iterator<Item = f64>) -> Self {
        let (least, most) = values.fold((f64::MAX, f64::MIN_POSITIVE), |(least, most), value| {
            (least.min(value), most.max(value))
        });
        let first = least.log10().floor();
        let last = most.log10().ceil().max(first + 1.0);
        Self { first, last }
    }

    /// How far along a value is, from 0 to 1.
    fn share(&self, value: f64) -> f64 {
        (value.log10() - self.first) / (self.last - self.first)
    }

    fn ticks(&self) -> impl Iterator<Item = f64> + use<> {
        (self.first as i32..=self.last as i32).map(|power| 10_f64.powi(power))
    }
}

#[derive(Debug)]
struct Axes {
    across: Axis,
    up: Axis,
}

impl Axes {
    fn x(&self, value: f64) -> f64 {
        LEFT + WIDTH * self.across.share(value)
    }

    fn y(&self, value: f64) -> f64 {
        TOP + HEIGHT * (1.0 - self.up.share(value))
    }

    fn draw(&self, svg: &mut String) -> std::fmt::Result {
        let (right, bottom) = (LEFT + WIDTH, TOP + HEIGHT);
        for tick in self.up.ticks() {
            let (y, label) = (self.y(tick), label(tick));
            writeln!(svg, "<path d=\"M{LEFT} {y:.1}H{right}\" stroke=\"#ddd\"/>")?;
            writeln!(
                svg,
                "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
                LEFT - 8.0,
                y + 4.0
            )?;
        }
        for tick in self.across.ticks() {
            let (x, label) = (self.x(tick), label(tick));
            writeln!(svg, "<path d=\"M{x:.1} {TOP}V{bottom}\" stroke=\"#eee\"/>")?;
            writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{label}</text>",
                bottom + 18.0
            )?;
        }
        Ok(())
    }

    fn line(&self, svg: &mut String, series: &Series, place: usize) -> std::fmt::Result {
        let colour = COLOURS[place % COLOURS.len()];
        let mut path = String::new();
        for (x, y) in visible(&series.points) {
            let step = if path.is_empty() { 'M' } else { 'L' };
            write!(path, "{step}{:.1} {:.1}", self.x(x), self.y(y))?;
        }
        writeln!(
            svg,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>"
        )?;
        let y = TOP + HEIGHT + 45.0 + LEGEND * place as f64;
        writeln!(
            svg,
            "<path d=\"M{LEFT} {y}h24\" stroke=\"{colour}\" stroke-width=\"3\"/>"
        )?;
        writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\">{}</text>",
            LEFT + 32.0,
            y + 4.0,
            series.name
        )
    }
}

fn label(tick: f64) -> String {
    match tick {
        small if small < 0.01 => format!("{small:e}"),
        _ => short(tick),
    }
}
