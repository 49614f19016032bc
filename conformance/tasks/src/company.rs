//! A node of each language, all joined by one relay, each sending to each.

use std::{collections::HashMap, process::Stdio, time::Duration};

use anyhow::{Context as _, Result, ensure};

use crate::examples::program;
use crate::job::Job;
use crate::language::Language;
use crate::meetings::{Running, lines};
use crate::run::Context;

/// How long a line of a program may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Messages to each of the others in a demo and in a test.
const SHOWN: usize = 200;
const TESTED: usize = 20;

/// What one node has had of another.
#[derive(Debug)]
struct Flow {
    from: Language,
    to: Language,
    messages: usize,
    /// Median time from sending to reading.
    microseconds: u64,
}

/// Prints who received what from whom, and how late; tells whether everything arrived.
pub(crate) fn show(context: &Context) -> Result<bool> {
    let flows = match gather(context, SHOWN) {
        Ok(flows) => flows,
        Err(error) => {
            println!("  FAILED: {error:#}");
            return Ok(false);
        }
    };
    print!("  {:<12}", "to \\ from");
    context.languages.iter().for_each(|from| print!(" {from:>18}"));
    println!();
    for to in &context.languages {
        print!("  {:<12}", to.to_string());
        for from in &context.languages {
            let flow = flows.iter().find(|flow| flow.from == *from && flow.to == *to);
            let cell = flow.map(|flow| format!("{} in {} µs", flow.messages, flow.microseconds));
            print!(" {:>18}", cell.unwrap_or_else(|| "-".to_owned()));
        }
        println!();
    }
    Ok(true)
}

/// Runs the programs; it is a test, which passes if everything arrives.
pub(crate) fn check(context: &Context, job: &Job) -> Result<()> {
    let flows = gather(context, TESTED)?;
    let wanted = context.languages.len() * context.languages.len().saturating_sub(1);
    job.note(&format!("{flows:#?}\n{wanted} passed, {} failed, 0 skipped", wanted - flows.len()))
}

/// Has a node of each language exchange so many messages with each other over a relay.
fn gather(context: &Context, count: usize) -> Result<Vec<Flow>> {
    let (Some(first), others) = (context.languages.first(), context.languages.len().saturating_sub(1)) else {
        return Ok(Vec::new());
    };
    let mut relay = program(context.workspace, *first, "mesh");
    relay.args(["listen", "127.0.0.1:0"]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut relay = Running(relay.spawn().context("cannot start the relay")?);
    let head =
        lines(&mut relay.0)?.recv_timeout(PATIENCE).context("the relay does not say how to dial it")?;
    let dial: Vec<&str> = head.split(' ').skip(1).collect();
    let mut nodes = Vec::new();
    for language in &context.languages {
        let mut node = program(context.workspace, *language, "mesh");
        node.arg("join").args(&dial).args([others.to_string(), count.to_string()]);
        let mut node = Running(node.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?);
        let lines = lines(&mut node.0)?;
        let id = lines.recv_timeout(PATIENCE).with_context(|| format!("{language} does not start"))?;
        nodes.push((*language, id.replace("node ", ""), node, lines));
    }
    let names: HashMap<_, _> = nodes.iter().map(|(language, id, ..)| (id.clone(), *language)).collect();
    let mut flows = Vec::new();
    for (to, _, node, lines) in &mut nodes {
        for _ in 0..others {
            let line = lines.recv_timeout(PATIENCE).with_context(|| format!("{to} does not receive"))?;
            flows.push(flow(*to, &line, &names, count).with_context(|| format!("{to} says {line:?}"))?);
        }
        let status = node.0.wait()?;
        ensure!(status.success(), "{to} ends with {status}");
    }
    Ok(flows)
}

fn flow(to: Language, line: &str, names: &HashMap<String, Language>, count: usize) -> Result<Flow> {
    let parts: Vec<_> = line.split(' ').collect();
    let [sender, messages, microseconds] = parts[..] else { anyhow::bail!("it is no flow") };
    let from = *names.get(sender).context("nobody has this id")?;
    let (messages, microseconds) = (messages.parse()?, microseconds.parse()?);
    ensure!(messages == count, "{messages} of {count} have come from {from}");
    Ok(Flow { from, to, messages, microseconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_is_complete_or_an_error() {
        let names = HashMap::from([("7".to_owned(), Language::Go)]);
        let of = |line| flow(Language::C, line, &names, 20);
        let good = of("7 20 150").expect("a flow");
        assert_eq!((good.from, good.messages, good.microseconds), (Language::Go, 20, 150));
        for bad in ["7 19 150", "8 20 150", "7 20", "7 20 x"] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }
}
