//! The rim of Net: sockets, timers, tasks, and the event bus.
