//! Every identifier of the generated Python, and of the Rust that serves it.

use crate::case::{pascal, screaming};
use crate::ir::{Api, Arg, Family, Field, Host, Kind, Lang, Method, Name, Record, Shape};
use crate::targets::rust::names as rust_names;

const RESERVED: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// A function, argument, field or module.
pub(crate) fn value(name: &str) -> String {
    if RESERVED.contains(&name) { format!("{name}_") } else { name.to_owned() }
}

/// A function, method or field with its published name.
pub(crate) fn member(name: &Name) -> String {
    name.renamed(Lang::Python).map_or_else(|| value(&name.spec), str::to_owned)
}

/// A field with its published name, else its unit.
pub(crate) fn field(api: &Api, field: &Field) -> String {
    let derived = || value(&api.unit_name(&field.name.spec, &field.ty));
    field.name.renamed(Lang::Python).map_or_else(derived, str::to_owned)
}

/// An argument with its unit.
pub(crate) fn argument(api: &Api, arg: &Arg) -> String {
    value(&api.unit_name(&arg.name, &arg.ty))
}

/// Whether the class of a record is one of the package, for which the extension module has a tuple.
pub(crate) fn is_of_package(api: &Api, item: &Record) -> bool {
    api.holds(item) || item.is_tuple_in(Lang::Python)
}

/// Whether a constructor is the one that calling the class means.
pub(crate) fn is_init(method: &Method) -> bool {
    method.shape == Shape::Constructor && method.name.spec == "new"
}

/// A class with its published name.
pub(crate) fn class(name: &Name) -> String {
    name.renamed(Lang::Python).map_or_else(|| pascal(&name.spec), str::to_owned)
}

/// More names of a class.
pub(crate) fn class_aliases(name: &Name) -> Vec<String> {
    name.aliases(Lang::Python).iter().map(|alias| pascal(alias)).collect()
}

/// More names of a function, method or field.
pub(crate) fn member_aliases(name: &Name) -> Vec<String> {
    name.aliases(Lang::Python).iter().map(|alias| value(alias)).collect()
}

/// A constant.
pub(crate) fn constant(name: &Name) -> String {
    name.renamed(Lang::Python).map_or_else(|| screaming(&name.spec), str::to_owned)
}

/// A member of an enum.
pub(crate) fn enum_member(name: &str) -> String {
    screaming(name)
}

/// The class of an error family.
pub(crate) fn family(family: &Family) -> String {
    format!("{}Error", pascal(&family.name))
}

/// The class of an error kind, if it has one of its own.
pub(crate) fn kind(owner: &Family, kind: &Kind) -> Option<String> {
    let base = owner.name == "base";
    kind.class.clone().or_else(|| {
        let stem = if base { String::new() } else { pascal(&owner.name) };
        (base || kind.python.is_some()).then(|| format!("{stem}{}Error", pascal(&kind.name)))
    })
}

/// The native function of an item: legal in Rust and in Python.
pub(crate) fn native(owner: Option<&str>, name: &str) -> String {
    match owner {
        Some(owner) => format!("{owner}_{name}"),
        None if rust_names::value(name) == name => value(name),
        None => format!("{name}_"),
    }
}

/// The type of a host interface that is reached from Rust.
pub(crate) fn port(name: &str) -> String {
    format!("{}Port", pascal(name))
}

/// The description of a host interface, for the kernel.
pub(crate) fn host_spec(name: &str) -> String {
    format!("_{}", screaming(name))
}

/// A text as a Python literal.
pub(crate) fn text(text: &str) -> String {
    let mut literal = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            char if char.is_control() => literal.push_str(&format!("\\x{:02x}", char as u32)),
            char => literal.push(char),
        }
    }
    if literal.matches("\\\"").count() > literal.matches('\'').count() {
        return format!("'{}'", literal[1..].replace("\\\"", "\"").replace('\'', "\\'"));
    }
    literal + "\""
}

/// What an argument takes for a host interface.
pub(crate) fn host_input(host: &Host) -> String {
    let class = class(&host.name);
    if host.callable { format!("{class} | {class}Function") } else { class }
}
