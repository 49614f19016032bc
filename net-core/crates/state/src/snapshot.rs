//! States as bytes.

use net_types::{
    cortex::{CortexError, SNAPSHOT_VERSION},
    wire::cortex::StateSnapshot,
};

/// What snapshots begin with.
const MAGIC: [u8; 4] = *b"NSTS";

/// Most bytes of a state in a snapshot, as the layout has it.
const MAX_STATE: usize = 2_147_483_648;

/// The bytes of a snapshot.
pub(crate) fn encode(snapshot: &StateSnapshot) -> Result<Vec<u8>, CortexError> {
    check(snapshot.state.len())?;
    snapshot.encode().map_err(|error| unfit("snapshot", &error))
}

/// The snapshot of bytes.
pub(crate) fn decode(bytes: &[u8]) -> Result<StateSnapshot, CortexError> {
    if let Some((magic, rest)) = bytes.split_first_chunk::<4>()
        && let Some(format) = rest.first_chunk::<2>()
    {
        let found = u16::from_le_bytes(*format);
        if *magic == MAGIC && found > SNAPSHOT_VERSION {
            let (found, supported) = (u32::from(found), u32::from(SNAPSHOT_VERSION));
            return Err(CortexError::NewerVersion { found, supported });
        }
    }
    StateSnapshot::decode(bytes).map_err(|error| unread(&error))
}

/// The bytes of a state that is a count and items, without a second copy of all of them.
pub(crate) fn put<T>(
    what: &str,
    count: usize,
    items: impl Iterator<Item = T>,
    encode: impl Fn(T) -> Result<Vec<u8>, net_types::Error>,
) -> Result<Vec<u8>, CortexError> {
    let size = u32::try_from(count).map_err(|_| too_large(what, count, u32::MAX as usize))?;
    let mut bytes = size.to_le_bytes().to_vec();
    for item in items {
        bytes.extend(encode(item).map_err(|error| unfit(what, &error))?);
        check(bytes.len())?;
    }
    Ok(bytes)
}

/// Refuses ids of which one is not above the one before.
pub(crate) fn rising(mut ids: impl Iterator<Item = u64>) -> Result<(), CortexError> {
    let mut last = ids.next();
    for id in ids {
        if last.is_some_and(|last| last >= id) {
            return Err(CortexError::BadSnapshot { reason: "ids do not rise".to_owned() });
        }
        last = Some(id);
    }
    Ok(())
}

/// The error for bytes that are not what they should be.
pub(crate) fn unread(error: &net_types::Error) -> CortexError {
    CortexError::BadSnapshot { reason: error.to_string() }
}

fn check(size: usize) -> Result<(), CortexError> {
    if size > MAX_STATE { Err(too_large("state", size, MAX_STATE)) } else { Ok(()) }
}

fn too_large(what: &str, size: usize, limit: usize) -> CortexError {
    CortexError::TooLarge { what: what.to_owned(), size: size as u64, limit: limit as u64 }
}

/// The error for an item that its layout does not hold, which no event has brought.
fn unfit(what: &str, error: &net_types::Error) -> CortexError {
    CortexError::TooLarge { what: format!("{what}: {error}"), size: 0, limit: 0 }
}
