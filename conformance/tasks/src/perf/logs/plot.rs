//! The plot: a panel for each work, with a bar for each system.

use std::fmt::Write as _;

use super::report::{Report, Row};
use crate::perf::figures::{short, span};
use crate::perf::plot::{FAINT, INK, RULE, horizontal, rect, text};

const WIDTH: f64 = 1000.0;
const MARGIN: f64 = 40.0;
/// Where bars begin, and how long the longest is.
const BAR: f64 = MARGIN + 90.0;
const LONGEST: f64 = WIDTH - MARGIN - 210.0 - BAR;
const LINE: f64 = 23.0;
const HEAD: f64 = 46.0;
const TOP: f64 = 110.0;

/// Draws a report.
pub(super) fn svg(report: &Report) -> String {
    let mut body = String::new();
    let mut y = TOP;
    let mut rest = &report.rows[..];
    while let Some(first) = rest.first() {
        let count = rest.iter().take_while(|row| row.work == first.work).count();
        let (panel, others) = rest.split_at(count);
        draw(&mut body, panel, y);
        y += HEAD + count as f64 * LINE + 22.0;
        rest = others;
    }
    let mut head = String::new();
    text(&mut head, MARGIN, 52.0, 28.0, INK, "700", "start", "What a log costs");
    let machine = &report.machine;
    let line = format!(
        "Median time of one record, in interleaved rounds, and their spread; shorter is better. {}, {} cores, load {}.",
        machine.processor,
        machine.cores,
        short(machine.load)
    );
    text(&mut head, MARGIN, 78.0, 14.0, FAINT, "400", "start", &line);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {y:.0}\" width=\"{WIDTH}\" height=\"{y:.0}\" \
         font-family=\"Inter, 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{head}{body}</svg>\n"
    )
}

fn draw(out: &mut String, rows: &[Row], y: f64) {
    let end = WIDTH - MARGIN;
    let _ = writeln!(
        out,
        "<line x1=\"{MARGIN}\" y1=\"{y:.1}\" x2=\"{end:.1}\" y2=\"{y:.1}\" stroke=\"{RULE}\"/>"
    );
    let title = rows.first().map_or("", |row| &row.work);
    text(out, MARGIN, y + 26.0, 16.0, INK, "700", "start", title);
    let walls = || rows.iter().filter_map(|row| row.middle("wall"));
    let scale = LONGEST / walls().map(|wall| wall.median).fold(1e-9, f64::max);
    for (index, row) in rows.iter().enumerate() {
        let Some(wall) = row.middle("wall") else { continue };
        let (y, height) = (y + HEAD + index as f64 * LINE, LINE - 7.0);
        text(out, BAR - 8.0, y + 12.5, 13.0, INK, "400", "end", &row.system);
        let is_ours = ["log", "python", "node"].contains(&row.system.as_str());
        let colour = if is_ours { "#dd8a63" } else { "#a3a9b8" };
        out.push_str(&rect(BAR, y, (wall.median * scale).max(1.0), height, colour, 1.0));
        let within = |nanos: f64| BAR + (nanos * scale).min(LONGEST + 12.0);
        out.push_str(&horizontal(within(wall.least), within(wall.most), y + height / 2.0, INK));
        text(out, end - 90.0, y + 12.5, 13.0, INK, "600", "end", &span(wall.median));
        text(out, end, y + 12.5, 13.0, FAINT, "400", "end", &format!("{}/s", short(1e9 / wall.median)));
    }
}
