//! The rim of Net: sockets, timers, tasks, the system's clock and random numbers, and the event bus.

#![forbid(unsafe_code)]

pub mod bus;
pub mod dedup;
pub mod identity;
pub mod keypair;
pub mod mesh;
