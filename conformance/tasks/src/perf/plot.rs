//! The plot: a panel for each method, with a bar for each language.

use std::fmt::Write as _;

use super::figures::{short, span};
use super::report::{Cell, Footprint, Report, Row};

const WIDTH: f64 = 1200.0;
const MARGIN: f64 = 40.0;
const GAP: f64 = 36.0;
const PANEL: f64 = (WIDTH - 2.0 * MARGIN - GAP) / 2.0;
/// Where bars begin in a panel, and how long the longest is.
const BAR: f64 = 92.0;
const LONGEST: f64 = PANEL - BAR - 168.0;
const LINE: f64 = 23.0;
const HEAD: f64 = 52.0;
const TOP: f64 = 150.0;

pub(super) const INK: &str = "#1f2430";
pub(super) const FAINT: &str = "#6b7280";
pub(super) const RULE: &str = "#e5e7eb";

/// Draws a report.
pub(crate) fn svg(report: &Report) -> String {
    let mut body = String::new();
    let mut heights = [TOP, TOP];
    for row in &report.benchmarks {
        let column = usize::from(heights[1] < heights[0]);
        let x = MARGIN + column as f64 * (PANEL + GAP);
        panel(&mut body, report, row, x, heights[column]);
        heights[column] += HEAD + row.cells.len() as f64 * LINE + 26.0;
    }
    let mut height = heights[0].max(heights[1]);
    if !report.footprints.is_empty() {
        footprints(&mut body, &report.footprints, height);
        height += 60.0 + 22.0 * report.footprints.len() as f64;
    }
    let height = height + 20.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" width=\"{WIDTH}\" height=\"{height:.0}\" \
         font-family=\"Inter, 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{}{body}</svg>\n",
        header(report)
    )
}

fn header(report: &Report) -> String {
    let mut out = String::new();
    let machine = &report.machine;
    text(&mut out, MARGIN, 52.0, 28.0, INK, "700", "start", "What a call costs");
    let line = format!(
        "Median time of one event or call, in interleaved rounds; shorter is better. {}, {} cores, load {}.",
        machine.processor,
        machine.cores,
        short(machine.load)
    );
    text(&mut out, MARGIN, 78.0, 14.0, FAINT, "400", "start", &line);
    let y = 104.0;
    let keys: [(f64, String, &str); 5] = [
        (
            0.0,
            rect(MARGIN, y, 26.0, 11.0, "#6ea0d8", 1.0) + &rect(MARGIN, y, 11.0, 11.0, INK, 0.35),
            "dark: an empty call",
        ),
        (200.0, vertical(MARGIN + 213.0, y - 3.0, y + 14.0, "#b7410e", "4 3"), "the same in Rust"),
        (380.0, horizontal(MARGIN + 383.0, MARGIN + 403.0, y + 5.5, INK), "half of the rounds"),
        (570.0, goal(MARGIN + 583.0, y - 2.0, 15.0, true), "the most it may take, reached"),
        (820.0, goal(MARGIN + 833.0, y - 2.0, 15.0, false), "and missed"),
    ];
    for (x, drawn, label) in keys {
        out.push_str(&drawn);
        text(&mut out, MARGIN + x + 34.0, y + 10.0, 13.0, INK, "400", "start", label);
    }
    out
}

fn panel(out: &mut String, report: &Report, row: &Row, x: f64, y: f64) {
    let most = row.cells.iter().map(|cell| cell.method.nanos.max(floor(cell))).fold(1e-9, f64::max);
    let scale = LONGEST / most;
    let _ = writeln!(
        out,
        "<line x1=\"{x:.1}\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"{y:.1}\" stroke=\"{RULE}\"/>",
        x + PANEL
    );
    text(out, x, y + 22.0, 16.0, INK, "700", "start", row.name());
    text(out, x + PANEL, y + 22.0, 12.0, FAINT, "400", "end", &format!("of {}", row.unit()));
    text(out, x, y + 39.0, 12.0, FAINT, "400", "start", &format!("checks {}", row.checks));
    for (index, cell) in row.cells.iter().enumerate() {
        let y = y + HEAD + index as f64 * LINE;
        bar(out, cell, x, y, scale);
        let name = format!("{} {}", cell.party, row.name());
        if let Some(target) = report.targets.iter().find(|target| target.what == name) {
            // One that lies outside the panel says by its place that there is room to spare.
            let at = x + BAR + (target.limit * scale).min(LONGEST + 14.0);
            out.push_str(&goal(at, y - 2.0, LINE - 3.0, target.reached));
        }
    }
    if let Some(rust) = row.cell("rust") {
        let at = x + BAR + rust.method.nanos * scale;
        let end = y + HEAD + row.cells.len() as f64 * LINE - 4.0;
        out.push_str(&vertical(at, y + HEAD - 4.0, end, "#b7410e", "4 3"));
    }
}

fn bar(out: &mut String, cell: &Cell, x: f64, y: f64, scale: f64) {
    let (figure, colour) = (cell.method, colour(&cell.party));
    let (start, height) = (x + BAR, LINE - 7.0);
    text(out, start - 8.0, y + 12.5, 13.0, INK, "400", "end", &cell.party);
    let length = (figure.nanos * scale).max(1.0);
    out.push_str(&rect(start, y, length, height, colour, 1.0));
    if cell.floor.is_some() {
        out.push_str(&rect(start, y, (floor(cell) * scale).min(LONGEST), height, INK, 0.35));
    }
    let within = |nanos: f64| start + (nanos * scale).min(LONGEST + 10.0);
    out.push_str(&horizontal(within(figure.low), within(figure.high), y + height / 2.0, INK));
    text(out, x + PANEL - 80.0, y + 12.5, 13.0, INK, "600", "end", &span(figure.nanos));
    text(out, x + PANEL, y + 12.5, 13.0, FAINT, "400", "end", &rate(figure.nanos));
}

fn footprints(out: &mut String, all: &[Footprint], y: f64) {
    let _ = writeln!(
        out,
        "<line x1=\"{MARGIN}\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"{y:.1}\" stroke=\"{RULE}\"/>",
        WIDTH - MARGIN
    );
    text(out, MARGIN, y + 24.0, 16.0, INK, "700", "start", "What it costs to be there");
    for (index, one) in all.iter().enumerate() {
        let y = y + 50.0 + 22.0 * index as f64;
        out.push_str(&rect(MARGIN, y - 10.0, 11.0, 11.0, colour(&one.language), 1.0));
        text(out, MARGIN + 20.0, y, 13.0, INK, "600", "start", &one.language);
        let line = format!(
            "imported in {:.1} ms; an idle node takes {:.1} MiB and {:.0} µs of processor time a second",
            one.import, one.memory, one.idle
        );
        text(out, MARGIN + 110.0, y, 13.0, INK, "400", "start", &line);
    }
}

/// How many there are in a second.
fn rate(nanos: f64) -> String {
    match 1e9 / nanos {
        rate if rate >= 1e6 => format!("{} M/s", short(rate / 1e6)),
        rate => format!("{} k/s", short(rate / 1e3)),
    }
}

fn floor(cell: &Cell) -> f64 {
    cell.floor.map_or(0.0, |floor| floor.nanos)
}

fn colour(party: &str) -> &'static str {
    match party {
        "rust" => "#dd8a63",
        "typescript" => "#6ea0d8",
        "python" => "#efc75e",
        "go" => "#5cc5dd",
        "c" => "#a3a9b8",
        _ => "#d8d2e6",
    }
}

pub(super) fn rect(x: f64, y: f64, width: f64, height: f64, colour: &str, opacity: f64) -> String {
    format!(
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"2\" fill=\"{colour}\" opacity=\"{opacity}\"/>\n"
    )
}

fn vertical(x: f64, from: f64, to: f64, colour: &str, dashes: &str) -> String {
    format!(
        "<line x1=\"{x:.1}\" y1=\"{from:.1}\" x2=\"{x:.1}\" y2=\"{to:.1}\" stroke=\"{colour}\" stroke-width=\"1.5\" stroke-dasharray=\"{dashes}\"/>\n"
    )
}

pub(super) fn horizontal(from: f64, to: f64, y: f64, colour: &str) -> String {
    format!(
        "<line x1=\"{from:.1}\" y1=\"{y:.1}\" x2=\"{to:.1}\" y2=\"{y:.1}\" stroke=\"{colour}\" stroke-width=\"1.5\" opacity=\"0.75\"/>\n"
    )
}

/// The mark of a target.
fn goal(x: f64, y: f64, height: f64, reached: bool) -> String {
    let colour = if reached { "#15803d" } else { "#dc2626" };
    format!(
        "<rect x=\"{:.1}\" y=\"{y:.1}\" width=\"3\" height=\"{height:.1}\" rx=\"1.5\" fill=\"{colour}\"/>\n",
        x - 1.5
    )
}

#[allow(clippy::too_many_arguments)]
pub(super) fn text(
    out: &mut String,
    x: f64,
    y: f64,
    size: f64,
    colour: &str,
    weight: &str,
    anchor: &str,
    words: &str,
) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" fill=\"{colour}\" font-weight=\"{weight}\" text-anchor=\"{anchor}\">{words}</text>"
    );
}
