//! What the generated modules are built on.

pub(crate) mod finite;
pub(crate) mod guard;
#[cfg_attr(
    not(feature = "conformance"),
    allow(dead_code, reason = "only echo calls implementations of the host")
)]
pub(crate) mod host;
pub(crate) mod json;
