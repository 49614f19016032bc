//! What comes of a command.

use std::{
    io::{self, ErrorKind, Write},
    path::Path,
};

use net_types::redex::RedexError;
use serde::Serialize;

use crate::text;

/// How a command ends that has done its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Fine,
    /// It has met damage, and told of it.
    Damaged,
}

/// Why a command ends early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The other end of the output is closed.
    NobodyReads,
    Trouble(Trouble),
}

/// What is wrong, and what to do.
#[derive(Debug, Serialize)]
pub(crate) struct Trouble {
    kind: &'static str,
    message: String,
    advice: Option<String>,
}

impl Outcome {
    pub(crate) const fn of(is_damaged: bool) -> Self {
        if is_damaged { Self::Damaged } else { Self::Fine }
    }
}

impl Failure {
    pub(crate) fn new(kind: &'static str, message: String, advice: impl Into<Option<String>>) -> Self {
        Self::Trouble(Trouble { kind, message, advice: advice.into() })
    }

    /// What a log says about itself.
    pub(crate) fn of_log(path: &Path, error: &RedexError) -> Self {
        Self::new(error.kind_text(), describe(error), advice(path, error))
    }
}

impl Trouble {
    pub(crate) fn tell(&self, as_json: bool) {
        #[derive(Serialize)]
        struct Told<'a> {
            error: &'a Trouble,
        }
        let mut err = io::stderr().lock();
        // Nothing is left to do if that fails, too.
        let _ = match serde_json::to_string(&Told { error: self }) {
            Ok(json) if as_json => writeln!(err, "{json}"),
            _ => writeln!(err, "error: {}", self.message),
        };
        if let Some(advice) = self.advice.as_ref().filter(|_| !as_json) {
            let _ = writeln!(err, "{advice}");
        }
    }
}

impl From<io::Error> for Failure {
    /// Only output fails so: what is done with logs has errors of its own.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::NobodyReads,
            _ => Self::new("output", format!("the output cannot be written: {error}"), None),
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        io::Error::from(error).into()
    }
}

/// What a log says about itself, as a person reads it.
pub(crate) fn describe(error: &RedexError) -> String {
    match error {
        RedexError::Corrupt { file, offset, first, last, reason } if first > last => {
            format!("{file}, byte {offset}: {reason}")
        }
        RedexError::Corrupt { file, offset, first, last, reason } => {
            let lost = text::numbers(*first, last.saturating_add(1));
            format!("{file}, byte {offset}: {reason}; lost: {lost}")
        }
        _ => error.detail().unwrap_or_else(|| error.message()),
    }
}

fn advice(path: &Path, error: &RedexError) -> Option<String> {
    let path = path.display();
    match error {
        RedexError::Locked { .. } => Some(format!(
            "Stop the writer first. `net log verify {path}` needs no lock, and looks for damage while the writer runs."
        )),
        RedexError::NewerVersion { .. } => {
            Some("A later version of Net wrote it: use the `net` of that version.".to_owned())
        }
        RedexError::Corrupt { .. } => Some(format!("`net log repair {path}` shows what can be done.")),
        RedexError::ReadOnly { .. } => {
            Some("Run it as a user who may open and write these files.".to_owned())
        }
        RedexError::DiskFull { .. } => Some("Make room, and run it again.".to_owned()),
        RedexError::Vanished { .. } => {
            Some("It was removed while it was needed. Run the command again if the log is there.".to_owned())
        }
        _ => None,
    }
}
