//! The router, driven message by message.

mod beacons;
mod kit;
mod limits;
mod relay;
mod routes;
