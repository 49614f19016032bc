//! Files to documents, each with the places of its keys and values.

use crate::diag::Diagnostic;
use crate::doc::{Document, Packages};
use crate::examples::Examples;
use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A file of the spec.
#[derive(Debug)]
pub struct Source {
    /// Name as diagnostics print it.
    pub file: String,
    /// Text.
    pub text: String,
}

/// A document and where it came from.
#[derive(Debug)]
pub struct Loaded {
    /// The file.
    pub source: Source,
    /// What it says.
    pub document: Document,
}

/// Everything in `spec/`.
#[derive(Debug, Default)]
pub struct Spec {
    /// Modules, in alphabetical order of their files.
    pub modules: Vec<Loaded>,
    /// The packages, and their file.
    pub packages: Option<(Source, Packages)>,
    /// What the documentation shows of the examples.
    pub examples: Examples,
}

/// Reads every `.toml` file of a directory.
pub fn read_dir(dir: &Path) -> Result<Vec<Source>> {
    let mut paths: Vec<_> = std::fs::read_dir(dir)
        .with_context(|| format!("cannot read the spec in {}", dir.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()?;
    paths.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let text =
                std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok(Source { file: format!("spec/{name}"), text })
        })
        .collect()
}

/// Parses the files; a file that does not parse gives one diagnostic, and the others are still looked at.
pub fn parse(sources: Vec<Source>) -> (Spec, Vec<Diagnostic>) {
    let mut spec = Spec::default();
    let mut diagnostics = Vec::new();
    for source in sources {
        if source.file.ends_with("/packages.toml") {
            match parse_one::<Packages>(&source) {
                Ok(packages) => spec.packages = Some((source, packages)),
                Err(diagnostic) => diagnostics.push(diagnostic),
            }
        } else {
            match parse_one::<Document>(&source) {
                Ok(document) => spec.modules.push(Loaded { source, document }),
                Err(diagnostic) => diagnostics.push(diagnostic),
            }
        }
    }
    (spec, diagnostics)
}

fn parse_one<T: DeserializeOwned>(source: &Source) -> Result<T, Diagnostic> {
    toml::from_str(&source.text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        Diagnostic::at(&source.file, &source.text, span, error.message().trim())
    })
}

impl Source {
    /// A diagnostic at a key or value, named by the path that leads to it.
    ///
    /// A part of an array is its position. A last part `key!` means the key itself instead of its value. Where the path leads nowhere, its longest
    /// known start is shown.
    pub fn diagnostic(&self, path: &[&str], message: impl Into<String>) -> Diagnostic {
        Diagnostic::at(&self.file, &self.text, self.span(path).unwrap_or(0..0), message)
    }

    fn span(&self, path: &[&str]) -> Option<Range<usize>> {
        let root = DeTable::parse(&self.text).ok()?;
        let mut value = &Spanned::new(0..0, DeValue::Table(root.into_inner()));
        let mut found = None;
        for part in path {
            let (part, wants_key) = part.strip_suffix('!').map_or((*part, false), |key| (key, true));
            match value.get_ref() {
                DeValue::Table(table) => {
                    let Some((key, inner)) = table.iter().find(|(key, _)| key.get_ref().as_ref() == part)
                    else {
                        break;
                    };
                    let shows_key = wants_key || matches!(inner.get_ref(), DeValue::Table(_));
                    found = Some(if shows_key { key.span() } else { inner.span() });
                    value = inner;
                }
                DeValue::Array(array) => {
                    let Some(inner) = part.parse().ok().and_then(|index: usize| array.get(index)) else {
                        break;
                    };
                    found = Some(inner.span());
                    value = inner;
                }
                _ => break,
            }
        }
        found
    }
}
