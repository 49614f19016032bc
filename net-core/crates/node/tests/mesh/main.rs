//! Nodes of the mesh over real sockets of this machine.

mod nodes;
mod relays;
mod sessions;
