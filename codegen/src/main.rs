//! `cargo spec`: the compiler of the interface spec.

use std::process::ExitCode;

fn main() -> ExitCode {
    net_codegen::cli::run(std::env::args().skip(1).collect())
}
