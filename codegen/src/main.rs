//! Compiles the interface spec to code in every language.

fn main() {}
