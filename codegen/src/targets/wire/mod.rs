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

/// A member in Python.
fn python_value(name: &str) -> String {
    const RESERVED: [&str; 12] =
        ["as", "class", "def", "from", "global", "import", "in", "is", "lambda", "pass", "return", "with"];
    if RESERVED.contains(&name) { format!("{name}_") } else { name.to_owned() }
}
