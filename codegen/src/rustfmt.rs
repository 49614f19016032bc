//! Formats Rust as `rustfmt` does: in one run what it can, since starting it takes longer than what it does.

use anyhow::{Context, Result, bail};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Formats texts, which have their paths for messages.
pub(crate) fn format(texts: Vec<(&str, &mut String)>, config: &Path) -> Result<()> {
    // In a file that declares modules, rustfmt looks for those too; it does not in what comes from a pipe.
    let (piped, together): (Vec<_>, Vec<_>) = texts.into_iter().partition(|(_, text)| declares_modules(text));
    std::thread::scope(|scope| {
        let together = scope.spawn(|| format_together(together, config));
        for (path, text) in piped {
            *text = format_piped(text, config).with_context(|| format!("rustfmt refuses {path}"))?;
        }
        together.join().expect("a formatter does not panic")
    })
}

fn declares_modules(text: &str) -> bool {
    text.lines().any(|line| line.ends_with(';') && line.split_whitespace().any(|word| word == "mod"))
}

fn format_together(texts: Vec<(&str, &mut String)>, config: &Path) -> Result<()> {
    if texts.is_empty() {
        return Ok(());
    }
    let dir = Scratch::new()?;
    let paths: Vec<_> = texts.iter().map(|(path, _)| dir.0.join(path.replace('/', "."))).collect();
    for (path, (_, text)) in paths.iter().zip(&texts) {
        fs::write(path, text.as_bytes())?;
    }
    done(rustfmt(config).args(&paths).output().context(MISSING)?)?;
    for (path, (_, text)) in paths.iter().zip(texts) {
        *text = fs::read_to_string(path)?;
    }
    Ok(())
}

fn format_piped(text: &str, config: &Path) -> Result<String> {
    let mut command = rustfmt(config);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context(MISSING)?;
    let mut stdin = child.stdin.take().context("rustfmt has no input")?;
    let text = text.to_owned();
    let feeder = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output()?;
    feeder.join().expect("the feeder does not panic")?;
    Ok(String::from_utf8(done(output)?.stdout)?)
}

const MISSING: &str = "rustfmt is missing: rustup component add rustfmt";

fn rustfmt(config: &Path) -> Command {
    let mut command = Command::new("rustfmt");
    command.args(["--edition", "2024", "--config-path"]).arg(config);
    command
}

fn done(output: Output) -> Result<Output> {
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(output)
}

/// A folder of this run alone, which goes with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("net-codegen-{}-{number}", std::process::id()));
        fs::create_dir(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
        Ok(Self(dir))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left behind is in the way of nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}
