//! Every identifier of the Rust SDK that the core does not already have.

pub(crate) use crate::targets::rust::names::{family, functions, text, ty, value};

/// The type of a type variable.
pub(crate) fn variable(name: &str) -> String {
    ty(name)
}

/// What the core calls in place of an implementation by the host.
pub(crate) fn adapter(host: &str) -> String {
    format!("{}Host", ty(host))
}

/// The trait with the methods of a record.
pub(crate) fn methods(record: &str) -> String {
    format!("{}Methods", ty(record))
}

/// The trait with the views of a record.
pub(crate) fn views(record: &str) -> String {
    format!("{}Views", ty(record))
}
