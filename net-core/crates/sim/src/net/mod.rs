//! The network between nodes: what happens to a datagram on its way.

mod conditions;
mod nat;

pub use conditions::Conditions;
pub use nat::NatKind;

use crate::{Host, Random};
use nat::Nat;
use net_session::Ecn;
use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, SocketAddr},
    time::Duration,
};

/// A copy of a datagram on its way.
#[derive(Debug)]
pub(crate) struct Flight {
    pub(crate) host: Host,
    pub(crate) from: SocketAddr,
    pub(crate) arrives: Duration,
    pub(crate) ecn: Option<Ecn>,
    pub(crate) bytes: Vec<u8>,
}

/// All links, and what stands in front of nodes.
#[derive(Debug)]
pub(crate) struct Network {
    random: Random,
    usual: Conditions,
    special: BTreeMap<(Host, Host), Conditions>,
    cut: BTreeSet<(Host, Host)>,
    /// Nodes that nothing reaches, though what they send arrives.
    deaf: BTreeSet<Host>,
    /// When the last datagram of a direction arrives that keeps its place.
    latest: BTreeMap<(Host, Host), Duration>,
    addresses: BTreeMap<SocketAddr, Host>,
    nats: BTreeMap<Host, Nat>,
    /// Nodes behind NAT boxes, by the outer addresses of these.
    outer: BTreeMap<IpAddr, Host>,
}

impl Network {
    pub(crate) fn new(random: Random, usual: Conditions) -> Self {
        Self {
            random,
            usual,
            special: BTreeMap::new(),
            cut: BTreeSet::new(),
            deaf: BTreeSet::new(),
            latest: BTreeMap::new(),
            addresses: BTreeMap::new(),
            nats: BTreeMap::new(),
            outer: BTreeMap::new(),
        }
    }

    pub(crate) fn attach(&mut self, host: Host, address: SocketAddr, nat: Option<(NatKind, IpAddr)>) {
        self.addresses.retain(|_, other| *other != host);
        self.addresses.insert(address, host);
        if let Some((kind, outer)) = nat {
            self.nats.insert(host, Nat::new(kind, outer));
            self.outer.insert(outer, host);
        }
    }

    pub(crate) fn set_usual(&mut self, conditions: Conditions) {
        self.usual = conditions;
    }

    /// Sets what the two directions between two nodes are like.
    pub(crate) fn set_between(&mut self, one: Host, other: Host, conditions: Conditions) {
        self.special.insert((one, other), conditions);
        self.special.insert((other, one), conditions);
    }

    pub(crate) fn cut(&mut self, one: Host, other: Host) {
        self.cut.insert((one.min(other), one.max(other)));
    }

    pub(crate) fn heal(&mut self, one: Host, other: Host) {
        self.cut.remove(&(one.min(other), one.max(other)));
    }

    pub(crate) fn is_cut(&self, one: Host, other: Host) -> bool {
        self.cut.contains(&(one.min(other), one.max(other)))
    }

    pub(crate) fn set_deaf(&mut self, host: Host, is_deaf: bool) {
        match is_deaf {
            true => self.deaf.insert(host),
            false => self.deaf.remove(&host),
        };
    }

    /// Has the NAT box of a node forget its mappings, so that the node appears from other ports.
    pub(crate) fn rebind(&mut self, host: Host) {
        if let Some(nat) = self.nats.get_mut(&host) {
            nat.forget();
        }
    }

    /// Sends a datagram: the copies of it that arrive, or why none does.
    pub(crate) fn send(
        &mut self,
        now: Duration,
        sender: Host,
        source: SocketAddr,
        (to, ecn): (SocketAddr, Option<Ecn>),
        bytes: &[u8],
    ) -> Result<Vec<Flight>, &'static str> {
        let from = match self.nats.get_mut(&sender) {
            Some(nat) => nat.outgoing(now, source, to),
            None => source,
        };
        let host = self.resolve(now, from, to)?;
        if self.is_cut(sender, host) {
            return Err("the link is cut");
        }
        if self.deaf.contains(&host) {
            return Err("nothing reaches the node");
        }
        let conditions = *self.special.get(&(sender, host)).unwrap_or(&self.usual);
        if bytes.len() > conditions.mtu {
            return Err("it is too long for the link");
        }
        if self.random.happens(conditions.loss) {
            return Err("by chance");
        }
        let is_marked = ecn.is_some() && self.random.happens(conditions.marking);
        let ecn = if is_marked { Some(Ecn::Congested) } else { ecn };
        let copies = if self.random.happens(conditions.duplication) { 2 } else { 1 };
        Ok((0..copies)
            .map(|_| Flight {
                host,
                from,
                ecn,
                arrives: self.arrival(now, sender, host, &conditions),
                bytes: self.carried(bytes, &conditions),
            })
            .collect())
    }

    /// The node behind an address, as seen from another.
    fn resolve(&mut self, now: Duration, from: SocketAddr, to: SocketAddr) -> Result<Host, &'static str> {
        if let Some(host) = self.addresses.get(&to).filter(|host| !self.nats.contains_key(host)) {
            return Ok(*host);
        }
        let host = *self.outer.get(&to.ip()).ok_or("nobody has the address")?;
        let nat = self.nats.get_mut(&host).ok_or("nobody has the address")?;
        if nat.admits(now, from, to.port()) { Ok(host) } else { Err("a NAT box refuses it") }
    }

    fn arrival(&mut self, now: Duration, sender: Host, host: Host, conditions: &Conditions) -> Duration {
        let arrives = now + conditions.delay + self.random.short_span(conditions.jitter);
        if self.random.happens(conditions.reordering) {
            return arrives + self.random.span(conditions.delay + conditions.jitter * 2);
        }
        let latest = self.latest.entry((sender, host)).or_default();
        *latest = arrives.max(*latest);
        *latest
    }

    /// The bytes as they arrive.
    fn carried(&mut self, bytes: &[u8], conditions: &Conditions) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        if self.random.happens(conditions.corruption) && !bytes.is_empty() {
            match self.random.below(4) {
                0 => bytes.truncate(self.random.index(bytes.len())),
                _ => {
                    let at = self.random.index(bytes.len());
                    bytes[at] ^= 1 << self.random.below(8);
                }
            }
        }
        bytes
    }
}
