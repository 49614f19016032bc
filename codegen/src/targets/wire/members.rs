//! What testees need to know to read and write the members of layouts: one table for all languages.

use super::model::{self, Layout};
use crate::files::FileSet;
use crate::ir::{Api, Int, Type, WireForm};
use crate::targets::Target;
use anyhow::Result;
use serde_json::{Map, Value, json};

const PATH: &str = "conformance/testees/layouts.json";

/// The table of members.
#[derive(Debug)]
pub struct WireMembers;

impl Target for WireMembers {
    fn name(&self) -> &'static str {
        "wire/members"
    }

    fn render(&self, api: &Api) -> Result<FileSet> {
        let layouts = api.modules.iter().flat_map(|module| model::layouts(api, module));
        let table: Map<_, _> = layouts.map(|layout| (layout.name.to_owned(), entry(api, &layout))).collect();
        let mut files = FileSet::default();
        files.add(PATH, serde_json::to_string_pretty(&table)? + "\n");
        Ok(files)
    }
}

fn entry(api: &Api, layout: &Layout<'_>) -> Value {
    let members = layout.members.iter().map(|member| {
        let name = api.unit_name(&member.name, &member.ty);
        json!({ "fixture": member.name, "name": name, "form": form(api, &member.ty) })
    });
    json!({ "side": if layout.is_text { "text" } else { "bytes" }, "members": members.collect::<Vec<_>>() })
}

/// How a fixture writes a value: `same` as JSON, `decimal` text, `number` of 64 bits, `float`, `hex`, the numbers of an
/// enum's or a flags type's texts, or the members of a layout.
fn form(api: &Api, ty: &Type) -> Value {
    match api.base(ty) {
        Type::Optional(inner) | Type::List(inner) => form(api, inner),
        Type::Int(Int::U64 | Int::I64) | Type::Size | Type::Instant(_) | Type::Date => json!("decimal"),
        Type::Duration(_) => json!("number"),
        Type::F64 => json!("float"),
        Type::Layout(at) => json!({ "layout": api.wire(*at).name }),
        Type::Choice(at, field) => match &api.wire(*at).fields[*field].form {
            WireForm::Switch { arms, .. } => {
                json!({ "choice": arms.iter().map(|(_, at)| &api.wire(*at).name).collect::<Vec<_>>() })
            }
            _ => json!("same"),
        },
        Type::Bytes | Type::FixedBytes(_) => json!("hex"),
        Type::Enum(at) if api.enumeration(*at).numeric => {
            let values = &api.enumeration(*at).values;
            json!({ "tags": values.iter().map(|v| (v.text.clone(), json!(v.tag))).collect::<Map<_, _>>() })
        }
        Type::Flags(at) => {
            let bits = &api.flags(*at).bits;
            json!({ "bits": bits.iter().map(|b| (b.text.clone(), json!(b.bit))).collect::<Map<_, _>>() })
        }
        _ => json!("same"),
    }
}
