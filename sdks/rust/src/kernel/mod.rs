//! What the generated modules are built on.

pub(crate) mod finite;
pub(crate) mod guard;
#[cfg_attr(
    not(feature = "conformance"),
    allow(dead_code, reason = "only echo calls implementations of the host")
)]
pub(crate) mod host;
pub(crate) mod json;

/// What several threads may use at once: whatever is not does not compile.
pub(crate) const fn shared<T: Send + Sync>() {}

/// What one thread after the other may use.
pub(crate) const fn sent<T: Send>() {}
