//! How the log of a state is kept, and what goes wrong with it.

use net_types::{
    Error,
    cortex::{AdapterOpenOptions, AdapterOptions, CortexError},
    redex::{RedexError, RedexFileConfig},
};

/// Where changes are kept and how, and whose they are.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) name: String,
    pub(super) origin: u64,
    pub(super) file: RedexFileConfig,
}

impl Kept {
    pub(super) fn new(name: &str, origin: u64, options: &AdapterOptions) -> Self {
        let AdapterOptions { persistent, fsync_every_n, fsync_interval, max } = *options;
        let file = RedexFileConfig { persistent, fsync_every_n, fsync_interval, max, ..Default::default() };
        Self { name: name.to_owned(), origin, file }
    }

    pub(super) fn of(name: &str, options: &AdapterOpenOptions) -> Self {
        let AdapterOpenOptions { origin_hash, persistent, fsync_every_n, fsync_interval, max } = *options;
        Self::new(name, origin_hash.0, &AdapterOptions { persistent, fsync_every_n, fsync_interval, max })
    }
}

/// What went wrong with the log of a state.
pub(super) fn wrong(error: Error) -> Error {
    match error {
        Error::Redex(error) => refused(&error).into(),
        other => other,
    }
}

fn refused(error: &RedexError) -> CortexError {
    CortexError::Log { failure: error.kind_text().to_owned(), reason: error.to_string() }
}
