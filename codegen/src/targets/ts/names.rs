//! Every identifier of the generated TypeScript.

use crate::case::{camel, pascal, screaming};
use crate::ir::{Api, Lang, Name, Type};

const RESERVED: [&str; 46] = [
    "arguments",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "var",
    "void",
    "while",
];

/// The names that the body of a generated function uses itself.
const TAKEN: [&str; 5] = ["k", "w", "codec", "native", "t"];

/// Whether a name is a word of the language.
pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// An argument or variable.
pub(crate) fn variable(name: &str) -> String {
    let name = camel(name);
    let clashes = is_reserved(&name) || TAKEN.contains(&name.as_str());
    if clashes { format!("{name}_") } else { name }
}

/// An argument, which takes on the unit of its type.
pub(crate) fn argument(api: &Api, name: &str, ty: &Type) -> String {
    variable(&api.unit_name(name, ty))
}

/// A function of a module.
pub(crate) fn function(name: &Name) -> String {
    name.renamed(Lang::Ts).map_or_else(|| variable(&name.spec), str::to_owned)
}

/// A method or property.
pub(crate) fn member(name: &Name) -> String {
    name.renamed(Lang::Ts).map_or_else(|| camel(&name.spec), str::to_owned)
}

/// A field of a record.
pub(crate) fn field(api: &Api, name: &Name, ty: &Type, keep: bool) -> String {
    match name.renamed(Lang::Ts) {
        Some(exact) => exact.to_owned(),
        None if keep => name.spec.clone(),
        None => camel(&api.unit_name(&name.spec, ty)),
    }
}

/// More names of a method.
pub(crate) fn members(aliases: &[String]) -> Vec<String> {
    aliases.iter().map(|alias| camel(alias)).collect()
}

/// A type.
pub(crate) fn ty(name: &Name) -> String {
    name.renamed(Lang::Ts).map_or_else(|| pascal(&name.spec), str::to_owned)
}

/// More names of a type.
pub(crate) fn types(name: &Name) -> Vec<String> {
    name.aliases(Lang::Ts).iter().map(|alias| pascal(alias)).collect()
}

/// A constant.
pub(crate) fn constant(name: &Name) -> String {
    name.renamed(Lang::Ts).map_or_else(|| screaming(&name.spec), str::to_owned)
}

/// A type variable, or a value of an enum.
pub(crate) fn capital(name: &str) -> String {
    pascal(name)
}

/// The class of an error family.
pub(crate) fn family(name: &str) -> String {
    format!("{}Error", pascal(name))
}

/// The function that constructs a kind of error.
pub(crate) fn maker(kind: &str) -> String {
    variable(kind)
}

/// A codec of a named type.
pub(crate) fn codec(name: &Name) -> String {
    variable(&name.spec)
}

/// A namespace import of a module's types.
pub(crate) fn module(name: &str) -> String {
    format!("{}Module", camel(name))
}

/// A namespace import of a module's codecs.
pub(crate) fn codecs(name: &str) -> String {
    format!("{}Codec", camel(name))
}

/// A key of an object literal or a type: quoted only if it has to be.
pub(crate) fn key(name: &str) -> String {
    let mut chars = name.chars();
    let plain = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '$')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$');
    if plain { name.to_owned() } else { text(name) }
}

/// A text as a literal, with the quotes that prettier chooses.
pub(crate) fn text(text: &str) -> String {
    let doubles = text.matches('\'').count() > text.matches('"').count();
    let quote = if doubles { '"' } else { '\'' };
    let mut literal = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => literal += "\\\\",
            '\n' => literal += "\\n",
            '\r' => literal += "\\r",
            '\t' => literal += "\\t",
            c if c == quote => literal.extend(['\\', c]),
            c if c.is_control() => literal += &format!("\\u{:04x}", u32::from(c)),
            c => literal.push(c),
        }
    }
    literal.push(quote);
    literal
}
