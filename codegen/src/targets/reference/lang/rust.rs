//! Rust.

use super::{Language, Site};
use crate::ir::{
    Api, Bit, Case, Enum, EnumValue, ErrorField, Family, Field, Flags, Host, Kind, Lang, Method, Name,
    Record, Type, Union, View, Wire,
};
use crate::targets::rust::names;
use crate::targets::rust_sdk::{model, names as sdk, types::Scope};

pub(crate) struct Rust;

impl Language for Rust {
    fn lang(&self) -> Lang {
        Lang::Rust
    }

    fn label(&self) -> &'static str {
        "Rust"
    }

    fn ty(&self, name: &Name) -> Option<String> {
        Some(names::ty(&name.spec))
    }

    fn type_aliases(&self, name: &Name) -> Vec<String> {
        name.aliases(Lang::Rust).iter().map(|alias| names::ty(alias)).collect()
    }

    fn constant(&self, name: &Name) -> Option<String> {
        Some(names::constant(&name.spec))
    }

    fn value(&self, item: &Enum, value: &EnumValue) -> Option<String> {
        Some(format!("{}::{}", names::ty(&item.name.spec), names::ty(&value.name)))
    }

    fn bit(&self, item: &Flags, bit: &Bit) -> Option<String> {
        Some(format!("{}::{}", names::ty(&item.name.spec), names::constant(&bit.name)))
    }

    fn case(&self, item: &Union, case: &Case) -> Option<String> {
        Some(format!("{}::{}", names::ty(&item.name.spec), names::ty(&case.name)))
    }

    fn case_field(&self, _: &Api, item: &Union, case: &Case, field: &Field) -> Option<String> {
        Some(format!("{}.{}", self.case(item, case)?, names::value(&field.name.spec)))
    }

    fn field(&self, _: &Api, _: &Record, field: &Field) -> Option<String> {
        Some(names::value(&field.name.spec))
    }

    fn view(&self, record: &Record, view: &View) -> Option<String> {
        Some(format!("{}::{}", sdk::views(&record.name.spec), names::value(&view.name.spec)))
    }

    fn layout(&self, _: &Api, item: &Wire) -> Vec<String> {
        ["encode", "decode"].map(|function| format!("{}::{function}", names::ty(&item.name))).into()
    }

    fn member(&self, host: &Host, member: &Method) -> Option<String> {
        Some(format!("{}::{}", names::ty(&host.name.spec), names::value(&member.name.spec)))
    }

    fn family(&self, item: &Family) -> Option<String> {
        Some(names::family(&item.name))
    }

    fn kind(&self, family: &Family, kind: &Kind) -> Option<String> {
        Some(format!("{}::{}", names::family(&family.name), names::ty(&kind.name)))
    }

    fn kind_field(&self, _: &Api, family: &Family, kind: &Kind, field: &ErrorField) -> Option<String> {
        // A constant is the same in every error, so that the variant does not hold it.
        let variant = self.kind(family, kind).filter(|_| !matches!(field.ty, Type::Constant(_)))?;
        Some(format!("{variant}.{}", names::value(&field.name)))
    }

    fn called(&self, site: Site<'_>, method: &Method) -> Option<String> {
        let name = names::value(&method.published().spec);
        if let Some(member) = &method.member {
            let record = &site.api.record(member.record).name.spec;
            return Some(format!("{}::{name}", sdk::methods(record)));
        }
        Some(match site.object {
            Some((_, object)) => format!("{}::{name}", names::ty(&object.name.spec)),
            None => name,
        })
    }

    fn signature(&self, site: Site<'_>, method: &Method) -> Option<String> {
        let scope = Scope { api: site.api, module: site.module, owner: site.object.map(|(at, _)| at) };
        Some(model::method(scope, method, site.object.map(|(_, object)| object)).signature)
    }

    fn aliases(&self, _: Site<'_>, method: &Method) -> Vec<String> {
        method.published().aliases(Lang::Rust).iter().map(|alias| names::value(alias)).collect()
    }
}
