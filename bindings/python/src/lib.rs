//! The Python binding of Net: the extension module `_net`.
//!
//! Thin functions over handles, native classes for records, and one completion queue per event loop. The package
//! `net` builds its classes on them.
#![cfg_attr(
    not(feature = "conformance"),
    allow(
        dead_code,
        unused_imports,
        reason = "some constructs of the interface occur in the echo module only, so far"
    )
)]

mod abi;
mod error;
mod r#gen;
mod handle;
mod host;
mod payload;
mod platform;
mod queue;
mod stream;
mod value;

use pyo3::prelude::*;

/// The extension module.
#[pymodule]
fn _net(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("SPEC_HASH", net_types::SPEC_HASH)?;
    handle::register(module)?;
    error::register(module)?;
    module.add_class::<queue::Queue>()?;
    module.add_class::<host::Host>()?;
    module.add_class::<host::Reply>()?;
    stream::register(module)?;
    r#gen::register(module)
}
