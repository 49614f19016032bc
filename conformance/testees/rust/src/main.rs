//! The Rust testee of the conformance suite.

fn main() {}
