//! `net log tail`: the last events, and those that come.

use std::{
    io::{self, BufWriter, Write},
    sync::mpsc::{self, Receiver, RecvTimeoutError, TryRecvError},
    time::Duration,
};

use clap::Args;
use net_log::{Inspection, Reader};

use super::{
    entries::{Entries, Form},
    source::Source,
};
use crate::{
    failure::{Failure, Outcome},
    text,
};

/// How often a log is looked at for something new.
const LOOK: Duration = Duration::from_millis(50);

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
    let stop = if *follow { Some(stop()?) } else { None };
    let found = net_log::inspect(&dir).map_err(|error| source.wrong(&error))?;
    let from = from.unwrap_or_else(|| found.next.saturating_sub(*lines).max(found.first));
    let reader = match follow {
        true => Reader::from(dir, from),
        false => Reader::range(dir, from, found.next),
    };
    let mut entries = Entries::new(source, reader, form(source, &found));
    let mut out = BufWriter::new(io::stdout().lock());
    match stop {
        Some(stop) => follow_until(&stop, &mut entries, &mut out)?,
        None => entries.copy_to(&mut out, found.next, &found)?,
    }
    out.flush()?;
    if !follow && from >= found.next {
        hint(from, &found);
    }
    Ok(Outcome::of(entries.is_damaged))
}

/// What is received when somebody ends the program.
fn stop() -> Result<Receiver<()>, Failure> {
    let (ended, stop) = mpsc::channel();
    let handled = ctrlc::set_handler(move || {
        // Who does not wait any more ends anyway.
        let _ = ended.send(());
    });
    handled.map_err(|error| Failure::new("signal", format!("Ctrl-C cannot be handled: {error}"), None))?;
    Ok(stop)
}

fn follow_until(stop: &Receiver<()>, entries: &mut Entries<'_>, out: &mut impl Write) -> Result<(), Failure> {
    while stop.try_recv() == Err(TryRecvError::Empty) {
        if entries.copy(out)? {
            continue;
        }
        out.flush()?;
        if stop.recv_timeout(LOOK) != Err(RecvTimeoutError::Timeout) {
            break;
        }
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
