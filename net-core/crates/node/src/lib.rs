//! The rim of Net: sockets, timers, tasks, the system's clock and random numbers, the event bus, logs, and the state that follows from them.

#![forbid(unsafe_code)]
// What only transports use is not dead: a build without them leaves it unused.
#![cfg_attr(not(all(feature = "jetstream", feature = "redis")), allow(dead_code, unused_imports))]

pub mod bus;
pub mod capability;
pub mod cortex;
pub mod dedup;
pub mod identity;
pub mod keypair;
pub mod mesh;
pub mod redex;
