//! A router under test, and origins whose beacons it hears.

use net_crypto::{EntityId, Keypair, Seed};
use net_router::{Config, Drop, Event, Link, Pair, Router, Strict};
use net_types::{
    identity::NodeId,
    route::{GossipKind, UNREACHABLE},
    wire::route::{Beacon, Route, SeqnoRequest},
};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// The round trip of every link; a hop costs 200.
pub(crate) const RTT: Duration = Duration::from_millis(10);

pub(crate) fn seed(number: u64) -> Seed {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    Seed::new(Zeroizing::new(bytes))
}

pub(crate) fn entity(number: u64) -> EntityId {
    Keypair::from_seed(&seed(number)).entity_id()
}

pub(crate) fn node(number: u64) -> NodeId {
    entity(number).node_id()
}

/// The beacon of a number's identity.
pub(crate) fn beacon(number: u64, pair: Pair) -> Vec<u8> {
    let now = Instant::now();
    let mut router = router(now, number, pair.epoch);
    let link = router.link_up(now, entity(u64::MAX), 1_452, RTT);
    let mut now = now;
    while router.pair() < pair {
        let wanted = SeqnoRequest {
            node_id: router.node_id(),
            epoch: pair.epoch,
            seqno: router.pair().seqno + 1,
            hops: 1,
            reserved: 0,
            padding: 0,
        };
        now += Duration::from_secs(2);
        router.handle(now, link, &message(GossipKind::SeqnoRequests, &[wanted.encode().expect("bytes")]));
        router.handle_timeout(now);
    }
    let beacons = std::iter::from_fn(|| router.poll_transmit()).map(|transmit| transmit.message);
    let newest = beacons.filter(|message| message[0] == GossipKind::Beacons.tag()).last().expect("a beacon");
    newest[1..].to_vec()
}

pub(crate) fn router(now: Instant, number: u64, epoch: u64) -> Router {
    Router::new(now, &seed(number), [9; 32], epoch, Box::new(Strict), Config::default())
}

pub(crate) fn message(kind: GossipKind, items: &[Vec<u8>]) -> Vec<u8> {
    [vec![kind.tag()], items.concat()].concat()
}

/// A router with what it has said.
pub(crate) struct Bench {
    pub(crate) router: Router,
    pub(crate) now: Instant,
}

/// What a router has said to a neighbour.
#[derive(Debug, PartialEq)]
pub(crate) enum Said {
    Beacon(Pair),
    Route(NodeId, Pair, u32),
    Retracted(NodeId),
    Request(NodeId, Pair),
}

impl Bench {
    /// A router of identity 0.
    pub(crate) fn new() -> Self {
        Self::with(Config::default())
    }

    pub(crate) fn with(config: Config) -> Self {
        let now = Instant::now();
        Self { router: Router::new(now, &seed(0), [9; 32], 1_000, Box::new(Strict), config), now }
    }

    /// A neighbour of a number's identity, after it was told what is known.
    pub(crate) fn neighbour(&mut self, number: u64) -> Link {
        let link = self.router.link_up(self.now, entity(number), 1_452, RTT);
        self.said(link);
        link
    }

    pub(crate) fn pass(&mut self, span: Duration) {
        self.now += span;
        self.router.handle_timeout(self.now);
    }

    /// A neighbour tells of a destination, with its beacon.
    pub(crate) fn tell(&mut self, link: Link, number: u64, pair: Pair, metric: u32) {
        self.give(link, GossipKind::Beacons, &[beacon(number, pair)]);
        self.tell_again(link, number, pair, metric);
    }

    /// A neighbour tells of a destination whose beacon is known.
    pub(crate) fn tell_again(&mut self, link: Link, number: u64, pair: Pair, metric: u32) {
        let (epoch, seqno) = (pair.epoch, pair.seqno);
        let route = Route { node_id: node(number), epoch, seqno, distance_metric: metric, distance_hops: 1 };
        self.give(link, GossipKind::Routes, &[route.encode().expect("bytes")]);
    }

    pub(crate) fn retract(&mut self, link: Link, number: u64) {
        self.tell_again(link, number, Pair::default(), UNREACHABLE);
    }

    pub(crate) fn ask(&mut self, link: Link, number: u64, wanted: Pair, hops: u8) {
        let (epoch, seqno) = (wanted.epoch, wanted.seqno);
        let request = SeqnoRequest { node_id: node(number), epoch, seqno, hops, reserved: 0, padding: 0 };
        self.give(link, GossipKind::SeqnoRequests, &[request.encode().expect("bytes")]);
    }

    pub(crate) fn give(&mut self, link: Link, kind: GossipKind, items: &[Vec<u8>]) {
        self.router.handle(self.now, link, &message(kind, items));
    }

    /// What the router says to a neighbour now; what it says to others is lost.
    pub(crate) fn said(&mut self, to: Link) -> Vec<Said> {
        let transmits = std::iter::from_fn(|| self.router.poll_transmit());
        transmits
            .filter(|transmit| transmit.link == to)
            .flat_map(|transmit| read(&transmit.message))
            .collect()
    }

    /// What the router says to a neighbour once changes were gathered.
    pub(crate) fn said_later(&mut self, to: Link) -> Vec<Said> {
        self.pass(Duration::from_millis(200));
        self.said(to)
    }

    /// The next hop to a number's node, and the sum of the costs.
    pub(crate) fn route(&self, number: u64) -> Option<(Link, u32)> {
        self.router.destination(node(number))?.route
    }

    pub(crate) fn dropped(&self, reason: Drop) -> u64 {
        self.router.counters().dropped(reason)
    }

    pub(crate) fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.router.poll()).collect()
    }
}

fn read(message: &[u8]) -> Vec<Said> {
    let items = &message[1..];
    match GossipKind::from_tag(message[0]).expect("a known kind") {
        GossipKind::Beacons => items
            .chunks(Beacon::SIZE)
            .map(|item| Beacon::decode(item).expect("a layout"))
            .map(|beacon| Said::Beacon(Pair { epoch: beacon.epoch, seqno: beacon.seqno }))
            .collect(),
        GossipKind::Routes => items
            .chunks(Route::SIZE)
            .map(|item| said_route(&Route::decode(item).expect("a layout")))
            .collect(),
        GossipKind::SeqnoRequests => items
            .chunks(SeqnoRequest::SIZE)
            .map(|item| SeqnoRequest::decode(item).expect("a layout"))
            .map(|request| {
                Said::Request(request.node_id, Pair { epoch: request.epoch, seqno: request.seqno })
            })
            .collect(),
        kind => panic!("{kind:?} is not a router's to say"),
    }
}

fn said_route(route: &Route) -> Said {
    match route.distance_metric {
        UNREACHABLE => Said::Retracted(route.node_id),
        metric => Said::Route(route.node_id, Pair { epoch: route.epoch, seqno: route.seqno }, metric),
    }
}
