//! C.

use super::{Language, Site};
use crate::ir::{
    Api, Bit, Case, Enum, EnumValue, Family, Field, Flags, Kind, Lang, Method, Name, Record, Union,
};
use crate::targets::c::{header, model, names};

pub(crate) struct C;

impl Language for C {
    fn lang(&self) -> Lang {
        Lang::C
    }

    fn label(&self) -> &'static str {
        "C"
    }

    fn ty(&self, _: &Name) -> Option<String> {
        None
    }

    fn type_aliases(&self, _: &Name) -> Vec<String> {
        Vec::new()
    }

    fn constant(&self, _: &Name) -> Option<String> {
        None
    }

    fn value(&self, _: &Enum, _: &EnumValue) -> Option<String> {
        None
    }

    fn bit(&self, _: &Flags, _: &Bit) -> Option<String> {
        None
    }

    fn case(&self, _: &Union, _: &Case) -> Option<String> {
        None
    }

    fn field(&self, _: &Api, _: &Record, _: &Field) -> Option<String> {
        None
    }

    fn family(&self, _: &Family) -> Option<String> {
        None
    }

    fn kind(&self, _: &Family, _: &Kind) -> Option<String> {
        None
    }

    fn called(&self, site: Site<'_>, method: &Method) -> Option<String> {
        Some(match site.object {
            Some((_, object)) => names::method(&object.name.spec, &method.name.spec),
            None => names::function(&method.name.spec),
        })
    }

    fn signature(&self, site: Site<'_>, method: &Method) -> Option<String> {
        let object = site.object.map(|(_, object)| object);
        let model = model::declared(site.api, object, method)?;
        Some(header::declaration(&model))
    }

    fn aliases(&self, _: Site<'_>, _: &Method) -> Vec<String> {
        Vec::new()
    }
}
