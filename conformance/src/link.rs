//! A running testee: its process, and threads that read and write its pipes so that nothing here can hang.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::exit::exit_of;
use crate::frame::{self, Answer, Call, Hello, Message, Outcome};
use crate::{Frames, Testee};

/// Times that a testee may take for its hello what it may take for an answer: a language may first have to be read from a disk.
const START: u32 = 6;

/// A started testee that has said hello.
#[derive(Debug)]
pub(crate) struct Link {
    child: Child,
    frames: Frames,
    requests: Option<Sender<Vec<u8>>>,
    messages: Receiver<Result<Message>>,
    limit: Duration,
    last_id: u64,
    /// What it said.
    pub(crate) hello: Hello,
}

impl Link {
    /// Starts the testee, whose standard error is appended to the log, and waits for its hello.
    pub(crate) fn start(testee: &Testee, log: &Path, limit: Duration) -> Result<Self> {
        let (program, args) = testee.command.split_first().context("the testee has no command")?;
        let log_file = open_log(log)?;
        let mut child = Command::new(OsStr::new(program))
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log_file)
            .spawn()
            .with_context(|| format!("cannot start {program}"))?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let messages = read_all(testee.frames, stdout.context("no output")?);
        let requests = write_all(stdin.context("no input")?);
        let hello = Hello { language: String::new(), spec_hash: String::new(), sdk: String::new() };
        let mut link = Self {
            child,
            frames: testee.frames,
            requests: Some(requests),
            messages,
            limit,
            last_id: 0,
            hello,
        };
        link.hello = link.receive_within(limit * START).and_then(Message::hello).context("no hello")?;
        Ok(link)
    }

    /// Asks, and waits for the answer. After an `Err` the testee is of no further use.
    pub(crate) fn ask(&mut self, call: &Call) -> Result<Outcome> {
        self.last_id += 1;
        let request = frame::encode(self.frames, self.last_id, call)?;
        if let Some(requests) = &self.requests {
            // A testee that no longer reads is noticed when it does not answer.
            let _ = requests.send(request);
        }
        let Answer { id, outcome } = self.receive()?.answer()?;
        ensure!(id == self.last_id, "it answers request {id} instead of {}", self.last_id);
        Ok(outcome)
    }

    /// Ends the testee's input and waits until it has exited, which it has to do with status 0 and without more output.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.requests = None;
        match self.messages.recv_timeout(self.limit) {
            Err(RecvTimeoutError::Timeout) => {
                bail!("it still runs {:?} after the end of its input", self.limit)
            }
            Ok(message) => bail!("it writes without being asked: {:?}", message?),
            Err(RecvTimeoutError::Disconnected) => {}
        }
        let status =
            self.wait().with_context(|| format!("it closes its output but runs {:?} longer", self.limit))?;
        ensure!(status.success(), "it ends with {status}");
        Ok(())
    }

    fn receive(&mut self) -> Result<Message> {
        self.receive_within(self.limit)
    }

    fn receive_within(&mut self, limit: Duration) -> Result<Message> {
        match self.messages.recv_timeout(limit) {
            Ok(message) => message.context("junk"),
            Err(RecvTimeoutError::Timeout) => bail!("no answer in {limit:?}; killed"),
            Err(RecvTimeoutError::Disconnected) => match self.wait() {
                Some(status) => bail!("it ended with {status}"),
                None => bail!("it closed its output"),
            },
        }
    }

    /// Waits for the exit, for a limited time.
    fn wait(&mut self) -> Option<ExitStatus> {
        match exit_of(self.child.id()).recv_timeout(self.limit) {
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => self.child.wait().ok(),
            Ok(never) => match never {},
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // Both fail only for a process that is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn open_log(path: &Path) -> Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))
}

fn read_all(frames: Frames, output: ChildStdout) -> Receiver<Result<Message>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut output = BufReader::new(output);
        while let Some(message) = frame::read(frames, &mut output).transpose() {
            let broken = message.is_err();
            if sender.send(message).is_err() || broken {
                break;
            }
        }
    });
    receiver
}

fn write_all(mut input: impl Write + Send + 'static) -> Sender<Vec<u8>> {
    let (sender, receiver) = mpsc::channel::<Vec<u8>>();
    thread::spawn(move || {
        while let Ok(request) = receiver.recv() {
            if input.write_all(&request).and_then(|()| input.flush()).is_err() {
                break;
            }
        }
    });
    sender
}
