//! Packs of every type, for `bindings/support`.

use super::Target;
use super::rust::{names, spans, types};
use crate::files::FileSet;
use crate::ir::{Api, At, Family, Field, Kind, Literal, Module, Record, Type};
use anyhow::Result;
use askama::Template;

const DIR: &str = "bindings/support/src/gen";

/// Packs.
#[derive(Debug)]
pub struct Support;

impl Target for Support {
    fn name(&self) -> &'static str {
        "support"
    }

    fn render(&self, api: &Api) -> Result<FileSet> {
        let mut files = FileSet::default();
        let mut entries = Vec::new();
        for module in &api.modules {
            let model = model(api, module);
            if model.is_empty() {
                continue;
            }
            entries.push(Entry { name: &module.name, feature: module.feature.as_deref() });
            files.add(
                format!("{DIR}/{}.rs", module.name),
                ModuleTemplate { module: &module.name, model }.render()?,
            );
        }
        files.add(format!("{DIR}/mod.rs"), IndexTemplate { entries }.render()?);
        let families = api.families();
        let families = families.iter().map(|(at, f)| family(api, &api.modules[at.module], f)).collect();
        files.add(format!("{DIR}/error.rs"), ErrorTemplate { families }.render()?);
        Ok(files)
    }
}

struct Model {
    scalars: Vec<String>,
    enums: Vec<EnumModel>,
    flags: Vec<FlagsModel>,
    records: Vec<RecordModel>,
    unions: Vec<UnionModel>,
}

impl Model {
    /// Whether spans of time cross within lists or maps.
    fn has_spans(&self) -> bool {
        let cases = self.unions.iter().flat_map(|union| &union.cases).flat_map(|case| &case.fields);
        let fields = self.records.iter().flat_map(|record| &record.fields).chain(cases);
        fields.into_iter().any(|field| field.unpack.contains("Span<"))
    }

    fn is_empty(&self) -> bool {
        self.scalars.is_empty()
            && self.enums.is_empty()
            && self.flags.is_empty()
            && self.records.is_empty()
            && self.unions.is_empty()
    }
}

struct EnumModel {
    path: String,
    repr: String,
    /// Expression of the error for an unknown tag.
    unknown: String,
}

struct FlagsModel {
    path: String,
    repr: String,
    /// Expression of the error for an unknown bit.
    unknown: String,
}

struct RecordModel {
    path: String,
    /// Types of the objects in it, and what packs them.
    objects: String,
    bounds: String,
    fields: Vec<FieldModel>,
}

struct UnionModel {
    path: String,
    what: String,
    has_fields: bool,
    cases: Vec<CaseModel>,
}

struct CaseModel {
    index: usize,
    name: String,
    fields: Vec<FieldModel>,
}

struct FieldModel {
    name: String,
    /// Statement that packs the field of `self`.
    pack_self: String,
    /// Statement that packs the field as a reference of its name.
    pack_bound: String,
    /// Expression that unpacks it from `f`.
    unpack: String,
}

struct FamilyModel {
    path: String,
    variant: String,
    feature: Option<String>,
    id: u16,
    kinds: Vec<KindModel>,
}

struct KindModel {
    name: String,
    code: u16,
    fields: Vec<FieldModel>,
    free_detail: bool,
    is_unit: bool,
    /// Pattern that binds the fields that cross.
    pattern: String,
}

fn model(api: &Api, module: &Module) -> Model {
    let path = |name: &str| format!("net_types::{}::{}", module.name, names::ty(name));
    let enums = module.enums.iter().map(|item| EnumModel {
        path: path(&item.name.spec),
        repr: item.repr.key().into(),
        unknown: unknown(api, item.unknown, "tag", &item.name.spec),
    });
    let flags = module.flags.iter().map(|item| FlagsModel {
        path: path(&item.name.spec),
        repr: item.repr.key().into(),
        unknown: unknown(api, item.unknown, "bit", &item.name.spec),
    });
    let records = module.records.iter().map(|item| RecordModel {
        path: path(&item.name.spec),
        objects: objects(api, item, ""),
        bounds: objects(api, item, ": Pack"),
        fields: item.fields.iter().map(|f| field(api, f)).collect(),
    });
    let unions = module.unions.iter().map(|item| UnionModel {
        path: path(&item.name.spec),
        what: item.name.spec.clone(),
        has_fields: item.cases.iter().any(|case| !case.fields.is_empty()),
        cases: item
            .cases
            .iter()
            .enumerate()
            .map(|(index, case)| CaseModel {
                index,
                name: names::ty(&case.name),
                fields: case.fields.iter().map(|f| field(api, f)).collect(),
            })
            .collect(),
    });
    Model {
        scalars: module.scalars.iter().map(|item| path(&item.name.spec)).collect(),
        enums: enums.collect(),
        flags: flags.collect(),
        records: records.collect(),
        unions: unions.collect(),
    }
}

/// The error for a number that stands for nothing.
fn unknown(api: &Api, kind: Option<(At, usize)>, part: &str, name: &str) -> String {
    match kind {
        Some(kind) => {
            let error = types::unknown(api, kind, &format!("\"a {part} is not known\".into()"));
            format!("{}.into()", error.replace("crate::", "net_types::"))
        }
        None => format!("r.unknown(\"{part} of {name}\")"),
    }
}

/// The types of the objects in a record, each with a bound, in angle brackets.
fn objects(api: &Api, item: &Record, bound: &str) -> String {
    let objects = api.objects_in(item).into_iter().map(|at| names::ty(&api.object(at).name.spec) + bound);
    let objects: Vec<_> = objects.collect();
    if objects.is_empty() { String::new() } else { format!("<{}>", objects.join(", ")) }
}

fn family(api: &Api, module: &Module, family: &Family) -> FamilyModel {
    FamilyModel {
        path: format!("net_types::{}::{}", module.name, names::family(&family.name)),
        variant: names::ty(&family.name),
        feature: module.feature.clone(),
        id: family.id,
        kinds: family.kinds.iter().map(|item| kind(api, item)).collect(),
    }
}

fn kind(api: &Api, item: &Kind) -> KindModel {
    let kept = item.fields.iter().filter(|f| !matches!(f.ty, Type::Constant(_)));
    let fields: Vec<_> = kept.map(|f| value(api, &f.name, &f.ty, None)).collect();
    let mut bound: Vec<_> = fields.iter().map(|f| f.name.clone()).collect();
    let free_detail = item.detail.is_none();
    let is_unit = bound.is_empty() && !free_detail;
    if free_detail {
        bound.push("..".into());
    }
    KindModel {
        name: names::ty(&item.name),
        code: item.code,
        fields,
        free_detail,
        is_unit,
        pattern: if is_unit { String::new() } else { format!(" {{ {} }}", bound.join(", ")) },
    }
}

fn field(api: &Api, field: &Field) -> FieldModel {
    value(api, &field.name.spec, &field.ty, field.default.as_ref())
}

fn value(api: &Api, name: &str, ty: &Type, default: Option<&Literal>) -> FieldModel {
    let name = names::value(name);
    let (inner, optional) = ty.split_optional();
    if let Some(crossing) = spans::spans(ty).filter(|_| !matches!(inner, Type::Duration(_))) {
        return FieldModel {
            pack_self: format!("{}.pack(w);", spans::given(ty, &format!("self.{name}.clone()"))),
            pack_bound: format!("{}.pack(w);", spans::given(ty, &format!("{name}.clone()"))),
            unpack: match (default, optional) {
                (None, false) => spans::taken(ty, &format!("f.field::<{crossing}>()?")),
                (None, true) => spans::taken(ty, &format!("f.field_or::<{crossing}>(None)?")),
                (Some(_), _) => {
                    spans::taken(ty, &format!("f.field_or_else::<{crossing}>(Default::default)?"))
                }
            },
            name,
        };
    }
    let (pack_self, pack_bound, plain) = match inner {
        Type::Duration(unit) => {
            let nanos = types::nanos(*unit);
            let unpack = if optional {
                format!("f.next().map(|r| r.option(|r| r.duration({nanos}))).transpose()?.flatten()")
            } else {
                format!("f.next().map(|r| r.duration({nanos})).transpose()?")
            };
            let call = if optional { "w.optional_duration" } else { "w.duration" };
            (format!("{call}(self.{name}, {nanos});"), format!("{call}(*{name}, {nanos});"), Some(unpack))
        }
        _ => (format!("self.{name}.pack(w);"), format!("{name}.pack(w);"), None),
    };
    let stand_in = default.map(|value| types::literal(api, value, ty).replace("crate::", "net_types::"));
    let unpack = match (plain, stand_in, optional) {
        (Some(unpack), _, true) => unpack,
        (Some(unpack), Some(stand_in), false) => {
            format!("match {unpack} {{ Some(value) => value, None => {stand_in} }}")
        }
        (Some(unpack), None, false) => {
            format!("match {unpack} {{ Some(value) => value, None => return Err(f.missing()) }}")
        }
        (None, Some(stand_in), _) if stand_in == "vec![]" => "f.field_or_else(Vec::new)?".into(),
        (None, Some(stand_in), _) if stand_in == "Default::default()" => {
            "f.field_or_else(Default::default)?".into()
        }
        (None, Some(stand_in), _) => format!("f.field_or_else(|| {stand_in})?"),
        (None, None, true) => "f.field_or(None)?".into(),
        (None, None, false) => "f.field()?".into(),
    };
    FieldModel { name, pack_self, pack_bound, unpack }
}

struct Entry<'a> {
    name: &'a str,
    feature: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "support/module.jinja", escape = "none")]
struct ModuleTemplate<'a> {
    module: &'a str,
    model: Model,
}

#[derive(Template)]
#[template(path = "support/index.jinja", escape = "none")]
struct IndexTemplate<'a> {
    entries: Vec<Entry<'a>>,
}

#[derive(Template)]
#[template(path = "support/error.jinja", escape = "none")]
struct ErrorTemplate {
    families: Vec<FamilyModel>,
}
