//! A protected channel: members of each language find each other, are given tokens, hear it, and lose it; others never do.

use std::{
    process::{Command, Stdio},
    sync::mpsc::Receiver,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};

use crate::examples::program;
use crate::job::Job;
use crate::language::Language;
use crate::meetings::{Running, lines};
use crate::run::Context;

/// How long a line of a program may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is published.
const TEXTS: [&str; 3] = ["one", "two", "three"];

/// What a member has to tell.
#[derive(Debug)]
struct Member {
    language: Language,
    /// The languages of the members that it found.
    found: String,
    heard: Vec<String>,
    ended: String,
}

/// What somebody was told who was given no token.
#[derive(Debug)]
struct Intruder {
    language: Language,
    /// Without a token, and with one of its own.
    refused: [String; 2],
}

/// Prints who heard what, and what intruders were told; tells whether all is as it has to be.
pub(crate) fn show(context: &Context) -> bool {
    let Some(server) = context.languages.first() else { return true };
    let (members, intruders) = match gather(context, *server, &context.languages) {
        Ok(gathered) => gathered,
        Err(error) => {
            println!("  FAILED: {error:#}");
            return false;
        }
    };
    let width = members.iter().map(|member| member.found.len()).max().unwrap_or(0);
    println!("  {:<12} {:<width$} {:<16} {:<20}", "member", "found", "heard", "until");
    for Member { language, found, heard, ended } in &members {
        println!("  {language:<12} {found:<width$} {:<16} {ended:<20}", heard.join(" "));
    }
    println!("\n  {:<12} {:<width$} {:<16}", "intruder", "without a token", "with one of its own");
    for Intruder { language, refused: [without, own] } in &intruders {
        println!("  {language:<12} {without:<width$} {own:<16}");
    }
    true
}

/// Has a program of each language serve the others; each is a test.
pub(crate) fn check(context: &Context, job: &Job) -> Result<()> {
    let (mut passed, mut failed) = (0, 0);
    for server in &context.languages {
        match gather(context, *server, &[*server]) {
            Ok(_) => passed += 1,
            Err(error) => {
                failed += 1;
                job.note(&format!("{server} serves: {error:#}"))?;
            }
        }
    }
    job.note(&format!("{passed} passed, {failed} failed, 0 skipped"))?;
    ensure!(failed == 0, "{failed} servers and their members did not do what they had to");
    Ok(())
}

/// Runs a server, a member of each language, and intruders of some.
fn gather(
    context: &Context,
    server: Language,
    intruders: &[Language],
) -> Result<(Vec<Member>, Vec<Intruder>)> {
    let count = context.languages.len();
    let mut serve = program(context.workspace, server, "channel");
    serve.args(["serve", "127.0.0.1:0", &count.to_string()]).stdin(Stdio::piped());
    let (mut serving, told) = start(&mut serve)?;
    let head = next(&told).context("the server does not say how to dial it")?;
    let dial: Vec<&str> = head.split(' ').skip(1).collect();
    let intruders = intruders.iter().map(|language| intrude(context, *language, &dial));
    let intruders = intruders.collect::<Result<Vec<_>>>()?;
    let mut running = Vec::new();
    for language in &context.languages {
        let mut join = program(context.workspace, *language, "channel");
        join.arg("join").args(&dial).args([language.name(), &count.to_string()]).stdin(Stdio::null());
        running.push((*language, start(&mut join)?));
    }
    let mut names: Vec<_> = context.languages.iter().map(|language| language.name()).collect();
    names.sort_unstable();
    let mut members = Vec::new();
    for (language, (mut program, told)) in running {
        let member =
            listen(language, &told, &names.join(" ")).with_context(|| format!("the member of {language}"))?;
        let status = program.0.wait()?;
        ensure!(status.success(), "the member of {language} ends with {status}");
        members.push(member);
    }
    for text in TEXTS {
        let line = next(&told)?;
        ensure!(line == format!("delivered {count}"), "of {text:?} the server says {line:?}");
    }
    // Its input is what keeps it.
    drop(serving.0.stdin.take());
    let status = serving.0.wait()?;
    ensure!(status.success(), "the server ends with {status}");
    Ok((members, intruders))
}

fn listen(language: Language, told: &Receiver<String>, names: &str) -> Result<Member> {
    let found = said(told, "found")?;
    ensure!(found == names, "it found {found:?}");
    let heard = TEXTS.map(|_| said(told, "heard")).into_iter().collect::<Result<Vec<_>>>()?;
    ensure!(heard == TEXTS, "it heard {heard:?}");
    let ended = said(told, "ended")?;
    ensure!(ended == "channel: revoked", "its channel ends with {ended:?}");
    Ok(Member { language, found, heard, ended })
}

fn intrude(context: &Context, language: Language, dial: &[&str]) -> Result<Intruder> {
    let mut intrude = program(context.workspace, language, "channel");
    intrude.arg("intrude").args(dial).stdin(Stdio::null());
    let (_running, told) = start(&mut intrude)?;
    let refused = [said(&told, "refused"), said(&told, "refused")];
    let [without, own] = refused.map(|line| line.with_context(|| format!("the intruder of {language}")));
    let refused = [without?, own?];
    ensure!(refused.iter().all(|text| text == "channel: unauthorized"), "{language} was told {refused:?}");
    Ok(Intruder { language, refused })
}

fn start(command: &mut Command) -> Result<(Running, Receiver<String>)> {
    let mut running = Running(command.stdout(Stdio::piped()).spawn().context("cannot start a program")?);
    let told = lines(&mut running.0)?;
    Ok((running, told))
}

fn next(told: &Receiver<String>) -> Result<String> {
    told.recv_timeout(PATIENCE).context("a line does not come")
}

/// What stands behind a word that the next line begins with.
fn said(told: &Receiver<String>, word: &str) -> Result<String> {
    let line = next(told)?;
    let rest = line.strip_prefix(word).with_context(|| format!("{line:?} does not begin with {word:?}"))?;
    Ok(rest.trim_start().to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn of(lines: &[&str]) -> Result<Member> {
        let (sender, told) = mpsc::channel();
        lines.iter().for_each(|line| sender.send((*line).to_owned()).expect("the receiver is there"));
        drop(sender);
        listen(Language::Go, &told, "c go")
    }

    #[test]
    fn a_member_finds_all_hears_all_and_is_told_that_it_ends() {
        let whole = ["found c go", "heard one", "heard two", "heard three", "ended channel: revoked"];
        assert_eq!(of(&whole).expect("a member").heard, TEXTS);
        for at in 0..whole.len() {
            let mut other = whole;
            other[at] = "found go";
            assert!(of(&other).is_err() && of(&whole[..at]).is_err(), "{at}");
        }
    }
}
