//! Tests of the crate through what it publishes.

mod authorize;
mod cache;
mod common;
mod keys;
mod mesh;
mod tokens;
mod vectors;
