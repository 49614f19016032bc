//! Codecs of layouts: one lowered model, and one target for each language.

pub mod c;
pub mod c_testee;
pub mod go;
pub mod go_testee;
pub mod members;
pub(crate) mod model;
pub mod rust;
pub mod rust_testee;
pub mod script;

use super::Target;
use crate::ir::Lang;

/// Every target of codecs.
pub fn all() -> Vec<Box<dyn Target>> {
    vec![
        Box::new(rust::WireRust),
        Box::new(rust_testee::WireRustTestee),
        Box::new(members::WireMembers),
        Box::new(c::WireC),
        Box::new(c_testee::WireCTestee),
        Box::new(go::WireGo),
        Box::new(go_testee::WireGoTestee),
        Box::new(script::Script::Ts),
        Box::new(script::Script::Python),
    ]
}

/// The target that prints the codecs of a language.
pub(crate) fn codecs(lang: Lang) -> Box<dyn Target> {
    match lang {
        Lang::Rust => Box::new(rust::WireRust),
        Lang::Ts => Box::new(script::Script::Ts),
        Lang::Python => Box::new(script::Script::Python),
        Lang::Go => Box::new(go::WireGo),
        Lang::C => Box::new(c::WireC),
    }
}
