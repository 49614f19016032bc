//! What the C SDK has: what headers declare as code, so that what is missing does not compile, and the symbols
//! that the library has to export.

use crate::ir::{Api, Lang, Module, Type};
use crate::targets::cpack::names;
use crate::targets::reference::lang::{Language, Site, c::C};
use crate::targets::wire::c::has_codec;

/// The header of a module's layouts, if it has any.
pub(super) fn header(api: &Api, position: usize) -> Option<String> {
    let module = &api.modules[position];
    let has_layouts = module.wires.iter().any(|item| has_codec(api, item));
    has_layouts.then(|| names::header(&format!("{}_wire", module.name)))
}

/// Lowers a module: uses of the macros of `conformance/testees/c/surface.h`.
pub(super) fn module(api: &Api, position: usize) -> Vec<String> {
    let module = &api.modules[position];
    let mut lines = Vec::new();
    constants(module, &mut lines);
    types(api, module, &mut lines);
    errors(api, module, &mut lines);
    for item in module.wires.iter().filter(|item| has_codec(api, item)) {
        let forms = ["TYPE", "INLINE", "INLINE"].into_iter().zip(C.layout(api, item));
        lines.extend(forms.map(|(form, name)| format!("{form}({name})")));
    }
    let objects = module.objects.iter().enumerate().flat_map(|(index, object)| {
        let owner = Some((crate::ir::At { module: position, index }, object));
        object.constructors.iter().chain(&object.methods).map(move |method| (owner, method))
    });
    for (object, method) in objects.chain(module.functions.iter().map(|method| (None, method))) {
        let site = Site { api, module: position, object };
        // What has no declaration is not there.
        if method.in_lang(Lang::C) && C.signature(site, method).is_some() {
            lines.extend(C.called(site, method).map(|name| format!("SYMBOL({name})")));
        }
    }
    lines
}

fn constants(module: &Module, lines: &mut Vec<String>) {
    for item in &module.consts {
        let form = match &item.ty {
            Type::List(of) if **of == Type::String => "TEXTS",
            Type::List(_) => "NUMBERS",
            Type::String => "TEXT",
            _ => "NUMBER",
        };
        lines.extend(C.constant(&item.name).map(|name| format!("{form}({name})")));
    }
}

fn types(api: &Api, module: &Module, lines: &mut Vec<String>) {
    let ty = |name| C.ty(name).map(|name| format!("TYPE({name})"));
    let number = |name: Option<String>| name.map(|name| format!("NUMBER({name})"));
    for item in &module.enums {
        lines.extend(ty(&item.name));
        lines.extend(item.values.iter().filter_map(|value| number(C.value(item, value))));
    }
    for item in &module.flags {
        lines.extend(ty(&item.name));
        lines.extend(item.bits.iter().filter_map(|bit| number(C.bit(item, bit))));
    }
    lines.extend(module.scalars.iter().filter_map(|item| ty(&item.name)));
    for item in &module.unions {
        lines.extend(ty(&item.name));
        for case in &item.cases {
            lines.extend(number(C.case(item, case)));
            lines.extend(case.fields.iter().filter_map(|field| part(C.case_field(api, item, case, field))));
        }
    }
    for item in &module.records {
        lines.extend(ty(&item.name));
        let owner = C.ty(&item.name).unwrap_or_default();
        let named = item.fields.iter().filter_map(|field| C.field(api, item, field));
        lines.extend(named.filter_map(|name| part(Some(format!("{owner}.{name}")))));
    }
    for item in &module.hosts {
        lines.extend(ty(&item.name));
        let members = item.props.iter().chain(&item.methods);
        lines.extend(members.filter_map(|member| part(C.member(item, member))));
    }
}

fn errors(api: &Api, module: &Module, lines: &mut Vec<String>) {
    for family in &module.families {
        lines.extend(C.family(family).map(|name| format!("NUMBER({name})")));
        for kind in &family.kinds {
            lines.extend(C.kind(family, kind).map(|name| format!("NUMBER({name})")));
            let fields = kind.fields.iter().filter_map(|field| C.kind_field(api, family, kind, field));
            lines.extend(fields.filter_map(|name| part(Some(name))));
        }
    }
}

/// `FIELD` of the name of a struct and of the member behind it.
fn part(name: Option<String>) -> Option<String> {
    let name = name?;
    let (owner, member) = name.split_once('.')?;
    Some(format!("FIELD({owner}, {member})"))
}
