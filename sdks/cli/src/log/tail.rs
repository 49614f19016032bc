//! `net log tail`: the last events, and those that come.

use std::io::{self, BufWriter, Write};

use clap::Args;
use net_log::{Inspection, Reader};

use super::{
    entries::{Entries, Form},
    news::News,
    source::Source,
};
use crate::{
    failure::{Failure, Outcome},
    text,
};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) source: Source,
    /// Show what there is for the last N numbers
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    lines: u64,
    /// Show everything from this number on
    #[arg(long, value_name = "SEQ", conflicts_with = "lines")]
    from: Option<u64>,
    /// Go on with what comes, until Ctrl-C
    #[arg(short, long)]
    follow: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let Arguments { source, lines, from, follow } = arguments;
    let dir = source.open()?;
    // Before anything is shown: who sees a line may end the program.
    let news = if *follow { Some(News::of(&source.path)?) } else { None };
    let found = net_log::inspect(&dir).map_err(|error| source.wrong(&error))?;
    let from = from.unwrap_or_else(|| found.next.saturating_sub(*lines).max(found.first));
    let reader = match follow {
        true => Reader::from(dir, from),
        false => Reader::range(dir, from, found.next),
    };
    let mut entries = Entries::new(source, reader, form(source, &found));
    let mut out = BufWriter::new(io::stdout().lock());
    match news {
        Some(news) => follow_until(&news, &mut entries, &mut out)?,
        None => entries.copy_to(&mut out, found.next, &found)?,
    }
    out.flush()?;
    if !follow && from >= found.next {
        hint(from, &found);
    }
    Ok(Outcome::of(entries.is_damaged))
}

/// Writes what there is and what comes until somebody ends the program.
fn follow_until(news: &News, entries: &mut Entries<'_>, out: &mut impl Write) -> Result<(), Failure> {
    while !news.is_over() {
        if entries.copy(out)? {
            continue;
        }
        out.flush()?;
        news.wait();
    }
    Ok(())
}

fn form(source: &Source, found: &Inspection) -> Form {
    if source.json { Form::Json } else { Form::Text(found.next.to_string().len()) }
}

fn hint(from: u64, found: &Inspection) {
    let has = match found.first < found.next {
        true => text::numbers(found.first, found.next),
        false => "no events".to_owned(),
    };
    let _ =
        writeln!(io::stderr(), "There is no number {from} yet, the log has {has}; --follow waits for it.");
}
