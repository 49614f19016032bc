//! What the Node testee knows of the interface: each call, and how its values are written in fixtures.

use super::names;
use crate::case::camel;
use crate::doc::RecordClass;
use crate::ir::{Api, Field, Int, Lang, Method, Module, Shape, TextForm, Type};
use crate::targets::testee::alias_op;
use askama::Template;

#[derive(Template)]
#[template(path = "ts/testee.jinja", escape = "none")]
pub(crate) struct TesteeTemplate {
    pub calls: Vec<String>,
    pub shapes: Vec<String>,
    pub families: Vec<String>,
}

pub(crate) fn model(api: &Api) -> TesteeTemplate {
    let mut template = TesteeTemplate { calls: Vec::new(), shapes: Vec::new(), families: Vec::new() };
    for module in &api.modules {
        let functions = module.functions.iter().filter(|m| m.in_lang(Lang::Ts));
        template.calls.extend(functions.flat_map(|method| {
            let record = method.member.as_ref().map(|member| names::ty(&api.record(member.record).name));
            calls(api, method, record.as_deref())
        }));
        for object in &module.objects {
            let class = names::ty(&object.name);
            let methods = object.constructors.iter().chain(&object.methods).filter(|m| m.in_lang(Lang::Ts));
            template.calls.extend(methods.flat_map(|method| calls(api, method, Some(&class))));
            let path = format!("{}.{}", module.name, object.name.spec);
            if let Some(item) = &object.iterates {
                let item = ty(api, item);
                template.calls.push(format!(
                    "'{path}.next': {{ kind: 'method', owner: '{class}', name: 'nextBatch', args: [['max', 'plain']], returns: ['list', {item}] }}"
                ));
            }
        }
        shapes(api, module, &mut template.shapes);
        template.families.extend(module.families.iter().map(|family| {
            let kinds = family.kinds.iter().map(|kind| {
                let fields = kind.fields.iter().map(|f| {
                    format!("['{}', '{}', {}]", f.name, camel(&api.unit_name(&f.name, &f.ty)), ty(api, &f.ty))
                });
                let fields: Vec<_> = fields.collect();
                format!(
                    "{}: {{ code: {}, fields: [{}] }}",
                    names::text(&kind.text),
                    kind.code,
                    fields.join(", ")
                )
            });
            format!(
                "{}: {{ id: {}, kinds: {{ {} }} }}",
                family.name,
                family.id,
                kinds.collect::<Vec<_>>().join(", ")
            )
        }));
    }
    template
}

/// A method under its name, and under its other names.
fn calls(api: &Api, method: &Method, owner: Option<&str>) -> Vec<String> {
    let name = match owner {
        None => names::function(&method.name),
        Some(_) => names::member(method.published()),
    };
    let name = method.overload.as_deref().map_or(name, camel);
    let aliases = method.published().aliases(Lang::Ts);
    let aliases = aliases.iter().map(|alias| alias_op(method, alias)).zip(names::members(aliases));
    let all = std::iter::once((method.path.clone(), name)).chain(aliases);
    all.map(|(op, name)| call(api, method, owner, &op, &name)).collect()
}

fn call(api: &Api, method: &Method, owner: Option<&str>, op: &str, name: &str) -> String {
    let kind = match method.shape {
        _ if method.receiver().is_some() => "value",
        Shape::Function if method.member.is_some() => "static",
        Shape::Function | Shape::Host => "function",
        Shape::Constructor if method.makes_by_class() => "new",
        Shape::Constructor | Shape::Static => "static",
        Shape::Method => "method",
        Shape::Property { .. } => "property",
    };
    let args = method.args.iter().map(|arg| format!("['{}', {}]", arg.name, ty(api, &arg.ty)));
    let args: Vec<_> = args.collect();
    let spread = method.args.last().is_some_and(|arg| arg.variadic);
    let returns = match (method.shape, &method.returns) {
        (Shape::Constructor, _) => "'object'".into(),
        (_, Some(of)) => ty(api, of),
        _ => "'none'".into(),
    };
    format!(
        "'{op}': {{ kind: '{kind}', owner: '{}', name: '{name}', args: [{}], spread: {spread}, returns: {returns} }}",
        owner.unwrap_or_default(),
        args.join(", ")
    )
}

fn shapes(api: &Api, module: &Module, found: &mut Vec<String>) {
    for record in &module.records {
        let keep = super::records::keeps(record);
        let fields = fields(api, &record.fields, keep);
        let class =
            if record.class == Some(RecordClass::Fields) { names::ty(&record.name) } else { String::new() };
        let tuple = if record.is_tuple_in(Lang::Ts) { ", tuple: true" } else { "" };
        found.push(format!(
            "'{}.{}': {{ fields: [{fields}], class: '{class}'{tuple} }}",
            module.name, record.name.spec
        ));
    }
    for union in &module.unions {
        let cases = union
            .cases
            .iter()
            .map(|case| format!("{}: [{}]", names::text(&case.text), fields(api, &case.fields, false)));
        let (tag, cases) = (&union.tag, cases.collect::<Vec<_>>().join(", "));
        found
            .push(format!("'{}.{}': {{ tag: '{tag}', cases: {{ {cases} }} }}", module.name, union.name.spec));
    }
    for item in module.enums.iter().filter(|item| item.numeric) {
        let values = item.values.iter().map(|value| format!("{}: {}", names::text(&value.text), value.tag));
        let values = values.collect::<Vec<_>>().join(", ");
        found.push(format!("'{}.{}': {{ values: {{ {values} }} }}", module.name, item.name.spec));
    }
    for host in &module.hosts {
        let member = |method: &Method, kind: &str| {
            let args: Vec<_> =
                method.args.iter().map(|arg| format!("['{}', {}]", arg.name, ty(api, &arg.ty))).collect();
            let returns = method.returns.as_ref().map_or("'none'".into(), |of| ty(api, of));
            let name = names::member(&method.name);
            let waits = method.is_async;
            format!(
                "{}: {{ kind: '{kind}', name: '{name}', waits: {waits}, args: [{}], returns: {returns} }}",
                method.name.spec,
                args.join(", ")
            )
        };
        let props = host.props.iter().map(|prop| member(prop, "property"));
        let members: Vec<_> = props.chain(host.methods.iter().map(|m| member(m, "method"))).collect();
        let callable = host.callable;
        let path = format!("{}.{}", module.name, host.name.spec);
        found.push(format!("'{path}': {{ callable: {callable}, members: {{ {} }} }}", members.join(", ")));
    }
}

fn fields(api: &Api, fields: &[Field], keep: bool) -> String {
    let field = |f: &Field| {
        format!("['{}', '{}', {}]", f.name.spec, names::field(api, &f.name, &f.ty, keep), ty(api, &f.ty))
    };
    fields.iter().map(field).collect::<Vec<_>>().join(", ")
}

/// How values of a type are written in fixtures.
fn ty(api: &Api, of: &Type) -> String {
    let path = |module: usize, name: &str| format!("'{}.{name}'", api.modules[module].name);
    match of {
        Type::Int(Int::U64 | Int::I64) | Type::Size | Type::Instant(_) => "'big'".into(),
        Type::F64 => "'float'".into(),
        Type::Bytes | Type::FixedBytes(_) => "'bytes'".into(),
        Type::Date => "'date'".into(),
        Type::Json(_) => "'json'".into(),
        Type::Error => "'error'".into(),
        Type::List(of) => format!("['list', {}]", ty(api, of)),
        Type::Map(of) => format!("['map', {}]", ty(api, of)),
        Type::Stream(of) => format!("['stream', {}]", ty(api, of)),
        Type::Optional(of) => format!("['optional', {}]", ty(api, of)),
        Type::SelfType | Type::Object(..) => "'object'".into(),
        Type::Scalar(at) => {
            let item = api.scalar(*at);
            match item.out {
                Some(TextForm::Hex) => "'plain'".into(),
                Some(TextForm::Base64) => "'base64'".into(),
                _ => ty(api, &item.base),
            }
        }
        Type::Enum(at) if api.enumeration(*at).numeric => {
            format!("['enum', {}]", path(at.module, &api.enumeration(*at).name.spec))
        }
        Type::Record(at) => format!("['record', {}]", path(at.module, &api.record(*at).name.spec)),
        Type::Union(at) => format!("['union', {}]", path(at.module, &api.union(*at).name.spec)),
        Type::Host(at, _) => format!("['host', {}]", path(at.module, &api.host(*at).name.spec)),
        _ => "'plain'".into(),
    }
}
