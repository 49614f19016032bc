//! `net log export`: events for other programs.

use std::io::{self, BufWriter};

use clap::{Args, ValueEnum};
use net_log::Reader;

use super::{
    entries::{Entries, Form},
    source::Source,
};
use crate::failure::{Failure, Outcome};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) source: Source,
    /// How events are written; --json is that of `jsonl`
    #[arg(long, value_enum, default_value_t = Format::Jsonl, conflicts_with = "json")]
    format: Format,
    /// The first number; without it the first one that there is
    #[arg(long, value_name = "SEQ", default_value_t = 0, hide_default_value = true)]
    from: u64,
    /// The last number; without it the last one that there is
    #[arg(long, value_name = "SEQ")]
    to: Option<u64>,
    /// Tell how far it is, though standard error is no terminal
    #[arg(long)]
    progress: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// A JSON object a line: number and payload, also for numbers that are skipped, damaged or given up
    Jsonl,
    /// Payloads, each with the end of a line
    Lines,
    /// Payloads, one behind the other
    Raw,
    /// Number and payload in hexadecimal
    Hex,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let Arguments { source, format, from, to, progress } = arguments;
    let dir = source.open()?;
    let found = net_log::inspect(&dir).map_err(|error| source.wrong(&error))?;
    let end = to.map_or(u64::MAX, |last| last.saturating_add(1)).min(found.next);
    // How much of the log a range is nobody knows before it is read.
    let is_all = *from == 0 && to.is_none();
    let progress = dir.progress(is_all.then(|| dir.total()), *progress);
    let mut entries = Entries::new(source, Reader::range(dir, *from, end), format.form());
    let mut out = BufWriter::new(io::stdout().lock());
    entries.copy_to(&mut out, end, &found)?;
    drop(progress);
    Ok(Outcome::of(entries.is_damaged))
}

impl Format {
    const fn form(self) -> Form {
        match self {
            Self::Jsonl => Form::Json,
            Self::Lines => Form::Lines,
            Self::Raw => Form::Raw,
            Self::Hex => Form::Hex,
        }
    }
}
