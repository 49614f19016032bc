//! Channels for some subnets, capabilities and tokens: whoever is permitted hears, nobody else does, also once nodes have moved.

use super::{Outcome, Row, Scenario, company::Company, play, row};
use crate::{Chance, Conditions, Host, Random, Violation};
use bytes::Bytes;
use net_channel::{
    Filter, ScopeFilter, State, SubnetId, SubnetPolicy, SubnetRule, Visibility, Wish,
    publisher::ChannelConfig,
};
use net_crypto::{ChannelName, Grant, Keypair, Token};
use net_types::identity::TokenScope;
use std::{collections::BTreeSet, time::Duration};

pub(super) const SUBNETS: Scenario = Scenario {
    name: "subnets",
    about: "who hears a channel, and is found, by subnet, capability and token is just who may, before and after nodes move",
    nodes: 12,
    weight: 0,
    run,
};

/// Who publishes; all others dial it, and some of them each other.
const PUBLISHER: usize = 0;

/// Events of each channel before nodes move, and behind.
const EVENTS: u64 = 5;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// In which news has come everywhere.
const SPREAD: Duration = Duration::from_secs(10);

/// What a node says of itself. A number of 0 says nothing.
#[derive(Debug, Clone, Copy)]
struct Place {
    region: u64,
    fleet: u64,
    has_gpu: bool,
    speaks: bool,
}

/// What a channel asks for.
#[derive(Debug, Clone, Copy)]
struct Asked {
    visibility: Visibility,
    gpu: bool,
    token: bool,
}

fn run(seed: u64, most: usize) -> Outcome {
    let conditions = Conditions { loss: Chance::percent(2), ..Conditions::GOOD };
    let mut dice = Random::new(seed);
    let nodes = 3 + dice.below(most as u64 - 2) as usize;
    let mut company = Company::new(seed, conditions, nodes);
    (1..nodes).for_each(|at| company.dial(at, PUBLISHER));
    for at in 2..nodes {
        let other = 1 + dice.below(at as u64 - 1) as usize;
        if dice.below(2) == 0 {
            company.dial(at, other);
        }
    }
    play(Ok(company), |company| {
        company.start(&[])?;
        (1..nodes).try_for_each(|at| company.meet(at, PUBLISHER, PATIENCE).map(|_| ()))?;
        tell(company, &mut dice)
    })
}

fn tell(company: &mut Company, dice: &mut Random) -> Result<Vec<Row>, Violation> {
    let mut places: Vec<_> = company.ids.iter().map(|_| Place::draw(dice)).collect();
    let own = SubnetId::new(&[places[0].region as u8, places[0].fleet as u8]).ok();
    company.world.with(Host(PUBLISHER), |node, now| node.set_geometry(now, own, policy()))?;
    for (at, place) in places.iter().enumerate().filter(|(_, place)| place.speaks) {
        announce(company, at, *place)?;
    }
    company.world.run_for(SPREAD)?;
    let channels = register(company, dice)?;
    let mut permitted = Vec::new();
    for (name, asked) in &channels {
        permitted.push(ask(company, dice, &places, name, *asked)?);
    }
    company.world.run_for(SPREAD)?;
    found_are_those_of_the_subnet(company, &places)?;
    hear(company, &channels, &permitted, 0)?;
    for (at, place) in places.iter_mut().enumerate().skip(1) {
        if place.speaks && dice.below(3) == 0 {
            *place = Place { speaks: true, ..Place::draw(dice) };
            announce(company, at, *place)?;
        }
    }
    company.world.run_for(SPREAD)?;
    found_are_those_of_the_subnet(company, &places)?;
    let stay = channels.iter().zip(&permitted).map(|((_, asked), before)| {
        before.iter().copied().filter(|at| places[0].is_heard_by(places[*at], *asked)).collect()
    });
    let stay: Vec<BTreeSet<usize>> = stay.collect();
    hear(company, &channels, &stay, EVENTS)?;
    let count = |all: &[BTreeSet<usize>]| all.iter().map(BTreeSet::len).sum::<usize>();
    Ok(vec![
        row("nodes", places.len()),
        row("subscriptions that were permitted", count(&permitted)),
        row("subscriptions that stayed", count(&stay)),
    ])
}

impl Place {
    fn draw(dice: &mut Random) -> Self {
        let (region, fleet) = (dice.below(3), dice.below(3));
        Self { region, fleet, has_gpu: dice.below(2) == 0, speaks: dice.below(5) > 0 }
    }

    fn subnet(self) -> Option<(u64, u64)> {
        (self.speaks && self.region + self.fleet > 0).then_some((self.region, self.fleet))
    }

    /// Whether a peer may hear a channel of this node, if its token is sound.
    fn is_heard_by(self, peer: Self, asked: Asked) -> bool {
        // What the publisher is was said when it was made, whether it announces or not.
        let own = Self { speaks: true, ..self }.subnet();
        let is_same = own.is_some() && peer.subnet() == own;
        let is_parent = peer.fleet == 0 && own.is_some() && peer.subnet() == Some((self.region, 0));
        let is_seen = match asked.visibility {
            Visibility::Global => true,
            Visibility::SubnetLocal => is_same,
            Visibility::ParentVisible => is_same || (is_parent && self.region > 0),
            Visibility::Exported => false,
        };
        is_seen && (!asked.gpu || (peer.speaks && peer.has_gpu))
    }
}

fn policy() -> SubnetPolicy {
    let rule = |prefix: &str, level| {
        let values = [("1".to_owned(), 1), ("2".to_owned(), 2)].into();
        SubnetRule::new(prefix.to_owned(), level, values).expect("it is sound")
    };
    SubnetPolicy::new(vec![rule("region:", 0), rule("fleet:", 1)])
}

fn announce(company: &mut Company, at: usize, place: Place) -> Result<(), Violation> {
    let gpu = place.has_gpu.then(|| "gpu".to_owned());
    let tags = [format!("region:{}", place.region), format!("fleet:{}", place.fleet)].into_iter().chain(gpu);
    let state = State::new(tags, []);
    match company.world.with(Host(at), |node, now| node.announce(now, state))? {
        Some(true) => Ok(()),
        _ => Err(company.world.violation(format!("node {at} cannot announce what it is"))),
    }
}

fn register(company: &mut Company, dice: &mut Random) -> Result<Vec<(String, Asked)>, Violation> {
    let mut channels = Vec::new();
    for visibility in [Visibility::Global, Visibility::SubnetLocal, Visibility::ParentVisible] {
        let asked = Asked { visibility, gpu: dice.below(3) == 0, token: dice.below(2) == 0 };
        let gpu = Filter { require_tags: vec!["gpu".into()], ..Filter::default() };
        let config = ChannelConfig {
            visibility,
            reliable: true,
            subscribe_caps: asked.gpu.then_some(gpu),
            require_token: asked.token,
            ..ChannelConfig::default()
        };
        let name = format!("c{}", channels.len());
        if company.world.with(Host(PUBLISHER), |node, now| node.register(now, &name, config))? != Some(true) {
            return Err(company.world.violation(format!("{name} is not registered")));
        }
        channels.push((name, asked));
    }
    Ok(channels)
}

/// Everybody asks for a channel, some with tokens that open nothing; who has a right to it.
fn ask(
    company: &mut Company,
    dice: &mut Random,
    places: &[Place],
    name: &str,
    asked: Asked,
) -> Result<BTreeSet<usize>, Violation> {
    let mut permitted = BTreeSet::new();
    for at in 1..places.len() {
        let (issuer, subject, channel) = match dice.below(4) {
            0 => (at, at, name),
            1 => (PUBLISHER, PUBLISHER, name),
            2 => (PUBLISHER, at, "other"),
            _ => (PUBLISHER, at, name),
        };
        let is_sound = (issuer, subject, channel) == (PUBLISHER, at, name);
        let wish = Wish {
            publisher: company.ids[PUBLISHER],
            channel: name.to_owned(),
            group: String::new(),
            tokens: token(company, issuer, subject, channel),
        };
        company.world.with(Host(at), |node, now| node.subscribe(now, wish))?;
        if places[0].is_heard_by(places[at], asked) && (is_sound || !asked.token) {
            permitted.insert(at);
        }
    }
    Ok(permitted)
}

/// Publishes on each channel, and looks who has heard it.
fn hear(
    company: &mut Company,
    channels: &[(String, Asked)],
    permitted: &[BTreeSet<usize>],
    from: u64,
) -> Result<(), Violation> {
    for number in from..from + EVENTS {
        for (name, _) in channels {
            let payload = Bytes::from(format!("{name} {number}"));
            company.world.with(Host(PUBLISHER), |node, now| node.publish(now, name, payload))?;
        }
    }
    company.world.run_for(SPREAD)?;
    for ((name, asked), permitted) in channels.iter().zip(permitted) {
        for at in 1..company.ids.len() {
            let heard = heard(company, at, name, from);
            let expected = if permitted.contains(&at) { EVENTS } else { 0 };
            if heard != expected {
                let text = format!(
                    "node {at} has heard {heard} and not {expected} events from {from} on of {asked:?}"
                );
                return Err(company.world.violation(text));
            }
        }
    }
    Ok(())
}

/// Events of a channel that a node has heard from a number on.
fn heard(company: &Company, at: usize, channel: &str, from: u64) -> u64 {
    let number = |payload: &Bytes| -> Option<u64> {
        std::str::from_utf8(payload).ok()?.strip_prefix(channel)?.trim().parse().ok()
    };
    let of_node = company.world.node(Host(at)).into_iter().flat_map(|node| node.heard());
    of_node.filter(|event| number(&event.payload).is_some_and(|number| number >= from)).count() as u64
}

fn found_are_those_of_the_subnet(company: &Company, places: &[Place]) -> Result<(), Violation> {
    let own = Place { speaks: true, ..places[0] }.subnet();
    let is_in = |at: &usize| own.is_some() && places[*at].subnet() == own;
    let expected: BTreeSet<_> = (0..places.len()).filter(is_in).map(|at| company.ids[at]).collect();
    let Some(node) = company.world.node(Host(PUBLISHER)) else { return Ok(()) };
    let found = node.directory().index().find(&Filter::default(), &ScopeFilter::SameSubnet);
    match found.into_iter().collect::<BTreeSet<_>>() == expected {
        true => Ok(()),
        false => Err(company.world.violation("others are found in a subnet than are in it")),
    }
}

fn token(company: &Company, issuer: usize, subject: usize, channel: &str) -> Vec<u8> {
    let keys = |at: usize| Keypair::from_seed(&company.settings[at].seed);
    let grant = Grant {
        subject: keys(subject).entity_id(),
        scope: TokenScope::SUBSCRIBE,
        channel: ChannelName::parse(channel).expect("it keeps the rules"),
        ttl: 1 << 40,
        delegation_depth: 0,
        generation: 0,
    };
    Token::issue(&keys(issuer), &grant, 0, 1).expect("a sound grant").as_bytes().to_vec()
}
