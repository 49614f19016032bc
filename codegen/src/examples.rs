//! Regions of the examples, which the documentation shows.
//!
//! A region begins behind a comment `region NAME`, and ends before a comment `endregion`.

use crate::ir::Lang;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Regions by language and name.
#[derive(Debug, Default)]
pub struct Examples(BTreeMap<(Lang, String), String>);

impl Examples {
    /// Reads every file below `sdks/<language>/examples`.
    pub fn read(sdks: &Path) -> Result<Self> {
        let mut all = Self::default();
        for lang in Lang::ALL {
            for path in files(&sdks.join(folder(lang)).join("examples"))? {
                let text =
                    fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
                all.add(lang, &text).with_context(|| format!("in {}", path.display()))?;
            }
        }
        Ok(all)
    }

    /// A region, without the blanks in front of all its lines.
    pub fn get(&self, lang: Lang, name: &str) -> Option<&str> {
        self.0.get(&(lang, name.to_owned())).map(String::as_str)
    }

    fn add(&mut self, lang: Lang, text: &str) -> Result<()> {
        let mut open: Option<(&str, Vec<&str>)> = None;
        for line in text.lines() {
            match (marker(line), &mut open) {
                (Some(("region", name)), None) if !name.is_empty() => open = Some((name, Vec::new())),
                (Some(("endregion", "")), Some(_)) => {
                    let Some((name, lines)) = open.take() else { continue };
                    if self.0.insert((lang, name.to_owned()), dedented(&lines)).is_some() {
                        bail!("the region `{name}` is there twice");
                    }
                }
                (Some((word, _)), _) => bail!("`{word}` stands where none can"),
                (None, Some((_, lines))) => lines.push(line),
                (None, None) => {}
            }
        }
        match open {
            Some((name, _)) => bail!("the region `{name}` has no end"),
            None => Ok(()),
        }
    }
}

/// The folder of a language's SDK.
fn folder(lang: Lang) -> &'static str {
    match lang {
        Lang::Ts => "typescript",
        Lang::Python => "python",
        Lang::Go => "go",
        Lang::C => "c",
        Lang::Rust => "rust",
    }
}

/// The files of a folder and of the folders in it, in the order of their names.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return Ok(found) };
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        let is_text =
            ["mjs", "ts", "py", "go", "c", "rs"].iter().any(|kind| path.extension() == Some(kind.as_ref()));
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if is_text {
            found.push(path);
        }
    }
    Ok(found)
}

/// The word of a line that begins or ends a region, and what stands behind it.
fn marker(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let comment = line.strip_prefix("// ").or_else(|| line.strip_prefix("# "))?;
    let (word, name) = comment.split_once(' ').unwrap_or((comment, ""));
    matches!(word, "region" | "endregion").then_some((word, name))
}

fn dedented(lines: &[&str]) -> String {
    let blanks = |line: &&&str| line.len() - line.trim_start().len();
    let least =
        lines.iter().filter(|line| !line.trim().is_empty()).map(|line| blanks(&line)).min().unwrap_or(0);
    let lines = lines.iter().map(|line| line.get(least..).unwrap_or_default().trim_end());
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_what_stands_between_its_comments() {
        let mut all = Examples::default();
        all.add(Lang::Go, "a\n\t// region one\n\tb {\n\n\t\tc\n\t}\n\t// endregion\nd\n").expect("a region");
        all.add(Lang::Python, "# region one\nx\n# endregion\n").expect("a region");
        assert_eq!(all.get(Lang::Go, "one"), Some("b {\n\n\tc\n}"));
        assert_eq!(all.get(Lang::Python, "one"), Some("x"));
        assert_eq!(all.get(Lang::Go, "two"), None);
    }

    #[test]
    fn a_region_begins_and_ends_once() {
        let wrong = |text: &str| Examples::default().add(Lang::C, text).map_err(|error| error.to_string());
        assert_eq!(wrong("// region a\n").unwrap_err(), "the region `a` has no end");
        assert_eq!(wrong("// endregion\n").unwrap_err(), "`endregion` stands where none can");
        assert_eq!(wrong("// region a\n// region b\n").unwrap_err(), "`region` stands where none can");
        let twice = "// region a\n// endregion\n".repeat(2);
        assert_eq!(wrong(&twice).unwrap_err(), "the region `a` is there twice");
        assert_eq!(wrong("// region of a map\n// regional\n// endregion\n"), Ok(()));
    }
}
