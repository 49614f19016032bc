//! Error kinds as the extension module and the classes print them.

use super::names;
use crate::ir::{Api, Family, Kind, Module, Type};
use crate::targets::rust::{names as rust_names, types as rust_types};

pub(crate) struct KindModel {
    pub family: u16,
    pub code: u16,
    pub has_class: bool,
    pub module: String,
    pub class: String,
    pub feature: Option<String>,
    pub variant: String,
    pub path: String,
    pub fields: Vec<FieldModel>,
    pub free_detail: bool,
    pub is_unit: bool,
}

pub(crate) struct FieldModel {
    pub name: String,
    pub field: String,
    pub constant: bool,
    pub show: String,
    pub build: String,
}

pub(crate) struct FamilyModel {
    pub id: u16,
    pub module: String,
    pub class: String,
}

/// Lowers every family and kind.
pub(crate) fn all(api: &Api) -> (Vec<FamilyModel>, Vec<KindModel>) {
    let families = api.families();
    let models = families.iter().map(|(at, family)| FamilyModel {
        id: family.id,
        module: format!("net.gen.{}", api.modules[at.module].name),
        class: names::family(family),
    });
    let kinds = families.iter().flat_map(|(at, family)| {
        let module = &api.modules[at.module];
        family.kinds.iter().map(move |item| kind(api, module, family, item))
    });
    (models.collect(), kinds.collect())
}

fn kind(api: &Api, module: &Module, family: &Family, item: &Kind) -> KindModel {
    let class = names::kind(family, item);
    let fields: Vec<_> = item.fields.iter().map(|field| self::field(api, &field.name, &field.ty)).collect();
    let free_detail = item.detail.is_none();
    KindModel {
        family: family.id,
        code: item.code,
        has_class: class.is_some(),
        module: format!("net.gen.{}", module.name),
        class: class.unwrap_or_default(),
        feature: module.feature.clone(),
        variant: rust_names::ty(&family.name),
        path: format!(
            "net_types::{}::{}::{}",
            module.name,
            rust_names::family(&family.name),
            rust_names::ty(&item.name)
        ),
        is_unit: fields.iter().all(|field| field.constant) && !free_detail,
        fields,
        free_detail,
    }
}

fn field(api: &Api, name: &str, ty: &Type) -> FieldModel {
    let python = names::value(&api.unit_name(name, ty));
    let (constant, show, build) = match ty.split_optional() {
        (Type::Constant(text), _) => (Some(rust_names::text(text)), String::new(), String::new()),
        (Type::Duration(unit), optional) => {
            let nanos = rust_types::nanos(*unit);
            if optional {
                let build = format!(
                    "error::member_of::<Option<value::Span<{nanos}>>>(members, {python:?})?.map(|span| span.0)"
                );
                (None, format!("value::ToPy::to_py(value.map(value::Span::<{nanos}>), py)"), build)
            } else {
                let build = format!("error::member_of::<value::Span<{nanos}>>(members, {python:?})?.0");
                (None, format!("value::ToPy::to_py(value::Span::<{nanos}>(*value), py)"), build)
            }
        }
        _ => (None, "value::shown(value, py)".into(), format!("error::member_of(members, {python:?})?")),
    };
    let is_constant = constant.is_some();
    FieldModel {
        field: constant.unwrap_or_else(|| rust_names::value(name)),
        constant: is_constant,
        name: python,
        show,
        build,
    }
}
