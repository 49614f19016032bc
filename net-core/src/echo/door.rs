//! A door that counts who passes.

use super::lock;
use net_types::{Error, api, echo::EchoError};
use std::sync::{Arc, Mutex};

/// Most that are inside at once.
const ROOM: u32 = 3;

#[derive(Debug, Default)]
struct Count {
    inside: u32,
    left: u32,
    failed: u32,
}

impl Count {
    fn enter(&mut self) -> Result<(), Error> {
        if self.inside == ROOM {
            return Err(EchoError::Busy.into());
        }
        self.inside += 1;
        Ok(())
    }

    fn leave(&mut self, failed: bool) {
        self.inside -= 1;
        *(if failed { &mut self.failed } else { &mut self.left }) += 1;
    }
}

/// A door with room for three behind it.
#[derive(Debug, Default)]
pub struct EchoDoor(Arc<Mutex<Count>>);

impl api::EchoDoor for EchoDoor {
    type EchoPass = EchoPass;
    type EchoVisit = EchoVisit;

    fn new() -> Result<Arc<Self>, Error> {
        Ok(Arc::default())
    }

    fn enter(&self) -> Result<Arc<EchoPass>, Error> {
        lock(&self.0).enter()?;
        Ok(Arc::new(EchoPass(Inside::at(&self.0))))
    }

    async fn enter_later(&self) -> Result<Arc<EchoVisit>, Error> {
        lock(&self.0).enter()?;
        Ok(Arc::new(EchoVisit(Inside::at(&self.0))))
    }

    fn inside(&self) -> Result<u32, Error> {
        Ok(lock(&self.0).inside)
    }

    fn tally(&self) -> Result<String, Error> {
        let count = lock(&self.0);
        Ok(format!("{}/{}", count.left, count.failed))
    }
}

/// Somebody inside, until that one leaves.
#[derive(Debug)]
struct Inside(Mutex<Option<Arc<Mutex<Count>>>>);

impl Inside {
    fn at(door: &Arc<Mutex<Count>>) -> Self {
        Self(Mutex::new(Some(door.clone())))
    }

    /// Says whether there was somebody to leave.
    fn leave(&self, failed: bool) -> bool {
        let door = lock(&self.0).take();
        door.inspect(|door| lock(door).leave(failed)).is_some()
    }
}

/// Who is let go without a word has left as one should.
impl Drop for Inside {
    fn drop(&mut self) {
        self.leave(false);
    }
}

/// Somebody inside.
#[derive(Debug)]
pub struct EchoPass(Inside);

impl api::EchoPass for EchoPass {
    fn leave(&self, failed: bool) -> Result<(), Error> {
        self.0.leave(failed);
        Ok(())
    }
}

/// Somebody inside who leaves in a task.
#[derive(Debug)]
pub struct EchoVisit(Inside);

impl api::EchoVisit for EchoVisit {
    async fn leave(&self, failed: bool) -> Result<(), Error> {
        match self.0.leave(failed) {
            true => Ok(()),
            false => Err(EchoError::Odd { detail: "gone already".to_owned() }.into()),
        }
    }
}
