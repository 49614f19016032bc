//! What the targets of codecs print for layouts of every kind.

mod common;

use net_codegen::targets::{testee_c, wire};

#[test]
fn prints_every_construct() {
    for target in wire::all() {
        common::snapshots(&*target, Some("layouts"));
    }
}

#[test]
fn the_testee_of_c_is_asked_for_what_c_has() {
    let codecs = common::print(&wire::c::WireC, "layouts");
    let testee = common::print(&testee_c::TesteeC, "layouts");
    for (layout, is_there) in [("net_letter", true), ("net_words", true), ("net_crowd", false)] {
        assert_eq!(codecs.contains(&format!("{layout}_decode(")), is_there, "{layout} in C");
        assert_eq!(testee.contains(&format!("INLINE({layout}_decode)")), is_there, "{layout} in the testee");
    }
}
