//! Beacons: made, and checked over the bytes as they came.

use crate::Pair;
use ed25519_dalek::{Signer as _, SigningKey};
use net_crypto::{EntityId, Seed};
use net_gossip::Signatures;
use net_types::wire::route::Beacon;
use std::fmt;

/// Bytes of a beacon.
pub(crate) type BeaconBytes = [u8; Beacon::SIZE];

/// Bytes in front of the signature, which it covers.
const SIGNED: usize = Beacon::SIZE - 64;

/// Whether a beacon is of the entity that it names.
pub(crate) fn is_genuine(bytes: &BeaconBytes, beacon: &Beacon, signatures: &mut dyn Signatures) -> bool {
    signatures.hold(&EntityId::new(beacon.entity_id), &bytes[..SIGNED], &beacon.signature)
}

pub(crate) fn pair_of(beacon: &Beacon) -> Pair {
    Pair { epoch: beacon.epoch, seqno: beacon.seqno }
}

/// Signs the beacons of this node; the key is wiped when it goes, and in no text.
pub(crate) struct BeaconSigner {
    key: SigningKey,
    static_key: [u8; 32],
    relays: bool,
}

impl BeaconSigner {
    pub(crate) fn new(seed: &Seed, static_key: [u8; 32], relays: bool) -> Self {
        Self { key: SigningKey::from_bytes(seed.as_bytes()), static_key, relays }
    }

    pub(crate) fn entity(&self) -> EntityId {
        EntityId::new(self.key.verifying_key().to_bytes())
    }

    pub(crate) fn sign(&self, pair: Pair) -> BeaconBytes {
        let mut beacon = Beacon {
            entity_id: *self.entity().as_bytes(),
            static_key: self.static_key,
            epoch: pair.epoch,
            seqno: pair.seqno,
            flags_relays: self.relays,
            flags_rest: 0,
            signature: [0; 64],
        };
        beacon.signature = self.key.sign(&encoded(&beacon)[..SIGNED]).to_bytes();
        encoded(&beacon)
    }
}

impl fmt::Debug for BeaconSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BeaconSigner").field("entity", &self.entity()).finish_non_exhaustive()
    }
}

fn encoded(beacon: &Beacon) -> BeaconBytes {
    let bytes = beacon.encode().expect("every value of a beacon has bytes");
    bytes.try_into().expect("a beacon has a fixed size")
}
