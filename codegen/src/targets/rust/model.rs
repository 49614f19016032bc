//! What the templates of Rust print: strings and truth values, nothing to decide.

use super::metrics::{self, MetricsModel};
use super::{errors, names, types};
use crate::doc::Endian;
use crate::doc::Thread;
use crate::ir::{
    Api, At, Derive, DeriveHash, Enum, Field, Flags, Host, Lang, Literal, Method, Module, Object, Record,
    Scalar, Shape, TextForm, Type, Union, Unit,
};
use crate::targets::notes;
use std::collections::BTreeSet;

/// Lines of a doc comment.
pub(crate) type Lines = Vec<String>;

pub(crate) struct ModuleModel {
    pub doc: Lines,
    pub consts: Vec<ConstModel>,
    pub scalars: Vec<ScalarModel>,
    pub enums: Vec<EnumModel>,
    pub flags: Vec<FlagsModel>,
    pub unions: Vec<UnionModel>,
    pub records: Vec<RecordModel>,
    pub families: Vec<errors::FamilyModel>,
    pub metrics: Vec<MetricsModel>,
}

pub(crate) struct ConstModel {
    pub doc: Lines,
    pub name: String,
    pub ty: String,
    pub value: String,
}

pub(crate) struct ScalarModel {
    pub doc: Lines,
    pub name: String,
    pub base: String,
    pub is_copy: bool,
    /// Format string of its text.
    pub display: Option<String>,
    /// How it is derived.
    pub derive: Option<DeriveModel>,
    /// Number of its bytes, if hosts have them as hex.
    pub hex: Option<usize>,
    /// Number of its bytes, if hosts have them as base64.
    pub base64: Option<usize>,
}

pub(crate) struct DeriveModel {
    pub doc: Lines,
    pub args: String,
    /// Expression of the bare value.
    pub value: String,
}

pub(crate) struct EnumModel {
    pub doc: Lines,
    pub name: String,
    pub repr: String,
    pub is_open: bool,
    pub values: Vec<EnumValueModel>,
    /// Expression of the error for `text`, which is none of the values.
    pub unknown: String,
}

pub(crate) struct EnumValueModel {
    pub doc: Lines,
    pub name: String,
    pub tag: String,
    pub text: String,
    /// Patterns of the texts that are taken.
    pub texts: String,
}

pub(crate) struct FlagsModel {
    pub doc: Lines,
    pub name: String,
    pub repr: String,
    pub bits: Vec<BitModel>,
    pub known: String,
}

pub(crate) struct BitModel {
    pub doc: Lines,
    pub name: String,
    pub value: String,
    pub text: String,
}

pub(crate) struct UnionModel {
    pub doc: Lines,
    pub name: String,
    /// How deep a value that is in itself may be nested.
    pub nesting: Option<NestingModel>,
    /// Whether a value may be refused.
    pub has_limits: bool,
    /// Whether a field of some case has a range.
    pub has_checks: bool,
    /// Whether each case has such a field.
    pub is_total: bool,
    pub cases: Vec<CaseModel>,
}

pub(crate) struct NestingModel {
    pub depth: u32,
    /// The field to name when it is nested deeper.
    pub field: String,
    /// The cases with values of the same type in them: the name, the fields, and what holds if those are nested no
    /// deeper than `left`.
    pub cases: Vec<(String, Vec<String>, String)>,
    /// Whether each case has such values.
    pub is_total: bool,
}

pub(crate) struct CaseModel {
    pub doc: Lines,
    pub name: String,
    pub is_bare: bool,
    pub fields: Vec<FieldModel>,
    /// Statements that refuse a field outside its range.
    pub checks: Vec<String>,
    /// The fields that they look at.
    pub checked: Vec<String>,
}

#[derive(Default)]
pub(crate) struct FieldModel {
    pub doc: Lines,
    pub name: String,
    pub ty: String,
    pub default: String,
    pub is_required: bool,
    pub is_secret: bool,
}

pub(crate) struct RecordModel {
    pub doc: Lines,
    pub name: String,
    /// Types of the objects in it, in angle brackets.
    pub objects: String,
    /// Whether its `Debug` is written, since streams and objects have none to derive it from.
    pub writes_debug: bool,
    pub fields: Vec<FieldModel>,
    pub has_default: bool,
    /// Arguments of `new`, where some fields have to be given and others have defaults.
    pub required: Option<String>,
    /// Whether every default is the type's own.
    pub derives_default: bool,
    pub derives: String,
    /// Whether a field is in no text, so that the record is printed by hand.
    pub has_secrets: bool,
    /// Statements that refuse a field outside its range.
    pub checks: Vec<String>,
}

pub(crate) struct ApiModel {
    pub traits: Vec<TraitModel>,
    pub hosts: Vec<HostModel>,
}

pub(crate) struct TraitModel {
    pub doc: Lines,
    pub name: String,
    pub supertraits: String,
    pub associated: Vec<AssociatedModel>,
    pub methods: Vec<MethodModel>,
    /// Whether some of its functions wait on account of where it keeps things.
    pub may_wait: bool,
}

pub(crate) struct AssociatedModel {
    pub name: String,
    pub doc: String,
}

pub(crate) struct MethodModel {
    pub doc: Lines,
    pub name: String,
    pub args: String,
    pub returns: String,
    /// Lines of the body for builds without what it needs.
    pub without: Option<Lines>,
}

pub(crate) struct HostModel {
    pub doc: Lines,
    pub name: String,
    pub is_serial: bool,
    pub props: Vec<MethodModel>,
    pub methods: Vec<HostMethodModel>,
}

pub(crate) struct HostMethodModel {
    pub doc: Lines,
    pub name: String,
    pub args: String,
    pub returns: String,
    pub optional: bool,
}

/// Lowers the types of a module.
pub(crate) fn module(api: &Api, module: &Module) -> ModuleModel {
    ModuleModel {
        doc: lines(&module.doc),
        consts: module.consts.iter().map(|item| constant(api, item)).collect(),
        scalars: module.scalars.iter().map(|item| scalar(api, item)).collect(),
        enums: module.enums.iter().map(|item| enumeration(api, item)).collect(),
        flags: module.flags.iter().map(flags).collect(),
        unions: module.unions.iter().map(|item| union(api, item)).collect(),
        records: module.records.iter().map(|item| record(api, item)).collect(),
        families: module.families.iter().map(|item| errors::family(api, item)).collect(),
        metrics: metrics::metrics(api, module),
    }
}

/// Lowers the contracts of a module.
pub(crate) fn contracts(api: &Api, position: usize, module: &Module) -> ApiModel {
    let mut traits: Vec<_> = module
        .objects
        .iter()
        .enumerate()
        .map(|(index, object)| object_trait(api, At { module: position, index }, object))
        .collect();
    if !module.functions.is_empty() {
        traits.push(function_trait(api, module));
    }
    ApiModel { traits, hosts: module.hosts.iter().map(|host| host_trait(api, host)).collect() }
}

/// Whether a value is the one that its type has by default.
fn is_default(value: &str) -> bool {
    matches!(value, "Default::default()" | "vec![]" | "\"\".to_owned()" | "false" | "0" | "0.0")
        || value.starts_with("std::time::Duration::from_") && value.ends_with("(0)")
}

fn constant(api: &Api, item: &crate::ir::Const) -> ConstModel {
    let (ty, value) = match &item.ty {
        Type::String => {
            ("&str".to_owned(), types::literal(api, &item.value, &item.ty).replace(".to_owned()", ""))
        }
        Type::List(of) => {
            let list = types::literal(api, &item.value, &item.ty).replacen("vec!", "&", 1);
            match **of {
                Type::String => ("&[&str]".to_owned(), list.replace(".to_owned()", "")),
                _ => (format!("&[{}]", types::owned(api, of)), list),
            }
        }
        ty => (types::owned(api, ty), types::literal(api, &item.value, ty)),
    };
    ConstModel { doc: lines(&item.doc), name: names::constant(&item.name.spec), ty, value }
}

fn scalar(api: &Api, item: &Scalar) -> ScalarModel {
    let width = |form| match item.base {
        Type::FixedBytes(length) if item.out == Some(form) => Some(length),
        _ => None,
    };
    let display = item.text.as_ref().map(|text| errors::format_string(text).replace("{value", "{0"));
    ScalarModel {
        doc: lines(&item.doc),
        name: names::ty(&item.name.spec),
        base: types::owned(api, &item.base),
        is_copy: !matches!(item.base, Type::String | Type::Bytes),
        display: display.map(|display| names::text(&display)),
        derive: item.derive.as_ref().map(derive),
        hex: width(TextForm::Hex),
        base64: width(TextForm::Base64),
    }
}

fn derive(item: &Derive) -> DeriveModel {
    let names: Vec<_> = item.over.iter().map(|name| names::value(name)).collect();
    let args: Vec<_> = names.iter().map(|name| format!("{name}: &[u8]")).collect();
    let hash = match item.hash {
        DeriveHash::Blake2s256 => "Blake2s256",
        DeriveHash::Blake3 => "Blake3",
        DeriveHash::Xxh364 => "Xxh364",
    };
    let (key, from) = (&item.key, item.take.start);
    let bytes = format!(
        "crate::derive::taken(crate::cursor::Hash::{hash}, b{key:?}, &[{}], {from})",
        names.join(", ")
    );
    let value = match item.endian {
        Some(Endian::Little) => format!("u64::from_le_bytes({bytes})"),
        Some(Endian::Big) => format!("u64::from_be_bytes({bytes})"),
        None => bytes,
    };
    DeriveModel { doc: lines(&item.doc), args: args.join(", "), value }
}

fn enumeration(api: &Api, item: &Enum) -> EnumModel {
    let value = |value: &crate::ir::EnumValue| EnumValueModel {
        doc: lines(&value.doc),
        name: names::ty(&value.name),
        tag: value.tag.to_string(),
        text: names::text(&value.text),
        texts: std::iter::once(&value.text)
            .chain(&value.aliases)
            .map(|t| names::text(t))
            .collect::<Vec<_>>()
            .join(" | "),
    };
    EnumModel {
        doc: lines(&item.doc),
        name: names::ty(&item.name.spec),
        repr: item.repr.key().into(),
        is_open: item.open,
        values: item.values.iter().map(value).collect(),
        unknown: match item.unknown {
            Some(kind) => {
                let texts: Vec<_> = item.values.iter().map(|value| value.text.as_str()).collect();
                let detail = format!("format!(\"`{{text}}` is none of {}\")", texts.join(", "));
                format!("{}.into()", types::unknown(api, kind, &detail))
            }
            None => format!(
                "crate::unknown_text({}, text, Self::ALL.iter().map(|value| value.text()))",
                names::text(&names::ty(&item.name.spec))
            ),
        },
    }
}

fn flags(item: &Flags) -> FlagsModel {
    let known = item.bits.iter().fold(0u64, |all, bit| all | 1 << bit.bit);
    let bits = item.bits.iter().map(|bit| BitModel {
        doc: lines(&bit.doc),
        name: names::constant(&bit.name),
        value: format!("1 << {}", bit.bit),
        text: names::text(&bit.text),
    });
    FlagsModel {
        doc: lines(&item.doc),
        name: names::ty(&item.name.spec),
        repr: item.repr.key().into(),
        bits: bits.collect(),
        known: format!("{known:#x}"),
    }
}

fn union(api: &Api, item: &Union) -> UnionModel {
    let cases = item.cases.iter().map(|case| CaseModel {
        doc: lines(&case.doc),
        name: names::ty(&case.name),
        is_bare: case.fields.is_empty(),
        fields: case.fields.iter().map(|f| own_field(api, f, item)).collect(),
        checks: case.fields.iter().flat_map(|f| checks(api, f, "")).collect(),
        checked: case
            .fields
            .iter()
            .filter(|f| !checks(api, f, "").is_empty())
            .map(|f| names::value(&f.name.spec))
            .collect(),
    });
    let mut cases: Vec<_> = cases.collect();
    let nesting = nesting(api, item);
    let is_own = |field: &Field| within(api, item, &field.ty, "value").is_some();
    let has_range =
        |field: &Field| field.has_range() || (!is_own(field) && !checks(api, field, "").is_empty());
    if !item.cases.iter().flat_map(|case| &case.fields).any(has_range) {
        // What is nested is like what is around it, and has no range either.
        cases.iter_mut().for_each(|case| {
            case.checks.clear();
            case.checked.clear();
        });
    }
    let has_checks = cases.iter().any(|case| !case.checks.is_empty());
    let is_total = cases.iter().all(|case| !case.checks.is_empty());
    let has_limits = nesting.is_some() || has_checks;
    let (doc, name) = (lines(&item.doc), names::ty(&item.name.spec));
    UnionModel { doc, name, nesting, has_limits, has_checks, is_total, cases }
}

/// How deep values of a union may be nested in one another, if they are at all.
fn nesting(api: &Api, item: &Union) -> Option<NestingModel> {
    let depth = item.depth?;
    let mut own = Vec::new();
    let mut cases = Vec::new();
    for case in &item.cases {
        let mut found = Vec::new();
        for field in &case.fields {
            found.extend(
                within(api, item, &field.ty, &names::value(&field.name.spec)).map(|holds| (field, holds)),
            );
        }
        if !found.is_empty() {
            own.extend(found.iter().map(|(field, _)| field.name.spec.clone()));
            let fields = found.iter().map(|(field, _)| names::value(&field.name.spec)).collect();
            let all: Vec<_> = found.into_iter().map(|(_, holds)| holds).collect();
            cases.push((names::ty(&case.name), fields, all.join(" && ")));
        }
    }
    let is_total = cases.len() == item.cases.len();
    own.into_iter().next().map(|field| NestingModel { depth, field, cases, is_total })
}

/// What holds if the values of a union that are in a place are nested no deeper than `left` with what is around them.
fn within(api: &Api, union: &Union, ty: &Type, place: &str) -> Option<String> {
    Some(match ty {
        Type::Union(at) if api.union(*at).name.spec == union.name.spec => {
            format!("{place}.is_within(left - 1)")
        }
        Type::Optional(of) => {
            format!("{place}.as_ref().is_none_or(|value| {})", within(api, union, of, "value")?)
        }
        Type::List(of) => format!("{place}.iter().all(|value| {})", within(api, union, of, "value")?),
        Type::Map(of) => format!("{place}.values().all(|value| {})", within(api, union, of, "value")?),
        _ => return None,
    })
}

fn record(api: &Api, item: &Record) -> RecordModel {
    let mut fields: Vec<_> = item.fields.iter().map(|f| field(api, f, false)).collect();
    let objects: Vec<_> =
        api.objects_in(item).into_iter().map(|at| names::ty(&api.object(at).name.spec)).collect();
    for field in &mut fields {
        for name in &objects {
            field.ty = field.ty.replace(&format!("std::sync::Arc<Self::{name}>"), name);
        }
    }
    let holds = api.holds(item);
    let has_secrets = fields.iter().any(|field| field.is_secret) && !holds;
    let derives = match (holds, has_secrets) {
        (true, _) => "Clone",
        (false, true) => "Clone, PartialEq",
        (false, false) => "Debug, Clone, PartialEq",
    };
    RecordModel {
        doc: lines(&item.doc),
        name: names::ty(&item.name.spec),
        objects: if objects.is_empty() { String::new() } else { format!("<{}>", objects.join(", ")) },
        writes_debug: holds,
        has_default: item.all_optional(),
        required: if holds { None } else { required(item, &fields) },
        derives_default: !holds && fields.iter().all(|field| is_default(&field.default)),
        derives: derives.into(),
        has_secrets,
        checks: item.fields.iter().flat_map(|field| checks(api, field, "self.")).collect(),
        fields,
    }
}

fn required(item: &Record, fields: &[FieldModel]) -> Option<String> {
    let (given, others): (Vec<_>, Vec<_>) = fields.iter().partition(|field| field.is_required);
    let is_options = item.class == Some(crate::doc::RecordClass::Options);
    let given: Vec<_> = given.into_iter().map(|field| format!("{}: {}", field.name, field.ty)).collect();
    (is_options && !given.is_empty() && !others.is_empty()).then(|| given.join(", "))
}

/// A field of a case; the union's own type is `Self` there.
fn own_field(api: &Api, item: &Field, union: &Union) -> FieldModel {
    let mut model = field(api, item, union.depth.is_some());
    let name = names::ty(&union.name.spec);
    let path = api
        .modules
        .iter()
        .map(|module| format!("crate::{}::{name}", module.name))
        .find(|path| model.ty.contains(path));
    if let Some(path) = path.filter(|_| union.depth.is_some()) {
        model.ty = model.ty.replace(&path, "Self");
    }
    model
}

fn field(api: &Api, field: &Field, recursive: bool) -> FieldModel {
    let ty = types::owned(api, &field.ty);
    let boxed = recursive && matches!(field.ty, Type::Union(_));
    let doc = if field.doc.text.is_empty() { vec![describe(&field.name.spec)] } else { lines(&field.doc) };
    FieldModel {
        doc,
        name: names::value(&field.name.spec),
        ty: if boxed { format!("Box<{ty}>") } else { ty },
        default: field
            .default
            .as_ref()
            .map_or("Default::default()".into(), |value| types::literal(api, value, &field.ty)),
        is_required: !field.may_be_left_out(),
        is_secret: field.secret,
    }
}

/// The statements that refuse a value of a field outside its range, and those of what it holds.
fn checks(api: &Api, field: &Field, of: &str) -> Vec<String> {
    let place = format!("{of}{}", names::value(&field.name.spec));
    let reference = if of.is_empty() { place.clone() } else { format!("&{place}") };
    let own = limit(api, field, &place, &reference);
    gate(api, field, &place).into_iter().chain(own).chain(inner_check(api, &field.ty, &reference)).collect()
}

/// The statement that checks what a reference holds, if anything there has a range.
pub(crate) fn inner_check(api: &Api, ty: &Type, reference: &str) -> Option<String> {
    if !api.has_range(ty) {
        return None;
    }
    let inner = |of: &Type| inner_check(api, of, "value").unwrap_or_default();
    let place = reference.trim_start_matches('&');
    Some(match ty {
        Type::Optional(of) => format!("if let Some(value) = {reference} {{ {} }}", inner(of)),
        Type::List(of) => format!("for value in {place}.iter() {{ {} }}", inner(of)),
        Type::Map(of) => format!("for value in {place}.values() {{ {} }}", inner(of)),
        _ => format!("{place}.check()?;"),
    })
}

/// The statement that refuses a value other than the default where the build leaves out what the field needs.
fn gate(api: &Api, field: &Field, place: &str) -> Option<String> {
    let feature = field.feature.as_ref()?;
    let asked = match (&field.ty, &field.default) {
        (Type::Optional(_), _) => format!("{place}.is_some()"),
        (Type::Bool, Some(Literal::Bool(true))) => format!("!{place}"),
        (Type::Bool, _) => place.to_owned(),
        (ty, default) => {
            let default = default.as_ref().map(|value| types::literal(api, value, ty)).unwrap_or_default();
            format!("{place} != {default}")
        }
    };
    Some(format!("crate::needs({feature:?}, cfg!(feature = {feature:?}), {asked})?;"))
}

/// The statement that refuses a number, or a length, outside its range.
fn limit(api: &Api, field: &Field, place: &str, reference: &str) -> Option<String> {
    if field.min.is_none() && field.max.is_none() {
        return None;
    }
    let (ty, optional) = field.ty.split_optional();
    let measured = match ty {
        Type::String | Type::Bytes | Type::List(_) => "value.len() as i128",
        Type::Duration(unit) => match unit {
            Unit::Ns => "value.as_nanos() as i128",
            Unit::Us => "value.as_micros() as i128",
            Unit::Ms => "value.as_millis() as i128",
            Unit::S => "i128::from(value.as_secs())",
        },
        _ => "i128::from(*value)",
    };
    let whole = if optional { format!("{place}.as_ref()") } else { format!("Some({reference})") };
    let bound = |bound: Option<i64>| {
        bound.map_or("None".into(), |bound| format!("Some({})", types::grouped(bound.into())))
    };
    let argument = api.unit_name(&field.name.spec, &field.ty);
    let (min, max) = (bound(field.min), bound(field.max));
    Some(format!("crate::in_range({argument:?}, {whole}.map(|value| {measured}), {min}, {max})?;"))
}

fn object_trait(api: &Api, at: At, object: &Object) -> TraitModel {
    let name = names::ty(&object.name.spec);
    let mut methods: Vec<_> = object.constructors.iter().map(|m| method(api, m, &name)).collect();
    let kept = object
        .methods
        .iter()
        .filter(|m| !matches!(m.returns, Some(Type::SelfType)) || m.shape == Shape::Method);
    methods.extend(kept.map(|m| method(api, m, &name)));
    if let Some(item) = &object.iterates {
        methods.extend(stream_methods(api, item));
    }
    let all = object.constructors.iter().chain(&object.methods);
    TraitModel {
        doc: lines(&object.doc),
        associated: associated(api, all, Some(at)),
        supertraits: "Send + Sync + Sized + 'static".into(),
        methods,
        may_wait: object.methods.iter().any(Method::waits_for_its_object),
        name,
    }
}

fn function_trait(api: &Api, module: &Module) -> TraitModel {
    TraitModel {
        doc: vec![format!("The functions of module `{}`.", module.name)],
        name: names::functions(&module.name),
        supertraits: "Send + Sync + Sized + 'static".into(),
        associated: associated(api, module.functions.iter(), None),
        methods: module.functions.iter().map(|m| method(api, m, "")).collect(),
        may_wait: false,
    }
}

fn stream_methods(api: &Api, item: &Type) -> [MethodModel; 2] {
    [
        MethodModel {
            doc: vec![
                "Gives up to `max` items and at least one; an empty batch is the end.".into(),
                String::new(),
                "Waits until there is an item. An error does not end the stream unless it says so. A dropped call loses nothing.".into(),
            ],
            name: "next".into(),
            args: "&self, max: u32".into(),
            without: None,
            returns: future(&format!("Vec<{}>", types::owned(api, item))),
        },
        MethodModel {
            doc: vec!["Ends the stream: pending and later calls of `next` give an empty batch.".into()],
            name: "close".into(),
            args: "&self".into(),
            returns: String::new(),
            without: None,
        },
    ]
}

fn method(api: &Api, method: &Method, owner: &str) -> MethodModel {
    let mut args = match method.shape {
        Shape::Method | Shape::Property { .. } => vec!["&self".to_owned()],
        _ => Vec::new(),
    };
    args.extend(method.args.iter().map(|arg| {
        let ty = own(&types::argument(api, &arg.ty, method.is_async), owner);
        let borrow = if arg.is_receiver { "&" } else { "" };
        format!("{}: {borrow}{ty}", names::value(&arg.name))
    }));
    let result = match (&method.returns, method.shape) {
        (_, Shape::Constructor) => "std::sync::Arc<Self>".into(),
        (None | Some(Type::SelfType), _) => "()".into(),
        (Some(ty), _) => own(&types::owned(api, ty), owner),
    };
    let returns = match method.shape {
        Shape::Property { fixed: true } => format!(" -> {result}"),
        _ if method.is_async => future(&result),
        _ => format!(" -> Result<{result}, crate::Error>"),
    };
    MethodModel {
        doc: lines(&notes::doc(method, Lang::Rust)),
        name: names::value(&method.name.spec),
        args: args.join(", "),
        returns,
        without: method.feature.as_ref().map(|feature| without(api, method, feature)),
    }
}

/// The body for builds that leave out what a method needs: it answers so, by the kind of its own family if that has one.
fn without(api: &Api, method: &Method, feature: &str) -> Lines {
    let own = method.throws.iter().find_map(|at| {
        let kind = api.family(*at).kinds.iter().find(|kind| kind.name == "unsupported")?;
        let fields: Vec<_> = kind.fields.iter().map(|field| field.name.as_str()).collect();
        let path = types::path(api, *at, &names::family(&api.family(*at).name));
        match fields[..] {
            ["feature"] => Some(format!("{path}::Unsupported {{ feature: {feature:?}.to_owned() }}.into()")),
            _ => None,
        }
    });
    let error = own.unwrap_or_else(|| format!("crate::unsupported({feature:?})"));
    let names: Vec<_> =
        method.args.iter().filter(|arg| !arg.is_receiver).map(|arg| names::value(&arg.name)).collect();
    let unused = match &names[..] {
        [] => None,
        [name] => Some(format!("let _ = {name};")),
        _ => Some(format!("let _ = ({});", names.join(", "))),
    };
    let answer = match method.is_async {
        true => format!("std::future::ready(Err({error}))"),
        false => format!("Err({error})"),
    };
    unused.into_iter().chain([answer]).collect()
}

/// An object's own type is `Self` in its trait.
fn own(ty: &str, owner: &str) -> String {
    if owner.is_empty() { ty.to_owned() } else { ty.replace(&format!("Arc<Self::{owner}>"), "Arc<Self>") }
}

fn future(result: &str) -> String {
    format!(" -> impl Future<Output = Result<{result}, crate::Error>> + Send")
}

fn associated<'a>(
    api: &Api,
    methods: impl Iterator<Item = &'a Method>,
    own: Option<At>,
) -> Vec<AssociatedModel> {
    fn collect(api: &Api, ty: &Type, found: &mut BTreeSet<At>) {
        match ty {
            Type::Object(at, _) => {
                found.insert(*at);
            }
            Type::Record(at) => found.extend(api.objects_in(api.record(*at))),
            Type::List(inner) | Type::Map(inner) | Type::Stream(inner) | Type::Optional(inner) => {
                collect(api, inner, found)
            }
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    for method in methods {
        method.args.iter().for_each(|arg| collect(api, &arg.ty, &mut found));
        method.returns.iter().for_each(|ty| collect(api, ty, &mut found));
    }
    found
        .into_iter()
        .filter(|at| Some(*at) != own)
        .map(|at| {
            let name = names::ty(&api.object(at).name.spec);
            AssociatedModel { doc: format!("The implementation of [`{name}`](crate::api::{name})."), name }
        })
        .collect()
}

fn host_trait(api: &Api, host: &Host) -> HostModel {
    let methods = host.methods.iter().map(|m| {
        let mut args = vec!["&self".to_owned()];
        args.extend(
            m.args.iter().map(|arg| format!("{}: {}", names::value(&arg.name), types::owned(api, &arg.ty))),
        );
        let result = m.returns.as_ref().map_or("()".into(), |ty| types::owned(api, ty));
        HostMethodModel {
            doc: lines(&m.doc),
            name: names::value(&m.name.spec),
            args: args.join(", "),
            returns: format!("crate::BoxFuture<'_, Result<{result}, crate::Error>>"),
            optional: m.optional,
        }
    });
    let props = host.props.iter().map(|p| MethodModel {
        doc: lines(&p.doc),
        name: names::value(&p.name.spec),
        args: "&self".into(),
        without: None,
        returns: p.returns.as_ref().map_or(String::new(), |ty| format!(" -> {}", types::owned(api, ty))),
    });
    HostModel {
        doc: lines(&host.doc),
        name: names::ty(&host.name.spec),
        is_serial: host.thread == Thread::Serial,
        props: props.collect(),
        methods: methods.collect(),
    }
}

/// Lines of a doc.
pub(crate) fn lines(doc: &crate::ir::Doc) -> Lines {
    doc.lines().map(str::to_owned).collect()
}

/// Words for a field that has no doc of its own.
pub(crate) fn describe(name: &str) -> String {
    let words = name.replace('_', " ");
    format!("The {words}.")
}
