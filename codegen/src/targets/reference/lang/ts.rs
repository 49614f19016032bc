//! TypeScript.

use super::{Language, Site, one_line};
use crate::ir::{
    Api, Bit, Case, Enum, EnumValue, Family, Field, Flags, Kind, Lang, Method, Name, Record, Shape, Union,
};
use crate::targets::ts::{names, objects, records, types::Scope};

pub(crate) struct Ts;

impl Language for Ts {
    fn lang(&self) -> Lang {
        Lang::Ts
    }

    fn label(&self) -> &'static str {
        "TypeScript"
    }

    fn ty(&self, name: &Name) -> Option<String> {
        Some(names::ty(name))
    }

    fn type_aliases(&self, name: &Name) -> Vec<String> {
        names::types(name)
    }

    fn constant(&self, name: &Name) -> Option<String> {
        Some(names::constant(name))
    }

    fn value(&self, item: &Enum, value: &EnumValue) -> Option<String> {
        Some(if item.numeric { value.tag.to_string() } else { names::text(&value.text) })
    }

    fn bit(&self, _: &Flags, bit: &Bit) -> Option<String> {
        Some(names::text(&bit.text))
    }

    fn case(&self, _: &Union, case: &Case) -> Option<String> {
        Some(names::text(&case.text))
    }

    fn field(&self, api: &Api, record: &Record, field: &Field) -> Option<String> {
        Some(names::field(api, &field.name, &field.ty, records::keeps(record)))
    }

    fn family(&self, item: &Family) -> Option<String> {
        Some(names::family(&item.name))
    }

    fn kind(&self, _: &Family, kind: &Kind) -> Option<String> {
        Some(kind.class.clone().unwrap_or_else(|| names::text(&kind.text)))
    }

    fn called(&self, site: Site<'_>, method: &Method) -> Option<String> {
        Some(match site.object {
            Some((_, object)) if method.shape == Shape::Constructor && method.name.spec == "new" => {
                format!("new {}", names::ty(&object.name))
            }
            Some((_, object)) => format!("{}.{}", names::ty(&object.name), names::member(&method.name)),
            None => names::function(&method.name),
        })
    }

    fn signature(&self, site: Site<'_>, method: &Method) -> Option<String> {
        let scope = Scope::new(site.api, site.module, "");
        Some(one_line(&objects::declared(&scope, site.object.map(|(_, object)| object), method)))
    }

    fn aliases(&self, _: Site<'_>, method: &Method) -> Vec<String> {
        names::members(method.name.aliases(Lang::Ts))
    }
}
