//! What the system says, as errors of a log.

use net_types::redex::RedexError;
use std::io::{Error, ErrorKind};

use crate::dir::Dir;

/// The error of something that was done with a file.
pub(crate) fn io(action: &str, dir: &impl Dir, file: &str, error: &Error) -> RedexError {
    refusal(action, path(dir, file), error)
}

/// What the system says of a path, as an error of a log.
pub fn refusal(action: &str, path: String, error: &Error) -> RedexError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            RedexError::DiskFull { path }
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem if action != "read" => {
            RedexError::ReadOnly { path, reason: error.to_string() }
        }
        ErrorKind::NotFound => RedexError::Vanished { path },
        _ => RedexError::Io { action: action.to_owned(), path, reason: error.to_string() },
    }
}

/// Damage that costs the records of some numbers.
pub(crate) fn corrupt(dir: &impl Dir, damage: &crate::Damage) -> RedexError {
    RedexError::Corrupt {
        file: path(dir, &damage.file),
        offset: damage.offset,
        first: damage.first,
        last: damage.last,
        reason: damage.reason.to_owned(),
    }
}

/// A file, for people.
pub(crate) fn path(dir: &impl Dir, file: &str) -> String {
    format!("{}/{file}", dir.path())
}
