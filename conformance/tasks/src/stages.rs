//! The stages of all tasks: what runs, in which order, and how long it may take while another stage runs beside it.

use std::collections::HashSet;

use anyhow::Result;

use crate::counts::Source;
use crate::job::Job;
use crate::language::Language;
use crate::run::Context;
use crate::{
    checks, company, conform, demo, examples, fuzz, kills, meetings, members, mutants, packages, prepare,
    survival,
};

/// A part of a task.
#[derive(Debug)]
pub(crate) struct Stage {
    /// What it is called, also its log: `target/verify/<name>.log`.
    pub(crate) name: &'static str,
    /// The languages whose tools it needs.
    pub(crate) languages: &'static [Language],
    /// Whether it tests, or builds what others test.
    pub(crate) role: Role,
    /// Stages that have to pass before it.
    pub(crate) needs: &'static [&'static str],
    /// What no other stage may use meanwhile.
    pub(crate) holds: Option<Resource>,
    /// What it does.
    pub(crate) work: Work,
    /// Where its counts are read.
    pub(crate) counts: Source,
    /// Seconds that it may take.
    pub(crate) budget: Budget,
}

/// What two stages cannot use at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource {
    /// Cargo's folder for tests, which it locks while it builds.
    DebugBuild,
    /// Cargo's folder for native libraries.
    ReleaseBuild,
}

/// What a stage is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It finds mistakes.
    Test,
    /// Every task runs it, to have something to run on.
    Build,
}

/// What a stage does.
#[derive(Debug)]
pub(crate) enum Work {
    /// Commands, one after the other, in a folder.
    Commands(&'static str, &'static [&'static str]),
    /// More than commands can say.
    Function(fn(&Context, &Job) -> Result<()>),
}

/// Seconds that something may take when nothing is built, and when nothing has changed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    pub(crate) cold: u64,
    pub(crate) warm: u64,
}

/// Stages that run at the same time: what one leaves idle, while it links, waits or installs, another uses.
pub(crate) const LANES: usize = 2;

/// Seconds that all stages together may take.
pub(crate) const TOTAL: Budget = Budget { cold: 27 * 60, warm: 6 * 60 };

/// The stages that build the testees and the demo programs.
const PROGRAMS: &[&str] = &["native libraries", "typescript build", "python packages", "go build", "c build"];

/// All stages, in the order in which they run.
pub(crate) const STAGES: &[Stage] = &[
    Stage {
        name: "rust format",
        languages: &[Language::Rust],
        role: Role::Test,
        needs: &[],
        holds: None,
        work: Work::Commands(
            "",
            &["cargo fmt --all --check", "cargo fmt --check --manifest-path conformance/peers/Cargo.toml"],
        ),
        counts: Source::Commands,
        budget: Budget { cold: 5, warm: 5 },
    },
    Stage {
        name: "spec",
        languages: &[Language::Rust],
        role: Role::Test,
        needs: &[],
        holds: None,
        work: Work::Function(checks::spec_check),
        counts: Source::Commands,
        budget: Budget { cold: 6, warm: 5 },
    },
    Stage {
        name: "servers",
        languages: &[],
        role: Role::Test,
        needs: &[],
        holds: None,
        work: Work::Function(checks::servers),
        counts: Source::Commands,
        budget: Budget { cold: 1, warm: 1 },
    },
    Stage {
        name: "native libraries",
        // What is built with Cargo is built whatever language is wanted.
        languages: &[],
        role: Role::Build,
        needs: &[],
        holds: Some(Resource::ReleaseBuild),
        work: Work::Function(prepare::native_libraries),
        counts: Source::Commands,
        budget: Budget { cold: 280, warm: 5 },
    },
    Stage {
        name: "rust lints",
        languages: &[Language::Rust],
        role: Role::Test,
        needs: &[],
        holds: Some(Resource::DebugBuild),
        work: Work::Commands(
            "",
            &[
                "cargo clippy --workspace --all-targets --features conformance -- --deny warnings",
                // What packages leave out is all that differs here, and that is in no test.
                "cargo clippy --workspace --lib --bins -- --deny warnings",
            ],
        ),
        counts: Source::Commands,
        budget: Budget { cold: 260, warm: 10 },
    },
    Stage {
        name: "tool tests",
        languages: &[Language::Rust],
        role: Role::Test,
        needs: &[],
        holds: Some(Resource::DebugBuild),
        work: Work::Function(checks::tool_tests),
        counts: Source::Cargo,
        budget: Budget { cold: 160, warm: 20 },
    },
    Stage {
        name: "rust tests",
        languages: &[Language::Rust],
        role: Role::Test,
        needs: &["servers"],
        holds: Some(Resource::ReleaseBuild),
        work: Work::Function(checks::rust_tests),
        counts: Source::Cargo,
        budget: Budget { cold: 260, warm: 60 },
    },
    Stage {
        name: "fuzz targets",
        languages: &[Language::Rust],
        role: Role::Test,
        needs: &[],
        holds: None,
        work: Work::Function(fuzz::check),
        counts: Source::Closing,
        budget: Budget { cold: 200, warm: 25 },
    },
    Stage {
        name: "simulated worlds",
        languages: &[Language::Rust],
        role: Role::Test,
        needs: &[],
        holds: None,
        work: Work::Commands(
            "",
            &[
                "cargo sim --seeds 0..300 --quiet",
                "cargo sim --scenario storage --seeds 0..2000 --quiet --every-fault",
                "cargo sim --scenario subnets --seeds 0..100 --quiet",
            ],
        ),
        counts: Source::Closing,
        budget: Budget { cold: 180, warm: 40 },
    },
    Stage {
        name: "node packages",
        languages: &[Language::TypeScript],
        role: Role::Build,
        needs: &[],
        holds: None,
        work: Work::Function(prepare::node_packages),
        counts: Source::Commands,
        budget: Budget { cold: 20, warm: 2 },
    },
    Stage {
        name: "typescript build",
        languages: &[Language::TypeScript],
        role: Role::Build,
        needs: &["native libraries", "node packages"],
        holds: None,
        work: Work::Commands("sdks/typescript", &["npm run build"]),
        counts: Source::Commands,
        budget: Budget { cold: 6, warm: 5 },
    },
    Stage {
        name: "typescript format",
        languages: &[Language::TypeScript],
        role: Role::Test,
        needs: &["node packages"],
        holds: None,
        work: Work::Commands("sdks/typescript", &["npm run format"]),
        counts: Source::Commands,
        budget: Budget { cold: 10, warm: 8 },
    },
    Stage {
        name: "typescript types",
        languages: &[Language::TypeScript],
        role: Role::Test,
        needs: &["typescript build"],
        holds: None,
        work: Work::Commands("sdks/typescript", &["npm run check"]),
        counts: Source::Commands,
        budget: Budget { cold: 8, warm: 5 },
    },
    Stage {
        name: "typescript tests",
        languages: &[Language::TypeScript],
        role: Role::Test,
        needs: &["servers", "typescript build"],
        holds: None,
        work: Work::Commands("sdks/typescript", &["vitest run"]),
        counts: Source::Vitest,
        budget: Budget { cold: 35, warm: 10 },
    },
    Stage {
        name: "python packages",
        languages: &[Language::Python],
        role: Role::Build,
        needs: &["native libraries"],
        holds: None,
        work: Work::Function(prepare::python_packages),
        counts: Source::Commands,
        budget: Budget { cold: 30, warm: 2 },
    },
    Stage {
        name: "packages",
        languages: &[Language::Rust],
        role: Role::Test,
        needs: &["typescript build", "python packages"],
        holds: Some(Resource::ReleaseBuild),
        work: Work::Function(packages::build),
        counts: Source::Commands,
        budget: Budget { cold: 420, warm: 10 },
    },
    Stage {
        name: "package installs",
        languages: &[Language::Rust],
        role: Role::Test,
        needs: &["packages"],
        holds: None,
        work: Work::Function(packages::check),
        counts: Source::Closing,
        budget: Budget { cold: 250, warm: 25 },
    },
    Stage {
        name: "python lints",
        languages: &[Language::Python],
        role: Role::Test,
        needs: &["python packages"],
        holds: None,
        work: Work::Commands("sdks/python", &["ruff format --check .", "ruff check ."]),
        counts: Source::Commands,
        budget: Budget { cold: 2, warm: 5 },
    },
    Stage {
        name: "python types",
        languages: &[Language::Python],
        role: Role::Test,
        needs: &["python packages"],
        holds: None,
        work: Work::Commands("sdks/python", &["mypy --strict core/net sdk/net_sdk tests"]),
        counts: Source::Commands,
        budget: Budget { cold: 8, warm: 10 },
    },
    Stage {
        name: "python types, pyright",
        languages: &[Language::Python, Language::TypeScript],
        role: Role::Test,
        needs: &["python packages", "node packages"],
        holds: None,
        work: Work::Commands("sdks/python", &["pyright"]),
        counts: Source::Commands,
        budget: Budget { cold: 25, warm: 10 },
    },
    Stage {
        name: "python tests",
        languages: &[Language::Python],
        role: Role::Test,
        needs: &["servers", "python packages"],
        holds: None,
        work: Work::Commands("sdks/python", &["pytest -q"]),
        counts: Source::Pytest,
        budget: Budget { cold: 55, warm: 20 },
    },
    Stage {
        name: "go build",
        languages: &[Language::Go],
        role: Role::Build,
        needs: &["native libraries"],
        holds: None,
        work: Work::Function(prepare::go_programs),
        counts: Source::Commands,
        budget: Budget { cold: 90, warm: 5 },
    },
    Stage {
        name: "go format",
        languages: &[Language::Go],
        role: Role::Test,
        needs: &[],
        holds: None,
        work: Work::Function(checks::go_format),
        counts: Source::Commands,
        budget: Budget { cold: 2, warm: 5 },
    },
    Stage {
        name: "go lints",
        languages: &[Language::Go],
        role: Role::Test,
        needs: &["native libraries"],
        holds: None,
        work: Work::Commands("sdks/go", &["go vet -tags conformance ./...", "go -C tests vet ./..."]),
        counts: Source::Commands,
        budget: Budget { cold: 80, warm: 5 },
    },
    Stage {
        name: "go tests",
        languages: &[Language::Go],
        role: Role::Test,
        needs: &["servers", "native libraries"],
        holds: None,
        work: Work::Commands(
            "sdks/go",
            &[
                "go test -race -count=1 -v -tags conformance ./...",
                "go -C tests test -race -count=1 -v ./...",
                // The race detector keeps memory, so that leaks show only without it.
                "go test -run TestNothingLeaks -count=1 -v -tags conformance .",
            ],
        ),
        counts: Source::Go,
        budget: Budget { cold: 170, warm: 30 },
    },
    Stage {
        name: "c build",
        languages: &[Language::C],
        role: Role::Build,
        needs: &["native libraries"],
        holds: None,
        work: Work::Function(prepare::c_programs),
        counts: Source::Commands,
        budget: Budget { cold: 35, warm: 5 },
    },
    Stage {
        name: "c headers",
        languages: &[Language::C],
        role: Role::Test,
        needs: &["native libraries"],
        holds: None,
        work: Work::Function(checks::c_headers),
        counts: Source::Commands,
        budget: Budget { cold: 12, warm: 5 },
    },
    Stage {
        name: "c tests",
        languages: &[Language::C],
        role: Role::Test,
        needs: &["servers", "native libraries"],
        holds: None,
        work: Work::Function(checks::c_tests),
        counts: Source::Closing,
        budget: Budget { cold: 180, warm: 25 },
    },
    Stage {
        name: "demo programs",
        languages: &[Language::Rust],
        role: Role::Test,
        needs: PROGRAMS,
        holds: None,
        work: Work::Function(demo::check),
        counts: Source::Closing,
        budget: Budget { cold: 5, warm: 5 },
    },
    Stage {
        name: "quick starts",
        languages: &[Language::Rust],
        role: Role::Test,
        needs: PROGRAMS,
        holds: None,
        work: Work::Function(examples::quick_starts),
        counts: Source::Closing,
        budget: Budget { cold: 3, warm: 5 },
    },
    Stage {
        name: "meetings",
        languages: &[Language::Rust],
        role: Role::Test,
        needs: PROGRAMS,
        holds: None,
        work: Work::Function(meetings::check),
        counts: Source::Closing,
        budget: Budget { cold: 3, warm: 5 },
    },
    Stage {
        name: "company",
        languages: &[Language::Rust],
        role: Role::Test,
        needs: PROGRAMS,
        holds: None,
        work: Work::Function(company::check),
        counts: Source::Closing,
        budget: Budget { cold: 3, warm: 5 },
    },
    Stage {
        name: "members",
        languages: &[Language::Rust],
        role: Role::Test,
        needs: PROGRAMS,
        holds: None,
        work: Work::Function(members::check),
        counts: Source::Closing,
        budget: Budget { cold: 15, warm: 15 },
    },
    Stage {
        name: "kills",
        languages: &[Language::Rust],
        role: Role::Test,
        needs: PROGRAMS,
        holds: None,
        work: Work::Function(kills::check),
        counts: Source::Closing,
        budget: Budget { cold: 110, warm: 60 },
    },
    Stage {
        name: "survival",
        languages: &[Language::Rust],
        role: Role::Test,
        needs: PROGRAMS,
        holds: None,
        work: Work::Function(survival::check),
        counts: Source::Closing,
        budget: Budget { cold: 5, warm: 5 },
    },
    Stage {
        name: "conformance",
        languages: &[Language::Rust],
        role: Role::Test,
        needs: PROGRAMS,
        holds: None,
        work: Work::Function(conform::check),
        counts: Source::Closing,
        budget: Budget { cold: 60, warm: 10 },
    },
    Stage {
        name: "coverage",
        languages: &[Language::Rust],
        role: Role::Test,
        needs: &["conformance"],
        holds: None,
        work: Work::Function(checks::coverage),
        counts: Source::Commands,
        budget: Budget { cold: 5, warm: 2 },
    },
    Stage {
        name: "mutants",
        languages: &[Language::Rust],
        role: Role::Test,
        needs: &["conformance"],
        holds: None,
        work: Work::Function(mutants::check),
        counts: Source::Closing,
        budget: Budget { cold: 230, warm: 25 },
    },
];

/// The names of the stages that are chosen, and of what they need.
pub(crate) fn with_needs(chosen: impl Fn(&Stage) -> bool) -> HashSet<&'static str> {
    let mut wanted = HashSet::new();
    for stage in STAGES.iter().rev() {
        if chosen(stage) || wanted.contains(stage.name) {
            wanted.insert(stage.name);
            wanted.extend(stage.needs);
        }
    }
    wanted
}

impl Stage {
    /// The name of its log, without a folder.
    pub(crate) fn log(&self) -> String {
        format!("{}.log", self.name.replace(' ', "-"))
    }
}

impl Stage {
    /// Whether it builds what one of the languages runs on.
    pub(crate) fn builds_for(&self, languages: &[Language]) -> bool {
        let serves = self.languages.is_empty() || self.languages.iter().any(|own| languages.contains(own));
        self.role == Role::Build && serves
    }
}

impl Budget {
    /// The seconds of a warm or cold run.
    pub(crate) fn of(self, warm: bool) -> u64 {
        if warm { self.warm } else { self.cold }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budgets_of_the_stages_fit_into_the_total() {
        for warm in [false, true] {
            let sum: u64 = STAGES.iter().map(|stage| stage.budget.of(warm)).sum();
            assert!(sum <= LANES as u64 * TOTAL.of(warm), "{sum} s, warm: {warm}");
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

    #[test]
    fn the_builds_of_a_language_are_whole() {
        for language in Language::ALL {
            let built: Vec<_> = STAGES.iter().filter(|stage| stage.builds_for(&[language])).collect();
            let names: HashSet<_> = built.iter().map(|stage| stage.name).collect();
            assert!(names.contains("native libraries"), "{language}");
            for stage in built {
                assert!(stage.needs.iter().all(|need| names.contains(need)), "{language}: {}", stage.name);
                assert!(stage.languages.iter().all(|own| *own == language), "{language}: {}", stage.name);
            }
        }
    }

    #[test]
    fn what_is_built_needs_only_what_is_built() {
        let builds = |name: &str| STAGES.iter().any(|stage| stage.name == name && stage.role == Role::Build);
        for stage in STAGES.iter().filter(|stage| stage.role == Role::Build) {
            assert!(stage.needs.iter().all(|need| builds(need)), "{}", stage.name);
        }
    }
}
