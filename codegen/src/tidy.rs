//! House rules that no compiler checks: what fails, and what is only reported.

use crate::files::MARK;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Lines above which a file of a target, or a template, is worth a look.
const TARGET_LINES: usize = 600;
const TEMPLATE_LINES: usize = 120;

/// Texts that do not belong in committed code, built so that this file does not contain them.
const POSTPONED: [(&str, &str); 4] = [("todo", "!("), ("unimplemented", "!("), ("dbg", "!("), ("FIX", "ME")];

/// Hand-written lines that a language's kernel may have.
const BUDGETS: [(&str, &[&str], usize); 8] = [
    ("TypeScript kernel", &["sdks/typescript/core/src/", "sdks/typescript/sdk/src/"], 400),
    ("Python kernel", &["sdks/python/core/net/", "sdks/python/sdk/net_sdk/"], 350),
    ("Go kernel", &["sdks/go/"], 500),
    ("C kernel", &["sdks/c/include/"], 150),
    ("bindings/support", &["bindings/support/src/"], 1200),
    ("bindings/c", &["bindings/c/src/"], 150),
    ("bindings/node", &["bindings/node/src/"], 150),
    ("bindings/python", &["bindings/python/src/"], 150),
];

/// A file of the repository.
struct Source {
    path: String,
    text: String,
    generated: bool,
}

/// Checks the house rules; prints a report, and fails with what is plainly wrong.
pub fn run(root: &Path) -> Result<()> {
    let sources = sources(root)?;
    let mut wrong = Vec::new();
    let mut long = Vec::new();
    for source in &sources {
        postponed(source, &mut wrong);
        lengths(source, &mut long);
        marks(source, &mut wrong);
        boundaries(source, &mut wrong);
    }
    report(&sources);
    long.iter().for_each(|line| println!("  {line}"));
    if wrong.is_empty() {
        return Ok(());
    }
    bail!("{}", wrong.join("\n"))
}

fn sources(root: &Path) -> Result<Vec<Source>> {
    let listed = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["ls-files", "-z"])
        .output()
        .context("git is missing")?;
    let names = String::from_utf8_lossy(&listed.stdout).into_owned();
    let wanted = |name: &&str| {
        [".rs", ".ts", ".py", ".pyi", ".go", ".c", ".h", ".toml", ".jinja"].iter().any(|e| name.ends_with(e))
    };
    Ok(names
        .split('\0')
        .filter(wanted)
        .filter_map(|name| {
            let text = fs::read_to_string(root.join(name)).ok()?;
            let generated = text.lines().take(3).any(|line| line.contains(MARK)) && !name.ends_with(".jinja");
            Some(Source { path: name.to_owned(), text, generated })
        })
        .collect())
}

fn postponed(source: &Source, wrong: &mut Vec<String>) {
    for (number, line) in source.text.lines().enumerate() {
        for (start, end) in POSTPONED {
            if line.contains(&format!("{start}{end}")) && !source.path.ends_with("tidy.rs") {
                wrong.push(format!("{}:{}: `{start}` postpones work", source.path, number + 1));
            }
        }
        if source.path.ends_with("Cargo.toml") && line.replace(' ', "").starts_with("panic=\"abort\"") {
            wrong.push(format!("{}:{}: a panic may not end the host's process", source.path, number + 1));
        }
    }
}

fn lengths(source: &Source, long: &mut Vec<String>) {
    let lines = source.text.lines().count();
    let limit = if source.path.ends_with(".jinja") {
        TEMPLATE_LINES
    } else if source.path.starts_with("codegen/src/targets/") {
        TARGET_LINES
    } else {
        return;
    };
    if lines > limit {
        long.push(format!("{}: {lines} lines, worth a look above {limit}", source.path));
    }
}

fn marks(source: &Source, wrong: &mut Vec<String>) {
    let in_gen = source.path.contains("/gen/") || source.path.ends_with("_gen.go");
    if in_gen && !source.generated {
        wrong.push(format!("{}: stands among generated files and is not marked as one", source.path));
    }
}

/// Written `unsafe` stands in two crates only.
fn boundaries(source: &Source, wrong: &mut Vec<String>) {
    let allowed = ["bindings/support/", "bindings/c/"].iter().any(|dir| source.path.starts_with(dir));
    if allowed || source.generated || !source.path.ends_with(".rs") || source.path.starts_with("codegen/") {
        return;
    }
    for (number, line) in source.text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        if code.contains("unsafe {") || code.contains("unsafe fn") || code.contains("unsafe impl") {
            wrong.push(format!(
                "{}:{}: `unsafe` belongs to bindings/support and bindings/c",
                source.path,
                number + 1
            ));
        }
    }
}

fn report(sources: &[Source]) {
    println!("hand-written lines, without blanks and comments");
    for (name, dirs, budget) in BUDGETS {
        let lines: usize = sources.iter().filter(|s| counts(s, dirs)).map(|s| code_lines(&s.text)).sum();
        let note = if lines > budget { "  over its budget" } else { "" };
        println!("  {name:20} {lines:5} of {budget}{note}");
    }
    let mut written: Vec<_> = sources.iter().filter(|s| !s.generated && !s.path.ends_with(".toml")).collect();
    written.sort_by_key(|s| std::cmp::Reverse(s.text.lines().count()));
    println!("longest written files");
    for source in written.iter().take(5) {
        println!("  {:5} {}", source.text.lines().count(), source.path);
    }
}

fn counts(source: &Source, dirs: &[&str]) -> bool {
    let is_test = ["test", "examples", "bench", ".pyi"].iter().any(|part| source.path.contains(part));
    let is_config = source.path.ends_with(".toml");
    !source.generated && !is_test && !is_config && dirs.iter().any(|dir| source.path.starts_with(dir))
}

fn code_lines(text: &str) -> usize {
    let mut in_doc = false;
    text.lines()
        .map(str::trim)
        .take_while(|line| *line != "#[cfg(test)]")
        .filter(|line| {
            let fence = line.matches("\"\"\"").count();
            let was = in_doc;
            in_doc ^= fence == 1;
            let comment =
                ["//", "#!", "# ", "/*", "*"].iter().any(|start| line.starts_with(start)) || *line == "#";
            !(line.is_empty() || comment || was || fence > 0)
        })
        .count()
}
