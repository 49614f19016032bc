//! `net mesh`: running nodes, over their control sockets.

mod channels;
mod client;
mod find;
mod peers;
mod status;

use std::{
    io::{self, IsTerminal, Write},
    path::PathBuf,
    thread,
    time::Duration,
};

use clap::{Args, Subcommand};
use net_inspect::{Answer, Question};

use self::client::Client;
use crate::{
    STATUSES,
    failure::{Failure, Outcome},
};

/// What a running node can be asked.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show how a node is: who it is, how long it runs, what it knows
    #[command(after_help = STATUSES)]
    Status(Source),
    /// Show the sessions of a node: with whom, how far away, how much went over them
    #[command(after_help = STATUSES)]
    Peers(Source),
    /// Show the channels that a node has, and those of others that it hears
    #[command(after_help = STATUSES)]
    Channels(Source),
    /// Show the nodes that have announced what is asked for
    #[command(after_help = STATUSES)]
    Find(find::Arguments),
}

/// The node, and how it is shown.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// The control socket of the node: what it was given as `controlSocket` when it was made
    #[arg(short, long, value_name = "PATH", env = "NET_CONTROL_SOCKET", hide_env_values = true)]
    socket: Option<PathBuf>,
    /// Write JSON: the answer of the node on one line
    #[arg(long)]
    json: bool,
    /// Ask again every second, until Ctrl-C
    #[arg(short, long)]
    watch: bool,
}

impl Command {
    pub(crate) fn run(&self) -> Result<Outcome, Failure> {
        let (source, question) = match self {
            Self::Status(source) => (source, Question::Status),
            Self::Peers(source) => (source, Question::Peers),
            Self::Channels(source) => (source, Question::Channels),
            Self::Find(arguments) => (&arguments.source, Question::Find(arguments.question())),
        };
        let mut client = Client::connect(source.socket.as_deref())?;
        loop {
            let answer = client.ask(&question)?;
            show(source, &answer)?;
            if !source.watch {
                return Ok(Outcome::Fine);
            }
            thread::sleep(Duration::from_secs(1));
        }
    }

    /// Whether errors are to be JSON, too.
    pub(crate) const fn wants_json(&self) -> bool {
        match self {
            Self::Status(source) | Self::Peers(source) | Self::Channels(source) => source.json,
            Self::Find(arguments) => arguments.source.json,
        }
    }
}

fn show(source: &Source, answer: &Answer) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if source.json {
        out.write_all(&net_inspect::line(answer))?;
    } else {
        let mut text = Vec::new();
        match answer {
            Answer::Status(status) => status::write(&mut text, status)?,
            Answer::Peers(peers) => peers::write(&mut text, peers)?,
            Answer::Channels(channels) => channels::write(&mut text, channels)?,
            Answer::Found(found) => find::write(&mut text, found)?,
        }
        if source.watch && out.is_terminal() {
            // What was there before is written over at once, so that nothing flickers.
            out.write_all(b"\x1b[H\x1b[2J")?;
        }
        out.write_all(&text)?;
    }
    Ok(out.flush()?)
}
