//! Enums, flags, unions and records: texts and numbers are unique, recursion has an end, a field is optional in one way.

use super::{Rules, is_reason};
use crate::ir::{Api, Arg, At, Field, Lang, Method, Record, RecordClass, Scalar, Shape, TextForm, Type};
use crate::targets::python::names as python;
use std::collections::HashSet;
use std::hash::Hash;

/// Checks the values of a module.
pub(super) fn check(rules: &mut Rules<'_>, position: usize) {
    let module = rules.module(position);
    for item in &module.enums {
        let name = item.name.spec.as_str();
        let greatest = item.repr.range().1;
        unknown(rules, position, &["enum", name, "unknown"], item.unknown, item.open || item.numeric);
        let mut tags = HashSet::new();
        let mut texts = HashSet::new();
        for value in &item.values {
            let path = ["enum", name, "value", &value.name];
            unique(rules, position, &path, &mut tags, value.tag, "tag");
            if i128::from(value.tag) > greatest {
                rules.wrong(position, &path, format!("tag {} does not fit {}", value.tag, item.repr.key()));
            }
            if let Some(reason) = value.untested.as_deref().filter(|reason| !is_reason(reason)) {
                rules.wrong(position, &path, format!("`{reason}` is not a reason"));
            }
            for text in std::iter::once(&value.text).chain(&value.aliases) {
                unique(rules, position, &path, &mut texts, text.clone(), "text");
            }
        }
    }
    for item in &module.flags {
        unknown(rules, position, &["flags", item.name.spec.as_str(), "unknown"], item.unknown, item.open);
        let mut bits = HashSet::new();
        for bit in &item.bits {
            let path = ["flags", item.name.spec.as_str(), "bit", &bit.name];
            unique(rules, position, &path, &mut bits, bit.bit, "bit");
            if u32::from(bit.bit) >= item.repr.bits() {
                rules.wrong(position, &path, format!("bit {} does not fit {}", bit.bit, item.repr.key()));
            }
        }
    }
    for item in &module.scalars {
        text_forms(rules, position, item);
        derived(rules, position, item);
    }
    for (index, item) in module.unions.iter().enumerate() {
        let name = item.name.spec.as_str();
        let mut tags = HashSet::new();
        for case in &item.cases {
            unique(
                rules,
                position,
                &["union", name, "case", &case.name],
                &mut tags,
                case.text.clone(),
                "tag",
            );
            if case.fields.iter().any(|field| is_live(rules.api, &field.ty)) {
                let message = "an object, a stream or an interface of the host is in no union";
                rules.wrong(position, &["union", name, "case", &case.name], message);
            }
            if case.fields.iter().any(|field| field.name.spec == item.tag) {
                let message = format!("a field may not be called `{}`, which is the union's tag", item.tag);
                rules.wrong(position, &["union", name, "case", &case.name], message);
            }
        }
        let at = At { module: position, index };
        let reaches = item
            .cases
            .iter()
            .flat_map(|case| &case.fields)
            .any(|field| reaches(rules.api, &field.ty, Type::Union(at)));
        if reaches && item.depth.is_none() {
            rules.wrong(position, &["union", name], "a recursive type states its `depth`");
        }
    }
    for (index, item) in module.records.iter().enumerate() {
        let name = item.name.spec.as_str();
        for field in &item.fields {
            handles(rules, position, item, field);
        }
        if let Some(message) = tuple(rules.api, position, item) {
            rules.wrong(position, &["record", name, "tuple"], message);
        }
        let at = At { module: position, index };
        if item.fields.iter().any(|field| reaches(rules.api, &field.ty, Type::Record(at))) {
            rules.wrong(position, &["record", name], "only unions are recursive");
        }
        for field in &item.fields {
            check_field(rules, position, name, field);
            gated(rules, position, item, field);
            if item.fixed && !is_number(rules.api, &field.ty) {
                let path = ["record", name, "field", &field.name.spec];
                rules.wrong(
                    position,
                    &path,
                    "a record that is `fixed` holds numbers only, which are always there",
                );
            }
            flat(rules, position, item, field);
        }
    }
}

/// The texts of a scalar stand for bytes, in one form, and what is handed out is taken back.
fn text_forms(rules: &mut Rules<'_>, position: usize, item: &Scalar) {
    let name = item.name.spec.as_str();
    let has_bytes = matches!(item.base, Type::Bytes | Type::FixedBytes(_));
    if !item.accept.is_empty() && !has_bytes {
        rules.wrong(position, &["scalar", name, "accept"], "only bytes are given as text of another form");
    } else if item.accept.len() > 1 {
        let message = "a text has one reading, so one form of text is taken";
        rules.wrong(position, &["scalar", name, "accept"], message);
    }
    if item.out == Some(TextForm::Utf8) {
        rules.wrong(
            position,
            &["scalar", name, "out"],
            "bytes need not be UTF-8, so they are not handed out so",
        );
    } else if item.out.is_some_and(|out| !item.accept.contains(&out)) {
        rules.wrong(
            position,
            &["scalar", name, "out"],
            "what is handed out as text is taken as such a text too",
        );
    }
}

/// What a scalar is derived of is given to a function, or to a constructor whose object has a property.
fn derived(rules: &mut Rules<'_>, position: usize, item: &Scalar) {
    let Some(derive) = &item.derive else { return };
    let name = item.name.spec.as_str();
    let module = rules.module(position);
    let functions = module.plain_functions();
    let members = module.objects.iter().flat_map(|object| object.constructors.iter().chain(&object.methods));
    let all: Vec<_> = functions.chain(members).collect();
    let found: Option<Vec<_>> =
        derive.by.iter().map(|path| all.iter().find(|method| method.path == *path)).collect();
    let gives = |method: &Method| {
        let Some(Type::Scalar(at)) = method.returns else { return false };
        at.module == position && rules.api.scalar(at).name.spec == item.name.spec
    };
    let first = match found.as_deref() {
        Some([function]) if function.shape == Shape::Function && gives(function) => Some(function),
        Some([made, read]) if made.shape == Shape::Constructor && gives(read) => {
            matches!(read.shape, Shape::Property { .. }).then_some(made)
        }
        _ => None,
    };
    let Some(first) = first else {
        let message = "it is given by a function of the module, or by a constructor and a property";
        return rules.wrong(position, &["derive", name, "by"], message);
    };
    let names: Vec<_> = first.args.iter().map(|arg| arg.name.as_str()).collect();
    let hashed = |arg: &Arg| matches!(arg.ty, Type::Bytes | Type::String);
    let known = derive.over.iter().all(|over| names.contains(&over.as_str()));
    if names.len() != derive.over.len() || !known || !first.args.iter().all(hashed) {
        let message = format!("it is hashed of what `{}` takes, which are texts or bytes", first.path);
        rules.wrong(position, &["derive", name, "over"], message);
    }
}

/// What keeps a record from being a tuple where it is to be one: a tuple has fields by their places, and nothing else.
fn tuple(api: &Api, module: usize, item: &Record) -> Option<&'static str> {
    let has_methods = || api.modules[module].methods_of(item).next().is_some();
    let message = if item.tuple.is_empty() {
        return None;
    } else if item.fields.len() < 2 {
        "a tuple has two fields at least"
    } else if item.class == Some(RecordClass::Options) || item.class.is_some() && item.is_tuple_in(Lang::Ts) {
        "a class is no tuple; one that is built from its `fields` may be one in Python"
    } else if !item.views.is_empty() || item.stands_as.is_some() || has_methods() {
        "a tuple has no views and no methods, and stands for nothing else"
    } else if !item.fields.is_sorted_by_key(Field::may_be_left_out) {
        "the fields of a tuple that may be left out are the last"
    } else if item.fields.iter().any(|field| {
        field.variadic || field.python_flat || field.name.aliases.values().any(|names| !names.is_empty())
    }) {
        "a field of a tuple has one place: no other names, and no list of one or many"
    } else {
        return None;
    };
    Some(message)
}

/// What a field of a record may hold of things that live: an object either way, a stream on its way to the host.
fn handles(rules: &mut Rules<'_>, position: usize, record: &Record, field: &Field) {
    let path = ["record", record.name.spec.as_str(), "field", &field.name.spec];
    let mut found = Vec::new();
    leaves(&field.ty, &mut found);
    for leaf in found {
        match leaf {
            Type::Stream(_) if record.is_input => {
                rules.wrong(
                    position,
                    &path,
                    "a stream in a record is a result: an argument is the stream itself",
                );
            }
            Type::Object(_, bound) if !bound.is_empty() => {
                rules.wrong(position, &path, "an object with type variables is in no record");
            }
            Type::Host(..) => {
                rules.wrong(
                    position,
                    &path,
                    "an interface of the host is an argument by itself, in no record",
                );
            }
            Type::Object(..) | Type::Stream(_) if record.has_limits() || record.class.is_some() => {
                rules.wrong(position, &path, "a record with objects or streams has no `class` and no limits");
            }
            _ => {}
        }
    }
}

/// Whether a value of the type is one number of C.
fn is_number(api: &Api, ty: &Type) -> bool {
    matches!(
        api.base(ty),
        Type::Bool
            | Type::Int(_)
            | Type::F64
            | Type::Duration(_)
            | Type::Instant(_)
            | Type::Date
            | Type::Size
            | Type::Enum(_)
            | Type::Flags(_)
    )
}

/// Whether a type has something that lives in it.
fn is_live(api: &Api, ty: &Type) -> bool {
    let mut found = Vec::new();
    leaves(ty, &mut found);
    api.has_handles(ty) || found.iter().any(|leaf| matches!(leaf, Type::Host(..)))
}

/// The types that lists, maps and options are made of.
fn leaves<'a>(ty: &'a Type, found: &mut Vec<&'a Type>) {
    match ty {
        Type::List(of) | Type::Map(of) | Type::Optional(of) => leaves(of, found),
        leaf => found.push(leaf),
    }
}

/// What refuses an unknown value says which, and needs no more; values that pass or are numbers are not refused by it.
fn unknown(rules: &mut Rules<'_>, position: usize, path: &[&str], kind: Option<(At, usize)>, is_free: bool) {
    let Some((at, kind)) = kind else { return };
    let kind = &rules.api.family(at).kinds[kind];
    if !kind.fields.is_empty() || kind.detail.is_some() {
        rules.wrong(position, path, "a kind that refuses unknown values has no fields and a free detail");
    }
    if is_free {
        rules.wrong(position, path, "no text of it is unknown: it is open, or hosts see its numbers");
    }
}

fn check_field(rules: &mut Rules<'_>, position: usize, record: &str, field: &Field) {
    let path = ["record", record, "field", &field.name.spec];
    let optional = matches!(field.ty, Type::Optional(_));
    if optional && field.default.is_some() {
        rules.wrong(position, &path, "a field is optional or has a default, not both");
    }
    if field.absent.is_some() && !optional {
        rules.wrong(position, &path, "`absent` explains an optional field; this one is always there");
    }
    if let (Some(min), Some(max)) = (field.min, field.max)
        && min > max
    {
        rules.wrong(position, &path, "`min` is above `max`");
    }
    if let Some(reason) = field.untested.as_deref().filter(|reason| !is_reason(reason)) {
        rules.wrong(position, &path, format!("`{reason}` is not a reason"));
    }
}

/// What a build may leave out is asked for by a field of an argument, and not asked for where the field is left out.
fn gated(rules: &mut Rules<'_>, position: usize, record: &Record, field: &Field) {
    let path = ["record", record.name.spec.as_str(), "field", &field.name.spec, "feature"];
    if field.feature.is_some() && !(record.is_input && field.may_be_left_out()) {
        rules.wrong(position, &path, "a field needs a feature where callers give it and may leave it out");
    }
}

/// Options whose fields are keywords of the options around them are options, may be left out, and bring no name twice.
fn flat(rules: &mut Rules<'_>, position: usize, record: &Record, field: &Field) {
    if !field.python_flat {
        return;
    }
    let path = ["record", record.name.spec.as_str(), "field", &field.name.spec, "flat"];
    let inner = match &field.ty {
        Type::Optional(of) => match **of {
            Type::Record(at) if rules.api.record(at).class == Some(RecordClass::Options) => {
                rules.api.record(at)
            }
            _ => return rules.wrong(position, &path, "what is flat is `T?` of a record of options"),
        },
        _ => return rules.wrong(position, &path, "what is flat is `T?` of a record of options"),
    };
    let names = |field: &Field| {
        let more = field.name.aliases(Lang::Python).to_vec();
        std::iter::once(python::field(rules.api, field)).chain(more).collect::<Vec<_>>()
    };
    let taken: HashSet<_> = record.fields.iter().flat_map(names).collect();
    let own = python::field(rules.api, field);
    for name in inner.fields.iter().map(|inner| format!("{own}_{}", python::field(rules.api, inner))) {
        if taken.contains(&name) {
            rules.wrong(position, &path, format!("`{name}` is a field of its own already"));
        }
    }
}

fn unique<T: Hash + Eq>(
    rules: &mut Rules<'_>,
    position: usize,
    path: &[&str],
    seen: &mut HashSet<T>,
    value: T,
    what: &str,
) {
    if !seen.insert(value) {
        rules.wrong(position, path, format!("another value already has this {what}"));
    }
}

/// Whether a type contains another, at any depth.
fn reaches(api: &Api, ty: &Type, goal: Type) -> bool {
    fn visit(api: &Api, ty: &Type, goal: &Type, seen: &mut Vec<Type>) -> bool {
        if ty == goal {
            return true;
        }
        if seen.contains(ty) {
            return false;
        }
        seen.push(ty.clone());
        match ty {
            Type::List(inner) | Type::Map(inner) | Type::Stream(inner) | Type::Optional(inner) => {
                visit(api, inner, goal, seen)
            }
            Type::Record(at) => api.record(*at).fields.iter().any(|field| visit(api, &field.ty, goal, seen)),
            Type::Union(at) => api
                .union(*at)
                .cases
                .iter()
                .flat_map(|case| &case.fields)
                .any(|field| visit(api, &field.ty, goal, seen)),
            _ => false,
        }
    }
    visit(api, ty, &goal, &mut Vec::new())
}
