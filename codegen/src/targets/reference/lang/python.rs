//! Python.

use super::{Language, Site, one_line};
use crate::case::pascal;
use crate::ir::{
    Api, Bit, Case, Enum, EnumValue, ErrorField, Family, Field, Flags, Host, Kind, Lang, Method, Name,
    Record, Union, View, Wire,
};
use crate::targets::python::calls::{self, Owner};
use crate::targets::python::names;
use crate::targets::python::native::union_member;
use crate::targets::python::types::Mode;

pub(crate) struct Python;

impl Language for Python {
    fn lang(&self) -> Lang {
        Lang::Python
    }

    fn label(&self) -> &'static str {
        "Python"
    }

    fn ty(&self, name: &Name) -> Option<String> {
        Some(names::class(name))
    }

    fn type_aliases(&self, name: &Name) -> Vec<String> {
        names::class_aliases(name)
    }

    fn constant(&self, name: &Name) -> Option<String> {
        Some(names::constant(name))
    }

    fn value(&self, item: &Enum, value: &EnumValue) -> Option<String> {
        Some(format!("{}.{}", names::class(&item.name), names::enum_member(&value.name)))
    }

    fn bit(&self, item: &Flags, bit: &Bit) -> Option<String> {
        Some(format!("{}.{}", names::class(&item.name), names::enum_member(&bit.name)))
    }

    fn case(&self, item: &Union, case: &Case) -> Option<String> {
        Some(format!("{}.{}", names::class(&item.name), names::value(&case.name)))
    }

    fn case_field(&self, api: &Api, item: &Union, _: &Case, field: &Field) -> Option<String> {
        let taken: Vec<_> = item.cases.iter().map(|case| names::value(&case.name)).collect();
        let name = union_member(&names::field(api, field), taken.iter().map(String::as_str));
        Some(format!("{}.{name}", names::class(&item.name)))
    }

    fn field(&self, api: &Api, _: &Record, field: &Field) -> Option<String> {
        Some(names::field(api, field))
    }

    fn field_aliases(&self, _: &Api, item: &Record, field: &Field) -> Vec<String> {
        let class = names::class(&item.name);
        names::member_aliases(&field.name).iter().map(|alias| format!("{class}({alias})")).collect()
    }

    fn view(&self, record: &Record, view: &View) -> Option<String> {
        Some(format!("{}.{}", names::class(&record.name), names::member(&view.name)))
    }

    fn layout(&self, _: &Api, item: &Wire) -> Vec<String> {
        let class = pascal(&item.name);
        ["encode", "decode"].map(|function| format!("{class}.{function}")).into()
    }

    fn member(&self, host: &Host, member: &Method) -> Option<String> {
        Some(format!("{}.{}", names::class(&host.name), names::member(&member.name)))
    }

    fn family(&self, item: &Family) -> Option<String> {
        Some(names::family(item))
    }

    fn kind(&self, family: &Family, kind: &Kind) -> Option<String> {
        names::kind(family, kind)
    }

    fn kind_declared(&self, family: &Family, kind: &Kind) -> Option<String> {
        self.kind(family, kind).or_else(|| self.family(family))
    }

    fn kind_field(&self, api: &Api, family: &Family, _: &Kind, field: &ErrorField) -> Option<String> {
        let name = names::value(&api.unit_name(&field.name, &field.ty));
        Some(format!("{}.{name}", names::family(family)))
    }

    fn called(&self, site: Site<'_>, method: &Method) -> Option<String> {
        let name = names::member(method.published());
        if let Some(member) = &method.member {
            return Some(format!("{}.{name}", names::class(&site.api.record(member.record).name)));
        }
        Some(match site.object {
            Some((_, object)) if names::is_init(method) => names::class(&object.name),
            Some((_, object)) => format!("{}.{name}", names::class(&object.name)),
            None => name,
        })
    }

    fn signature(&self, site: Site<'_>, method: &Method) -> Option<String> {
        let object = site.object.map(|(_, object)| object);
        let class = object.map(|object| names::class(&object.name));
        let owner = Owner {
            object: object.zip(class.as_deref()).map(|(object, class)| (object.name.spec.as_str(), class)),
            vars: object.map_or(&[], |object| &object.generic),
            mode: Mode::Blocking,
            indent: 0,
        };
        let model = calls::method(site.api, owner, method, &names::member(method.published()));
        Some(one_line(&model.signature).trim_end_matches(':').to_owned())
    }

    fn aliases(&self, _: Site<'_>, method: &Method) -> Vec<String> {
        names::member_aliases(method.published())
    }
}
