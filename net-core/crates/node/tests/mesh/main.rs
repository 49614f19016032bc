//! Nodes of the mesh over real sockets of this machine.

mod attacks;
mod authorization;
mod channels;
mod member;
mod nodes;
mod relays;
mod sessions;
mod wire;
