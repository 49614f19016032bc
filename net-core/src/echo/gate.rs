//! A gate at which threads wait.

use super::lock;
use net_types::{Error, api};
use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

/// A gate that is shut until somebody opens it.
#[derive(Debug, Default)]
pub struct EchoGate {
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl api::EchoGate for EchoGate {
    fn new() -> Result<Arc<Self>, Error> {
        Ok(Arc::default())
    }

    fn open(&self) -> Result<(), Error> {
        *lock(&self.is_open) = true;
        self.opened.notify_all();
        Ok(())
    }

    fn enter(&self, limit: Duration) -> Result<bool, Error> {
        let is_shut = |is_open: &mut bool| !*is_open;
        let waited = self.opened.wait_timeout_while(lock(&self.is_open), limit, is_shut);
        Ok(*waited.unwrap_or_else(PoisonError::into_inner).0)
    }
}
