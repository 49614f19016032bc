//! The rim of Net: sockets, timers, tasks, and the event bus.

#![forbid(unsafe_code)]

pub mod bus;
pub mod keypair;
