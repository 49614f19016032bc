//! The commands of `cargo spec`.

use crate::examples::Examples;
use crate::files::FileSet;
use crate::ir::Api;
use crate::targets::Target;
use crate::{coverage, fixtures, fmt, load, release, resolve, targets, tidy};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
cargo spec COMMAND

  gen       generate every file from spec/*.toml
  check     prove that the generated files are fresh, the fixtures filled, and the version large enough for
            what changed since the last release; prints the differences
  docs      generate only the reference pages, spec/reference
  fixtures  fill and prove the fixtures; `--bless` replaces bytes
  release   lock the interface and the fixtures as those of the version that follows
  fmt       format spec/*.toml
  coverage  compare what each package has, and what the last `cargo conform` tested, with the spec; `--json`
  tidy      check the house rules and report sizes
  schema    print the JSON Schema of the interface language
  hash      print the hash of the interface, without docs and examples
";

/// Runs a command line without the program's name.
pub fn run(args: Vec<String>) -> ExitCode {
    match command(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn command(args: &[String]) -> Result<()> {
    let root = root();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["gen"] => changed(rendered(&root)?.write(&root)?),
        ["docs"] => changed(targets::reference::Reference.render(&api(&root)?)?.update(&root)?),
        ["check"] => check(&root),
        ["fmt"] => format(&root),
        ["tidy"] => tidy::run(&root),
        ["coverage", ref options @ ..] => coverage::run(&root, &api(&root)?, options),
        ["release", version] => release::cut(&root, &api(&root)?, version.parse()?),
        ["fixtures", ref options @ ..] => fill(&root, options),
        ["schema"] => {
            println!("{}", schema()?);
            Ok(())
        }
        ["hash"] => {
            println!("{}", api(&root)?.hash);
            Ok(())
        }
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        _ => bail!("there is no command `{}`\n\n{HELP}", args.join(" ")),
    }
}

fn changed(count: usize) -> Result<()> {
    println!("{count} files changed");
    Ok(())
}

/// Reads and resolves the spec of a repository.
pub fn api(root: &Path) -> Result<Api> {
    let (mut spec, mut diagnostics) = load::parse(load::read_dir(&root.join("spec"))?);
    spec.examples = Examples::read(&root.join("sdks"))?;
    match resolve::resolve(&spec) {
        Ok(api) if diagnostics.is_empty() => return Ok(api),
        Ok(_) => {}
        Err(more) => diagnostics.extend(more),
    }
    let count = diagnostics.len();
    let text: String = diagnostics.iter().map(|d| format!("{d}\n")).collect();
    bail!("{text}{count} {}; nothing was written", if count == 1 { "error" } else { "errors" })
}

fn rendered(root: &Path) -> Result<FileSet> {
    let api = api(root)?;
    let mut files = targets::render(&api)?;
    files.add("spec/schema.json", schema()? + "\n");
    files.format_rust(root)?;
    targets::c::header::add(&api, &mut files, root)?;
    Ok(files)
}

fn check(root: &Path) -> Result<()> {
    for source in load::read_dir(&root.join("spec"))? {
        if fmt::format(&source.text) != source.text {
            bail!("{} is not formatted: run `cargo spec fmt`", source.file);
        }
    }
    let differences = rendered(root)?.differences(root)?;
    if differences.is_empty() {
        let api = api(root)?;
        fixtures::check(root, &api)?;
        return release::check(root, &api);
    }
    print!("{differences}");
    bail!("generated files are not fresh: run `cargo spec gen`")
}

fn format(root: &Path) -> Result<()> {
    for source in load::read_dir(&root.join("spec"))? {
        let formatted = fmt::format(&source.text);
        if formatted != source.text {
            std::fs::write(root.join(&source.file), formatted)?;
            println!("{}", source.file);
        }
    }
    Ok(())
}

fn fill(root: &Path, options: &[&str]) -> Result<()> {
    let mut changes = fixtures::Changes::default();
    for option in options {
        match *option {
            "--bless" => changes.bless = true,
            other => bail!("`fixtures` has no option `{other}`"),
        }
    }
    changed(fixtures::update(root, &api(root)?, changes)?)
}

fn schema() -> Result<String> {
    serde_json::to_string_pretty(&schemars::schema_for!(crate::doc::Document))
        .context("the schema is not JSON")
}

/// The root of the repository: the parent of this package.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}
