//! What the `rust_sdk` target prints for each construct.

mod common;

#[test]
fn prints_every_construct() {
    common::snapshots(&net_codegen::targets::rust_sdk::RustSdk, None);
}
