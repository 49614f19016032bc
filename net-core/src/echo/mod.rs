//! The echo module: every construct of the interface once, for the tests of the bindings.
//!
//! Its async functions drive no runtime of their own; whoever polls them does the work. Lists and repetitions are
//! limited to [`ECHO_LIMIT`] and refused beyond it as an `argument`.

mod annex;
mod cell;
mod door;
mod fail;
mod floor;
mod functions;
mod gate;
mod letters;
mod object;
mod streams;

pub use annex::EchoAnnex;
pub use cell::TypedCell;
pub use door::{EchoDoor, EchoPass, EchoVisit};
pub use floor::Floor;
pub use gate::EchoGate;
pub use letters::LetterStream;
pub use object::EchoBox;

use net_types::{Error, base::BaseError, echo::ECHO_LIMIT};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Most items that a function pulls from a stream of the host at once, so that a fast source waits for its reader.
const BATCH: usize = 16;

/// Refuses a list that is longer than the limit.
fn check_length(argument: &str, length: usize) -> Result<(), Error> {
    if length <= ECHO_LIMIT as usize {
        return Ok(());
    }
    Err(argument_error(argument, format!("{length} items are more than {ECHO_LIMIT}")))
}

/// The error for an argument that cannot be taken.
fn argument_error(argument: &str, reason: String) -> Error {
    BaseError::Argument { argument: argument.to_owned(), reason }.into()
}

/// Locks a value; none of the code under these locks panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
