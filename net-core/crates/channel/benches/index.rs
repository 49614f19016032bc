//! What it costs to find nodes among ten thousand, and to check who hears a channel.

use criterion::{Criterion, criterion_group, criterion_main};
use net_channel::{
    Config, Directory, Filter, Moment, ScopeFilter, State, publisher::Member, publisher::Peer,
};
use net_crypto::{EntityId, Seed};
use net_gossip::{Link, Signatures};
use net_types::{Timestamp, capability::AnnouncementKind, route::GossipKind, wire::capability::Announcement};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};
use zeroize::Zeroizing;

/// Nodes that are known.
const NODES: u32 = 10_000;

/// Finds that everything was signed: what signatures cost is measured elsewhere.
struct Trusting;

impl Signatures for Trusting {
    fn hold(&mut self, _: &EntityId, _: &[u8], _: &[u8; 64]) -> bool {
        true
    }
}

fn find(criterion: &mut Criterion) {
    let directory = directory();
    let index = directory.index();
    assert_eq!(index.len(), NODES as usize);
    let one = Filter { require_tags: vec!["hardware.serial=777".into()], ..Filter::default() };
    assert_eq!(index.find(&one, &ScopeFilter::Any).len(), 1);
    criterion.bench_function("find/one_hit", |bench| {
        bench.iter(|| index.find(black_box(&one), &ScopeFilter::Any))
    });
    let both = Filter { require_tags: vec!["gpu".into(), "hardware.rack=7".into()], ..Filter::default() };
    let hits = index.find(&both, &ScopeFilter::Any).len();
    criterion.bench_function(&format!("find/{hits}_hits"), |bench| {
        bench.iter(|| index.find(black_box(&both), &ScopeFilter::Any));
    });
    let all = Filter::default();
    criterion
        .bench_function("find/all", |bench| bench.iter(|| index.find(black_box(&all), &ScopeFilter::Any)));
}

fn check(criterion: &mut Criterion) {
    let member =
        |at: u64| Member { peer: Peer(at), subscription: at, group: String::new(), until: 2_000_000_000 };
    let members: Vec<_> = (0..1_000).map(member).collect();
    criterion.bench_function("check/1000_members", |bench| {
        bench.iter(|| members.iter().filter(|member| member.is_allowed(black_box(1_764_111_600))).count());
    });
}

/// Knows nodes that have told their serial number, their rack, and every other one a graphics processor.
fn directory() -> Directory {
    let mut at = Moment { now: Instant::now(), wall: 1_764_111_600 };
    let config = Config { max_origins: 4 * NODES as usize, max_bytes: 1 << 30, ..Config::default() };
    let seed = Seed::new(Zeroizing::new([1; 32]));
    let mut directory = Directory::new(at, &seed, 1, Box::new(Trusting), config);
    directory.link_up(at, Link::at(0), EntityId::new([9; 32]));
    for number in 0..NODES {
        directory.handle(at, Link::at(0), &announced(number, at.wall));
        at.now += Duration::from_millis(5);
        directory.handle_timeout(Moment { now: at.now, ..at });
    }
    directory
}

fn announced(number: u32, issued: u64) -> Vec<u8> {
    let mut entity_id = [0; 32];
    entity_id[..4].copy_from_slice(&number.to_le_bytes());
    let mut tags = vec![format!("hardware.serial={number}"), format!("hardware.rack={}", number % 100)];
    tags.extend((number % 2 == 1).then(|| "gpu".to_owned()));
    let announcement = Announcement {
        kind: AnnouncementKind::Full,
        entity_id,
        epoch: 1,
        revision: 1,
        ttl: 86_400,
        issued: Timestamp(issued),
        body: State::new(tags, []).encode().expect("short").into(),
        signature: [0; 64],
        hops: 1,
    };
    [vec![GossipKind::Announcement.tag()], announcement.encode().expect("short")].concat()
}

criterion_group!(benches, find, check);
criterion_main!(benches);
