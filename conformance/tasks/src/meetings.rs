//! The mesh example of each language against that of the next: one listens, the other dials it.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::examples::program;
use crate::job::Job;
use crate::language::Language;
use crate::run::Context;

const TEXTS: [&str; 2] = ["hello", "from the other side"];

/// How long a line of the listening program may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs each pair of neighbours among the languages; each is a test.
pub(crate) fn check(context: &Context, job: &Job) -> Result<()> {
    let (mut passed, mut failed) = (0, 0);
    let diallers = context.languages.iter().cycle().skip(1);
    for (listener, dialler) in context.languages.iter().zip(diallers) {
        match meet(context, job, *listener, *dialler) {
            Ok(()) => passed += 1,
            Err(error) => {
                failed += 1;
                job.note(&format!("{dialler} dials {listener}: {error:#}"))?;
            }
        }
    }
    job.note(&format!("{passed} passed, {failed} failed, 0 skipped"))?;
    ensure!(failed == 0, "{failed} pairs did not exchange their messages");
    Ok(())
}

fn meet(context: &Context, job: &Job, listener: Language, dialler: Language) -> Result<()> {
    let mut listen = program(context.workspace, listener, "mesh");
    listen.args(["listen", "127.0.0.1:0", "2"]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut listening = Running(listen.spawn().context("cannot start the listener")?);
    let lines = lines(&mut listening.0)?;
    let head = lines.recv_timeout(PATIENCE).context("the listener does not say how to dial it")?;
    let dial: Vec<&str> = head.split(' ').collect();
    ensure!(dial.len() == 4 && dial[0] == "dial", "the listener says {head:?}");
    job.capture(program(context.workspace, dialler, "mesh").args(dial).args(TEXTS))?;
    for (sequence, text) in TEXTS.into_iter().enumerate() {
        let line = lines.recv_timeout(PATIENCE).with_context(|| format!("{text:?} does not arrive"))?;
        ensure!(line.ends_with(&format!(" {sequence} {text}")), "instead of {text:?} comes {line:?}");
    }
    match lines.recv_timeout(PATIENCE) {
        Ok(line) => bail!("the listener also says {line:?}"),
        Err(mpsc::RecvTimeoutError::Timeout) => bail!("the listener does not end"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {}
    }
    let status = listening.0.wait()?;
    ensure!(status.success(), "the listener ends with {status}");
    Ok(())
}

/// What a program prints, line by line.
pub(crate) fn lines(child: &mut Child) -> Result<Receiver<String>> {
    let output = child.stdout.take().context("no output")?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
    });
    Ok(receiver)
}

/// A program that does not outlive its test.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only for a process that is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
