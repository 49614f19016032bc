//! Every identifier of the C ABI.

use crate::ir::{Api, Arg};

/// Names that every function has for itself.
const TAKEN: [&str; 6] = ["handle", "result", "found", "error", "done", "ctx"];

/// Words of C, C++ and Rust that are legal names in the spec.
const RESERVED: [&str; 101] = [
    "abstract",
    "alignas",
    "alignof",
    "and",
    "as",
    "asm",
    "async",
    "auto",
    "await",
    "become",
    "bool",
    "box",
    "break",
    "case",
    "catch",
    "char",
    "class",
    "const",
    "constexpr",
    "continue",
    "crate",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dyn",
    "else",
    "enum",
    "explicit",
    "export",
    "extern",
    "false",
    "final",
    "float",
    "fn",
    "for",
    "friend",
    "gen",
    "goto",
    "if",
    "impl",
    "in",
    "inline",
    "int",
    "let",
    "long",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "nullptr",
    "operator",
    "or",
    "override",
    "priv",
    "private",
    "protected",
    "pub",
    "public",
    "ref",
    "register",
    "requires",
    "restrict",
    "return",
    "self",
    "short",
    "signed",
    "sizeof",
    "static",
    "struct",
    "super",
    "switch",
    "template",
    "this",
    "throw",
    "trait",
    "true",
    "try",
    "type",
    "typedef",
    "typeid",
    "typename",
    "typeof",
    "union",
    "unsafe",
    "unsigned",
    "use",
    "using",
    "virtual",
    "void",
    "volatile",
    "where",
    "while",
];

/// A function of a module.
pub(crate) fn function(name: &str) -> String {
    format!("net_{name}")
}

/// A method of an object.
pub(crate) fn method(object: &str, name: &str) -> String {
    format!("net_{object}_{name}")
}

/// An argument, with the unit of its type.
pub(crate) fn argument(api: &Api, arg: &Arg) -> String {
    let name = api.unit_name(&arg.name, &arg.ty);
    if TAKEN.contains(&name.as_str()) { format!("{name}_") } else { value(&name) }
}

/// Whether an optional argument is there.
pub(crate) fn presence(argument: &str) -> String {
    format!("has_{}", argument.trim_end_matches('_'))
}

/// A field, or any name that need only not be reserved.
pub(crate) fn value(name: &str) -> String {
    if RESERVED.contains(&name) { format!("{name}_") } else { name.to_owned() }
}

/// The struct in which the fields of a fixed record cross, in Rust too.
pub(crate) fn values(record: &str) -> String {
    format!("net_{record}_values")
}

/// The macro that is defined when a feature is compiled in.
pub(crate) fn feature(feature: &str) -> String {
    format!("NET_HAS_{}", feature.replace('-', "_").to_uppercase())
}
