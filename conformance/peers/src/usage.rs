//! What a process has used so far, by itself.

use anyhow::Result;
use nix::sys::resource::{Resource, UsageWho, getrlimit, getrusage, setrlimit};
use nix::sys::time::TimeVal;
use serde_json::{Value, json};

/// Processor time of all threads.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    user: TimeVal,
    system: TimeVal,
}

impl Usage {
    /// Until now.
    pub fn now() -> Result<Self> {
        let usage = getrusage(UsageWho::RUSAGE_SELF)?;
        Ok(Self { user: usage.user_time(), system: usage.system_time() })
    }

    pub(crate) fn shown(self, extra: Option<Value>) -> Value {
        let micros = |time: TimeVal| time.tv_sec() * 1_000_000 + time.tv_usec();
        json!({ "user": micros(self.user), "system": micros(self.system), "extra": extra })
    }
}

/// Lets this process have as many sockets as the system allows.
pub fn allow_many_files() -> Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, most, most)?)
}
