//! The command line.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};

use crate::language::Language;

/// What `--help` prints.
pub(crate) const USAGE: &str = "\
cargo demo [--without LANGUAGE]...
    Builds the SDKs, sends a file of events through the bus from each, joins a node of each in a mesh, installs their
    packages where nothing of the repository is in reach, and runs the conformance cases.

cargo verify [--only STAGE]... [--without LANGUAGE]... [--list]
    Runs every test. `--only` runs the stages whose name contains the text, and what they need;
    `--without` counts a language's stages as skipped; `--list` prints the stages and their budgets.

cargo conform [--filter TEXT] [--only LANGUAGE]... [--without LANGUAGE]... [--json FILE]
    Runs the conformance cases whose name `kind/file/case` contains the text, in every language.

cargo conform --mutants [--only LANGUAGE]... [--without LANGUAGE]...
    Spoils the generated codecs of each language in turn, and requires that the cases find it.

cargo fuzzing [TARGET] [--seconds N]
    Runs the fuzz targets whose name contains the text, or all of them, each for N seconds, or 60. Inputs are kept in
    target/fuzz/corpus, and what breaks a target in target/fuzz/broken.

cargo package-sdks [--without LANGUAGE]...
    Fills target/dist with the packages of each language, as they are published, and installs them to run the quick
    starts.

cargo perf [--filter TEXT] [--only LANGUAGE]... [--without LANGUAGE]... [--quick] [--json FILE] [--compare FILE]
    Times each hot method in every language, beside an empty call, Rust, and the published wheel. `--filter` takes
    the methods whose name contains the text; `--quick` makes few short rounds; `--compare` tells what has changed
    since an earlier report.

cargo perf --mesh [--filter TEXT] [--without LANGUAGE]... [--quick] [--json FILE]
    Measures the mesh beside quinn, raw UDP, NATS and the published wheel, each as two processes on this machine:
    processor time, throughput and latency, in five rounds by turns, held against the targets. `--filter` takes the
    work whose name contains the text.

cargo perf --logs [--filter TEXT] [--without LANGUAGE]... [--quick] [--json FILE]
    Measures append-only logs beside raw writes, SQLite, fjall, redb and the published wheel, in ten rounds by turns, held
    against the targets; draws a plot. `--filter` takes the work whose name contains the text.

Languages: rust, typescript, python, go, c.
";

/// A task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    Demo,
    Verify,
    Conform,
    Fuzz,
    Packages,
    Perf,
}

/// A parsed command line.
#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) task: Task,
    /// Parts of stage names (verify); empty means all.
    pub(crate) only_stages: Vec<String>,
    /// Languages that are run, in the order of the reports.
    pub(crate) languages: Vec<Language>,
    /// Languages that are left out on purpose.
    pub(crate) without: Vec<Language>,
    pub(crate) list: bool,
    pub(crate) mutants: bool,
    pub(crate) filter: Option<String>,
    pub(crate) json: Option<PathBuf>,
    pub(crate) quick: bool,
    /// How long each target is fuzzed.
    pub(crate) seconds: Option<u64>,
    /// The mesh is measured, beside others.
    pub(crate) mesh: bool,
    /// Logs are measured, beside others.
    pub(crate) logs: bool,
    /// The report of an earlier run.
    pub(crate) compare: Option<PathBuf>,
}

impl Args {
    /// Parses what follows the program's name; `None` if help is wanted.
    pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Result<Option<Self>> {
        let mut words = words.into_iter();
        let task = match words.next().as_deref() {
            Some("demo") => Task::Demo,
            Some("verify") => Task::Verify,
            Some("conform") => Task::Conform,
            Some("fuzz") => Task::Fuzz,
            Some("package-sdks") => Task::Packages,
            Some("perf") => Task::Perf,
            None | Some("help" | "--help" | "-h") => return Ok(None),
            Some(other) => bail!("no task is called `{other}`\n\n{USAGE}"),
        };
        let mut args = Self {
            task,
            only_stages: Vec::new(),
            languages: Vec::new(),
            without: Vec::new(),
            list: false,
            mutants: false,
            filter: None,
            json: None,
            quick: false,
            seconds: None,
            mesh: false,
            logs: false,
            compare: None,
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("{word} needs a value"));
            match (word.as_str(), task) {
                ("--help" | "-h", _) => return Ok(None),
                ("--without", _) => args.without.push(value()?.parse()?),
                ("--only", Task::Verify) => args.only_stages.push(value()?),
                ("--only", Task::Conform | Task::Perf) => args.languages.push(value()?.parse()?),
                ("--list", Task::Verify) => args.list = true,
                ("--filter", Task::Conform | Task::Perf) => args.filter = Some(value()?),
                ("--seconds", Task::Fuzz) => {
                    args.seconds = Some(value()?.parse().context("--seconds needs a number")?)
                }
                (target, Task::Fuzz) if !target.starts_with('-') => args.filter = Some(target.to_owned()),
                ("--mutants", Task::Conform) => args.mutants = true,
                ("--json", Task::Conform | Task::Perf) => args.json = Some(value()?.into()),
                ("--quick", Task::Perf) => args.quick = true,
                ("--mesh", Task::Perf) => args.mesh = true,
                ("--logs", Task::Perf) => args.logs = true,
                ("--compare", Task::Perf) => args.compare = Some(value()?.into()),
                _ => bail!("unknown option `{word}`\n\n{USAGE}"),
            }
        }
        let chooses_cases = args.filter.is_some() || args.json.is_some();
        ensure!(!(args.mutants && chooses_cases), "--mutants takes neither --filter nor --json");
        ensure!(!(args.mesh && args.logs), "--mesh and --logs are runs of their own");
        let compares = args.compare.is_some();
        ensure!(!((args.mesh || args.logs) && compares), "--mesh and --logs take no --compare");
        ensure!(!args.without.contains(&Language::Rust), "rust is what everything is built with");
        let chosen = std::mem::take(&mut args.languages);
        // Figures of a language are read beside those of Rust.
        let beside = (task == Task::Perf).then_some(Language::Rust);
        args.languages = Language::ALL
            .into_iter()
            .filter(|language| chosen.is_empty() || chosen.contains(language) || beside == Some(*language))
            .filter(|language| !args.without.contains(language))
            .collect();
        Ok(Some(args))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Args>> {
        Args::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn languages_keep_their_order() {
        let args = parse("conform --only go --only rust --filter wire/").unwrap().unwrap();
        assert_eq!(args.languages, [Language::Rust, Language::Go]);
        assert_eq!(args.filter.as_deref(), Some("wire/"));
        let args = parse("verify --without go --without c").unwrap().unwrap();
        assert_eq!(args.languages, [Language::Rust, Language::TypeScript, Language::Python]);
    }

    #[test]
    fn only_names_stages_of_verify() {
        let args = parse("verify --only clippy").unwrap().unwrap();
        assert_eq!(args.only_stages, ["clippy"]);
        assert_eq!(args.languages.len(), Language::ALL.len());
    }

    #[test]
    fn perf_compares_with_a_file() {
        let args = parse("perf --quick --only go --compare old.json --filter emit").unwrap().unwrap();
        assert_eq!((args.task, args.quick), (Task::Perf, true));
        assert_eq!(args.languages, [Language::Rust, Language::Go]);
        assert_eq!(args.compare.as_deref(), Some("old.json".as_ref()));
    }

    #[test]
    fn perf_measures_the_mesh() {
        let args = parse("perf --mesh --filter bulk").unwrap().unwrap();
        assert_eq!((args.mesh, args.filter.as_deref()), (true, Some("bulk")));
    }

    #[test]
    fn perf_measures_logs() {
        let args = parse("perf --logs --quick").unwrap().unwrap();
        assert_eq!((args.logs, args.mesh, args.quick), (true, false, true));
    }

    #[test]
    fn a_fuzz_target_is_named_without_an_option() {
        let args = parse("fuzz wire/echo_frame --seconds 3600").unwrap().unwrap();
        assert_eq!((args.task, args.seconds), (Task::Fuzz, Some(3600)));
        assert_eq!(args.filter.as_deref(), Some("wire/echo_frame"));
    }

    #[test]
    fn mistakes_are_refused() {
        for line in [
            "prove",
            "demo --only go",
            "verify --filter x",
            "conform --only",
            "conform --only cobol",
            "conform --mutants --filter wire/",
            "verify --mutants",
            "verify --without rust",
            "package-sdks --only go",
            "conform --quick",
            "perf --compare",
            "perf --list",
            "perf --mesh --compare old.json",
            "perf --logs --compare old.json",
            "perf --logs --mesh",
            "conform --mesh",
            "fuzz --seconds soon",
            "perf --seconds 1",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
        assert!(parse("").unwrap().is_none());
        assert!(parse("verify --help").unwrap().is_none());
    }
}
