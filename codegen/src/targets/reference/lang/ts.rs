//! TypeScript.

use super::{Language, Site, one_line};
use crate::case::camel;
use crate::ir::{
    Api, Bit, Case, Enum, EnumValue, ErrorField, Family, Field, Flags, Host, Kind, Lang, Method, Name,
    Record, Union, View, Wire,
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
        Some(format!("{}.{}", names::ty(&item.name), names::capital(&value.name)))
    }

    fn bit(&self, item: &Flags, bit: &Bit) -> Option<String> {
        Some(format!("{}.{}", names::ty(&item.name), names::capital(&bit.name)))
    }

    fn case(&self, item: &Union, case: &Case) -> Option<String> {
        Some(format!("{}{}", names::ty(&item.name), names::capital(&case.name)))
    }

    fn case_field(&self, api: &Api, item: &Union, case: &Case, field: &Field) -> Option<String> {
        let name = names::field(api, &field.name, &field.ty, false);
        Some(format!("{}.{name}", self.case(item, case)?))
    }

    fn field(&self, api: &Api, record: &Record, field: &Field) -> Option<String> {
        Some(names::field(api, &field.name, &field.ty, records::keeps(record)))
    }

    fn field_aliases(&self, api: &Api, item: &Record, field: &Field) -> Vec<String> {
        let named = |alias: &String| {
            names::field(
                api,
                &Name { spec: alias.clone(), ..Name::default() },
                &field.ty,
                records::keeps(item),
            )
        };
        field
            .name
            .aliases(Lang::Ts)
            .iter()
            .map(|alias| format!("{}.{}", names::ty(&item.name), named(alias)))
            .collect()
    }

    fn view(&self, record: &Record, view: &View) -> Option<String> {
        Some(format!("{}.{}", names::ty(&record.name), names::member(&view.name)))
    }

    fn layout(&self, _: &Api, item: &Wire) -> Vec<String> {
        let name = names::capital(&item.name);
        vec![name.clone(), format!("encode{name}"), format!("decode{name}")]
    }

    fn member(&self, host: &Host, member: &Method) -> Option<String> {
        Some(format!("{}.{}", names::ty(&host.name), names::member(&member.name)))
    }

    fn family(&self, item: &Family) -> Option<String> {
        Some(names::family(&item.name))
    }

    fn kind(&self, _: &Family, kind: &Kind) -> Option<String> {
        Some(kind.class.clone().unwrap_or_else(|| names::text(&kind.text)))
    }

    fn kind_declared(&self, family: &Family, kind: &Kind) -> Option<String> {
        let told = format!("{}Kind.{}", names::family(&family.name), kind.text);
        Some(kind.class.clone().unwrap_or(told))
    }

    fn kind_field(&self, api: &Api, family: &Family, _: &Kind, field: &ErrorField) -> Option<String> {
        let name = Name { spec: field.name.clone(), ..Name::default() };
        let name = names::field(api, &name, &field.ty, false);
        Some(format!("{}.{name}", names::family(&family.name)))
    }

    fn called(&self, site: Site<'_>, method: &Method) -> Option<String> {
        if let Some(member) = &method.member {
            let class = names::ty(&site.api.record(member.record).name);
            return Some(format!("{class}.{}", names::member(&member.name)));
        }
        Some(match site.object {
            Some((_, object)) if method.makes_by_class() => {
                format!("new {}", names::ty(&object.name))
            }
            Some((_, object)) => {
                // All signatures of an overload have one name.
                let member = method.overload.as_deref().map_or_else(|| names::member(&method.name), camel);
                format!("{}.{member}", names::ty(&object.name))
            }
            None => method.overload.as_deref().map_or_else(|| names::function(&method.name), camel),
        })
    }

    fn signature(&self, site: Site<'_>, method: &Method) -> Option<String> {
        let scope = Scope::new(site.api, site.module, "");
        Some(one_line(&objects::declared(&scope, site.object.map(|(_, object)| object), method)))
    }

    fn aliases(&self, _: Site<'_>, method: &Method) -> Vec<String> {
        names::members(method.published().aliases(Lang::Ts))
    }
}
