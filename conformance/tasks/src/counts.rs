//! Reads how many tests passed from what a test runner prints.

use std::ops::AddAssign;

/// Where a stage's numbers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// It is one check, which passes if its commands succeed.
    Commands,
    /// `cargo test`.
    Cargo,
    /// `vitest run`.
    Vitest,
    /// `pytest`.
    Pytest,
    /// `go test -v`.
    Go,
    /// A closing line of ours, `N passed, N failed, N skipped`, of which the last part may be left out.
    Closing,
}

/// How many tests passed, failed and were skipped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Counts {
    /// The result of a stage whose commands succeeded, or not, and wrote this log.
    ///
    /// Whatever the log says, a stage whose commands failed has a failure, and one in which nothing ran does not pass.
    pub(crate) fn read(source: Source, log: &str, succeeded: bool) -> Self {
        let mut counts = match source {
            Source::Commands => Self { passed: u64::from(succeeded), ..Self::default() },
            Source::Cargo => lines(log, cargo),
            Source::Vitest => lines(log, vitest),
            Source::Pytest => lines(log, pytest),
            Source::Go => lines(log, go),
            Source::Closing => lines(log, closing),
        };
        if counts.failed == 0 && (!succeeded || counts.passed == 0) {
            counts.failed = 1;
        }
        counts
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

fn lines(log: &str, read: fn(&str) -> Option<Counts>) -> Counts {
    log.lines().filter_map(read).fold(Counts::default(), |mut sum, counts| {
        sum += counts;
        sum
    })
}

/// `test result: ok. 21 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s`
fn cargo(line: &str) -> Option<Counts> {
    let (_, numbers) = line.strip_prefix("test result: ")?.split_once(". ")?;
    Some(words(numbers.split("; ")))
}

/// `      Tests  1 failed | 12 passed | 1 skipped (14)`
fn vitest(line: &str) -> Option<Counts> {
    let numbers = line.trim_start().strip_prefix("Tests ")?;
    let (numbers, _) = numbers.rsplit_once(" (")?;
    Some(words(numbers.split('|')))
}

/// `1 failed, 12 passed, 1 skipped in 0.52s`, with or without a frame of `=`
fn pytest(line: &str) -> Option<Counts> {
    let (numbers, time) = line.trim_matches(['=', ' ']).rsplit_once(" in ")?;
    let seconds = time.split_once('s')?.0;
    seconds.parse::<f64>().ok()?;
    Some(words(numbers.split(", ")))
}

/// `    --- PASS: TestEcho/bytes (0.00s)`
fn go(line: &str) -> Option<Counts> {
    let (verdict, _) = line.trim_start().strip_prefix("--- ")?.split_once(": ")?;
    let mut counts = Counts::default();
    match verdict {
        "PASS" => counts.passed = 1,
        "FAIL" => counts.failed = 1,
        "SKIP" => counts.skipped = 1,
        _ => return None,
    }
    Some(counts)
}

/// `12 passed, 0 failed, 1 skipped`
fn closing(line: &str) -> Option<Counts> {
    let mut numbers = line.split(", ");
    let mut next = |word: &str| -> Option<u64> { numbers.next()?.strip_suffix(word)?.parse().ok() };
    let (passed, failed) = (next(" passed")?, next(" failed")?);
    Some(Counts { passed, failed, skipped: next(" skipped").unwrap_or(0) })
}

/// Adds up `N word`, by the words that test runners use.
fn words<'a>(items: impl Iterator<Item = &'a str>) -> Counts {
    let mut counts = Counts::default();
    for item in items {
        let mut parts = item.split_whitespace();
        let (Some(Ok(number)), Some(word)) = (parts.next().map(str::parse::<u64>), parts.next()) else {
            continue;
        };
        match word {
            "passed" => counts.passed += number,
            "failed" | "error" | "errors" | "xpassed" => counts.failed += number,
            "skipped" | "ignored" | "todo" | "xfailed" => counts.skipped += number,
            _ => {}
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: u64, failed: u64, skipped: u64) -> Counts {
        Counts { passed, failed, skipped }
    }

    #[test]
    fn a_check_is_one_test() {
        assert_eq!(Counts::read(Source::Commands, "", true), counts(1, 0, 0));
        assert_eq!(Counts::read(Source::Commands, "", false), counts(0, 1, 0));
    }

    #[test]
    fn cargo_prints_a_line_per_program() {
        let log = "running 2 tests\n\
            test result: ok. 21 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
            test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.62s\n";
        assert_eq!(Counts::read(Source::Cargo, log, false), counts(24, 2, 1));
    }

    #[test]
    fn the_summaries_of_the_runners_are_understood() {
        for (source, log, expected) in [
            (Source::Vitest, " Test Files  2 failed | 3 passed (5)\n", counts(0, 1, 0)),
            (
                Source::Vitest,
                "      Tests  1 failed | 12 passed | 1 skipped | 1 todo (15)\n",
                counts(12, 1, 2),
            ),
            (Source::Pytest, "1 failed, 12 passed, 1 skipped, 2 errors in 0.52s\n", counts(12, 3, 1)),
            (Source::Pytest, "===== 12 passed in 61.52s (0:01:01) =====\n", counts(12, 0, 0)),
            (Source::Pytest, "12 passed in the end\n", counts(0, 1, 0)),
            (
                Source::Go,
                "=== RUN   TestA\n--- FAIL: TestA (0.00s)\n    --- PASS: TestA/x (0.00s)\n",
                counts(1, 1, 0),
            ),
            (
                Source::Go,
                "--- PASS: TestA (0.00s)\n--- SKIP: TestB (0.00s)\nPASS\nok  net 0.1s\n",
                counts(1, 0, 1),
            ),
            (Source::Closing, "a.c\n3 passed, 0 failed, 1 skipped\n2 passed, 1 failed\n", counts(5, 1, 1)),
            (Source::Closing, "3 passed and 0 failed\n", counts(0, 1, 0)),
        ] {
            assert_eq!(Counts::read(source, log, true), expected, "{log}");
        }
    }

    #[test]
    fn a_failure_that_no_test_reports_counts() {
        let log = "test result: ok. 21 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        assert_eq!(Counts::read(Source::Cargo, log, false), counts(21, 1, 0));
        assert_eq!(Counts::read(Source::Cargo, "error: could not compile", false), counts(0, 1, 0));
    }

    #[test]
    fn running_no_test_is_a_failure() {
        assert_eq!(Counts::read(Source::Cargo, "", true), counts(0, 1, 0));
    }
}
