//! The stages of `cargo verify`: what runs, in which order, and how long it may take.

use crate::counts::Source;
use crate::language::Language;

/// A stage of the tests.
#[derive(Debug)]
pub(crate) struct Stage {
    /// What it is called, also its log: `target/verify/<name>.log`.
    pub(crate) name: &'static str,
    /// The language whose tools it needs.
    pub(crate) language: Language,
    /// Stages that have to pass before it.
    pub(crate) needs: &'static [&'static str],
    /// Folder that the commands run in.
    pub(crate) folder: &'static str,
    /// Commands, one after the other.
    pub(crate) commands: &'static [&'static str],
    /// Where its counts are read.
    pub(crate) counts: Source,
    /// Seconds that it may take when nothing is built, and when nothing has changed.
    pub(crate) budget: Budget,
}

/// Seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    pub(crate) cold: u64,
    pub(crate) warm: u64,
}

/// Seconds that all stages together may take.
pub(crate) const TOTAL: Budget = Budget { cold: 22 * 60, warm: 6 * 60 };

/// All stages, in the order in which they run.
pub(crate) const STAGES: &[Stage] = &[
    Stage {
        name: "fmt",
        language: Language::Rust,
        needs: &[],
        folder: "",
        commands: &["cargo fmt --all --check"],
        counts: Source::Commands,
        budget: Budget { cold: 10, warm: 10 },
    },
    Stage {
        name: "spec",
        language: Language::Rust,
        needs: &[],
        folder: "",
        commands: &["cargo spec check"],
        counts: Source::Commands,
        budget: Budget { cold: 60, warm: 5 },
    },
    Stage {
        name: "clippy",
        language: Language::Rust,
        needs: &[],
        folder: "",
        commands: &[
            "cargo clippy --workspace --all-targets -- --deny warnings",
            "cargo clippy --workspace --all-targets --features conformance -- --deny warnings",
        ],
        counts: Source::Commands,
        budget: Budget { cold: 180, warm: 20 },
    },
    Stage {
        name: "rust tests",
        language: Language::Rust,
        needs: &[],
        folder: "",
        commands: &["cargo test --workspace --features conformance --no-fail-fast"],
        counts: Source::Cargo,
        budget: Budget { cold: 300, warm: 60 },
    },
];

impl Budget {
    /// The seconds of a cold or warm run.
    pub(crate) fn of(self, warm: bool) -> u64 {
        if warm { self.warm } else { self.cold }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_budgets_of_the_stages_fit_into_the_total() {
        for warm in [false, true] {
            let sum: u64 = STAGES.iter().map(|stage| stage.budget.of(warm)).sum();
            assert!(sum <= TOTAL.of(warm), "{sum} s, warm: {warm}");
        }
    }

    #[test]
    fn a_stage_needs_earlier_ones() {
        let mut earlier = HashSet::new();
        for stage in STAGES {
            for need in stage.needs {
                assert!(earlier.contains(need), "{} needs {need}", stage.name);
            }
            assert!(earlier.insert(stage.name), "{} comes twice", stage.name);
        }
    }
}
