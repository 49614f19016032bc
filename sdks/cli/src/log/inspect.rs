//! `net log inspect`: what a log is made of.

use std::io::{self, BufWriter, Write};

use clap::Args;
use net_log::{Inspection, Segment};
use serde::Serialize;

use super::source::Source;
use crate::{
    failure::{Failure, Outcome},
    table::{Table, write_facts},
    text,
};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) source: Source,
}

#[derive(Debug, Serialize)]
struct InspectionJson<'a> {
    path: String,
    log_id: String,
    format: u16,
    epoch: u64,
    closed: bool,
    first: u64,
    next: u64,
    reserved: u64,
    durable: u64,
    retained: u64,
    events: u64,
    bytes: u64,
    segments: Vec<SegmentJson<'a>>,
    others: &'a [String],
}

#[derive(Debug, Serialize)]
struct SegmentJson<'a> {
    file: &'a str,
    first: u64,
    end: u64,
    events: u64,
    bytes: u64,
    created: Option<String>,
    indexed: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let source = &arguments.source;
    let dir = source.open()?;
    let found = net_log::inspect(&dir).map_err(|error| source.wrong(&error))?;
    let mut out = BufWriter::new(io::stdout().lock());
    if source.json {
        writeln!(out, "{}", serde_json::to_string(&json(source, &found))?)?;
    } else {
        write_facts(&mut out, &facts(source, &found))?;
        write_segments(&mut out, &found.segments)?;
        write_others(&mut out, &found.others)?;
    }
    out.flush()?;
    Ok(Outcome::Fine)
}

fn json<'a>(source: &Source, found: &'a Inspection) -> InspectionJson<'a> {
    let segments = found.segments.iter().map(|segment| SegmentJson {
        file: &segment.file,
        first: segment.first,
        end: segment.end,
        events: segment.events,
        bytes: segment.bytes,
        created: segment.created.map(text::time),
        indexed: segment.is_indexed,
    });
    InspectionJson {
        path: source.path.display().to_string(),
        log_id: format!("{:016x}", found.log_id),
        format: found.format,
        epoch: found.epoch,
        closed: found.is_clean,
        first: found.first,
        next: found.next,
        reserved: found.reserved,
        durable: found.durable,
        retained: found.retained,
        events: events(found),
        bytes: bytes(found),
        segments: segments.collect(),
        others: &found.others,
    }
}

fn facts(source: &Source, found: &Inspection) -> Vec<(&'static str, String)> {
    let state = match found.is_clean {
        true => "closed",
        false => "a writer has it open, or has ended without closing it",
    };
    let segments = text::count(found.segments.len() as u64, "segment");
    let mut facts = vec![
        ("log", format!("{}, number {:016x}, form {}", source.path.display(), found.log_id, found.format)),
        ("state", state.to_owned()),
        ("numbers", text::numbers(found.first, found.next)),
        ("events", events(found).to_string()),
        ("size", format!("{} in {segments}", text::size(bytes(found)))),
        ("synced", text::numbers(found.first, found.durable.min(found.next))),
    ];
    if found.retained > 0 {
        facts.push(("given up", format!("{}, by retention", text::numbers(0, found.retained))));
    }
    facts
}

fn write_segments(out: &mut impl Write, segments: &[Segment]) -> io::Result<()> {
    if segments.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(["SEGMENT", "NUMBERS", ">EVENTS", ">SIZE", "CREATED", "INDEX"]);
    for segment in segments {
        table.add([
            segment.file.clone(),
            text::numbers(segment.first, segment.end),
            segment.events.to_string(),
            text::size(segment.bytes),
            segment.created.map_or_else(|| "unknown".to_owned(), text::time),
            if segment.is_indexed { "yes" } else { "no" }.to_owned(),
        ]);
    }
    writeln!(out)?;
    table.write(out)
}

fn write_others(out: &mut impl Write, others: &[String]) -> io::Result<()> {
    if others.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nFiles that are no part of the log:")?;
    others.iter().try_for_each(|file| writeln!(out, "  {file}"))
}

fn events(found: &Inspection) -> u64 {
    found.segments.iter().map(|segment| segment.events).sum()
}

fn bytes(found: &Inspection) -> u64 {
    found.segments.iter().map(|segment| segment.bytes).sum()
}
