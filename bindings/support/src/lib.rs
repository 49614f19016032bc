//! What every binding shares: handles, the completion queue, host calls, packs and the runtime.

mod block;
mod control;
pub mod fault;
mod r#gen;
pub mod guard;
pub mod handles;
pub mod host;
pub mod ops;
pub mod pack;
mod platform;
mod queue;
pub mod runtime;
pub mod stream;

pub use block::block_on;
pub use control::Functions;
pub use r#gen::{error_of, pack_fields};
pub use guard::guard;
pub use host::HostPort;
pub use pack::Pack;
pub use queue::{Event, Queue};

/// The objects and streams that hosts hold and the host objects that the core holds: 0 when nothing leaks.
pub fn live_handles() -> usize {
    handles::live() + host::live()
}

/// What crosses threads must be able to, whatever it carries.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<Queue<Box<dyn FnOnce() + Send>>>();
    shared::<HostPort<Box<dyn FnOnce() + Send>>>();
    shared::<stream::StreamHandle<Box<dyn FnOnce() + Send>>>();
    shared::<stream::HostSource<Box<dyn FnOnce() + Send>, Vec<u8>>>();
    shared::<Event<Vec<u8>>>();
};
