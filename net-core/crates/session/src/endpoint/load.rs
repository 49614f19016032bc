//! How much strangers and members may ask for, and the cookies of those who ask while much is going on.

use crate::{
    Path,
    random::{Draw, Random},
    types::Source,
};
use hashbrown::HashMap;
use net_crypto::mesh::{Mac, PublicKey, keyed_mac, macs_equal};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

/// Handshakes without a cookie in a second that are answered: a tenth of a core.
const CHEAP_PER_SECOND: u32 = 250;

/// Handshakes in a second while cookies are asked for: half a core.
const ALL_PER_SECOND: u32 = 1_250;

const PER_SOURCE: u32 = 200;
const PER_KEY: u32 = 5;
const PER_NEIGHBOUR: u32 = 50;
const REJECTS_PER_SECOND: u32 = 256;
const UNKNOWN_PER_SECOND: u32 = 64;

/// Sources and keys that are told apart in a second; beyond them, others share a limit.
const COUNTED: usize = 4_096;

/// A cookie's secret is drawn anew after this time, and the previous one accepted for as long again.
const SECRET_TIME: Duration = Duration::from_secs(60);

/// Counters of the current second, and the secrets of cookies.
#[derive(Debug)]
pub(super) struct Load {
    second: Instant,
    cheap: u32,
    all: u32,
    rejects: u32,
    unknown: u32,
    sources: HashMap<Source, u32>,
    keys: HashMap<PublicKey, u32>,
    /// Whether the last second had too many.
    was_high: bool,
    secrets: [[u8; 32]; 2],
    drawn: Instant,
}

impl Load {
    pub(super) fn new(now: Instant, random: &mut dyn Random) -> Self {
        Self {
            second: now,
            cheap: 0,
            all: 0,
            rejects: 0,
            unknown: 0,
            sources: HashMap::new(),
            keys: HashMap::new(),
            was_high: false,
            secrets: [random.array(), random.array()],
            drawn: now,
        }
    }

    /// Whether those who dial have to show first that they receive at their address.
    pub(super) fn asks_for_cookies(&mut self, now: Instant, half_open: usize) -> bool {
        self.turn(now);
        half_open > 256 || self.cheap >= CHEAP_PER_SECOND || self.was_high
    }

    /// Whether one more handshake is answered.
    pub(super) fn admits(&mut self, now: Instant, from: Path, has_cookie: bool) -> bool {
        self.turn(now);
        self.all += 1;
        if !has_cookie {
            self.cheap += 1;
        }
        let most = match from {
            Path::Routed(_) => PER_NEIGHBOUR,
            Path::Direct(_) if from.is_loopback() || !has_cookie => u32::MAX,
            Path::Direct(_) => PER_SOURCE,
        };
        self.all <= ALL_PER_SECOND && count(&mut self.sources, from.source()) <= most
    }

    /// Whether a key is answered once more; only asked while cookies are.
    pub(super) fn admits_key(&mut self, key: PublicKey) -> bool {
        count(&mut self.keys, key) <= PER_KEY
    }

    pub(super) fn admits_reject(&mut self, now: Instant) -> bool {
        self.turn(now);
        self.rejects += 1;
        self.rejects <= REJECTS_PER_SECOND
    }

    pub(super) fn admits_unknown(&mut self, now: Instant) -> bool {
        self.turn(now);
        self.unknown += 1;
        self.unknown <= UNKNOWN_PER_SECOND
    }

    /// The cookie of a path, by the secret of this minute.
    pub(super) fn cookie(&mut self, now: Instant, path: Path, random: &mut dyn Random) -> Mac {
        self.draw(now, random);
        cookie(&self.secrets[0], path)
    }

    /// The cookies of a path that are accepted.
    pub(super) fn accepts(
        &mut self,
        now: Instant,
        path: Path,
        random: &mut dyn Random,
        mac: &Mac,
        covered: &[u8],
    ) -> bool {
        self.draw(now, random);
        let is_by = |secret| macs_equal(&keyed_mac(&cookie(secret, path), &[covered]), mac);
        self.secrets.iter().any(is_by)
    }

    fn draw(&mut self, now: Instant, random: &mut dyn Random) {
        let age = now.saturating_duration_since(self.drawn);
        if age >= SECRET_TIME {
            let previous = if age < SECRET_TIME * 2 { self.secrets[0] } else { random.array() };
            self.secrets = [random.array(), previous];
            self.drawn = now;
        }
    }

    fn turn(&mut self, now: Instant) {
        let age = now.saturating_duration_since(self.second);
        if age < Duration::from_secs(1) {
            return;
        }
        self.was_high = age < Duration::from_secs(2) && self.all >= CHEAP_PER_SECOND;
        (self.cheap, self.all, self.rejects, self.unknown) = (0, 0, 0, 0);
        self.sources.clear();
        self.keys.clear();
        self.second = now;
    }
}

fn count<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, u32>, key: K) -> u32 {
    if counts.len() >= COUNTED && !counts.contains_key(&key) {
        return u32::MAX;
    }
    let count = counts.entry(key).or_insert(0);
    *count += 1;
    *count
}

fn cookie(secret: &[u8; 32], path: Path) -> Mac {
    match path {
        Path::Direct(SocketAddr::V4(address)) => {
            keyed_mac(secret, &[b"4", &address.ip().octets(), &address.port().to_le_bytes()])
        }
        Path::Direct(SocketAddr::V6(address)) => {
            keyed_mac(secret, &[b"6", &address.ip().octets(), &address.port().to_le_bytes()])
        }
        Path::Routed(node) => keyed_mac(secret, &[b"n", &node.0.to_le_bytes()]),
    }
}
