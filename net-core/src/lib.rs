//! The Net runtime behind every binding: a facade over the crates below it.
