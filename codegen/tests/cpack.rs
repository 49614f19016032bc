//! What the `cpack` target prints for each construct.

mod common;

#[test]
fn prints_every_construct() {
    common::snapshots(&net_codegen::targets::cpack::CPack, None);
}
