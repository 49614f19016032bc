//! Who hears what in many small meshes, held against what a few lines say about it.

use crate::kit::{Dice, Net, entity, keypair, state};
use net_channel::{
    Event, Filter, SubnetId, SubnetPolicy, SubnetRule, Visibility,
    publisher::{ChannelConfig, Peer, Publisher},
};
use net_crypto::{ChannelName, Grant, Token};
use net_types::{identity::TokenScope, wire::channel::ChannelSubscribe};
use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
    thread,
};

/// Meshes that are looked at.
const MESHES: u64 = 10_000;
/// Threads that look at them.
const THREADS: u64 = 2;

/// What a node is in a mesh: where it stands, and whether it has what some channels ask for.
#[derive(Debug, Clone, Copy)]
struct Node {
    region: usize,
    fleet: usize,
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

impl Node {
    fn draw(dice: &mut Dice) -> Self {
        Self {
            region: dice.below(3),
            fleet: dice.below(3),
            has_gpu: dice.below(2) == 0,
            speaks: dice.below(5) > 0,
        }
    }

    fn tags(self) -> Vec<String> {
        let mut tags = vec![format!("region:{}", self.region), format!("fleet:{}", self.fleet)];
        tags.extend(self.has_gpu.then(|| "gpu".to_owned()));
        tags
    }

    /// Whether a peer hears a channel of this node, and its token is its own.
    fn is_heard_by(self, peer: Self, asked: Asked, has_token: bool) -> bool {
        let place = |node: Self| (node.region, node.fleet);
        // Number 0 says nothing, so a node without a region and a fleet is in no subnet.
        let is_somewhere = |node: Self| node.region + node.fleet > 0;
        let is_same = peer.speaks && is_somewhere(self) && place(self) == place(peer);
        let is_parent = peer.speaks && peer.fleet == 0 && peer.region > 0 && peer.region == self.region;
        let is_seen = match asked.visibility {
            Visibility::Global => true,
            Visibility::SubnetLocal => is_same,
            Visibility::ParentVisible => is_same || is_parent,
            Visibility::Exported => false,
        };
        is_seen && (!asked.gpu || (peer.speaks && peer.has_gpu)) && (!asked.token || has_token)
    }
}

fn policy() -> SubnetPolicy {
    let rule = |prefix: &str, level| {
        let values = [("1".to_owned(), 1), ("2".to_owned(), 2)].into();
        SubnetRule::new(prefix.to_owned(), level, values).expect("it is sound")
    };
    SubnetPolicy::new(vec![rule("region:", 0), rule("fleet:", 1)])
}

/// Has a node announced what it is.
fn announce(net: &mut Net, at: usize, node: Node) {
    let tags = node.tags();
    let tags: Vec<_> = tags.iter().map(String::as_str).collect();
    net.nodes[at].announce(net.at, state(&tags)).expect("it is sound");
}

thread_local! {
    /// Tokens that were made before: the same ones are asked with in many meshes.
    static TOKENS: RefCell<HashMap<(u64, u64, String), Token>> = RefCell::default();
}

fn token(issuer: u64, subject: u64, channel: &str) -> Token {
    let key = (issuer, subject, channel.to_owned());
    TOKENS.with_borrow_mut(|made| made.entry(key).or_insert_with(|| sign(issuer, subject, channel)).clone())
}

fn sign(issuer: u64, subject: u64, channel: &str) -> Token {
    let grant = Grant {
        subject: entity(subject),
        scope: TokenScope::SUBSCRIBE,
        channel: ChannelName::parse(channel).expect("it is sound"),
        ttl: 1_000,
        delegation_depth: 0,
        generation: 0,
    };
    Token::issue(&keypair(issuer), &grant, crate::kit::WALL, 1).expect("it is sound")
}

/// A mesh whose node 0 publishes.
struct Mesh {
    net: Net,
    nodes: Vec<Node>,
    publisher: Publisher,
    channels: Vec<(String, Asked)>,
}

impl Mesh {
    fn draw(dice: &mut Dice) -> Self {
        let nodes: Vec<_> = (0..3 + dice.below(10)).map(|_| Node::draw(dice)).collect();
        let mut net = Net::new(nodes.len());
        for at in 1..nodes.len() {
            net.link(dice.below(at), at);
        }
        for (at, node) in nodes.iter().enumerate().filter(|(_, node)| node.speaks) {
            announce(&mut net, at, *node);
        }
        let own = SubnetId::new(&[nodes[0].region as u8, nodes[0].fleet as u8]).ok();
        net.nodes[0].set_geometry(own, policy());
        net.settle();
        let mut publisher = Publisher::new(entity(0), 1);
        let visibilities =
            [Visibility::Global, Visibility::SubnetLocal, Visibility::ParentVisible, Visibility::Exported];
        let mut channels = Vec::new();
        for (at, visibility) in visibilities.into_iter().enumerate() {
            let asked = Asked { visibility, gpu: dice.below(3) == 0, token: dice.below(2) == 0 };
            let gpu = Filter { require_tags: vec!["gpu".into()], ..Filter::default() };
            let config = ChannelConfig {
                visibility,
                subscribe_caps: asked.gpu.then_some(gpu),
                require_token: asked.token,
                ..ChannelConfig::default()
            };
            publisher.register(&net.nodes[0], &format!("c/{at}"), config).expect("it is sound");
            channels.push((format!("c/{at}"), asked));
        }
        (1..nodes.len() as u64).for_each(|at| publisher.peer_up(Peer(at), entity(at)));
        Self { net, nodes, publisher, channels }
    }

    /// Everybody asks for everything, some with tokens that are theirs, some with others'; gives who has a right to what.
    fn ask(&mut self, dice: &mut Dice) -> Vec<BTreeSet<u64>> {
        let mut allowed = vec![BTreeSet::new(); self.channels.len()];
        for (channel, (name, asked)) in self.channels.iter().enumerate() {
            for at in 1..self.nodes.len() as u64 {
                let held = match dice.below(4) {
                    0 => token(at, at, name),
                    1 => token(0, at % (self.nodes.len() as u64 - 1) + 1, name),
                    2 => token(0, at, "c/other"),
                    _ => token(0, at, name),
                };
                let is_its_own = held.issuer() == entity(0)
                    && held.subject() == entity(at)
                    && held.says().channel_hash == ChannelName::parse(name).expect("it is sound").hash();
                let asks = ChannelSubscribe {
                    flags_rest: 0,
                    request: 1,
                    channel: name.clone(),
                    group: String::new(),
                    tokens: held.as_bytes().to_vec().into(),
                    resume: None,
                };
                self.publisher.subscribe(self.net.at, &self.net.nodes[0], Peer(at), &asks);
                if self.nodes[0].is_heard_by(self.nodes[at as usize], *asked, is_its_own) {
                    allowed[channel].insert(at);
                }
            }
        }
        allowed
    }

    fn hearing(&mut self, channel: usize) -> BTreeSet<u64> {
        let name = &self.channels[channel].0;
        let plan = self.publisher.plan(self.net.at, &self.net.nodes[0], name).expect("it is sound");
        plan.targets.iter().map(|target| target.peer.0).collect()
    }

    /// Some nodes become others, and the publisher hears of it.
    fn change(&mut self, dice: &mut Dice) {
        for at in 1..self.nodes.len() {
            if self.nodes[at].speaks && dice.below(3) == 0 {
                self.nodes[at] = Node { speaks: true, ..Node::draw(dice) };
                announce(&mut self.net, at, self.nodes[at]);
            }
        }
        self.net.settle();
        while let Some(event) = self.net.nodes[0].poll() {
            if let Event::Changed { node } = event {
                self.publisher.announced(&self.net.nodes[0], node);
            }
        }
    }
}

#[test]
fn nobody_hears_what_is_not_for_it_and_everybody_what_is() {
    thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || hold_for((thread..MESHES).step_by(THREADS as usize)));
        }
    });
}

fn hold_for(meshes: impl Iterator<Item = u64>) {
    for mesh in meshes {
        let mut dice = Dice(mesh);
        let mut it = Mesh::draw(&mut dice);
        let allowed = it.ask(&mut dice);
        for (channel, allowed) in allowed.iter().enumerate() {
            assert_eq!(
                it.hearing(channel),
                *allowed,
                "mesh {mesh}, {:?} of {:?}",
                it.channels[channel],
                it.nodes
            );
        }
        it.change(&mut dice);
        for (channel, before) in allowed.iter().enumerate() {
            let asked = it.channels[channel].1;
            let stays = |at: &&u64| it.nodes[0].is_heard_by(it.nodes[**at as usize], asked, true);
            let expected: BTreeSet<_> = before.iter().filter(stays).copied().collect();
            assert_eq!(
                it.hearing(channel),
                expected,
                "mesh {mesh} after a change, {asked:?} of {:?}",
                it.nodes
            );
        }
    }
}
