//! `net log repair`: gaps in the place of damage.

use std::io::{self, BufWriter, Write};

use clap::Args;
use net_log::{Action, Damage, Mend, Repair};
use serde::Serialize;

use super::{
    source::{DamageJson, Source},
    verify::write_damages,
};
use crate::{
    failure::{Failure, Outcome},
    table::Table,
    text,
};

/// Ranges of numbers that are named of a file.
const NAMED: usize = 8;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) source: Source,
    /// Do it; without this the plan is shown, and nothing changes
    #[arg(long)]
    apply: bool,
    /// Tell how far it is, though standard error is no terminal
    #[arg(long)]
    progress: bool,
}

/// What a repair does with a file, as JSON.
#[derive(Debug, Serialize)]
struct StepJson<'a> {
    file: &'a str,
    action: &'static str,
    /// Numbers that become gaps.
    gaps: Vec<Range>,
}

#[derive(Debug, Serialize)]
struct Range {
    first: u64,
    last: u64,
}

#[derive(Debug, Serialize)]
struct RepairJson<'a> {
    path: String,
    applied: bool,
    steps: Vec<StepJson<'a>>,
    aside: &'a [String],
    left: Vec<DamageJson<'a>>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let Arguments { source, apply, progress } = arguments;
    let dir = source.open()?;
    let wrong = |error| source.wrong(&error);
    let progress = dir.progress(None, *progress);
    let done = net_log::repair(&dir, *apply).map_err(wrong)?;
    // What is told of a repair is what is found behind it, not what it believes.
    let left =
        if *apply { net_log::verify(&dir).map_err(wrong)?.damages } else { done.report.damages.clone() };
    drop(progress);
    let mut out = BufWriter::new(io::stdout().lock());
    match source.json {
        true => writeln!(out, "{}", serde_json::to_string(&json(source, &done, &left))?)?,
        false => write(&mut out, source, &done, &left)?,
    }
    out.flush()?;
    Ok(Outcome::of(!left.is_empty()))
}

fn json<'a>(source: &Source, done: &'a Repair, left: &'a [Damage]) -> RepairJson<'a> {
    RepairJson {
        path: source.path.display().to_string(),
        applied: done.is_applied,
        steps: done.steps.iter().map(StepJson::new).collect(),
        aside: &done.aside,
        left: left.iter().map(DamageJson::new).collect(),
    }
}

fn write(out: &mut impl Write, source: &Source, done: &Repair, left: &[Damage]) -> io::Result<()> {
    if done.report.damages.is_empty() {
        return writeln!(out, "No damage: there is nothing to repair.");
    }
    let mut table = Table::new(["FILE", if done.is_applied { "DONE" } else { "TO DO" }]);
    for mend in &done.steps {
        table.add([mend.file.clone(), describe(mend)]);
    }
    table.write(out)?;
    writeln!(out)?;
    if !done.is_applied {
        return writeln!(
            out,
            "Nothing has changed. `net log repair {} --apply` does it.",
            source.path.display()
        );
    }
    if !done.aside.is_empty() {
        writeln!(out, "Kept as they were:")?;
        done.aside.iter().try_for_each(|file| writeln!(out, "  {file}"))?;
        writeln!(out)?;
    }
    if left.is_empty() {
        return writeln!(out, "Repaired: no damage is left.");
    }
    writeln!(out, "This could not be repaired:\n")?;
    write_damages(out, left)
}

impl<'a> StepJson<'a> {
    fn new(mend: &'a Mend) -> Self {
        let action = match mend.action {
            Action::CopyHead => "copy_head",
            Action::RebuildHead => "rebuild_head",
            Action::RewriteSegment => "rewrite_segment",
            Action::RebuildIndex => "rebuild_index",
        };
        let gaps = mend.gaps.iter().map(|&(first, last)| Range { first, last }).collect();
        Self { file: &mend.file, action, gaps }
    }
}

/// What a repair does with a file, for a person.
fn describe(mend: &Mend) -> String {
    match mend.action {
        Action::CopyHead => "the damaged copy written anew from the whole one".to_owned(),
        Action::RebuildHead => {
            "made anew from the segments; numbers go on far behind the last one, so that none is given twice"
                .to_owned()
        }
        Action::RebuildIndex => "made anew from its segment".to_owned(),
        Action::RewriteSegment if mend.gaps.is_empty() => {
            "kept aside, and what is whole of it written anew".to_owned()
        }
        Action::RewriteSegment => {
            let ranges = mend.gaps.iter().take(NAMED);
            let ranges = ranges.map(|&(first, last)| text::numbers(first, last.saturating_add(1)));
            let more = mend.gaps.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let ranges = ranges.collect::<Vec<_>>().join(", ");
            format!("kept aside, and written anew with gaps for numbers {ranges}{more}")
        }
    }
}
