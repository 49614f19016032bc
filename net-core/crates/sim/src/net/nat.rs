//! NAT boxes.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

/// How a NAT box maps and filters (RFC 4787).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NatKind {
    /// One outer port for each inner one; anybody gets in.
    FullCone,
    /// One outer port for each inner one; whoever was sent to gets in.
    Cone,
    /// An outer port for each destination, which alone gets in.
    Symmetric,
}

/// How long a mapping lives that is not used.
const IDLE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Nat {
    kind: NatKind,
    outer: IpAddr,
    next_port: u16,
    mappings: BTreeMap<(SocketAddr, Option<SocketAddr>), Mapping>,
}

#[derive(Debug)]
struct Mapping {
    port: u16,
    /// Whom something was sent to, and when.
    sent_to: BTreeMap<SocketAddr, Duration>,
}

impl Nat {
    pub(super) fn new(kind: NatKind, outer: IpAddr) -> Self {
        Self { kind, outer, next_port: 20_000, mappings: BTreeMap::new() }
    }

    pub(super) fn forget(&mut self) {
        self.mappings.clear();
    }

    /// The address from which a datagram appears to come.
    pub(super) fn outgoing(&mut self, now: Duration, source: SocketAddr, to: SocketAddr) -> SocketAddr {
        self.expire(now);
        let key = (source, (self.kind == NatKind::Symmetric).then_some(to));
        let next_port = &mut self.next_port;
        let mapping = self.mappings.entry(key).or_insert_with(|| {
            *next_port = next_port.checked_add(1).unwrap_or(20_001);
            Mapping { port: *next_port, sent_to: BTreeMap::new() }
        });
        mapping.sent_to.insert(to, now);
        SocketAddr::new(self.outer, mapping.port)
    }

    /// Whether a datagram gets in by an outer port.
    pub(super) fn admits(&mut self, now: Duration, from: SocketAddr, port: u16) -> bool {
        self.expire(now);
        let mapping = self.mappings.values().find(|mapping| mapping.port == port);
        mapping.is_some_and(|mapping| self.kind == NatKind::FullCone || mapping.sent_to.contains_key(&from))
    }

    fn expire(&mut self, now: Duration) {
        self.mappings.retain(|_, mapping| {
            mapping.sent_to.retain(|_, at| now - *at < IDLE);
            !mapping.sent_to.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn kinds_differ_in_whom_they_let_in() {
        let (inner, peer, other) = (address("10.0.0.1:9"), address("1.1.1.1:1"), address("2.2.2.2:2"));
        for (kind, lets_other_in, same_port) in [
            (NatKind::FullCone, true, true),
            (NatKind::Cone, false, true),
            (NatKind::Symmetric, false, false),
        ] {
            let mut nat = Nat::new(kind, address("5.5.5.5:0").ip());
            let outside = nat.outgoing(Duration::ZERO, inner, peer);
            assert!(nat.admits(Duration::ZERO, peer, outside.port()));
            assert_eq!(nat.admits(Duration::ZERO, other, outside.port()), lets_other_in, "{kind:?}");
            assert_eq!(nat.outgoing(Duration::ZERO, inner, other) == outside, same_port, "{kind:?}");
            assert!(!nat.admits(IDLE, peer, outside.port()), "an idle mapping ends");
        }
    }
}
