//! C.

use super::{Language, Site};
use crate::ir::{
    Api, Bit, Case, Enum, EnumValue, ErrorField, Family, Field, Flags, Host, Kind, Lang, Method, Name,
    Record, Union, View, Wire,
};
use crate::targets::c::{header, model};
use crate::targets::cpack::names;
use crate::targets::wire::c::has_codec;

pub(crate) struct C;

impl Language for C {
    fn lang(&self) -> Lang {
        Lang::C
    }

    fn label(&self) -> &'static str {
        "C"
    }

    fn ty(&self, name: &Name) -> Option<String> {
        Some(names::ty(&name.spec))
    }

    fn object(&self, _: &Name) -> Option<String> {
        None
    }

    fn type_aliases(&self, _: &Name) -> Vec<String> {
        Vec::new()
    }

    fn constant(&self, name: &Name) -> Option<String> {
        Some(names::constant(&[&name.spec]))
    }

    fn value(&self, item: &Enum, value: &EnumValue) -> Option<String> {
        Some(names::constant(&[&item.name.spec, &value.name]))
    }

    fn bit(&self, item: &Flags, bit: &Bit) -> Option<String> {
        Some(names::constant(&[&item.name.spec, &bit.name]))
    }

    fn case(&self, item: &Union, case: &Case) -> Option<String> {
        Some(names::constant(&[&item.name.spec, &case.name]))
    }

    fn case_field(&self, api: &Api, item: &Union, case: &Case, field: &Field) -> Option<String> {
        let field = names::field(api, &field.name.spec, &field.ty);
        Some(format!("{}.as.{}.{field}", names::ty(&item.name.spec), names::value(&case.name)))
    }

    fn field(&self, api: &Api, _: &Record, field: &Field) -> Option<String> {
        Some(names::field(api, &field.name.spec, &field.ty))
    }

    fn view(&self, _: &Record, _: &View) -> Option<String> {
        None
    }

    fn layout(&self, api: &Api, item: &Wire) -> Vec<String> {
        if !has_codec(api, item) {
            return Vec::new();
        }
        let name = names::ty(&item.name);
        vec![name.clone(), format!("{name}_encode"), format!("{name}_decode")]
    }

    fn member(&self, host: &Host, member: &Method) -> Option<String> {
        Some(format!("{}.{}", names::ty(&host.name.spec), names::value(&member.name.spec)))
    }

    fn family(&self, item: &Family) -> Option<String> {
        Some(names::family(&item.name))
    }

    fn kind(&self, family: &Family, kind: &Kind) -> Option<String> {
        Some(names::constant(&[&family.name, &kind.name]))
    }

    fn kind_field(&self, api: &Api, family: &Family, kind: &Kind, field: &ErrorField) -> Option<String> {
        let holder = names::ty(&names::kind_fields(&family.name, kind));
        Some(format!("{holder}.{}", names::field(api, &field.name, &field.ty)))
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
