//! The journal of each language, killed again and again while four writers append to it, and read when it starts anew.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::examples::program;
use crate::job::Job;
use crate::language::Language;
use crate::meetings::Running;
use crate::run::Context;

/// How often the journal of a language is killed.
const ROUNDS: u64 = 20;

/// Who appends at the same time.
const WRITERS: usize = 4;

/// Acknowledged appends, at most, after which a journal is killed; each writer has one before.
const APPENDS: u64 = 200;

/// How long a line of a program may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Kills the journal of each language; each is a test.
pub(crate) fn check(context: &Context, job: &Job) -> Result<()> {
    let (mut passed, mut failed) = (0, 0);
    // What one language has written is read by the next in the end.
    let readers = context.languages.iter().cycle().skip(1);
    for (writer, reader) in context.languages.iter().zip(readers) {
        match endure(context, *writer, *reader) {
            Ok(journal) => {
                passed += 1;
                job.note(&format!("{writer}: {}", journal.summary()))?;
            }
            Err(error) => {
                failed += 1;
                job.note(&format!("{writer}: {error:#}"))?;
            }
        }
    }
    job.note(&format!("{passed} passed, {failed} failed, 0 skipped"))?;
    ensure!(failed == 0, "{failed} journals did not survive");
    Ok(())
}

fn endure(context: &Context, writer: Language, reader: Language) -> Result<Journal> {
    let folder = context.workspace.target("kills").join(writer.to_string().to_lowercase());
    // It may not be there.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let start = |language, writers: usize, is_lazy: bool| {
        let mut command = program(context.workspace, language, "journal");
        command.arg(&folder).arg(writers.to_string()).args(is_lazy.then_some("lazy"));
        command
    };
    let mut journal = Journal::default();
    for round in 0..ROUNDS {
        let appends = WRITERS as u64 + mixed(round) % APPENDS;
        kill_one(&mut journal, start(writer, WRITERS, round % 4 == 3), appends)
            .with_context(|| format!("round {round}"))?;
    }
    let mut running = begin(start(reader, 0, false))?;
    let lines = lines(&mut running.0)?;
    journal.reopen(&lines).with_context(|| format!("{reader} reads it"))?;
    ensure!(running.0.wait()?.success(), "{reader} cannot close it");
    fs::remove_dir_all(folder)?;
    Ok(journal)
}

/// Starts a journal, and kills it behind so many acknowledged appends.
fn kill_one(journal: &mut Journal, command: Command, appends: u64) -> Result<()> {
    let mut running = begin(command)?;
    let lines = lines(&mut running.0)?;
    journal.reopen(&lines)?;
    let mut count = 0;
    let mut seen = [false; WRITERS];
    while count < appends || seen.contains(&false) {
        let writer = journal.acknowledge(&next(&lines)?)?;
        *seen.get_mut(writer).context("there is no such writer")? = true;
        count += 1;
    }
    running.0.kill()?;
    running.0.wait()?;
    // What it had said before it ended counts as well.
    for line in lines.iter() {
        journal.acknowledge(&line)?;
    }
    journal.kills += 1;
    Ok(())
}

fn begin(mut command: Command) -> Result<Running> {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    Ok(Running(child.context("cannot start the journal")?))
}

/// What a journal prints, line by line. It gets no further ahead than a pipe holds, so that it is killed soon behind what was read.
fn lines(child: &mut Child) -> Result<Receiver<String>> {
    let output = child.stdout.take().context("no output")?;
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::spawn(move || whole_lines(BufReader::new(output)).try_for_each(|line| sender.send(line)));
    Ok(receiver)
}

/// The lines that have an end. One that has none was cut off by the kill, and says nothing.
fn whole_lines(mut output: impl BufRead) -> impl Iterator<Item = String> {
    std::iter::from_fn(move || {
        let mut line = String::new();
        output.read_line(&mut line).ok()?;
        line.strip_suffix('\n').map(str::to_owned)
    })
}

fn next(lines: &Receiver<String>) -> Result<String> {
    match lines.recv_timeout(PATIENCE) {
        Ok(line) => Ok(line),
        Err(RecvTimeoutError::Timeout) => bail!("the journal says nothing"),
        Err(RecvTimeoutError::Disconnected) => bail!("the journal has ended by itself"),
    }
}

/// A number that follows from another one, and looks like none in particular (splitmix64).
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// What has to be in a journal.
#[derive(Debug, Default)]
struct Journal {
    /// Entries that were acknowledged, or read once.
    entries: BTreeMap<u64, String>,
    /// The number with which the writers of now have begun; it marks their entries.
    run: u64,
    kills: usize,
    acknowledged: usize,
    skipped: u64,
}

impl Journal {
    /// Takes in what a journal says to be there when it starts, and compares.
    fn reopen(&mut self, lines: &Receiver<String>) -> Result<()> {
        let (mut found, mut at, mut skipped) = (BTreeMap::new(), 0, 0);
        loop {
            let line = next(lines)?;
            let parts: Vec<_> = line.split(' ').collect();
            match parts[..] {
                ["entry", seq, text] => {
                    ensure!(seq.parse() == Ok(at), "{line:?} comes where number {at} has to come");
                    found.insert(at, text.to_owned());
                    at += 1;
                }
                ["skipped", seq, count] => {
                    ensure!(seq.parse() == Ok(at), "{line:?} comes where number {at} has to come");
                    let count: u64 = count.parse()?;
                    (at, skipped) = (at + count, skipped + count);
                }
                ["next", seq] => {
                    ensure!(seq.parse() == Ok(at), "{line:?} comes behind number {at}");
                    break;
                }
                _ => bail!("it says {line:?}"),
            }
        }
        for (seq, text) in &self.entries {
            ensure!(
                found.get(seq) == Some(text),
                "number {seq} has to be {text:?}, and is {:?}",
                found.get(seq)
            );
        }
        check_whole(&found)?;
        (self.entries, self.run, self.skipped) = (found, at, skipped);
        Ok(())
    }

    /// Takes in that entries were acknowledged; tells whose they are.
    fn acknowledge(&mut self, line: &str) -> Result<usize> {
        let parts: Vec<_> = line.split(' ').collect();
        let ["wrote", first, writer, step] = parts[..] else { bail!("it says {line:?}") };
        let (first, writer, step): (u64, usize, usize) = (first.parse()?, writer.parse()?, step.parse()?);
        ensure!(first >= self.run, "number {first} is given, though {} came next", self.run);
        for part in 0..=step % 3 {
            let seq = first + part as u64;
            let text = text(self.run, writer, step, part);
            if let Some(other) = self.entries.insert(seq, text) {
                bail!("number {seq} is given a second time, it is that of {other:?}");
            }
            self.acknowledged += 1;
        }
        Ok(writer)
    }

    fn summary(&self) -> String {
        let Self { entries, kills, acknowledged, skipped, .. } = self;
        let unasked = entries.len() - acknowledged;
        format!(
            "{kills} kills; {acknowledged} acknowledged entries are there, {unasked} others, {skipped} numbers skipped"
        )
    }
}

/// Checks that each entry is one that a writer writes, and that all of its batch is there.
fn check_whole(found: &BTreeMap<u64, String>) -> Result<()> {
    for (seq, entry) in found {
        let parts: Vec<_> = entry.trim_end_matches('.').split('.').collect();
        let [run, writer, step, part] = parts[..] else { bail!("number {seq} is {entry:?}") };
        let (run, writer, step, part) =
            (run.parse()?, writer.parse()?, step.parse()?, part.parse::<usize>()?);
        for other in 0..=step % 3 {
            let seq = (seq + other as u64).checked_sub(part as u64).context("it has no beginning")?;
            let wanted = text(run, writer, step, other);
            ensure!(
                found.get(&seq) == Some(&wanted),
                "beside {entry:?} number {seq} has to be {wanted:?}, and is {:?}",
                found.get(&seq)
            );
        }
    }
    Ok(())
}

/// The entry that a writer writes.
fn text(run: u64, writer: usize, step: usize, part: usize) -> String {
    format!("{run}.{writer}.{step}.{part}{}", ".".repeat(step % 64))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn reopened(journal: &mut Journal, said: &str) -> Result<()> {
        let (sender, lines) = mpsc::channel();
        said.lines().try_for_each(|line| sender.send(line.to_owned()))?;
        journal.reopen(&lines)
    }

    /// A journal whose first writers have begun.
    fn begun() -> Journal {
        let mut journal = Journal::default();
        reopened(&mut journal, "next 0").expect("an empty journal");
        assert_eq!(journal.acknowledge("wrote 0 2 0").expect("an entry"), 2);
        assert_eq!(journal.acknowledge("wrote 1 2 1").expect("entries"), 2);
        journal
    }

    #[test]
    fn a_line_that_a_kill_has_cut_off_says_nothing() {
        let lines: Vec<_> = whole_lines("wrote 1 2 3\nwrote 14491".as_bytes()).collect();
        assert_eq!(lines, ["wrote 1 2 3"]);
    }

    #[test]
    fn what_was_acknowledged_is_there_and_more_may_be() {
        let mut journal = begun();
        let said =
            "entry 0 0.2.0.0\nentry 1 0.2.1.0.\nentry 2 0.2.1.1.\nentry 3 0.0.0.0\nskipped 4 60\nnext 64";
        reopened(&mut journal, said).expect("all is there");
        assert_eq!(journal.acknowledge("wrote 64 0 0").expect("an entry"), 0);
        assert_eq!((journal.entries.len(), journal.acknowledged, journal.skipped), (5, 4, 60));
        assert_eq!(journal.entries[&64], "64.0.0.0");
    }

    #[test]
    fn what_is_lost_or_half_or_out_of_order_is_an_error() {
        for said in [
            "entry 0 0.2.0.0\nskipped 1 63\nnext 64",
            "entry 0 0.2.0.0\nentry 1 0.2.1.0.\nskipped 2 62\nnext 64",
            "entry 0 0.2.0.0\nentry 1 0.2.1.0.\nentry 2 0.2.1.1.\nentry 3 0.1.1.0.\nskipped 4 60\nnext 64",
            "entry 0 0.2.0.0\nentry 1 0.2.1.0.\nentry 2 0.2.1.1\nnext 3",
            "entry 0 0.2.0.0\nentry 1 0.2.1.0.\nentry 2 0.2.1.1.\nentry 4 0.1.0.0\nnext 5",
            "entry 0 0.2.0.0\nentry 1 0.2.1.0.\nentry 2 0.2.1.1.\nnext 2",
            "entry 0 0.2.0.0\nentry 1 0.2.1.0.\nentry 2 0.2.1.1.\nentry 3 other\nnext 4",
        ] {
            assert!(reopened(&mut begun(), said).is_err(), "{said}");
        }
    }

    #[test]
    fn no_number_is_given_twice() {
        assert!(begun().acknowledge("wrote 2 3 0").is_err());
        let mut journal = begun();
        reopened(&mut journal, "entry 0 0.2.0.0\nentry 1 0.2.1.0.\nentry 2 0.2.1.1.\nskipped 3 9\nnext 12")
            .expect("all is there");
        assert!(journal.acknowledge("wrote 11 0 0").is_err());
    }
}
