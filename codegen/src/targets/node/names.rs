//! Every identifier of the napi functions.

use crate::case::{camel, pascal};

/// The Rust name of the function behind a path of the spec.
pub(crate) fn rust_function(path: &str) -> String {
    path.replace('.', "_")
}

/// The JavaScript name of the function behind a path of the spec.
pub(crate) fn function(path: &str) -> String {
    camel(&rust_function(path))
}

/// The type of host objects of an interface.
pub(super) fn host(name: &str) -> String {
    format!("{}Host", pascal(name))
}
