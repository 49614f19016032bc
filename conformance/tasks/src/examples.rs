//! The example programs of the SDKs: the demo, and the quick start that the README prints.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::job::Job;
use crate::language::Language;
use crate::run::Context;
use crate::workspace::Workspace;

/// The events that a quick start prints, in any order.
const QUICK_START: [&str; 2] = [r#"{"index":0,"token":"hello"}"#, r#"{"token":"world"}"#];

/// The example of that name in a language.
pub(crate) fn program(workspace: &Workspace, language: Language, name: &str) -> Command {
    let built = |path: String| workspace.command(&workspace.target(&path).display().to_string(), "");
    match language {
        Language::Rust => built(format!("release/examples/{name}")),
        Language::TypeScript => {
            interpreted(workspace, "node", &format!("sdks/typescript/examples/{name}.mjs"))
        }
        Language::Python => interpreted(workspace, "python", &format!("sdks/python/examples/{name}.py")),
        Language::Go => built(format!("examples/go-{name}")),
        Language::C => built(format!("examples/c-{name}")),
    }
}

/// Runs the quick starts; each is a test, which passes if it prints the events that it emits.
pub(crate) fn quick_starts(context: &Context, job: &Job) -> Result<()> {
    let (mut passed, mut failed) = (0, 0);
    for language in &context.languages {
        let printed = job.capture(&mut program(context.workspace, *language, "quickstart"));
        match printed.and_then(|text| check(&text)) {
            Ok(()) => passed += 1,
            Err(error) => {
                failed += 1;
                job.note(&format!("{language}: {error:#}"))?;
            }
        }
    }
    job.note(&format!("{passed} passed, {failed} failed, 0 skipped"))?;
    ensure!(failed == 0, "{failed} quick starts did not print their events");
    Ok(())
}

/// Tells whether a quick start printed its events.
pub(crate) fn check(printed: &str) -> Result<()> {
    let events = printed.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>();
    let events = events.with_context(|| format!("it printed {printed:?}"))?;
    let expected: Vec<Value> = QUICK_START.into_iter().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let complete = events.len() == expected.len() && expected.iter().all(|event| events.contains(event));
    ensure!(complete, "it printed {printed:?}");
    Ok(())
}

fn interpreted(workspace: &Workspace, interpreter: &str, path: &str) -> Command {
    let mut command = workspace.command(interpreter, "");
    command.arg(workspace.path(path));
    command
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Where each language has its quick start, and how the README marks it.
    const SOURCES: [(&str, &str); 5] = [
        ("typescript", "sdks/typescript/examples/quickstart.mjs"),
        ("python", "sdks/python/examples/quickstart.py"),
        ("go", "sdks/go/examples/quickstart/main.go"),
        ("c", "sdks/c/examples/quickstart.c"),
        ("rust", "sdks/rust/examples/quickstart.rs"),
    ];

    #[test]
    fn the_readme_prints_the_quick_starts() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
        let readme = fs::read_to_string(format!("{root}/README.md")).unwrap();
        for (mark, path) in SOURCES {
            let block =
                readme.split(&format!("```{mark}\n")).nth(1).and_then(|rest| rest.split("```").next());
            let block = dedented(block.unwrap_or_else(|| panic!("the README has no block of {mark}")));
            assert!(block.lines().count() >= 7, "{mark}: the README prints {block}");
            let source = fs::read_to_string(format!("{root}/{path}")).unwrap();
            assert!(dedented(&source).contains(&block), "{path} does not have\n{block}");
        }
    }

    /// The lines without what they are indented by, and without those that mark a region for the reference.
    fn dedented(text: &str) -> String {
        let is_mark = |line: &&str| {
            let comment = line.trim_start_matches(['/', '#', ' ']);
            comment != *line && (comment.starts_with("region ") || comment == "endregion")
        };
        let lines = text.lines().map(str::trim_start).filter(|line| !is_mark(line));
        lines.map(|line| line.to_owned() + "\n").collect()
    }

    #[test]
    fn a_quick_start_prints_both_events_in_any_order() {
        assert!(check("{\"token\": \"world\"}\n{\"token\":\"hello\",\"index\":0}\n").is_ok());
        assert!(check("{\"token\": \"world\"}\n").is_err());
        assert!(check("").is_err());
        assert!(check("{\"token\": \"world\"}\nhello\n").is_err());
    }
}
