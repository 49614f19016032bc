//! Runs commands in process groups of their own, with a log, a line of progress and a clean end on Ctrl-C.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Seek, SeekFrom, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use net_conformance::exit_of;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// How often progress is shown: on a terminal, and in a log of somebody else's.
const TERMINAL_BEAT: Duration = Duration::from_millis(200);
const PLAIN_BEAT: Duration = Duration::from_secs(20);

/// The groups of the commands that run now.
static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// How far the jobs are that run now, by title: they share the last line of a terminal.
static PROGRESS: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// What clears a line of a terminal.
const CLEAR: &str = "\r\x1b[K";

/// Prints lines in one piece, in place of what shows progress.
pub(crate) fn print_lines(lines: &[String]) {
    let before = if io::stdout().is_terminal() { CLEAR } else { "" };
    println!("{before}{}", lines.join("\n"));
}

/// On Ctrl-C and on termination: ends the commands that run, with all they started, and then this program.
pub(crate) fn stop_children_on_interrupt() -> Result<()> {
    ctrlc::set_handler(|| {
        // Held to the end, so that no other command is started.
        let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        for group in running.iter() {
            end(*group);
        }
        eprintln!("\ninterrupted");
        process::exit(130);
    })
    .context("cannot handle interrupts")
}

/// A few commands that belong together.
#[derive(Debug)]
pub(crate) struct Job {
    title: String,
    log: PathBuf,
    started: Instant,
}

impl Job {
    /// Begins a job with an empty log.
    pub(crate) fn start(title: &str, log: PathBuf) -> Result<Self> {
        if let Some(folder) = log.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&log, "").with_context(|| format!("cannot write {}", log.display()))?;
        Ok(Self { title: title.to_owned(), log, started: Instant::now() })
    }

    /// Where the output goes.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// How long it has taken so far.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Runs a command; its output goes to the log.
    pub(crate) fn run(&self, command: &mut Command) -> Result<()> {
        command.stdout(self.open_log()?);
        self.finish(command).map(drop)
    }

    /// Runs a command and returns its standard output; the rest goes to the log.
    pub(crate) fn capture(&self, command: &mut Command) -> Result<String> {
        let path = self.log.with_extension("out");
        command.stdout(File::create(&path).with_context(|| format!("cannot write {}", path.display()))?);
        let result = self.finish(command);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()));
        result.and(text)
    }

    /// Adds a line to the log.
    pub(crate) fn note(&self, line: &str) -> Result<()> {
        writeln!(self.open_log()?, "{line}").context("cannot write the log")
    }

    fn finish(&self, command: &mut Command) -> Result<()> {
        let shown = show(command);
        self.note(&format!("$ {shown}"))?;
        command.stdin(Stdio::null()).stderr(self.open_log()?).process_group(0);
        let (mut child, group) = {
            let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
            let child = command.spawn().with_context(|| format!("cannot start `{shown}`"))?;
            let group = Pid::from_raw(i32::try_from(child.id()).context("no process has this id")?);
            running.push(group);
            (child, group)
        };
        let status = self.wait(&mut child);
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).retain(|other| *other != group);
        let status = status?;
        ensure!(status.success(), "`{shown}` ended with {status}");
        Ok(())
    }

    fn wait(&self, child: &mut Child) -> Result<ExitStatus> {
        let terminal = io::stdout().is_terminal();
        let beat = if terminal { TERMINAL_BEAT } else { PLAIN_BEAT };
        let exit = exit_of(child.id());
        while exit.recv_timeout(beat) == Err(RecvTimeoutError::Timeout) {
            self.show_progress(terminal)?;
        }
        if terminal {
            PROGRESS.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.title);
            print!("{CLEAR}");
            io::stdout().flush()?;
        }
        child.wait().context("cannot wait for a command")
    }

    fn show_progress(&self, terminal: bool) -> Result<()> {
        const WIDTH: usize = 40;
        let last: String = self.last_line().chars().filter(|char| !char.is_control()).take(WIDTH).collect();
        let seconds = self.elapsed().as_secs();
        if terminal {
            let mut progress = PROGRESS.lock().unwrap_or_else(PoisonError::into_inner);
            progress.insert(self.title.clone(), format!("{} {seconds} s  {last}", self.title));
            let all: Vec<_> = progress.values().map(String::as_str).collect();
            print!("{CLEAR}  ...      {}", all.join("  |  "));
        } else {
            println!("  ...      {:<24} {seconds:>4} s  {last}", self.title);
        }
        io::stdout().flush().context("cannot show progress")
    }

    fn last_line(&self) -> String {
        const TAIL: u64 = 400;
        let read = || -> io::Result<String> {
            let mut file = File::open(&self.log)?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        let text = read().unwrap_or_default();
        text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_owned()
    }

    fn open_log(&self) -> Result<File> {
        let open = File::options().append(true).open(&self.log);
        open.with_context(|| format!("cannot write {}", self.log.display()))
    }
}

/// Ends a group of processes: politely at first, and by force what is left when its first process has ended.
fn end(group: Pid) {
    const PATIENCE: Duration = Duration::from_secs(3);
    let exit = exit_of(group.as_raw().cast_unsigned());
    // An error means that the group is gone already.
    let _ = killpg(group, Signal::SIGTERM);
    let _ = exit.recv_timeout(PATIENCE);
    let _ = killpg(group, Signal::SIGKILL);
}

fn show(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn job(name: &str) -> Job {
        let log = std::env::temp_dir().join(format!("net-tasks-{}-{name}.log", process::id()));
        Job::start(name, log).unwrap()
    }

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn output_goes_to_the_log() {
        let job = job("log");
        job.run(&mut shell("echo out; echo err >&2")).unwrap();
        assert_eq!(fs::read_to_string(job.log()).unwrap(), "$ sh -c echo out; echo err >&2\nout\nerr\n");
        assert_eq!(job.last_line(), "err");
    }

    #[test]
    fn standard_output_can_be_captured() {
        let job = job("capture");
        assert_eq!(job.capture(&mut shell("echo out; echo err >&2")).unwrap(), "out\n");
        assert!(fs::read_to_string(job.log()).unwrap().ends_with("\nerr\n"));
    }

    #[test]
    fn a_failure_names_command_and_status() {
        let error = job("status").run(&mut shell("exit 7")).unwrap_err().to_string();
        assert_eq!(error, "`sh -c exit 7` ended with exit status: 7");
        assert!(job("missing").run(&mut Command::new("net-no-such-program")).is_err());
    }

    #[test]
    fn a_group_is_ended_with_what_it_started() {
        let mut command = shell("sleep 600 & echo ready; wait");
        let mut child = command.stdout(Stdio::piped()).process_group(0).spawn().unwrap();
        let mut output = child.stdout.take().unwrap();
        output.read_exact(&mut [0; 6]).unwrap();
        let group = Pid::from_raw(child.id().try_into().unwrap());
        let watch = thread::spawn(move || child.wait().unwrap());
        end(group);
        assert!(!watch.join().unwrap().success());
        // The sleeper held the pipe open.
        assert_eq!(output.read(&mut [0; 1]).unwrap(), 0);
    }
}
