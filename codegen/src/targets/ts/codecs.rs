//! Codecs of a module's types.

use super::layout::{self, call, concat, text};
use super::model::{self, ValueModel};
use super::names;
use super::records;
use super::types::{Scope, encoding, member_key};
use crate::doc::RecordClass;
use crate::ir::{Api, At, Enum, Field, Flags, Host, Int, Lang, Method, Module, Record, Scalar, Type, Union};

pub(crate) struct CodecsModel {
    pub scalars: Vec<String>,
    pub enums: Vec<EnumCodec>,
    pub flags: Vec<EnumCodec>,
    pub records: Vec<RecordCodec>,
    pub unions: Vec<UnionCodec>,
    pub hosts: Vec<HostCodec>,
    pub composites: Vec<String>,
    /// Those that hand interfaces of the host over.
    pub host_composites: Vec<String>,
}

pub(crate) struct EnumCodec {
    pub name: String,
    pub ty: String,
    /// What it begins with, where hosts see its texts.
    pub head: String,
    pub values: Vec<ValueModel>,
    pub aliases: Vec<ValueModel>,
    pub numeric: Option<String>,
    /// Greatest number of a value that is not listed, if there may be such.
    pub open: Option<String>,
    /// Function that makes the error for an unknown text.
    pub unknown: Option<String>,
}

pub(crate) struct RecordCodec {
    /// What it begins with.
    pub head: String,
    pub count: usize,
    /// The statement that looks at what is given.
    pub open: String,
    pub writes: Vec<String>,
    /// Lines of the statement that reads a value.
    pub read: Vec<String>,
}

pub(crate) struct UnionCodec {
    pub name: String,
    /// What it begins with.
    pub head: String,
    pub tag: String,
    /// Expression of the value with its tag.
    pub tagged: Option<String>,
    pub cases: Vec<CaseCodec>,
}

pub(crate) struct CaseCodec {
    pub number: usize,
    pub text: String,
    pub count: usize,
    pub writes: Vec<String>,
    pub reads: Vec<String>,
}

pub(crate) struct HostCodec {
    pub name: String,
    pub ty: String,
    pub title: String,
    pub callable: Option<String>,
    pub required: String,
    /// Whether an instance lets the process end.
    pub is_weak: bool,
    pub opens: Vec<String>,
    pub methods: Vec<HostMethodCodec>,
}

pub(crate) struct HostMethodCodec {
    pub name: String,
    pub waits: bool,
    pub throws: String,
    pub params: &'static str,
    pub call: String,
    pub reply: String,
}

pub(crate) fn model(scope: &Scope<'_>, position: usize, module: &Module) -> CodecsModel {
    let at = |index| At { module: position, index };
    let (host_composites, composites) =
        composites(scope, module).into_iter().partition(|(name, _)| name.ends_with("Host"));
    CodecsModel {
        scalars: module.scalars.iter().filter_map(|item| scalar(scope, item)).collect(),
        enums: module.enums.iter().map(|item| enumeration(scope, position, item)).collect(),
        flags: module.flags.iter().map(|item| flags(scope, position, item)).collect(),
        records: module.records.iter().enumerate().map(|(i, item)| record(scope, at(i), item)).collect(),
        unions: module.unions.iter().enumerate().map(|(i, item)| union(scope, at(i), item)).collect(),
        hosts: module.hosts.iter().map(|item| host(scope, position, item)).collect(),
        composites: declarations(composites),
        host_composites: declarations(host_composites),
    }
}

fn scalar(scope: &Scope<'_>, item: &Scalar) -> Option<String> {
    if item.accept.is_empty() && item.out.is_none() {
        return None;
    }
    let length = match item.base {
        Type::FixedBytes(width) => width.to_string(),
        _ => "undefined".into(),
    };
    let accept: Vec<_> = item.accept.iter().map(|form| encoding(*form)).collect();
    let out = if item.out.is_some() { "string" } else { "Buffer" };
    let form = item.out.map_or("undefined", encoding);
    let args = [length, format!("[{}]", accept.join(", ")), form.to_owned()].map(text).to_vec();
    let head = format!("export const {} = k.binary<{out}>", names::codec(&item.name));
    let _ = scope;
    Some(layout::print(&concat([call(&head, args), text(";")]), 0))
}

fn enumeration(scope: &Scope<'_>, position: usize, item: &Enum) -> EnumCodec {
    let named = |name: String, value: u64| ValueModel { doc: Vec::new(), name, value: value.to_string() };
    let aliases: Vec<_> = item
        .values
        .iter()
        .flat_map(|value| value.aliases.iter().map(|alias| named(names::key(alias), value.tag)))
        .collect();
    let texts: Vec<_> =
        item.values.iter().flat_map(|value| &value.aliases).map(|alias| names::text(alias)).collect();
    let tags: Vec<_> = item.values.iter().map(|value| value.tag.to_string()).collect();
    let (name, ty) = (names::codec(&item.name), scope.path(position, &names::ty(&item.name)));
    let alias_types: String = texts.iter().map(|text| format!(" | {text}")).collect();
    EnumCodec {
        head: choice(&name, &ty, &alias_types),
        name,
        ty,
        values: item.values.iter().map(|value| named(names::key(&value.text), value.tag)).collect(),
        aliases,
        numeric: item.numeric.then(|| tags.join(", ")),
        open: item.open.then(|| greatest(item.repr)),
        unknown: item.unknown.map(|kind| unknown(scope, kind)),
    }
}

/// The greatest number of an integer that a `number` holds exactly.
fn greatest(repr: Int) -> String {
    repr.range().1.min((1 << 53) - 1).to_string()
}

/// The function that makes the error for an unknown text of what it says about it.
fn unknown(scope: &Scope<'_>, (at, kind): (At, usize)) -> String {
    let family = scope.api.family(at);
    let kind = &family.kinds[kind];
    let message = super::errors::message_with_detail(family, kind);
    format!("(detail) => k.makeError({}, {}, {message}, detail)", family.id, kind.code)
}

fn flags(scope: &Scope<'_>, position: usize, item: &Flags) -> EnumCodec {
    let value = |bit: &crate::ir::Bit| ValueModel {
        doc: Vec::new(),
        name: names::key(&bit.text),
        value: format!("{}n", bit.bit),
    };
    let (name, ty) = (names::codec(&item.name), scope.path(position, &names::ty(&item.name)));
    EnumCodec {
        head: choice(&name, &ty, ""),
        name,
        ty,
        values: item.bits.iter().map(value).collect(),
        aliases: Vec::new(),
        numeric: None,
        open: None,
        unknown: item.unknown.map(|kind| unknown(scope, kind)),
    }
}

fn record(scope: &Scope<'_>, at: At, item: &Record) -> RecordCodec {
    let keep = records::keeps(item);
    let name = names::ty(&item.name);
    let class = scope.path(at.module, &name);
    let input = scope.path(at.module, &format!("{name}{}", scope.record_suffix(at, super::types::Way::In)));
    let output = scope.path(at.module, &format!("{name}{}", scope.record_suffix(at, super::types::Way::Out)));
    let is_tuple = item.is_tuple_in(Lang::Ts);
    let writes = item.fields.iter().enumerate().map(|(place, f)| {
        let given = match (is_tuple, &f.default) {
            (false, _) => records::given(scope, f, "v", keep),
            (true, None) => format!("v[{place}]"),
            (true, Some(default)) => format!("v[{place}] ?? {}", scope.literal(default, &f.ty)),
        };
        write(scope, f, &given, keep, 2)
    });
    let writes = writes.collect();
    let builds = item.class.is_some() || !item.views.is_empty();
    let by_position = builds && item.class != Some(RecordClass::Options);
    let read = if is_tuple {
        let parts = item.fields.iter().map(|f| text(read(scope, f))).collect();
        let head = text(format!("const value: {output} = "));
        vec![layout::print(&concat([head, layout::list("[", parts, "]"), text(";")]), 2)]
    } else if by_position {
        let args = item.fields.iter().map(|f| text(read(scope, f))).collect();
        let value = concat([text("const value = "), call(&format!("new {class}"), args), text(";")]);
        vec![layout::print(&value, 2)]
    } else {
        let fields = item.fields.iter().map(|f| {
            let name = names::key(&names::field(scope.api, &f.name, &f.ty, keep));
            format!("  {name}: {},", read(scope, f))
        });
        let (head, end) = match scope.has_methods(at) {
            true => (format!("const value = new {class}({{"), format!("}}) as {output};")),
            false => (format!("const value: {output} = {{"), "};".to_owned()),
        };
        std::iter::once(head).chain(fields).chain([end]).collect()
    };
    let open = open(scope, item, keep);
    RecordCodec {
        head: codec(&names::codec(&item.name), input, output),
        count: item.fields.len(),
        open,
        writes,
        read,
    }
}

/// Takes any object for a record, but no options that there are not.
fn open(scope: &Scope<'_>, item: &Record, keep: bool) -> String {
    let given = [text("value"), text("name")];
    let value = if item.is_tuple_in(Lang::Ts) {
        let least = item.fields.iter().filter(|field| !field.may_be_left_out()).count();
        let bounds = [least, item.fields.len()].map(|count| text(count.to_string()));
        call("k.tuple", given.into_iter().chain(bounds).collect())
    } else if item.class == Some(RecordClass::Options) {
        let keys = item.fields.iter().flat_map(|field| records::keys(scope, field, keep));
        call("k.options", given.into_iter().chain(keys.map(|key| text(names::text(&key)))).collect())
    } else {
        call("k.object", given.into())
    };
    layout::print(&concat([text("const v = "), value, text(";")]), 2)
}

fn union(scope: &Scope<'_>, at: At, item: &Union) -> UnionCodec {
    use super::types::Way;
    let name = names::ty(&item.name);
    let tag = member_key(&item.tag);
    let case = |(number, case): (usize, &crate::ir::Case)| CaseCodec {
        number,
        text: names::text(&case.text),
        count: case.fields.len(),
        writes: std::iter::once(known(scope, case, &tag))
            .chain(
                case.fields.iter().map(|f| write(scope, f, &records::given(scope, f, "v", false), false, 4)),
            )
            .collect(),
        reads: std::iter::once(format!("{tag}: {},", names::text(&case.text)))
            .chain(case.fields.iter().map(|f| {
                format!(
                    "{}: {},",
                    names::key(&names::field(scope.api, &f.name, &f.ty, false)),
                    read(scope, f)
                )
            }))
            .collect(),
    };
    let input = scope.path(at.module, &format!("{name}{}", scope.union_suffix(at, Way::In)));
    let output = scope.path(at.module, &format!("{name}{}", scope.union_suffix(at, Way::Out)));
    UnionCodec {
        name: names::codec(&item.name),
        head: codec(&names::codec(&item.name), input, output),
        tagged: item.bare.then(|| format!("typeof value === 'string' ? {{ {tag}: value }} : value")),
        cases: item.cases.iter().enumerate().map(case).collect(),
        tag,
    }
}

/// The beginning of a codec of texts.
fn choice(name: &str, ty: &str, alias_types: &str) -> String {
    headed(&format!("export const {name} = k.choice<"), &[ty.to_owned(), format!("{ty}{alias_types}")], ">({")
}

/// The beginning of a codec of what is given and what comes out.
fn codec(name: &str, input: String, output: String) -> String {
    headed(&format!("export const {name}: k.Codec<"), &[input, output], "> = {")
}

/// Types in brackets: each on a line of its own where they do not fit on one.
fn headed(open: &str, types: &[String], close: &str) -> String {
    const WIDTH: usize = 100;
    let flat = format!("{open}{}{close}", types.join(", "));
    if flat.len() <= WIDTH { flat } else { format!("{open}\n  {}\n{close}", types.join(",\n  ")) }
}

/// The statement that refuses what a case does not have.
fn known(scope: &Scope<'_>, case: &crate::ir::Case, tag: &str) -> String {
    let keys = case.fields.iter().flat_map(|field| records::keys(scope, field, false));
    let keys = std::iter::once(tag.to_owned()).chain(keys).map(|key| text(names::text(&key)));
    let check = call("k.options", [text("v"), text("name")].into_iter().chain(keys).collect());
    layout::print(&concat([check, text(";")]), 4)
}

/// The codec of a field.
fn field_codec(scope: &Scope<'_>, field: &Field) -> String {
    match &field.ty {
        Type::List(of) if field.variadic => one_or_many(scope, of),
        Type::Int(_) if field.number => "k.counter".into(),
        ty => scope.codec(ty),
    }
}

fn one_or_many(scope: &Scope<'_>, of: &Type) -> String {
    let name = scope.composite(&Type::List(Box::new(of.clone())));
    name.replacen("listOf", "oneOrMany", 1)
}

/// The statement that writes a field, indented by so many steps.
fn write(scope: &Scope<'_>, field: &Field, value: &str, keep: bool, depth: usize) -> String {
    let name = names::field(scope.api, &field.name, &field.ty, keep);
    let head = format!("{}.write", field_codec(scope, field));
    // What is left out fails the codec's own check.
    let value = match value.contains(" ?? ") && field.default.is_none() && !field.may_be_left_out() {
        true => format!("({value}) as never"),
        false => value.to_owned(),
    };
    let quoted = names::text(&name);
    let value = match limits(field) {
        Some([low, high]) => call("k.inRange", vec![text(value), low, high, text(&quoted)]),
        None => text(value),
    };
    layout::print(&concat([call(&head, vec![text("w"), value, text(quoted)]), text(";")]), depth)
}

/// The least and the greatest value of a field that has limits.
fn limits(field: &Field) -> Option<[layout::Doc; 2]> {
    let bound =
        |limit: Option<i64>, none: &str| text(limit.map_or(none.to_owned(), |limit| limit.to_string()));
    let is_limited = field.min.is_some() || field.max.is_some();
    is_limited.then(|| [bound(field.min, "-Infinity"), bound(field.max, "Infinity")])
}

fn read(scope: &Scope<'_>, field: &Field) -> String {
    format!("{}.read(r)", field_codec(scope, field))
}

fn host(scope: &Scope<'_>, position: usize, item: &Host) -> HostCodec {
    let mut opens: Vec<_> = item
        .props
        .iter()
        .map(|prop| {
            let name = names::member(&prop.name);
            let codec = scope.codec(prop.returns.as_ref().unwrap_or(&Type::Bool));
            format!("{codec}.write(w, host.{name}, {});", names::text(&name))
        })
        .collect();
    let optional = item.methods.iter().filter(|m| m.optional);
    opens.extend(optional.map(|m| {
        format!("k.boolean.write(w, typeof host.{0} === 'function', '{0}');", names::member(&m.name))
    }));
    let required = item.methods.iter().filter(|m| !m.optional).map(|m| names::text(&names::member(&m.name)));
    HostCodec {
        name: names::codec(&item.name),
        ty: scope.path(position, &names::ty(&item.name)),
        title: names::text(&names::ty(&item.name)),
        callable: item
            .methods
            .first()
            .filter(|_| item.callable)
            .map(|m| names::text(&names::member(&m.name))),
        is_weak: scope.api.modules[position].runtime,
        required: model::texts("required: ", required, 1),
        opens,
        methods: item.methods.iter().map(|m| host_method(scope, m)).collect(),
    }
}

fn host_method(scope: &Scope<'_>, method: &Method) -> HostMethodCodec {
    let name = names::member(&method.name);
    let mut args: Vec<_> =
        method.args.iter().map(|arg| text(format!("{}.read(r)", scope.codec(&arg.ty)))).collect();
    if method.is_async {
        args.push(text("context"));
    }
    let head = format!("return host.{name}{}", if method.optional { "?." } else { "" });
    let throws: Vec<_> = method
        .throws
        .iter()
        .map(|at| scope.path(at.module, &names::family(&scope.api.family(*at).name)))
        .collect();
    HostMethodCodec {
        waits: method.is_async,
        throws: format!("[{}]", throws.join(", ")),
        params: match (method.is_async, method.args.is_empty()) {
            (true, false) => "host, r, context",
            (true, true) => "host, _, context",
            (false, false) => "host, r",
            (false, true) => "host",
        },
        call: layout::print(&concat([call(&head, args), text(";")]), 4),
        reply: method.returns.as_ref().map_or("k.unit".into(), |ty| scope.codec(ty)),
        name: names::text(&name),
    }
}

/// Declarations of the codecs of types that are made of others, the inner ones first.
fn composites(scope: &Scope<'_>, module: &Module) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut add = |ty: &Type| collect(scope, ty, &mut found);
    for field in module
        .records
        .iter()
        .flat_map(|r| &r.fields)
        .chain(module.unions.iter().flat_map(|u| &u.cases).flat_map(|c| &c.fields))
    {
        add(&field.ty);
    }
    for field in module.families.iter().flat_map(|f| &f.kinds).flat_map(|k| &k.fields) {
        add(&field.ty);
    }
    for method in methods(module) {
        method.args.iter().for_each(|arg| add(&arg.ty));
        method.returns.iter().for_each(&mut add);
    }
    for (index, object) in module.objects.iter().enumerate() {
        if !object.constructors.is_empty() {
            let module = scope.module;
            add(&Type::Object(At { module, index }, Vec::new()));
        }
    }
    for field in module
        .records
        .iter()
        .flat_map(|r| &r.fields)
        .chain(module.unions.iter().flat_map(|u| &u.cases).flat_map(|c| &c.fields))
    {
        if let (Type::List(of), true) = (&field.ty, field.variadic) {
            let name = one_or_many(scope, of);
            if !found.iter().any(|(other, _)| *other == name) {
                found.push((name, format!("k.oneOrMany({})", scope.codec(of))));
            }
        }
    }
    found
}

fn declarations(found: Vec<(String, String)>) -> Vec<String> {
    let print = |(name, value): (String, String)| format!("export const {name} = {value};");
    found.into_iter().map(print).collect()
}

fn collect(scope: &Scope<'_>, ty: &Type, found: &mut Vec<(String, String)>) {
    if let Type::Scalar(at) = ty
        && scope.is_plain(*at)
    {
        return collect(scope, &scope.api.scalar(*at).base, found);
    }
    let Some((code, inner)) = scope.declaration(ty) else { return };
    if let Some(inner) = inner {
        collect(scope, inner, found);
    }
    let name = scope.composite(ty);
    if !found.iter().any(|(other, _)| *other == name) {
        found.push((name, code));
    }
}

fn methods(module: &Module) -> impl Iterator<Item = &Method> {
    let objects = module.objects.iter().flat_map(|o| o.constructors.iter().chain(&o.methods));
    let hosts = module.hosts.iter().flat_map(|h| h.props.iter().chain(&h.methods));
    module.functions.iter().chain(objects).chain(hosts)
}

/// Whether a module has codecs at all.
pub(crate) fn any(api: &Api, position: usize) -> bool {
    let scope = Scope::new(api, position, "t.");
    let module = &api.modules[position];
    let named = module.enums.len()
        + module.flags.len()
        + module.records.len()
        + module.unions.len()
        + module.hosts.len();
    named > 0 || !composites(&scope, module).is_empty()
}
