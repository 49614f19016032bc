//! The tasks of this repository: `cargo demo`, `cargo verify` and `cargo conform`.

#![forbid(unsafe_code)]

mod args;
mod conform;
mod counts;
mod job;
mod language;
mod stages;
mod verify;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;

use crate::args::{Args, Task};
use crate::workspace::Workspace;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Does the task; tells whether everything passed.
fn run() -> Result<bool> {
    let Some(args) = Args::parse(std::env::args().skip(1))? else {
        print!("{}", args::USAGE);
        return Ok(true);
    };
    job::stop_children_on_interrupt()?;
    let workspace = Workspace::find()?;
    match args.task {
        Task::Verify => verify::run(&workspace, &args),
        Task::Conform => conform::run(&workspace, &args),
    }
}
