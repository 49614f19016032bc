//! State that follows from a log, without threads, clock and randomness.
//!
//! A [`Fold`] makes a state from events: in the order of their numbers, each once. Its [`Progress`] knows one position,
//! the first number that is not in the state; what was passed over below it is counted, and whoever waits for a number
//! gets one answer. [`Tasks`] and [`Memories`] are folds whose filtered lists come from indexes; a [`Watch`] tells what a
//! list has become. Equal logs give equal states, and equal states equal bytes. What stands in events and snapshots is
//! described with modules `cortex` and `netdb` of the interface.
//!
//! | module | what it does |
//! |---|---|
//! | `event` | events that a log takes |
//! | `fold` | what a state is made by |
//! | `progress` | how far a state is, and who waits for it |
//! | `holes`, `waits` | numbers that were passed over; calls that wait for numbers |
//! | `filter`, `orders` | which items belong to a list, and in which order they stand |
//! | `tasks`, `memories` | the two folds |
//! | `watch` | a list that is followed |
//! | `snapshot`, `bundle` | states as bytes |

#![forbid(unsafe_code)]

mod bundle;
mod event;
mod filter;
mod fold;
mod holes;
mod memories;
mod orders;
mod progress;
mod snapshot;
mod tasks;
mod waits;
mod watch;

#[cfg(test)]
mod dice;

pub use bundle::Bundle;
pub use event::{MemoryChange, TaskChange};
pub use fold::{Applied, Fold};
pub use memories::Memories;
pub use progress::{Counts, Progress, Run};
pub use tasks::Tasks;
pub use waits::WaitId;
pub use watch::{Listed, Watch};
