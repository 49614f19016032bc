//! What the built artefacts call an entry: the names that the reference prints.

use crate::ir::{Api, Bit, Const, Enum, EnumValue, Field, Flags, Lang, Literal, Method, Record, Type, Unit};
use crate::targets::python::types::is_seconds;
use crate::targets::reference::lang::{ALL, Language, Site};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A name in an artefact, and the value that it has to have there.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// As the probes of the language list it.
    pub name: String,
    /// Its value, where it is a constant.
    pub value: Option<Value>,
}

/// The names of each language that has any.
pub(super) fn by_language(named: impl Fn(&dyn Language) -> Vec<Listed>) -> BTreeMap<Lang, Vec<Listed>> {
    let all = ALL.iter().map(|lang| (lang.lang(), named(*lang)));
    all.filter(|(_, names)| !names.is_empty()).collect()
}

/// Names without values.
pub(super) fn plain(names: impl IntoIterator<Item = String>) -> Vec<Listed> {
    names.into_iter().map(|name| Listed { name, value: None }).collect()
}

/// A constant.
pub(super) fn constant(lang: &dyn Language, item: &Const) -> Vec<Listed> {
    let name = lang.constant(&item.name);
    let value = match (&item.ty, &item.value) {
        (Type::Duration(unit), Literal::Int(count)) => {
            span(lang.lang(), name.as_deref(), &item.ty, *count, *unit)
        }
        (_, value) => literal(value),
    };
    valued(name, value)
}

/// A value of an enum: its text, or its number where the language carries that.
pub(super) fn value(lang: &dyn Language, item: &Enum, value: &EnumValue) -> Vec<Listed> {
    let number = item.numeric || lang.lang() == Lang::C;
    valued(lang.value(item, value), if number { json!(value.tag) } else { json!(value.text) })
}

/// A bit: its text, or the number that has it set.
pub(super) fn bit(lang: &dyn Language, item: &Flags, bit: &Bit) -> Vec<Listed> {
    let text = matches!(lang.lang(), Lang::Ts | Lang::Python);
    valued(lang.bit(item, bit), if text { json!(bit.text) } else { json!(1_u64 << bit.bit) })
}

/// A field of a record, behind the name of the record.
pub(super) fn field(lang: &dyn Language, api: &Api, record: &Record, field: &Field) -> Vec<Listed> {
    let (owner, name) = (lang.ty(&record.name), lang.field(api, record, field));
    plain(owner.zip(name).map(|(owner, name)| format!("{owner}.{name}")))
}

/// A function, in each form that the language has of it.
pub(super) fn method(lang: &dyn Language, site: Site<'_>, item: &Method) -> Vec<Listed> {
    plain(lang.called(site, item))
}

/// Another name of a function, behind its owner; nothing if the language does not have it.
pub(crate) fn alias(lang: &dyn Language, site: Site<'_>, item: &Method, alias: &str) -> Option<String> {
    let position = item.published().aliases(lang.lang()).iter().position(|own| own == alias)?;
    let name = lang.aliases(site, item).into_iter().nth(position)?;
    let called = lang.called(site, item)?;
    let owner = ["::", "."].iter().find_map(|by| called.rfind(by).map(|end| &called[..end + by.len()]));
    let owner = owner.unwrap_or_default();
    Some(if name.starts_with(owner) { name } else { format!("{owner}{name}") })
}

fn valued(name: Option<String>, value: Value) -> Vec<Listed> {
    name.map(|name| Listed { name, value: Some(value) }).into_iter().collect()
}

/// A span of time, in the unit in which the language counts it.
fn span(lang: Lang, name: Option<&str>, ty: &Type, count: i128, unit: Unit) -> Value {
    let nanos = count * i128::from(unit.nanos());
    match lang {
        Lang::Rust | Lang::Go => literal(&Literal::Int(nanos)),
        Lang::Python if is_seconds(name.unwrap_or_default(), ty) => json!(nanos as f64 / 1e9),
        _ => literal(&Literal::Int(count)),
    }
}

fn literal(value: &Literal) -> Value {
    match value {
        Literal::Bool(value) => json!(value),
        Literal::Int(value) => {
            i64::try_from(*value).map_or_else(|_| json!(value.to_string()), |value| json!(value))
        }
        Literal::Float(value) => json!(value),
        Literal::Text(text) => json!(text),
        Literal::List(values) => values.iter().map(literal).collect(),
        _ => Value::Null,
    }
}
