//! What a node keeps between its runs: the epoch of its announcements.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use net_crypto::EntityId;
use net_types::{mesh::MeshError, wire::mesh::NodeState};

/// Version of the layout.
const FORMAT: u16 = 1;

/// The file of one node.
#[derive(Debug)]
pub(super) struct State {
    entity: EntityId,
    path: PathBuf,
}

impl State {
    /// The file of a node in a directory, which is made if there is none. Nodes may share a directory.
    pub(super) fn of(directory: &Path, entity: EntityId) -> Result<Self, MeshError> {
        fs::create_dir_all(directory).map_err(|error| unusable(directory, error))?;
        Ok(Self { entity, path: directory.join(format!("{:016x}.net", entity.node_id().0)) })
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
        self.replace(&bytes).map_err(|error| unusable(&self.path, error))
    }

    /// The epoch of the last run; nothing before the first.
    fn last(&self) -> Result<Option<u64>, MeshError> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unusable(&self.path, error)),
        };
        let state = NodeState::decode(&bytes).map_err(|error| unusable(&self.path, error))?;
        match state {
            NodeState { format: FORMAT, entity_id, epoch, .. } if entity_id == *self.entity.as_bytes() => {
                Ok(Some(epoch))
            }
            NodeState { format: FORMAT, .. } => Err(unusable(&self.path, "it is another node's")),
            NodeState { format, .. } => Err(unusable(&self.path, format!("it has format {format}"))),
        }
    }

    fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        let fresh = self.path.with_extension("new");
        let mut file = File::create(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, &self.path)?;
        // The name is on disk once its directory is.
        #[cfg(unix)]
        if let Some(directory) = self.path.parent() {
            File::open(directory)?.sync_all()?;
        }
        Ok(())
    }
}

fn unusable(path: &Path, reason: impl ToString) -> MeshError {
    MeshError::StateUnusable { path: path.display().to_string(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

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
