//! Version numbers, and which one a change needs.

use anyhow::{Context, Result, ensure};
use std::fmt;
use std::str::FromStr;

/// How far a change reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing that a caller can tell.
    Patch,
    /// Something new; what was there is as it was.
    Minor,
    /// Something that was there is gone or different.
    Major,
}

/// The version of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    major: u64,
    minor: u64,
    patch: u64,
}

impl Version {
    /// The smallest version that comes next. Before 1.0.0 the second number stands for the first, as Cargo and npm read it.
    pub fn next(self, level: Level) -> Self {
        let Self { major, minor, patch } = self;
        match (level, major) {
            (Level::Major, 1..) => Self { major: major + 1, minor: 0, patch: 0 },
            (Level::Major, 0) | (Level::Minor, 1..) => Self { minor: minor + 1, patch: 0, ..self },
            (Level::Minor, 0) | (Level::Patch, _) => Self { patch: patch + 1, ..self },
        }
    }
}

impl FromStr for Version {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts: Option<Vec<u64>> = text.split('.').map(|part| part.parse().ok()).collect();
        let parts = parts.with_context(|| format!("`{text}` is no version"))?;
        ensure!(parts.len() == 3, "`{text}` is no version: it has three numbers");
        Ok(Self { major: parts[0], minor: parts[1], patch: parts[2] })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_needs_the_next_number_of_its_level() {
        for (from, level, to) in [
            ("1.2.3", Level::Patch, "1.2.4"),
            ("1.2.3", Level::Minor, "1.3.0"),
            ("1.2.3", Level::Major, "2.0.0"),
            ("0.2.3", Level::Patch, "0.2.4"),
            ("0.2.3", Level::Minor, "0.2.4"),
            ("0.2.3", Level::Major, "0.3.0"),
        ] {
            let version: Version = from.parse().expect("a version");
            assert_eq!(version.next(level).to_string(), to, "{from} {level:?}");
        }
    }

    #[test]
    fn versions_have_three_numbers() {
        for text in ["1.2", "1.2.3.4", "1.2.x", "", "1.2.-3"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }
}
