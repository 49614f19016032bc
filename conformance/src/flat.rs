//! The flat form of messages: one line of tab-separated `path=value` fields.

use anyhow::{Context, Result, bail, ensure};
use indexmap::IndexMap;
use serde_json::{Map, Number, Value, json};

use crate::frame::Call;

/// How a member without a name is written, which no escape looks like.
const EMPTY_NAME: &str = "%";

/// Writes a request as a line.
pub(crate) fn request(id: u64, call: &Call) -> String {
    let mut line = format!("{id}\t{}", call.op);
    for (name, value) in &call.args {
        write(&mut line, &join("args", &escape(name, true)), value);
    }
    for (name, value) in [("self", &call.on), ("as", &call.keep)] {
        if let Some(text) = value {
            line += &format!("\t{name}=s:{}", escape(text, false));
        }
    }
    line.push('\n');
    line
}

/// Reads a hello or an answer from a line, into the shape of the JSON form.
pub(crate) fn message(line: &str) -> Result<Value> {
    let mut fields = line.split('\t');
    let first = fields.next().unwrap_or_default();
    if first == "hello" {
        return tree(fields);
    }
    let id: u64 = first.parse().ok().with_context(|| format!("a line begins with {first:?}"))?;
    let outcome = fields.next().with_context(|| format!("answer {id} has no outcome"))?;
    Ok(json!({ "id": id, outcome: tree(fields)? }))
}

fn write(line: &mut String, path: &str, value: &Value) {
    let text = match value {
        Value::Null => "z".to_owned(),
        Value::Bool(true) => "t".to_owned(),
        Value::Bool(false) => "f".to_owned(),
        Value::Number(number) => format!("n:{number}"),
        Value::String(text) => format!("s:{}", escape(text, false)),
        Value::Array(items) => format!("l:{}", items.len()),
        Value::Object(members) => format!("o:{}", members.len()),
    };
    *line += &format!("\t{path}={text}");
    match value {
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| write(line, &join(path, &index.to_string()), item));
        }
        Value::Object(members) => {
            members.iter().for_each(|(name, item)| write(line, &join(path, &escape(name, true)), item));
        }
        _ => {}
    }
}

fn join(path: &str, step: &str) -> String {
    if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") }
}

/// A value under construction.
#[derive(Default)]
enum Node {
    #[default]
    Missing,
    Leaf(Value),
    List(Vec<Self>),
    Object(Option<usize>, IndexMap<String, Self>),
}

fn tree<'a>(fields: impl Iterator<Item = &'a str>) -> Result<Value> {
    let mut root = Node::default();
    for field in fields {
        let (path, text) = field.split_once('=').with_context(|| format!("no `=` in {field:?}"))?;
        let node = leaf(text).with_context(|| format!("in {field:?}"))?;
        let place = if path.is_empty() {
            &mut root
        } else {
            path.split('.').try_fold(&mut root, |place, step| {
                place.member(step).with_context(|| format!("nothing holds {path:?}"))
            })?
        };
        ensure!(matches!(place, Node::Missing), "{path:?} comes twice");
        *place = node;
    }
    root.finish()
}

impl Node {
    fn member(&mut self, step: &str) -> Result<&mut Self> {
        if matches!(self, Self::Missing) {
            *self = Self::Object(None, IndexMap::new());
        }
        match self {
            Self::List(items) => {
                let index: usize = step.parse()?;
                let length = items.len();
                items.get_mut(index).with_context(|| format!("a list of {length} has no item {index}"))
            }
            Self::Object(_, members) => {
                let name = if step == EMPTY_NAME { String::new() } else { unescape(step)? };
                Ok(members.entry(name).or_default())
            }
            Self::Missing | Self::Leaf(_) => bail!("it has no members"),
        }
    }

    fn finish(self) -> Result<Value> {
        match self {
            Self::Missing => bail!("a value is missing"),
            Self::Leaf(value) => Ok(value),
            Self::List(items) => items.into_iter().map(Self::finish).collect(),
            Self::Object(length, members) => {
                if let Some(length) = length {
                    ensure!(length == members.len(), "an object of {length} has {} members", members.len());
                }
                let members = members.into_iter().map(|(name, node)| Ok((name, node.finish()?)));
                Ok(Value::Object(members.collect::<Result<Map<_, _>>>()?))
            }
        }
    }
}

fn leaf(text: &str) -> Result<Node> {
    const MOST: usize = 1 << 20;
    let length = |text: &str| -> Result<usize> {
        let length = text.parse()?;
        ensure!(length <= MOST, "too long");
        Ok(length)
    };
    Ok(match (text, text.split_once(':')) {
        ("z", _) => Node::Leaf(Value::Null),
        ("t", _) => Node::Leaf(true.into()),
        ("f", _) => Node::Leaf(false.into()),
        (_, Some(("s", text))) => Node::Leaf(unescape(text)?.into()),
        (_, Some(("n", text))) => Node::Leaf(Value::Number(text.parse::<Number>()?)),
        (_, Some(("l", text))) => Node::List((0..length(text)?).map(|_| Node::Missing).collect()),
        (_, Some(("o", text))) => Node::Object(Some(length(text)?), IndexMap::new()),
        _ => bail!("not a value"),
    })
}

/// Escapes text, and in a member's name also what separates members.
fn escape(text: &str, name: bool) -> String {
    if name && text.is_empty() {
        return EMPTY_NAME.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\t' | '\n' | '\r' | '%' => out += &format!("%{:02X}", u32::from(char)),
            '.' | '=' if name => out += &format!("%{:02X}", u32::from(char)),
            _ => out.push(char),
        }
    }
    out
}

fn unescape(text: &str) -> Result<String> {
    let mut parts = text.split('%');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) =
            part.split_at_checked(2).with_context(|| format!("a broken escape in {text:?}"))?;
        let code = u8::from_str_radix(code, 16).ok().filter(u8::is_ascii);
        out.push(code.map(char::from).with_context(|| format!("a broken escape in {text:?}"))?);
        out += rest;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_readme_hold() {
        let args = json!({ "separator": ",", "parts": ["a", "b"] });
        let call = Call {
            op: "call:echo.join".to_owned(),
            args: args.as_object().unwrap().clone(),
            on: Some("c".to_owned()),
            keep: None,
        };
        assert_eq!(
            request(1, &call),
            "1\tcall:echo.join\targs.separator=s:,\targs.parts=l:2\targs.parts.0=s:a\targs.parts.1=s:b\tself=s:c\n"
        );
        assert_eq!(message("1\tok\t=s:a,b").unwrap(), json!({ "id": 1, "ok": "a,b" }));
        assert_eq!(
            message("3\tunsupported\t=s:no floats here").unwrap(),
            json!({ "id": 3, "unsupported": "no floats here" })
        );
    }

    #[test]
    fn any_value_survives() {
        let value = json!({
            "a.b=c": [1, -2.5, true, false, null, "tab\t, line\n, 100 %, ü"],
            "": { "empty": [], "none": {} },
            "nested": [[], [{}], { "x": "18446744073709551615" }],
        });
        let mut line = "1\tok".to_owned();
        write(&mut line, "", &value);
        assert_eq!(message(&line).unwrap(), json!({ "id": 1, "ok": value }));
    }

    #[test]
    fn objects_need_no_announcement() {
        assert_eq!(
            message("1\tok\ta.b=n:1\tc=l:1\tc.0.d=z").unwrap()["ok"],
            json!({ "a": { "b": 1 }, "c": [{ "d": null }] })
        );
    }

    #[test]
    fn broken_lines_are_refused() {
        for line in [
            "",
            "x\tok\t=z",
            "1",
            "1\tok",
            "1\tok\tz",
            "1\tok\t=q",
            "1\tok\t=n:",
            "1\tok\t=z\t=z",
            "1\tok\t=l:1",
            "1\tok\t=l:1\t1=z",
            "1\tok\t=l:99999999999",
            "1\tok\t=o:1",
            "1\tok\t=s:%4",
            "1\tok\t=s:%",
            "1\tok\t=s:%C3",
            "1\tok\t=z\ta=z",
        ] {
            assert!(message(line).is_err(), "{line:?}");
        }
    }
}
