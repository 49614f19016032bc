//! Every identifier of the generated Go.

use crate::case::capital;
use crate::ir::{Api, Field, Lang, Name, Type};

/// Words that Go writes in one case.
const ACRONYMS: [&str; 41] = [
    "acl", "amd", "api", "asic", "cpu", "cuda", "db", "dns", "dsp", "fp16", "fpga", "gb", "gpu", "http",
    "https", "id", "ip", "json", "mb", "nat", "npu", "os", "psk", "qos", "rpc", "sql", "tcp", "tflops",
    "tls", "tops", "tpu", "ts", "ttl", "udp", "uid", "uri", "url", "uuid", "utf8", "vram", "xml",
];

/// Keywords, predeclared names that the generated code uses, and the names of its own variables and imports.
const RESERVED: [&str; 55] = [
    "any",
    "append",
    "await",
    "bool",
    "break",
    "byte",
    "case",
    "chan",
    "cmp",
    "const",
    "context",
    "continue",
    "copy",
    "ctx",
    "default",
    "defer",
    "else",
    "err",
    "error",
    "fail",
    "failed",
    "fallthrough",
    "false",
    "for",
    "found",
    "func",
    "go",
    "goto",
    "if",
    "import",
    "in",
    "interface",
    "iter",
    "len",
    "map",
    "new",
    "nil",
    "o",
    "op",
    "out",
    "package",
    "packed",
    "range",
    "result",
    "return",
    "runtime",
    "select",
    "string",
    "struct",
    "switch",
    "time",
    "true",
    "type",
    "var",
    "write",
];

/// A public item: `net_node` is `NetNode`, `node_id` is `NodeID`.
pub(crate) fn public(name: &str) -> String {
    name.split('_').map(word).collect()
}

/// A public item with its own spelling in Go, if it has one.
pub(crate) fn item(name: &Name) -> String {
    name.renamed(Lang::Go).map_or_else(|| public(&name.spec), str::to_owned)
}

/// A field. A count of bytes is a plain number, so its unit stays in the name; times have types of their own.
pub(crate) fn field(api: &Api, field: &Field) -> String {
    let unit = || match api.base(field.ty.split_optional().0) {
        Type::Size => public(&api.unit_name(&field.name.spec, &field.ty)),
        _ => public(&field.name.spec),
    };
    field.name.renamed(Lang::Go).map_or_else(unit, str::to_owned)
}

/// The other names of an item.
pub(crate) fn aliases(name: &Name) -> Vec<String> {
    name.aliases(Lang::Go).iter().map(|alias| public(alias)).collect()
}

/// A private item or an argument: `node_id` is `nodeID`, `json` is `json`.
pub(crate) fn private(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    let name = first + &words.map(word).collect::<String>();
    if RESERVED.contains(&name.as_str()) { name + "Value" } else { name }
}

/// A field of an error, beside whose methods it stands.
pub(crate) fn error_field(name: &str) -> String {
    let name = public(name);
    let taken = ["Family", "KindText", "Retry", "Is", "Unwrap", "Error"];
    if taken.contains(&name.as_str()) { name + "Value" } else { name }
}

/// What an implementation of a host's interface may have as well: one of its optional methods.
pub(crate) fn optional_interface(host: &Name, method: &Name) -> String {
    format!("{}With{}", item(host), item(method))
}

/// The type of an error family.
pub(crate) fn family(name: &str) -> String {
    format!("{}Error", public(name))
}

/// The constructor of an error: its published class, in Go's spelling, or its family and kind.
pub(crate) fn error_constructor(class: Option<&str>, family: &str, kind: &str) -> String {
    let name = match class {
        Some(class) => snake(class),
        None => format!("{family}_{kind}_error"),
    };
    format!("New{}", public(&name))
}

/// A member of a struct of C, which cgo names apart where it is a keyword of Go.
pub(crate) fn of_c(name: &str) -> String {
    // Those that are words of C or Rust too have another name there.
    const KEYWORDS: [&str; 11] = [
        "chan",
        "defer",
        "fallthrough",
        "func",
        "go",
        "import",
        "interface",
        "map",
        "package",
        "range",
        "select",
    ];
    if KEYWORDS.contains(&name) || name == "var" { format!("_{name}") } else { name.to_owned() }
}

/// A type variable.
pub(crate) fn variable(name: &str) -> String {
    public(name)
}

/// A text as a Go literal.
pub(crate) fn text(text: &str) -> String {
    let mut literal = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => literal += "\\\"",
            '\\' => literal += "\\\\",
            '\n' => literal += "\\n",
            '\t' => literal += "\\t",
            '\r' => literal += "\\r",
            char if char.is_control() => literal += &format!("\\u{:04x}", u32::from(char)),
            char => literal.push(char),
        }
    }
    literal + "\""
}

fn word(word: &str) -> String {
    match word.strip_suffix('s') {
        _ if ACRONYMS.contains(&word) => word.to_uppercase(),
        Some(single) if ACRONYMS.contains(&single) => single.to_uppercase() + "s",
        _ => capital(word),
    }
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for char in name.chars() {
        if char.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(char.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acronyms_keep_one_case() {
        assert_eq!(public("node_id"), "NodeID");
        assert_eq!(public("emit_raw_batch"), "EmitRawBatch");
        assert_eq!(private("jsons"), "jsons");
        assert_eq!(private("raw_jsons"), "rawJSONs");
        assert_eq!(error_constructor(Some("RpcAppError"), "rpc", "app_error"), "NewRPCAppError");
        assert_eq!(error_constructor(None, "rpc", "busy"), "NewRPCBusyError");
    }

    #[test]
    fn reserved_words_are_avoided() {
        assert_eq!(private("type"), "typeValue");
        assert_eq!(public("type"), "Type");
        assert_eq!(error_field("retry"), "RetryValue");
    }
}
