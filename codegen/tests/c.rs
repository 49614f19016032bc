//! What the `c` target prints for each construct.

mod common;

#[test]
fn prints_every_construct() {
    common::snapshots(&net_codegen::targets::c::C, None);
}
