//! What every binding shares: handles, the completion queue, host calls, packs and the runtime.

pub mod fault;
pub mod guard;
pub mod handles;
pub mod pack;

pub use guard::guard;
pub use handles::live as live_handles;
