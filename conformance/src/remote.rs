//! A testee that is asked one thing after the other, for what is no case.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value};

use crate::Testee;
use crate::frame::{Call, Outcome};
use crate::link::Link;

/// A testee that runs.
#[derive(Debug)]
pub struct Remote(Link);

impl Remote {
    /// Starts a testee, whose standard error goes to the log; it may take so long for each answer.
    pub fn start(testee: &Testee, log: &Path, limit: Duration) -> Result<Self> {
        let link = Link::start(testee, log, limit)?;
        let found = &link.hello.language;
        ensure!(*found == testee.language, "it says that it is for {found}");
        Ok(Self(link))
    }

    /// The version of what it drives.
    pub fn version(&self) -> &str {
        &self.0.hello.sdk
    }

    /// Asks for an operation on a kept object, whose result may be kept, and gives what it answers.
    pub fn ask(
        &mut self,
        op: &str,
        args: Map<String, Value>,
        on: Option<&str>,
        keep: Option<&str>,
    ) -> Result<Value> {
        let call = Call { op: op.to_owned(), args, on: on.map(str::to_owned), keep: keep.map(str::to_owned) };
        match self.0.ask(&call).with_context(|| op.to_owned())? {
            Outcome::Ok(value) => Ok(value),
            Outcome::Err(failure) => bail!("{op}: {}", failure.message),
            Outcome::Unsupported(reason) => bail!("{op}: {reason}"),
        }
    }

    /// Ends it.
    pub fn finish(self) -> Result<()> {
        self.0.finish()
    }
}
