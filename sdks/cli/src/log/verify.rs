//! `net log verify`: what is damaged.

use std::io::{self, BufWriter, Write};

use clap::Args;
use net_log::{Damage, MAX_DAMAGES, Report};
use serde::Serialize;

use super::source::{DamageJson, Source};
use crate::{
    failure::{Failure, Outcome},
    table::{Table, write_facts},
    text,
};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) source: Source,
    /// Tell how far it is, though standard error is no terminal
    #[arg(long)]
    progress: bool,
}

#[derive(Debug, Serialize)]
struct ReportJson<'a> {
    path: String,
    closed: bool,
    first: u64,
    next: u64,
    events: u64,
    skipped: u64,
    segments: u64,
    bytes: u64,
    damages: Vec<DamageJson<'a>>,
    more: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let source = &arguments.source;
    let dir = source.open()?;
    let progress = dir.progress(Some(dir.total()), arguments.progress);
    let report = net_log::verify(&dir).map_err(|error| source.wrong(&error));
    drop(progress);
    let report = report?;
    let mut out = BufWriter::new(io::stdout().lock());
    if source.json {
        writeln!(out, "{}", serde_json::to_string(&json(source, &report))?)?;
    } else {
        write_facts(&mut out, &facts(source, &report))?;
        writeln!(out)?;
        write_damages(&mut out, &report.damages)?;
        write_end(&mut out, source, &report.damages)?;
    }
    out.flush()?;
    Ok(Outcome::of(!report.damages.is_empty()))
}

/// Writes damages as a table.
pub(super) fn write_damages(out: &mut impl Write, damages: &[Damage]) -> io::Result<()> {
    if damages.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(["FILE", ">BYTE", "NUMBERS LOST", "WHAT IS WRONG"]);
    for damage in damages {
        let lost = match damage.costs_records() {
            true => text::numbers(damage.first, damage.last.saturating_add(1)),
            false => "none".to_owned(),
        };
        table.add([damage.file.clone(), damage.offset.to_string(), lost, damage.reason.to_owned()]);
    }
    table.write(out)?;
    writeln!(out)
}

fn json<'a>(source: &Source, report: &'a Report) -> ReportJson<'a> {
    ReportJson {
        path: source.path.display().to_string(),
        closed: report.is_clean,
        first: report.first,
        next: report.next,
        events: report.events,
        skipped: report.skipped,
        segments: report.segments,
        bytes: report.bytes,
        damages: report.damages.iter().map(DamageJson::new).collect(),
        more: report.damages.len() >= MAX_DAMAGES,
    }
}

fn facts(source: &Source, report: &Report) -> [(&'static str, String); 4] {
    let skipped = match report.skipped {
        0 => String::new(),
        many => format!(", {} skipped", text::count(many, "number")),
    };
    let segments = text::count(report.segments, "segment");
    [
        ("log", source.path.display().to_string()),
        ("numbers", text::numbers(report.first, report.next)),
        ("events", format!("{}{skipped}", report.events)),
        ("size", format!("{} in {segments}", text::size(report.bytes))),
    ]
}

fn write_end(out: &mut impl Write, source: &Source, damages: &[Damage]) -> io::Result<()> {
    if damages.is_empty() {
        return writeln!(out, "No damage.");
    }
    let lost = damages.iter().filter(|damage| damage.costs_records());
    let lost: u64 = lost.map(|damage| (damage.last - damage.first).saturating_add(1)).sum();
    let least = if damages.len() >= MAX_DAMAGES { "at least " } else { "" };
    let damages = text::count(damages.len() as u64, "damage");
    writeln!(out, "{least}{damages}, {} lost. All others can be read.", text::count(lost, "number"))?;
    writeln!(out, "`net log repair {}` shows what a repair would do.", source.path.display())
}
