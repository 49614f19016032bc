//! Tests that take more than a command line.

use std::env;

use anyhow::{Result, ensure};

use crate::job::Job;
use crate::run::Context;

/// Proves that what is generated from the spec is as the spec says.
pub(crate) fn spec_check(context: &Context, job: &Job) -> Result<()> {
    let this = env::current_exe()?.display().to_string();
    for command in ["check", "tidy"] {
        job.run(context.workspace.command(&this, "").args(["spec", command]))?;
    }
    Ok(())
}

/// Fails if gofmt would change a file.
pub(crate) fn go_format(context: &Context, job: &Job) -> Result<()> {
    let workspace = context.workspace;
    // Not every distribution of Go puts gofmt beside go.
    let root = job.capture(workspace.command("go", "").args(["env", "GOROOT"]))?;
    let gofmt = format!("{}/bin/gofmt", root.trim());
    let wrong = job.capture(workspace.command(&gofmt, "").args(["-l", "sdks/go"]))?;
    ensure!(wrong.is_empty(), "gofmt would change {}", wrong.trim().replace('\n', ", "));
    Ok(())
}
