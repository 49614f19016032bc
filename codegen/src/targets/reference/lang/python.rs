//! Python.

use super::{Language, Site, one_line};
use crate::ir::{
    Api, Bit, Case, Enum, EnumValue, Family, Field, Flags, Kind, Lang, Method, Name, Record, Union,
};
use crate::targets::python::calls::{self, Owner};
use crate::targets::python::names;
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

    fn field(&self, api: &Api, _: &Record, field: &Field) -> Option<String> {
        Some(names::field(api, field))
    }

    fn family(&self, item: &Family) -> Option<String> {
        Some(names::family(item))
    }

    fn kind(&self, family: &Family, kind: &Kind) -> Option<String> {
        names::kind(family, kind)
    }

    fn called(&self, site: Site<'_>, method: &Method) -> Option<String> {
        let name = names::member(&method.name);
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
        let model = calls::method(site.api, owner, method, &names::member(&method.name));
        Some(one_line(&model.signature).trim_end_matches(':').to_owned())
    }

    fn aliases(&self, _: Site<'_>, method: &Method) -> Vec<String> {
        names::member_aliases(&method.name)
    }
}
