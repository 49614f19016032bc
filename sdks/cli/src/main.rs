//! `net`: the command line of Net.

#![forbid(unsafe_code)]

mod failure;
mod log;
mod mesh;
mod progress;
mod table;
mod text;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::{Failure, Outcome};

/// What stands at the end of the help of each command.
const STATUSES: &str = "\
Exit status: 0 all is well; 1 damage was found, or something failed; 2 the arguments are wrong.
Results go to standard output, everything else to standard error.";

/// Net on the command line.
#[derive(Debug, Parser)]
#[command(name = "net", version, propagate_version = true, after_help = STATUSES)]
struct Arguments {
    #[command(subcommand)]
    group: Group,
}

#[derive(Debug, Subcommand)]
enum Group {
    /// Look at append-only logs, check, repair and export them
    #[command(subcommand, after_help = STATUSES)]
    Log(log::Command),
    /// Ask running nodes how they are, over their control sockets
    #[command(subcommand, after_help = STATUSES)]
    Mesh(mesh::Command),
}

fn main() -> ExitCode {
    let Arguments { group } = Arguments::parse();
    let (result, wants_json) = match group {
        Group::Log(command) => (command.run(), command.wants_json()),
        Group::Mesh(command) => (command.run(), command.wants_json()),
    };
    match result {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Damaged) => ExitCode::FAILURE,
        // Whoever reads the output has seen enough of it.
        Err(Failure::NobodyReads) => ExitCode::SUCCESS,
        Err(Failure::Trouble(trouble)) => {
            trouble.tell(wants_json);
            ExitCode::FAILURE
        }
    }
}
