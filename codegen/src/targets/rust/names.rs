//! Every identifier of the generated Rust.

use crate::case::{pascal, screaming};

const RESERVED: [&str; 49] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct",
    "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while",
    "yield",
];

/// A field, argument, function or module.
pub(crate) fn value(name: &str) -> String {
    match name {
        "self" | "super" => format!("{name}_"),
        _ if RESERVED.contains(&name) => format!("r#{name}"),
        _ => name.to_owned(),
    }
}

/// A type, trait, variant or case.
pub(crate) fn ty(name: &str) -> String {
    pascal(name)
}

/// A constant or bit.
pub(crate) fn constant(name: &str) -> String {
    screaming(name)
}

/// The type of an error family.
pub(crate) fn family(name: &str) -> String {
    format!("{}Error", pascal(name))
}

/// The trait of a module's functions.
pub(crate) fn functions(module: &str) -> String {
    format!("{}Functions", pascal(module))
}

/// A text as a Rust literal.
pub(crate) fn text(text: &str) -> String {
    format!("{text:?}")
}
