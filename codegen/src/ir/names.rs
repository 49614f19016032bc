//! Names, and what the languages make of them.

use std::collections::BTreeMap;

/// Languages that spell names of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lang {
    /// TypeScript.
    Ts,
    /// Python.
    Python,
    /// Go.
    Go,
    /// C.
    C,
    /// Rust.
    Rust,
}

impl Lang {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Rust, Self::Ts, Self::Python, Self::Go, Self::C];

    /// Its name in the spec.
    pub fn key(self) -> &'static str {
        match self {
            Self::Ts => "ts",
            Self::Python => "python",
            Self::Go => "go",
            Self::C => "c",
            Self::Rust => "rust",
        }
    }
}

/// A name with what the languages make of it.
#[derive(Debug, Clone, Default)]
pub struct Name {
    /// In the spelling of the spec.
    pub spec: String,
    /// Exact published names that differ from the derived ones.
    pub renames: BTreeMap<Lang, String>,
    /// More names, in the spelling of the spec, by language.
    pub aliases: BTreeMap<Lang, Vec<String>>,
    /// Published parameters of a function, by language and by the name that they belong to.
    pub parameters: BTreeMap<(Lang, String), Vec<String>>,
}

impl Name {
    /// The exact name in a language, where it is not derived.
    pub fn renamed(&self, lang: Lang) -> Option<&str> {
        self.renames.get(&lang).map(String::as_str)
    }

    /// More names in a language, in the spelling of the spec.
    pub fn aliases(&self, lang: Lang) -> &[String] {
        self.aliases.get(&lang).map_or(&[], Vec::as_slice)
    }

    /// The published parameters of a function under one of its names; none if they are derived.
    pub fn parameters(&self, lang: Lang, name: &str) -> Option<&[String]> {
        self.parameters.get(&(lang, name.to_owned())).map(Vec::as_slice)
    }
}
