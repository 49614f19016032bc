//! Snapshots that were made together.

use bytes::Bytes;
use net_types::{
    netdb::{BUNDLE_VERSION, NetDbError},
    wire::netdb::NetdbBundle,
};

/// What bundles begin with.
const MAGIC: [u8; 4] = *b"NSDB";

/// Most bytes of a snapshot in a bundle, as the layout has it.
const MAX_SNAPSHOT: u64 = 2_147_483_648;

/// Snapshots of tasks and of memories, either of which may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bundle {
    /// The snapshot of the tasks.
    pub tasks: Option<Bytes>,
    /// The snapshot of the memories.
    pub memories: Option<Bytes>,
}

impl Bundle {
    /// The bytes of a bundle; those of the snapshots are not looked at.
    pub fn encode(&self) -> Result<Vec<u8>, NetDbError> {
        let sizes = self.tasks.iter().chain(&self.memories).map(|snapshot| snapshot.len() as u64);
        let size = sizes.max().unwrap_or_default();
        let bundle = NetdbBundle {
            format: BUNDLE_VERSION,
            flags_rest: 0,
            tasks: self.tasks.clone(),
            memories: self.memories.clone(),
        };
        bundle.encode().map_err(|_| NetDbError::TooLarge { size, limit: MAX_SNAPSHOT })
    }

    /// The bundle of bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, NetDbError> {
        if let Some((magic, rest)) = bytes.split_first_chunk::<4>()
            && let Some(format) = rest.first_chunk::<2>()
        {
            let found = u16::from_le_bytes(*format);
            if *magic == MAGIC && found > BUNDLE_VERSION {
                let (found, supported) = (u32::from(found), u32::from(BUNDLE_VERSION));
                return Err(NetDbError::NewerVersion { found, supported });
            }
        }
        let it = NetdbBundle::decode(bytes);
        let it = it.map_err(|error| NetDbError::BadBundle { reason: error.to_string() })?;
        Ok(Self { tasks: it.tasks, memories: it.memories })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(bytes: &'static [u8]) -> Option<Bytes> {
        Some(Bytes::from_static(bytes))
    }

    #[test]
    fn either_snapshot_may_be_missing() {
        for (tasks, memories) in
            [(None, None), (some(b"t"), None), (None, some(b"")), (some(b""), some(b"m"))]
        {
            let bundle = Bundle { tasks, memories };
            let bytes = bundle.encode().expect("bytes");
            assert_eq!(Bundle::decode(&bytes), Ok(bundle));
        }
    }

    #[test]
    fn hostile_bundles_are_refused() {
        let bundle = Bundle { tasks: some(b"some tasks"), memories: some(b"some memories") };
        let bytes = bundle.encode().expect("bytes");
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Bundle::decode(&flipped).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(
                matches!(Bundle::decode(&bytes[..length]), Err(NetDbError::BadBundle { .. })),
                "{length}"
            );
        }
        let mut newer = bytes;
        newer[4] = 2;
        assert_eq!(Bundle::decode(&newer), Err(NetDbError::NewerVersion { found: 2, supported: 1 }));
    }
}
