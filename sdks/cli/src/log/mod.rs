//! `net log`: append-only logs.

mod entries;
mod export;
mod inspect;
mod news;
mod repair;
mod source;
mod tail;
mod verify;

use clap::Subcommand;

use crate::{
    STATUSES,
    failure::{Failure, Outcome},
};

/// What can be done with a log.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show what a log is made of: numbers, segments, sizes, times
    ///
    /// Only the segment that is written to is read, so that this is quick for logs of any size.
    #[command(after_help = STATUSES)]
    Inspect(inspect::Arguments),
    /// Show the last events of a log, and those that come
    #[command(after_help = STATUSES)]
    Tail(tail::Arguments),
    /// Read all of a log, and tell what is damaged, with file and byte
    ///
    /// The log may be open in a writer.
    #[command(after_help = STATUSES)]
    Verify(verify::Arguments),
    /// Put gaps in the place of damaged records; changes nothing without --apply
    ///
    /// Damaged files are kept as they are under names that end with `.aside`. The log must not be open in a writer.
    #[command(after_help = STATUSES)]
    Repair(repair::Arguments),
    /// Write events out: as JSON lines, as they are, or in hexadecimal
    ///
    /// Of a log that is written it takes what there is when it begins.
    #[command(after_help = STATUSES)]
    Export(export::Arguments),
}

impl Command {
    pub(crate) fn run(&self) -> Result<Outcome, Failure> {
        match self {
            Self::Inspect(arguments) => inspect::run(arguments),
            Self::Tail(arguments) => tail::run(arguments),
            Self::Verify(arguments) => verify::run(arguments),
            Self::Repair(arguments) => repair::run(arguments),
            Self::Export(arguments) => export::run(arguments),
        }
    }

    /// Whether errors are to be JSON, too.
    pub(crate) const fn wants_json(&self) -> bool {
        match self {
            Self::Inspect(arguments) => arguments.source.json,
            Self::Tail(arguments) => arguments.source.json,
            Self::Verify(arguments) => arguments.source.json,
            Self::Repair(arguments) => arguments.source.json,
            Self::Export(arguments) => arguments.source.json,
        }
    }
}
