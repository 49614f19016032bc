//! What a node keeps between its runs: the epoch of its announcements, and what the issuers that it trusts have revoked.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use net_crypto::EntityId;
use net_types::{
    Error,
    mesh::MeshError,
    wire::{identity::Revocation, mesh::NodeState},
};

/// Version of the layout.
const FORMAT: u16 = 1;

/// The files of one node.
#[derive(Debug)]
pub(super) struct State {
    entity: EntityId,
    path: PathBuf,
    /// Signed revocations, one behind the other.
    revocations: PathBuf,
}

impl State {
    /// The files of a node in a directory, which is made if there is none. Nodes may share a directory.
    pub(super) fn of(directory: &Path, entity: EntityId) -> Result<Self, MeshError> {
        fs::create_dir_all(directory).map_err(|error| unusable(directory, error))?;
        let path = directory.join(format!("{:016x}.net", entity.node_id().0));
        Ok(Self { entity, revocations: path.with_extension("revocations"), path })
    }

    /// The epoch of a run that begins now: that of the calendar, or one more than the last, whichever is more. It is on
    /// disk before anybody hears of it.
    pub(super) fn begin(&self, calendar: u64) -> Result<u64, MeshError> {
        let epoch = self.last()?.map_or(calendar, |last| calendar.max(last.saturating_add(1)));
        self.keep(epoch)?;
        Ok(epoch)
    }

    /// Puts an epoch in place of the last. Whatever happens meanwhile, the file holds the one or the other.
    pub(super) fn keep(&self, epoch: u64) -> Result<(), MeshError> {
        let entity_id = *self.entity.as_bytes();
        let state = NodeState { format: FORMAT, reserved: 0, padding: 0, entity_id, epoch };
        let bytes = state.encode().map_err(|error| unusable(&self.path, error))?;
        replace(&self.path, &bytes).map_err(|error| unusable(&self.path, error))
    }

    /// Gives each revocation that was kept to `take`, which says what is wrong with it. A file that is damaged is refused: what
    /// is missing in it would open channels again.
    pub(super) fn restore_revocations(
        &self,
        mut take: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), MeshError> {
        let bytes = read(&self.revocations)?.unwrap_or_default();
        let records = bytes.chunks(Revocation::SIZE);
        records.into_iter().try_for_each(&mut take).map_err(|error| unusable(&self.revocations, error))
    }

    /// Puts revocations in place of those that were kept.
    pub(super) fn keep_revocations<'a>(
        &self,
        records: impl Iterator<Item = &'a [u8]>,
    ) -> Result<(), MeshError> {
        let bytes = records.collect::<Vec<_>>().concat();
        replace(&self.revocations, &bytes).map_err(|error| unusable(&self.revocations, error))
    }

    /// The epoch of the last run; nothing before the first.
    fn last(&self) -> Result<Option<u64>, MeshError> {
        let Some(bytes) = read(&self.path)? else { return Ok(None) };
        let state = NodeState::decode(&bytes).map_err(|error| unusable(&self.path, error))?;
        match state {
            NodeState { format: FORMAT, entity_id, epoch, .. } if entity_id == *self.entity.as_bytes() => {
                Ok(Some(epoch))
            }
            NodeState { format: FORMAT, .. } => Err(unusable(&self.path, "it is another node's")),
            NodeState { format, .. } => Err(unusable(&self.path, format!("it has format {format}"))),
        }
    }
}

/// What a file holds, if there is one.
fn read(path: &Path) -> Result<Option<Vec<u8>>, MeshError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unusable(path, error)),
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let mut file = File::create(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    // The name is on disk once its directory is.
    #[cfg(unix)]
    if let Some(directory) = path.parent() {
        File::open(directory)?.sync_all()?;
    }
    Ok(())
}

fn unusable(path: &Path, reason: impl ToString) -> MeshError {
    MeshError::StateUnusable { path: path.display().to_string(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use net_crypto::{Keypair, Seed};
    use zeroize::Zeroizing;

    fn state(name: &str) -> State {
        let directory = std::env::temp_dir().join(format!("net-state-{}-{name}", std::process::id()));
        drop(fs::remove_dir_all(&directory));
        State::of(&directory, EntityId::new([7; 32])).expect("a directory")
    }

    fn reason(result: Result<u64, MeshError>) -> String {
        match result {
            Err(MeshError::StateUnusable { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn epochs_grow_though_the_clock_is_set_back() {
        let state = state("grow");
        assert_eq!(state.begin(5_000), Ok(5_000));
        assert_eq!(state.begin(4_000), Ok(5_001));
        assert_eq!(state.begin(0), Ok(5_002));
        assert_eq!(state.begin(9_000), Ok(9_000));
        state.keep(20_000).expect("kept");
        assert_eq!(state.begin(9_000), Ok(20_001));
    }

    #[test]
    fn what_is_no_state_is_refused_and_left_alone() {
        let state = state("refuse");
        state.begin(1).expect("the first run");
        let sound = fs::read(&state.path).expect("a file");
        for (bytes, expected) in [
            (sound[..sound.len() - 1].to_vec(), None),
            (Vec::new(), None),
            ([&sound[..16], &[8; 32], &sound[48..]].concat(), Some("it is another node's")),
            ([&sound[..8], &[2, 0], &sound[10..]].concat(), Some("it has format 2")),
        ] {
            fs::write(&state.path, &bytes).expect("written");
            let found = reason(state.begin(1));
            assert!(expected.is_none_or(|expected| found == expected), "{found}");
            assert_eq!(fs::read(&state.path).expect("a file"), bytes);
        }
    }

    #[test]
    fn revocations_are_kept_and_damaged_ones_refused() {
        let state = state("revocations");
        let kept = |state: &State| {
            let mut records = Vec::new();
            let restored = state.restore_revocations(|record| {
                Revocation::decode(record)?;
                records.push(record.to_vec());
                Ok(())
            });
            restored.map(|()| records)
        };
        assert_eq!(kept(&state), Ok(Vec::new()));
        let records = [1, 2].map(|seed| {
            let pair = Keypair::from_seed(&Seed::new(Zeroizing::new([seed; 32])));
            pair.revoke(7, 0).expect("a record")
        });
        state.keep_revocations(records.iter().map(Vec::as_slice)).expect("kept");
        assert_eq!(kept(&state), Ok(records.to_vec()));
        state.begin(1).expect("a file of its own");
        let sound = fs::read(&state.revocations).expect("a file");
        for damaged in [&sound[..sound.len() - 1], &sound[1..]] {
            fs::write(&state.revocations, damaged).expect("written");
            match kept(&state) {
                Err(MeshError::StateUnusable { path, .. }) => {
                    assert!(path.ends_with(".revocations"), "{path}")
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_directory_that_cannot_be_is_named() {
        let state = state("file");
        state.begin(1).expect("the first run");
        let below = state.path.join("further");
        match State::of(&below, EntityId::new([7; 32])) {
            Err(MeshError::StateUnusable { path, .. }) => assert_eq!(path, below.display().to_string()),
            other => panic!("{other:?}"),
        }
    }
}
