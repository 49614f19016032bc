//! The known-failing lists: patterns of case names under the reasons for them.

use std::cell::Cell;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};

/// The list of one language.
#[derive(Debug, Default)]
pub(crate) struct Known {
    file: String,
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    text: String,
    line: usize,
    used: Cell<bool>,
}

impl Known {
    /// Loads `<language>.txt`; a language without the file has no known failures.
    pub(crate) fn load(folder: &Path, language: &str) -> Result<Self> {
        let path = folder.join(format!("{language}.txt"));
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Self::parse(&format!("known/{language}.txt"), &text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    fn parse(file: &str, text: &str) -> Self {
        let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
        let patterns = lines
            .filter(|(_, text)| !text.is_empty() && !text.starts_with('#'))
            .map(|(line, text)| Pattern { text: text.to_owned(), line, used: Cell::new(false) })
            .collect();
        Self { file: file.to_owned(), patterns }
    }

    /// Where the case is listed, if it is.
    pub(crate) fn find(&self, case: &str) -> Option<String> {
        let mut first = None;
        for pattern in self.patterns.iter().filter(|pattern| glob(&pattern.text, case)) {
            pattern.used.set(true);
            first = first.or_else(|| Some(format!("{} line {}", self.file, pattern.line)));
        }
        first
    }

    /// The patterns that no `find` has matched so far, as complaints.
    pub(crate) fn unused(&self) -> Vec<String> {
        let unused = self.patterns.iter().filter(|pattern| !pattern.used.get());
        unused
            .map(|pattern| format!("{} line {}: `{}` matches no case", self.file, pattern.line, pattern.text))
            .collect()
    }
}

/// Whether the pattern, in which `*` is any text, is the whole of the text.
fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text
            .strip_prefix(head)
            .is_some_and(|tail| tail.char_indices().any(|(at, _)| glob(rest, &tail[at..])) || glob(rest, "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        for (pattern, text, expected) in [
            ("wire/a/b", "wire/a/b", true),
            ("wire/a/b", "wire/a/bc", false),
            ("wire/*", "wire/a/b", true),
            ("wire/*", "wire/", true),
            ("*/b", "wire/a/b", true),
            ("*a*b", "wire/a/b", true),
            ("*a*b", "wire/b/a", false),
            ("*", "ü", true),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn unused_patterns_are_named_with_their_line() {
        let known = Known::parse("known/c.txt", "# No threads.\nwire/*\n\ncall/gone/*\n");
        assert_eq!(known.find("wire/a/b").as_deref(), Some("known/c.txt line 2"));
        assert_eq!(known.find("call/a/b"), None);
        assert_eq!(known.unused(), ["known/c.txt line 4: `call/gone/*` matches no case"]);
    }
}
