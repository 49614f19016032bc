//! State that follows from a log: what `net-state` does, with logs and tasks.
//!
//! | module | what it does |
//! |---|---|
//! | `core` | a state, how far it is, and who waits for it |
//! | `actor` | takes events from a log into a state |
//! | `model` | a state with its log: opening, changing, waiting, saving, closing |
//! | `log` | how the log of a state is kept, and what goes wrong with it |
//! | `state`, `hosted` | what a log is folded into; a state that the program makes |
//! | `store` | snapshots beside a log |
//! | `watch` | lists that are followed |
//! | `tasks`, `memories` | the two states, as the interface has them |
//! | `netdb` | both together |
//! | `token` | write tokens as texts |

mod actor;
mod core;
mod hosted;
mod log;
mod memories;
mod model;
mod netdb;
mod state;
mod store;
mod tasks;
#[cfg(test)]
mod tests;
mod token;
mod watch;

pub use hosted::FoldAdapter;
pub use memories::MemoriesAdapter;
pub use netdb::NetDb;
pub use tasks::TasksAdapter;
pub use token::{parse_token, print_token};
pub use watch::{MemoryWatchIter, TaskWatchIter};
