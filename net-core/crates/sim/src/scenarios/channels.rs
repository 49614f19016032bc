//! Channels: who may hear them does, in order and with each gap told; who may not, whatever it shows, hears nothing.

use super::{Outcome, Row, Scenario, company::Company, play, row, seconds};
use crate::{Chance, Conditions, Host, Violation};
use bytes::Bytes;
use net_channel::{Notice, Wish, publisher::ChannelConfig};
use net_crypto::{ChannelName, Grant, Keypair, Token};
use net_session::{OpenStream, StreamKind};
use net_types::{channel::ChannelEnd, identity::TokenScope};
use std::time::Duration;

pub(super) const CHANNELS: Scenario = Scenario {
    name: "channels",
    about: "subscribers hear a channel in order over links that lose, are told of gaps, and intruders and revoked ones hear nothing",
    nodes: 6,
    weight: 8,
    run,
};

/// Who publishes; all others dial it.
const PUBLISHER: usize = 0;

/// Events of a burst.
const EVENTS: u64 = 40;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

fn run(seed: u64, nodes: usize) -> Outcome {
    let conditions = Conditions { loss: Chance::percent(3), ..Conditions::GOOD };
    let mut company = Company::new(seed, conditions, nodes);
    (1..nodes).for_each(|at| company.dial(at, PUBLISHER));
    play(Ok(company), |company| {
        company.start(&[])?;
        (1..nodes).try_for_each(|at| company.meet(at, PUBLISHER, PATIENCE).map(|_| ()))?;
        exchange(company)
    })
}

fn exchange(company: &mut Company) -> Result<Vec<Row>, Violation> {
    let nodes = company.ids.len();
    register(company, "open", ChannelConfig { reliable: true, ..ChannelConfig::default() })?;
    register(
        company,
        "secret",
        ChannelConfig { reliable: true, require_token: true, ..ChannelConfig::default() },
    )?;
    let (friend, intruder) = (1, 2);
    for at in 1..nodes {
        ask(company, at, "open", vec![])?;
    }
    let good = token(company, PUBLISHER, friend, 0);
    let own = token(company, intruder, intruder, 0);
    ask(company, friend, "secret", good.clone())?;
    // What was issued to somebody else, and what it has issued to itself.
    ask(company, intruder, "secret", good)?;
    ask(company, intruder, "secret", own)?;
    until(company, "not all have answers", |company| {
        let answers = |at: usize| company.world.node(Host(at)).map_or(0, |node| node.notices().len());
        (1..nodes).all(|at| answers(at) >= 1) && answers(friend) == 2 && answers(intruder) == 3
    })?;
    for number in 0..EVENTS {
        publish(company, "open", number)?;
        publish(company, "secret", number)?;
        company.world.run_for(Duration::from_millis(10))?;
    }
    let took = until(company, "not all events were heard", |company| {
        (1..nodes).all(|at| heard(company, at, "open").len() == EVENTS as usize)
            && heard(company, friend, "secret").len() == EVENTS as usize
    })?;
    for at in 1..nodes {
        in_order(company, at, "open")?;
    }
    in_order(company, friend, "secret")?;
    revoke(company, friend)?;
    if (2..nodes).any(|at| !heard(company, at, "secret").is_empty()) {
        return Err(company.world.violation("somebody has heard what was not for it"));
    }
    intrude(company, intruder, friend)?;
    let missed = reconnect(company, friend)?;
    Ok(vec![
        row("events heard", EVENTS * nodes as u64),
        row("the last was heard after", seconds(took)),
        row("missed while away, and told", missed),
    ])
}

/// The publisher revokes, and within a second the friend hears the channel no more.
fn revoke(company: &mut Company, friend: usize) -> Result<(), Violation> {
    company.world.with(Host(PUBLISHER), |node, now| node.revoke(now, 1))?;
    publish(company, "secret", EVENTS)?;
    company.world.run_for(Duration::from_secs(1))?;
    let is_told = company.world.node(Host(friend)).is_some_and(|node| {
        node.notices()
            .iter()
            .any(|notice| matches!(notice, Notice::Ended { reason: ChannelEnd::Revoked, .. }))
    });
    if !is_told || heard(company, friend, "secret").len() > EVENTS as usize {
        return Err(company
            .world
            .violation("a revoked token still opens a channel, or its holder was not told"));
    }
    Ok(())
}

/// Events that nobody has asked for are nobody's, and what carries them is given up.
fn intrude(company: &mut Company, intruder: usize, friend: usize) -> Result<(), Violation> {
    let open = OpenStream { kind: StreamKind::CHANNEL, ..OpenStream::reliable(1) };
    let victims = [PUBLISHER, friend];
    for victim in victims {
        let to = company.ids[victim];
        company.world.with(Host(intruder), |node, now| {
            let stream = node.open(now, to, &open)?;
            node.send(now, stream, Bytes::from_static(b"open 0")).ok()
        })?;
    }
    until(company, "a stream that nobody has asked for is kept", |company| {
        company.world.node(Host(PUBLISHER)).is_some_and(|node| node.unwanted() == 1)
    })?;
    let is_heard =
        victims.into_iter().any(|at| heard(company, at, "open").iter().filter(|it| **it == 0).count() > 1);
    match is_heard {
        true => Err(company.world.violation("an event that nobody has asked for was heard")),
        false => Ok(()),
    }
}

/// A subscriber that was away for longer than a session lives goes on by itself, and is told what it has missed.
fn reconnect(company: &mut Company, friend: usize) -> Result<u64, Violation> {
    company.world.cut(Host(friend), Host(PUBLISHER));
    company.world.run_for(Duration::from_secs(40))?;
    for number in 0..5 {
        publish(company, "open", EVENTS + number)?;
    }
    company.world.heal(Host(friend), Host(PUBLISHER));
    let count = |company: &Company| {
        let notices =
            company.world.node(Host(friend)).map(|node| node.notices().to_vec()).unwrap_or_default();
        notices.iter().find_map(|notice| match notice {
            Notice::Missed { count, .. } => *count,
            _ => None,
        })
    };
    until(company, "a gap was not told", |company| count(company).is_some())?;
    publish(company, "open", EVENTS + 5)?;
    until(company, "a subscription has not survived a reconnect", |company| {
        heard(company, friend, "open").last() == Some(&(EVENTS + 5))
    })?;
    let missed = count(company).unwrap_or(0);
    if heard(company, friend, "open").len() as u64 + missed != EVENTS + 6 {
        let text =
            format!("{missed} missed events were told, and {:?} heard", heard(company, friend, "open"));
        return Err(company.world.violation(text));
    }
    Ok(missed)
}

fn register(company: &mut Company, name: &str, config: ChannelConfig) -> Result<(), Violation> {
    match company.world.with(Host(PUBLISHER), |node, now| node.register(now, name, config))? {
        Some(true) => Ok(()),
        _ => Err(company.world.violation(format!("{name} is not registered"))),
    }
}

fn ask(company: &mut Company, at: usize, channel: &str, tokens: Vec<u8>) -> Result<(), Violation> {
    let wish =
        Wish { publisher: company.ids[PUBLISHER], channel: channel.to_owned(), group: String::new(), tokens };
    let asked = company.world.with(Host(at), |node, now| node.subscribe(now, wish))?;
    // Each request has its answer before the next one of the node to the same channel.
    company.world.run_for(Duration::from_secs(3))?;
    asked.flatten().map(|_| ()).ok_or_else(|| company.world.violation("a name breaks the rules"))
}

/// Publishes an event whose payload is its channel and a number.
fn publish(company: &mut Company, channel: &str, number: u64) -> Result<(), Violation> {
    let payload = Bytes::from(format!("{channel} {number}"));
    let published = company.world.with(Host(PUBLISHER), |node, now| node.publish(now, channel, payload))?;
    match published.flatten() {
        Some(published) if published.sequence == Some(number) => Ok(()),
        other => Err(company.world.violation(format!("event {number} was published as {other:?}"))),
    }
}

/// Numbers of the events of a channel that a node has heard.
fn heard(company: &Company, at: usize, channel: &str) -> Vec<u64> {
    let Some(node) = company.world.node(Host(at)) else { return Vec::new() };
    let of_channel = |payload: &Bytes| {
        let text = std::str::from_utf8(payload).ok()?;
        text.strip_prefix(channel)?.trim().parse().ok()
    };
    node.heard().iter().filter_map(|event| of_channel(&event.payload)).collect()
}

fn in_order(company: &Company, at: usize, channel: &str) -> Result<(), Violation> {
    let heard = heard(company, at, channel);
    if heard.iter().copied().eq(0..EVENTS) {
        return Ok(());
    }
    Err(company.world.violation(format!("node {at} has heard {heard:?} of {channel}")))
}

fn until(company: &mut Company, text: &str, holds: impl Fn(&Company) -> bool) -> Result<Duration, Violation> {
    let start = company.world.now();
    while !holds(company) {
        if company.world.now() - start > PATIENCE {
            return Err(company.world.violation(text));
        }
        company.world.run_for(Duration::from_millis(50))?;
    }
    Ok(company.world.now() - start)
}

fn token(company: &Company, issuer: usize, subject: usize, generation: u32) -> Vec<u8> {
    let keys = |at: usize| Keypair::from_seed(&company.settings[at].seed);
    let grant = Grant {
        subject: keys(subject).entity_id(),
        scope: TokenScope::SUBSCRIBE,
        channel: ChannelName::parse("secret").expect("it keeps the rules"),
        ttl: 1 << 40,
        delegation_depth: 0,
        generation,
    };
    Token::issue(&keys(issuer), &grant, 0, 1).expect("a sound grant").as_bytes().to_vec()
}
