//! The tasks of this repository: `cargo demo`, `cargo verify`, `cargo conform`, `cargo fuzzing`, `cargo package-sdks`
//! and `cargo perf`.

#![forbid(unsafe_code)]

mod args;
mod checks;
mod company;
mod conform;
mod counts;
mod demo;
mod examples;
mod fuzz;
mod job;
mod kills;
mod lanes;
mod language;
mod layouts;
mod meetings;
mod members;
mod mutants;
mod packages;
mod perf;
mod prepare;
mod run;
mod stages;
mod survival;
mod verify;
mod workspace;

use std::env;
use std::process::ExitCode;

use anyhow::Result;

use crate::args::{Args, Task};
use crate::workspace::Workspace;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    if let Some(("spec", rest)) = args.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        // The compiler that this program is built with; `cargo spec` would build another.
        return net_codegen::cli::run(rest.to_vec());
    }
    match run(args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Does the task; tells whether everything passed.
fn run(args: Vec<String>) -> Result<bool> {
    let Some(args) = Args::parse(args)? else {
        print!("{}", args::USAGE);
        return Ok(true);
    };
    job::stop_children_on_interrupt()?;
    let workspace = Workspace::find()?;
    match args.task {
        Task::Demo => demo::run(&workspace, &args),
        Task::Packages => packages::run(&workspace, &args),
        Task::Verify => verify::run(&workspace, &args),
        Task::Conform if args.mutants => mutants::run(&workspace, &args),
        Task::Conform => conform::run(&workspace, &args),
        Task::Fuzz => fuzz::run(&workspace, &args),
        Task::Perf => perf::run(&workspace, &args),
    }
}
