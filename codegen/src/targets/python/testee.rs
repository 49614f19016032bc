//! The dispatch of the conformance testee: every call as data.

use super::parameters::{Parameters, Role};
use super::{fit, names, types};
use crate::ir::{Api, Case, Field, Host, Kind, Lang, Method, Module, Object, Shape, TextForm, Type};
use crate::targets::imports::has_word;
use crate::targets::testee::alias_op;
use askama::Template;

/// The page of the testee.
#[derive(Template)]
#[template(path = "python/testee.jinja", escape = "none")]
pub(crate) struct TesteeTemplate {
    imports: String,
    codecs: Vec<String>,
    errors: Vec<String>,
    calls: Vec<String>,
}

/// Lowers the interface.
pub(crate) fn testee(api: &Api) -> TesteeTemplate {
    let mut codecs = Vec::new();
    let mut calls = Vec::new();
    for module in &api.modules {
        codecs.extend(module_codecs(api, module));
        for item in module.functions.iter().filter(|item| item.in_lang(Lang::Python)) {
            let record = item.member.as_ref().map(|member| names::class(&api.record(member.record).name));
            let owner = record.map_or_else(|| page(module), |class| format!("{}.{class}", page(module)));
            calls.extend(named_calls(api, &owner, None, item));
        }
        for object in &module.objects {
            calls.extend(object_calls(api, module, object));
        }
    }
    let errors = api.families();
    let errors = errors.iter().flat_map(|(_, family)| {
        family.kinds.iter().map(|kind| {
            let key = format!("(\"{}\", {})", family.name, names::text(&kind.text));
            let code = u32::from(family.id) << 16 | u32::from(kind.code);
            (key, format!("({code}, {})", tuple(&error_fields(api, kind))))
        })
    });
    let entry =
        |indent, (key, value): (String, String)| fit::expression(indent, &format!("{key}: {value}"), ",");
    let named = |indent, (name, value): (String, String)| entry(indent, (format!("\"{name}\""), value));
    let mut testee = TesteeTemplate {
        imports: String::new(),
        codecs: codecs.into_iter().map(|item| named(8, item)).collect(),
        errors: errors.map(|item| entry(8, item)).collect(),
        calls: calls.into_iter().map(|item| named(4, item)).collect(),
    };
    testee.imports = imports(api, &testee);
    testee
}

/// The module of the package behind a module of the spec: no name of the spec is one of the page itself.
fn page(module: &Module) -> String {
    format!("net.gen.{}", module.name)
}

/// The pages of the package, and the forms that are used.
fn imports(api: &Api, testee: &TesteeTemplate) -> String {
    const FORMS: [&str; 22] = [
        "BASE64",
        "BYTES",
        "DATE",
        "DECIMAL",
        "ERROR",
        "ERRORS",
        "FLAGS",
        "FLOAT",
        "JSON",
        "NAMED",
        "OBJECT",
        "SAME",
        "Call",
        "enum_of",
        "host_of",
        "list_of",
        "map_of",
        "named",
        "optional",
        "record_of",
        "seconds",
        "union_of",
    ];
    let text = testee
        .codecs
        .iter()
        .chain(&testee.errors)
        .chain(&testee.calls)
        .fold(String::new(), |all, line| all + line + "\n");
    let always = ["Call", "ERRORS", "NAMED"];
    let used = FORMS
        .iter()
        .filter(|form| always.contains(form) || has_word(&text, form))
        .map(|form| (*form).to_owned());
    let mut pages: Vec<_> = api.modules.iter().map(|module| format!("import {}", page(module))).collect();
    pages.sort();
    format!("{}\n\n{}", fit::import("forms", &used.collect::<Vec<_>>()), pages.join("\n"))
}

fn error_fields(api: &Api, kind: &Kind) -> Vec<String> {
    let shown = kind.fields.iter();
    shown
        .map(|field| {
            let name = names::value(&api.unit_name(&field.name, &field.ty));
            format!("(\"{}\", \"{name}\", {})", field.name, codec(api, &field.ty))
        })
        .collect()
}

fn module_codecs(api: &Api, module: &Module) -> Vec<(String, String)> {
    let name = |spec: &str| format!("{}.{spec}", module.name);
    let mut all = Vec::new();
    for item in &module.enums {
        let values = item.values.iter().map(|value| {
            let text = names::text(&value.text);
            let given = if item.numeric { value.tag.to_string() } else { text.clone() };
            format!("{text}: {given}")
        });
        all.push((name(&item.name.spec), format!("enum_of({{{}}})", values.collect::<Vec<_>>().join(", "))));
    }
    for item in &module.records {
        let class = format!("{}.{}", page(module), names::class(&item.name));
        let members = item.fields.iter().map(|f| (names::field(api, f), names::field(api, f), f));
        let fields: Vec<_> = members.map(|(name, _, field)| member(api, field, &name)).collect();
        all.push((name(&item.name.spec), format!("record_of({class}, {})", fields.join(", "))));
    }
    for item in &module.unions {
        let class = format!("{}.{}", page(module), names::class(&item.name));
        let taken: Vec<_> = item.cases.iter().map(|case| names::value(&case.name)).collect();
        let cases = item.cases.iter().map(|case| union_case(api, &class, case, &taken));
        let cases: Vec<_> = cases.collect();
        let tag = &item.tag;
        let codec = format!("union_of(\"{tag}\", \"{}\", {})", names::value(tag), cases.join(", "));
        all.push((name(&item.name.spec), codec));
    }
    for item in &module.hosts {
        all.push((name(&item.name.spec), host(api, item)));
    }
    all
}

fn union_case(api: &Api, class: &str, case: &Case, taken: &[String]) -> String {
    let shown = |field: &Field| {
        super::native::union_member(&names::field(api, field), taken.iter().map(String::as_str))
    };
    let fields: Vec<_> = case.fields.iter().map(|field| member(api, field, &shown(field))).collect();
    let spreads = matches!(&case.fields[..], [only] if only.variadic);
    let name = names::value(&case.name);
    let members: Vec<_> = case.fields.iter().map(shown).collect();
    let is_renamed = case.fields.iter().any(|field| shown(field) != names::field(api, field));
    // What makes a case calls its parameters by their own names, whatever the members are called.
    let make = match is_renamed && !spreads {
        true => format!("lambda {0}: {class}.{name}({0})", members.join(", ")),
        false => format!("{class}.{name}"),
    };
    let record = if fields.is_empty() {
        "record_of(dict)".into()
    } else {
        format!("record_of(dict, {})", fields.join(", "))
    };
    let spreads = if spreads { "True" } else { "False" };
    format!("{name}=({}, {make}, {spreads}, {record})", names::text(&case.text))
}

fn member(api: &Api, field: &Field, name: &str) -> String {
    format!("(\"{}\", \"{name}\", {})", field.name.spec, named_codec(api, name, &field.ty))
}

fn host(api: &Api, item: &Host) -> String {
    let methods = item.methods.iter().map(|method| (method, "False"));
    let all = methods.chain(item.props.iter().map(|prop| (prop, "True"))).map(|(method, is_property)| {
        let args: Vec<_> = method.args.iter().map(|arg| format!("\"{}\"", arg.name)).collect();
        let result = method.returns.as_ref().map_or_else(|| "SAME".into(), |ty| codec(api, ty));
        let name = names::member(&method.name);
        format!("{name}=(\"{}\", {is_property}, {}, {result})", method.name.spec, tuple(&args))
    });
    let callable = if item.callable { "True" } else { "False" };
    format!("host_of({callable}, {})", all.collect::<Vec<_>>().join(", "))
}

fn object_calls(api: &Api, module: &Module, object: &Object) -> Vec<(String, String)> {
    let class = format!("{}.{}", page(module), names::class(&object.name));
    let all = object.constructors.iter().chain(&object.methods).filter(|item| item.in_lang(Lang::Python));
    let mut calls: Vec<_> = all.flat_map(|item| named_calls(api, &class, Some(object), item)).collect();
    if let Some(item) = &object.iterates {
        let path = format!("{}.{}", module.name, object.name.spec);
        let args = "((\"max\", \"max\", SAME),)";
        calls.push((
            format!("{path}.next"),
            format!("Call({class}, \"next\", {args}, list_of({}), on_object=True)", codec(api, item)),
        ));
        if !calls.iter().any(|(known, _)| *known == format!("{path}.close")) {
            calls.push((
                format!("{path}.close"),
                format!("Call({class}, \"close\", (), SAME, on_object=True)"),
            ));
        }
    }
    calls
}

/// A method under its name, and under its other names.
fn named_calls(api: &Api, owner: &str, object: Option<&Object>, item: &Method) -> Vec<(String, String)> {
    let published = item.published();
    let aliases = published.aliases(Lang::Python).iter().map(|alias| alias_op(item, alias));
    let aliases = aliases.zip(names::member_aliases(published));
    let all = std::iter::once((item.path.clone(), names::member(published))).chain(aliases);
    all.map(|(op, name)| (op, call(api, owner, object, item, name))).collect()
}

fn call(api: &Api, owner: &str, object: Option<&Object>, item: &Method, name: String) -> String {
    let args: Vec<_> = item
        .args
        .iter()
        .map(|arg| {
            let name = taking(api, item, &name, arg.name.as_str());
            format!("(\"{}\", \"{name}\", {})", arg.name, named_codec(api, &name, &arg.ty))
        })
        .collect();
    let is_init = names::is_init(item);
    // A class is called by its own name, from its module.
    let (owner, name) = match owner.rsplit_once('.') {
        Some((module, class)) if is_init => (module, class.to_owned()),
        _ => (owner, name),
    };
    let result = match (&item.returns, item.shape) {
        (_, Shape::Constructor) => "None".into(),
        (None, _) => "SAME".into(),
        (Some(ty), _) if matches!(ty.split_optional().0, Type::Object(..) | Type::SelfType) => "None".into(),
        (Some(ty), _) => codec(api, ty),
    };
    let mut flags = String::new();
    if matches!(item.shape, Shape::Method | Shape::Property { .. }) && object.is_some() {
        flags += ", on_object=True";
    }
    if item.receiver().is_some() {
        flags += ", on_value=True";
    }
    if item.is_property_in(Lang::Python) {
        flags += ", is_property=True";
    }
    if item.args.iter().any(|arg| arg.variadic) {
        flags += ", spreads=True";
    }
    format!("Call({owner}, \"{name}\", {}, {result}{flags})", tuple(&args))
}

/// The parameter that takes an argument: an options record goes whole into its own, else into its first field's.
fn taking(api: &Api, item: &Method, public: &str, arg: &str) -> String {
    let parameters = Parameters::of(api, item, public);
    let position = item.args.iter().position(|known| known.name == arg).unwrap_or_default();
    match super::calls::flattened(api, item) {
        Some(record) if position + 1 == item.args.len() && !parameters.lists(Role::Argument(position)) => {
            names::field(api, &record.fields[0])
        }
        _ => parameters.names[position].clone(),
    }
}

/// How a value under a name is written.
fn named_codec(api: &Api, name: &str, ty: &Type) -> String {
    match ty.split_optional() {
        (Type::Duration(unit), optional) if types::is_seconds(name, ty) => {
            let seconds = format!("seconds({})", 1_000_000_000 / unit.nanos());
            if optional { format!("optional({seconds})") } else { seconds }
        }
        _ => codec(api, ty),
    }
}

fn codec(api: &Api, ty: &Type) -> String {
    let named = |at: crate::ir::At, spec: &str| format!("named(\"{}.{spec}\")", api.modules[at.module].name);
    match ty {
        Type::Bool | Type::String | Type::Constant(_) | Type::Duration(_) | Type::SelfType => "SAME".into(),
        Type::Int(int) if int.bits() == 64 => "DECIMAL".into(),
        Type::Int(_) => "SAME".into(),
        Type::Instant(_) | Type::Size => "DECIMAL".into(),
        Type::F64 => "FLOAT".into(),
        Type::Bytes | Type::FixedBytes(_) => "BYTES".into(),
        Type::Date => "DATE".into(),
        Type::Json(_) => "JSON".into(),
        Type::Error => "ERROR".into(),
        Type::List(of) | Type::Stream(of) => format!("list_of({})", codec(api, of)),
        Type::Map(of) => format!("map_of({})", codec(api, of)),
        Type::Optional(of) => format!("optional({})", codec(api, of)),
        Type::Scalar(at) => {
            let scalar = api.scalar(*at);
            match scalar.out {
                Some(TextForm::Hex) => "SAME".into(),
                Some(TextForm::Base64) => "BASE64".into(),
                _ => codec(api, &scalar.base),
            }
        }
        Type::Enum(at) => named(*at, &api.enumeration(*at).name.spec),
        Type::Flags(_) => "FLAGS".into(),
        Type::Record(at) => named(*at, &api.record(*at).name.spec),
        Type::Union(at) => named(*at, &api.union(*at).name.spec),
        Type::Object(..) => "OBJECT".into(),
        Type::Host(at, _) => named(*at, &api.host(*at).name.spec),
        Type::Layout(at) | Type::Choice(at, _) => named(*at, &api.part_name(ty)),
    }
}

/// A tuple of printed values.
fn tuple(items: &[String]) -> String {
    match items {
        [only] => format!("({only},)"),
        _ => format!("({})", items.join(", ")),
    }
}
