//! What the targets of codecs print for layouts of every kind.

mod common;

use net_codegen::targets::wire;

#[test]
fn prints_every_construct() {
    for target in wire::all() {
        common::snapshots(&*target, Some("layouts"));
    }
}
