//! Codecs of layouts: one lowered model, and one target for each language.

pub(crate) mod model;
pub mod rust;
pub mod rust_testee;

use super::Target;

/// Every target of codecs.
pub fn all() -> Vec<Box<dyn Target>> {
    vec![Box::new(rust::WireRust), Box::new(rust_testee::WireRustTestee)]
}
