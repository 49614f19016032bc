//! The tasks of this repository: demo, verify, conform.

fn main() {}
