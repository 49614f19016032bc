//! What the `rust_testee` target prints for each construct.

mod common;

#[test]
fn prints_every_construct() {
    common::snapshots(&net_codegen::targets::rust_testee::RustTestee, None);
}
