//! Constants, named base types, enums and flags.

use super::layout::comment;
use super::model::Lines;
use super::{names, types};
use crate::ir::{Api, Const, Doc, Int, Literal, Module, Name, Scalar, Type};
use anyhow::Result;

pub(crate) struct ConstModel {
    pub doc: Lines,
    pub lines: Lines,
}

pub(crate) struct ScalarModel {
    pub doc: Lines,
    pub name: String,
    pub base: String,
}

pub(crate) struct EnumModel {
    pub doc: Lines,
    pub name: String,
    pub spec: String,
    pub repr: String,
    pub values: Vec<ValueModel>,
    /// Heads of the functions from and to texts.
    pub text_head: String,
    pub parse_head: String,
}

pub(crate) struct ValueModel {
    pub doc: Lines,
    pub name: String,
    pub value: String,
    pub text: String,
    pub texts: Vec<String>,
}

pub(crate) fn constant(api: &Api, item: &Const) -> Result<ConstModel> {
    let name = names::constant(&[&item.name.spec]);
    let lines = match (&item.value, &item.ty) {
        (Literal::List(items), Type::List(of)) => {
            // What calls a function is no constant in C, so texts stand as they are.
            let values = items.iter().map(|value| match value {
                Literal::Text(text) => Ok(types::quoted(text)),
                _ => Ok(types::literal(api, value, of)?.unwrap_or_else(|| "0".into())),
            });
            let values = values.collect::<Result<Vec<_>>>()?.join(", ");
            let ty = match **of {
                Type::String => "char *const".to_owned(),
                _ => types::ctype(api, of)?.name,
            };
            vec![
                format!("#define {name}_LEN {}", items.len()),
                format!("static const {ty} {name}[{name}_LEN] = {{{values}}};"),
            ]
        }
        (Literal::Text(text), _) => vec![format!("#define {name} {}", types::quoted(text))],
        (value, ty) => {
            let value = types::literal(api, value, ty)?.unwrap_or_else(|| "0".into());
            vec![format!("#define {name} {value}")]
        }
    };
    Ok(ConstModel { doc: comment(0, &item.doc.text), lines })
}

/// Lowers a named base type.
pub(crate) fn scalar(api: &Api, item: &Scalar) -> Result<ScalarModel> {
    Ok(ScalarModel {
        doc: comment(0, &item.doc.text),
        name: names::ty(&item.name.spec),
        base: types::ctype(api, &item.base)?.name,
    })
}

/// Lowers enums and flags, which differ in their numbers only.
pub(crate) fn enums(module: &Module) -> Vec<EnumModel> {
    let enums = module.enums.iter().map(|item| {
        let values = item.values.iter().map(|value| {
            let texts = std::iter::once(&value.text).chain(&value.aliases);
            let constant = names::constant(&[&item.name.spec, &value.name]);
            valued(constant, &value.doc, value.tag.to_string(), texts)
        });
        enumeration(&item.name, &item.doc, item.repr, values.collect())
    });
    let flags = module.flags.iter().map(|item| {
        let values = item.bits.iter().map(|bit| {
            let number = format!("UINT64_C({:#x})", 1u64 << bit.bit);
            let constant = names::constant(&[&item.name.spec, &bit.name]);
            valued(constant, &bit.doc, number, std::iter::once(&bit.text))
        });
        enumeration(&item.name, &item.doc, item.repr, values.collect())
    });
    enums.chain(flags).collect()
}

/// A value; the first of its texts is the published one.
fn valued<'a>(name: String, doc: &Doc, value: String, texts: impl Iterator<Item = &'a String>) -> ValueModel {
    let texts: Lines = texts.map(|text| types::quoted(text)).collect();
    ValueModel { doc: comment(0, &doc.text), name, value, text: texts[0].clone(), texts }
}

fn enumeration(name: &Name, doc: &Doc, repr: Int, values: Vec<ValueModel>) -> EnumModel {
    let own = names::ty(&name.spec);
    EnumModel {
        doc: comment(0, &doc.text),
        spec: name.spec.clone(),
        repr: types::int_name(repr.bits(), repr.signed()),
        values,
        text_head: format!("static inline const char *{own}_text({own} value) {{"),
        parse_head: format!("static inline bool {own}_from_text(net_view text, {own} *value) {{"),
        name: own,
    }
}
