//! Values of fixtures: enums, flags, scalars, records, unions and errors.

use super::path;
use crate::ir::{Api, At, Case, Family, Field, Kind, Module, Record, Type};
use crate::targets::rust::{names, spans, types};

pub(crate) struct ValuesModel {
    pub enums: Vec<String>,
    pub flags: Vec<String>,
    pub scalars: Vec<String>,
    pub records: Vec<RecordModel>,
    pub holders: Vec<HolderModel>,
    pub unions: Vec<UnionModel>,
}

pub(crate) struct RecordModel {
    pub path: String,
    pub members: Vec<MemberModel>,
}

/// A record with objects or streams in it, which only a request can find and show.
pub(crate) struct HolderModel {
    pub name: String,
    pub path: String,
    /// Keys as literals, names, and the expressions that read and show members.
    pub members: Vec<(String, String, String, String)>,
    pub is_input: bool,
    pub is_output: bool,
    pub waits: bool,
}

pub(crate) struct MemberModel {
    /// As a literal.
    pub key: String,
    pub name: String,
    /// Expression that reads it from `members`.
    pub read: String,
    /// Expression that writes it, a member of `self`.
    pub write: String,
    /// Expression that writes it, bound by reference.
    pub write_bound: String,
}

pub(crate) struct UnionModel {
    pub path: String,
    pub tag: String,
    pub cases: Vec<CaseModel>,
}

pub(crate) struct CaseModel {
    pub name: String,
    pub text: String,
    pub members: Vec<MemberModel>,
    /// Pattern that binds the members.
    pub pattern: String,
}

pub(crate) struct FamilyModel {
    pub path: String,
    pub variant: String,
    pub name: String,
    pub kinds: Vec<KindModel>,
}

pub(crate) struct KindModel {
    pub name: String,
    pub text: String,
    pub members: Vec<MemberModel>,
    pub free_detail: bool,
    pub is_unit: bool,
    /// Pattern that binds the members.
    pub pattern: String,
}

/// Lowers the values of a module.
pub(crate) fn model(api: &Api, module: &Module) -> ValuesModel {
    let path = |name: &str| format!("net_mesh::{}::{}", module.name, names::ty(name));
    let union = |item: &crate::ir::Union| UnionModel {
        path: path(&item.name.spec),
        tag: names::text(&item.tag),
        cases: item.cases.iter().map(|item| case(api, item)).collect(),
    };
    // What layouts may hold stands beside their requests.
    let elsewhere = !module.wires.is_empty();
    let (enums, flags, scalars): (&[_], &[_], &[_]) =
        if elsewhere { (&[], &[], &[]) } else { (&module.enums, &module.flags, &module.scalars) };
    ValuesModel {
        enums: enums.iter().map(|item| path(&item.name.spec)).collect(),
        flags: flags.iter().map(|item| path(&item.name.spec)).collect(),
        scalars: scalars.iter().map(|item| path(&item.name.spec)).collect(),
        records: module
            .records
            .iter()
            .filter(|item| !api.holds(item))
            .map(|item| record(api, path(&item.name.spec), item))
            .collect(),
        holders: module
            .records
            .iter()
            .filter(|item| api.holds(item))
            .map(|item| holder(api, path(&item.name.spec), item))
            .collect(),
        unions: module.unions.iter().map(union).collect(),
    }
}

/// Lowers an error family.
pub(crate) fn family(api: &Api, at: At, item: &Family) -> FamilyModel {
    FamilyModel {
        path: path(api, at.module, &format!("{}_error", item.name)),
        variant: names::ty(&item.name),
        name: names::text(&item.name),
        kinds: item.kinds.iter().map(|item| kind(api, item)).collect(),
    }
}

/// The expression that writes a value, `place` being one or a reference to one.
pub(crate) fn write(api: &Api, ty: &Type, place: &str, is_reference: bool) -> String {
    let value = if is_reference { format!("*{place}") } else { place.to_owned() };
    if spans::spans(ty).is_some() && !matches!(ty.split_optional().0, Type::Duration(_)) {
        return format!("{}.write()", spans::given(ty, &format!("{place}.clone()")));
    }
    match ty.split_optional() {
        (inner, optional) if matches!(api.base(inner), Type::Duration(_)) => {
            let Type::Duration(unit) = api.base(inner) else { unreachable!("matched just now") };
            let nanos = types::nanos(*unit);
            if optional {
                format!("{place}.map_or(Value::Null, |span| span_value(span, {nanos}))")
            } else {
                format!("span_value({value}, {nanos})")
            }
        }
        _ => format!("{place}.write()"),
    }
}

fn record(api: &Api, path: String, item: &Record) -> RecordModel {
    RecordModel { path, members: item.fields.iter().map(|field| member(api, field)).collect() }
}

fn holder(api: &Api, path: String, item: &Record) -> HolderModel {
    let members: Vec<_> = item
        .fields
        .iter()
        .map(|field| {
            let plain = member(api, field);
            let value = format!("value.{}", plain.name);
            let key = plain.key.clone();
            let (read, show) = match &field.ty {
                Type::Object(..) => {
                    (format!("request.object_in(members, {key})?"), format!("is_there(&{value})"))
                }
                Type::Stream(_) => (String::new(), format!("drain({value}).await?")),
                Type::Record(at) if api.has_handles(&field.ty) => {
                    let name = &api.record(*at).name.spec;
                    let wait = if waits(api, &field.ty) { ".await" } else { "" };
                    (
                        format!("read_{name}(request, argument(members, {key})?)?"),
                        format!("show_{name}({value}){wait}?"),
                    )
                }
                Type::Optional(of) if api.has_handles(of) => {
                    (format!("request.maybe_in(members, {key})?"), format!("{value}.map(|_| true)"))
                }
                ty if api.has_handles(ty) => {
                    let list = format!("request.list_in(members, {key})");
                    let read = match field.default {
                        Some(_) => {
                            format!("given(members, {key}).map(|_| {list}).transpose()?.unwrap_or_default()")
                        }
                        None => format!("{list}?"),
                    };
                    (read, format!("vec![true; {value}.len()]"))
                }
                ty => (plain.read, write(api, ty, &value, false)),
            };
            (key, plain.name, read, show)
        })
        .collect();
    HolderModel {
        waits: item.fields.iter().any(|field| waits(api, &field.ty)),
        name: item.name.spec.clone(),
        path,
        members,
        is_input: item.is_input,
        is_output: item.is_output,
    }
}

/// Whether showing a value waits for a stream in it.
pub(super) fn waits(api: &Api, ty: &Type) -> bool {
    match ty {
        Type::Stream(_) => true,
        Type::List(of) | Type::Map(of) | Type::Optional(of) => waits(api, of),
        Type::Record(at) => api.record(*at).fields.iter().any(|field| waits(api, &field.ty)),
        _ => false,
    }
}

fn case(api: &Api, item: &Case) -> CaseModel {
    let members: Vec<_> = item.fields.iter().map(|field| member(api, field)).collect();
    CaseModel {
        name: names::ty(&item.name),
        text: names::text(&item.text),
        pattern: pattern(&members, false),
        members,
    }
}

fn kind(api: &Api, item: &Kind) -> KindModel {
    let kept = item.fields.iter().filter(|field| !matches!(field.ty, Type::Constant(_)));
    let members: Vec<_> = kept.map(|field| named(api, &field.name, &field.ty, None)).collect();
    let free_detail = item.detail.is_none();
    KindModel {
        name: names::ty(&item.name),
        text: names::text(&item.text),
        is_unit: members.is_empty() && !free_detail,
        pattern: pattern(&members, free_detail),
        members,
        free_detail,
    }
}

fn pattern(members: &[MemberModel], has_more: bool) -> String {
    let mut bound: Vec<_> = members.iter().map(|member| member.name.clone()).collect();
    if has_more {
        bound.push("..".into());
    }
    if bound.is_empty() { String::new() } else { format!(" {{ {} }}", bound.join(", ")) }
}

fn member(api: &Api, field: &Field) -> MemberModel {
    let default = field.default.as_ref();
    let default = default.map(|value| types::literal(api, value, &field.ty).replace("crate::", "net_mesh::"));
    named(api, &field.name.spec, &field.ty, default)
}

fn named(api: &Api, name: &str, ty: &Type, default: Option<String>) -> MemberModel {
    let key = names::text(name);
    let name = names::value(name);
    let (inner, optional) = ty.split_optional();
    let found = match api.base(inner) {
        Type::Duration(unit) => format!("optional_span(members, {key}, {})?", types::nanos(*unit)),
        _ if !optional && let Some(crossing) = spans::spans(ty) => {
            let found = format!("optional::<{crossing}>(members, {key})?");
            format!("{found}.map(|value| {})", spans::taken(ty, "value"))
        }
        _ => format!("optional(members, {key})?"),
    };
    let read = match default {
        _ if optional => found,
        Some(default) if default == "Default::default()" || default == "vec![]" => {
            format!("{found}.unwrap_or_default()")
        }
        Some(default) if default.ends_with(".to_owned()") => format!("{found}.unwrap_or_else(|| {default})"),
        Some(default) => format!("{found}.unwrap_or({default})"),
        None => format!("{found}.ok_or_else(|| missing({key}))?"),
    };
    MemberModel {
        write: write(api, ty, &format!("self.{name}"), false),
        write_bound: write(api, ty, &name, true),
        key,
        name,
        read,
    }
}
