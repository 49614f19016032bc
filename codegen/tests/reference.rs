//! What the `reference` target prints: a page with errors, and one with renamed and aliased names.

mod common;

use net_codegen::targets::Target;
use net_codegen::targets::reference::Reference;

#[test]
fn prints_pages() {
    for feature in ["aliases", "errors"] {
        let name = format!("{}__{feature}", Reference.name());
        insta::with_settings!({
            snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true
        }, {
            insta::assert_snapshot!(name, common::print(&Reference, feature));
        });
    }
}

#[test]
fn no_line_ends_with_a_blank() {
    for feature in ["hosts", "objects", "records", "streams", "unions"] {
        let text = common::print(&Reference, feature);
        let line = text.lines().find(|line| line.ends_with(' '));
        assert_eq!(line, None, "{feature}");
    }
}
