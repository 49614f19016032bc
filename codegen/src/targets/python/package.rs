//! What the templates of the package print: one page per module, and its awaitable twin.

use super::calls::{self, MethodModel, Owner};
use super::native::has_word;
use super::parameters::Parameters;
use super::types::{self, Mode};
use super::{fit, names};
use crate::ir::{Api, Enum, Family, Flags, Host, Kind, Lang, Method, Module, Object, Shape, Type, Union};

pub(crate) struct PageModel {
    pub doc: String,
    pub consts: Vec<ValueModel>,
    pub enums: Vec<EnumModel>,
    pub errors: Vec<ErrorModel>,
    pub hosts: Vec<HostModel>,
    pub classes: Vec<ClassModel>,
    pub functions: Vec<MethodModel>,
    /// Assignments of more names.
    pub aliases: Vec<String>,
    /// Every public name, sorted.
    pub exports: Vec<String>,
}

pub(crate) struct ValueModel {
    pub line: String,
    pub doc: String,
}

pub(crate) struct EnumModel {
    pub name: String,
    pub base: String,
    pub doc: String,
    pub values: Vec<ValueModel>,
    pub missing: Vec<(String, String)>,
}

pub(crate) struct ErrorModel {
    pub name: String,
    pub bases: String,
    pub doc: String,
    pub fields: Vec<String>,
    pub init: Option<MethodModel>,
}

pub(crate) struct HostModel {
    pub name: String,
    pub doc: String,
    pub methods: Vec<MethodModel>,
    pub spec: String,
    pub function: Option<String>,
}

pub(crate) struct ClassModel {
    pub name: String,
    pub bases: String,
    pub doc: String,
    pub methods: Vec<MethodModel>,
    /// Name of the native function that reads the next items.
    pub stream: Option<String>,
    /// The method that ends it, and whether that is awaited.
    pub closing: Option<String>,
    pub aio: bool,
    pub len: bool,
}

/// Lowers a module.
pub(crate) fn page(api: &Api, module: &Module, mode: Mode) -> PageModel {
    let own = mode == Mode::Blocking;
    let functions = module.functions.iter().filter(|item| item.in_lang(Lang::Python));
    let functions: Vec<_> = functions.filter(|item| own || is_twin(item)).collect();
    let owner = Owner { object: None, vars: &[], mode, indent: 0 };
    let mut page = PageModel {
        doc: fit::doc(0, &module.doc.text),
        consts: Vec::new(),
        enums: Vec::new(),
        errors: Vec::new(),
        hosts: Vec::new(),
        classes: module.objects.iter().map(|item| class(api, item, mode)).collect(),
        functions: functions.iter().flat_map(|item| calls::methods(api, owner, item)).collect(),
        aliases: Vec::new(),
        exports: Vec::new(),
    };
    let mut aliases: Vec<(String, String)> = Vec::new();
    let mut add = |name: String, more: Vec<String>| {
        aliases.extend(more.into_iter().map(|alias| (alias, name.clone())));
        page.exports.push(name);
    };
    for item in &module.objects {
        add(names::class(&item.name), names::class_aliases(&item.name));
    }
    for item in &functions {
        add(names::member(&item.name), names::member_aliases(&item.name));
    }
    if own {
        for item in &module.records {
            add(names::class(&item.name), names::class_aliases(&item.name));
        }
        for item in &module.unions {
            add(names::class(&item.name), names::class_aliases(&item.name));
        }
        for (name, more) in own_names(module) {
            add(name, more);
        }
        page.consts = consts(api, module);
        page.enums = module.enums.iter().map(enumeration).collect();
        page.enums.extend(module.flags.iter().map(flags));
        page.errors = module.families.iter().flat_map(|item| errors(api, item)).collect();
        page.hosts = module.hosts.iter().map(|item| host(api, item)).collect();
    }
    aliases.extend(module.unions.iter().filter(|_| own).flat_map(factories));
    page.aliases = aliases.iter().map(|(alias, of)| format!("{alias} = {of}")).collect();
    page.exports.extend(aliases.into_iter().map(|(alias, _)| alias));
    page.exports.sort();
    page.exports.dedup();
    page
}

/// Public names that are defined in the blocking page itself.
fn own_names(module: &Module) -> Vec<(String, Vec<String>)> {
    let mut all = Vec::new();
    all.extend(module.consts.iter().map(|item| (names::constant(&item.name), Vec::new())));
    all.extend(
        module.scalars.iter().map(|item| (names::class(&item.name), names::class_aliases(&item.name))),
    );
    all.extend(module.enums.iter().map(|item| (names::class(&item.name), names::class_aliases(&item.name))));
    all.extend(module.flags.iter().map(|item| (names::class(&item.name), names::class_aliases(&item.name))));
    for family in &module.families {
        let mut classes: Vec<_> = family.kinds.iter().filter_map(|kind| names::kind(family, kind)).collect();
        classes.push(names::family(family));
        classes.sort();
        classes.dedup();
        all.extend(classes.into_iter().map(|name| (name, Vec::new())));
    }
    for item in &module.hosts {
        all.push((names::class(&item.name), names::class_aliases(&item.name)));
        if item.callable {
            all.push((format!("{}Function", names::class(&item.name)), Vec::new()));
        }
    }
    all
}

/// Whether a function differs in its awaitable form.
fn is_twin(item: &Method) -> bool {
    fn touches(ty: &Type) -> bool {
        match ty {
            Type::Object(..) | Type::Host(..) | Type::Stream(_) => true,
            Type::List(of) | Type::Map(of) | Type::Optional(of) => touches(of),
            _ => false,
        }
    }
    item.is_async || item.args.iter().any(|arg| touches(&arg.ty)) || item.returns.iter().any(touches)
}

/// Functions that construct cases, by the pattern of the union; methods of the class need none.
fn factories(item: &Union) -> Vec<(String, String)> {
    let class = names::class(&item.name);
    let pattern = item.factory.get(&Lang::Python).filter(|pattern| !pattern.contains('.'));
    let cases = item.cases.iter().filter(|_| pattern.is_some());
    cases
        .map(|case| {
            let name = names::value(&pattern.map_or("*", |p| p.as_str()).replace('*', &case.name));
            (name, format!("{class}.{}", names::value(&case.name)))
        })
        .collect()
}

fn consts(api: &Api, module: &Module) -> Vec<ValueModel> {
    let mut all: Vec<_> = module
        .consts
        .iter()
        .map(|item| ValueModel {
            line: format!(
                "{}: Final[{}] = {}",
                names::constant(&item.name),
                types::named_output(api, &item.name.spec, &item.ty),
                types::named_literal(api, &item.name.spec, &item.value, &item.ty)
            ),
            doc: fit::doc(0, &item.doc.text),
        })
        .collect();
    all.extend(module.scalars.iter().map(|item| {
        let ty =
            if item.out.is_some() { "str".into() } else { types::output(api, &item.base, Mode::Blocking) };
        ValueModel {
            line: format!("{}: TypeAlias = {ty}", names::class(&item.name)),
            doc: fit::doc(0, &item.doc.text),
        }
    }));
    all
}

fn enumeration(item: &Enum) -> EnumModel {
    let value = |value: &crate::ir::EnumValue| {
        let literal = if item.numeric { value.tag.to_string() } else { names::text(&value.text) };
        ValueModel {
            line: format!("{} = {literal}", names::enum_member(&value.name)),
            doc: fit::doc(4, &value.doc.text),
        }
    };
    let aliases = item.values.iter().flat_map(|value| {
        value.aliases.iter().map(|alias| (names::text(alias), names::enum_member(&value.name)))
    });
    EnumModel {
        name: names::class(&item.name),
        base: if item.numeric { "IntEnum" } else { "StrEnum" }.into(),
        doc: fit::doc(4, &item.doc.text),
        missing: aliases.filter(|_| !item.numeric).collect(),
        values: item.values.iter().map(value).collect(),
    }
}

fn flags(item: &Flags) -> EnumModel {
    let values = item.bits.iter().map(|bit| ValueModel {
        line: format!("{} = {}", names::enum_member(&bit.name), names::text(&bit.text)),
        doc: fit::doc(4, &bit.doc.text),
    });
    EnumModel {
        name: names::class(&item.name),
        base: "StrEnum".into(),
        doc: fit::doc(4, &item.doc.text),
        missing: Vec::new(),
        values: values.collect(),
    }
}

fn errors(api: &Api, family: &Family) -> Vec<ErrorModel> {
    let name = names::family(family);
    let parent = family.extends.map_or_else(|| "NetError".into(), |at| names::family(api.family(at)));
    let mut fields: Vec<String> = Vec::new();
    for field in family.kinds.iter().flat_map(|kind| &kind.fields) {
        let ty = types::output(api, field.ty.split_optional().0, Mode::Blocking);
        let line = format!("{}: {ty} | None = None", names::value(&api.unit_name(&field.name, &field.ty)));
        let start = line.split(':').next().unwrap_or_default().to_owned() + ":";
        if !fields.iter().any(|known| known.starts_with(&start)) {
            fields.push(line);
        }
    }
    let mut all = vec![ErrorModel {
        name: name.clone(),
        bases: parent,
        doc: fit::doc(4, &family.doc.text),
        fields,
        init: None,
    }];
    for kind in &family.kinds {
        let Some(class) = names::kind(family, kind) else { continue };
        if all.iter().any(|known| known.name == class) {
            continue;
        }
        let builtin = kind.python.as_ref().map_or_else(String::new, |python| format!(", {python}"));
        all.push(ErrorModel {
            name: class,
            bases: format!("{name}{builtin}"),
            doc: fit::doc(4, &kind.doc.text),
            fields: Vec::new(),
            init: kind.make.then(|| constructor(api, family, kind)),
        });
    }
    all
}

fn constructor(api: &Api, family: &Family, kind: &Kind) -> MethodModel {
    let fields: Vec<_> = kind.fields.iter().filter(|f| !matches!(f.ty, Type::Constant(_))).collect();
    let name = |field: &crate::ir::ErrorField| names::value(&api.unit_name(&field.name, &field.ty));
    let mut params = vec!["self".to_owned()];
    params.extend(fields.iter().map(|field| {
        let default = if matches!(field.ty, Type::Optional(_)) { " = None" } else { "" };
        format!("{}: {}{default}", name(field), types::input(api, &field.ty, Mode::Blocking))
    }));
    let mut members: Vec<_> = fields.iter().map(|field| format!("\"{0}\": {0}", name(field))).collect();
    if kind.detail.is_none() && kind.message.is_none() {
        params.push("detail: str = \"\"".into());
        members.push("\"detail\": detail".into());
    }
    let code = u32::from(family.id) << 16 | u32::from(kind.code);
    MethodModel {
        name: "__init__".into(),
        decorators: Vec::new(),
        signature: fit::call(4, "def __init__(", &params, ") -> None:"),
        doc: fit::doc(8, "Makes an error that a handler may raise."),
        body: vec![
            fit::list(8, "members: dict[str, Any] = {", &members, "}"),
            format!("        self._show(_net.error_parts({code}, members))"),
        ],
        aliases: Vec::new(),
    }
}

fn host(api: &Api, item: &Host) -> HostModel {
    let result = |method: &Method| {
        let ty =
            method.returns.as_ref().map_or_else(|| "None".into(), |ty| types::input(api, ty, Mode::Blocking));
        if method.is_async { format!("Awaitable[{ty}] | {ty}") } else { ty }
    };
    let args = |method: &Method| -> Vec<String> {
        method.args.iter().map(|arg| types::output(api, &arg.ty, Mode::Blocking)).collect()
    };
    let methods = item.methods.iter().filter(|method| !method.optional).map(|method| {
        let mut params = vec!["self".to_owned()];
        let given = method.args.iter().zip(args(method));
        params.extend(given.map(|(arg, ty)| format!("{}: {ty}", names::argument(api, arg))));
        if params.len() > 1 {
            params.push("/".into());
        }
        MethodModel {
            decorators: Vec::new(),
            signature: fit::call(
                4,
                &format!("def {}(", names::member(&method.name)),
                &params,
                &format!(") -> {}:", result(method)),
            ),
            doc: fit::doc(8, &method.doc.text),
            body: Vec::new(),
            aliases: Vec::new(),
            name: names::member(&method.name),
        }
    });
    let mut doc = item.doc.text.clone();
    for prop in &item.props {
        doc += &format!("\n\nThe attribute `{}` may be there: {}", names::member(&prop.name), prop.doc.text);
    }
    for method in item.methods.iter().filter(|method| method.optional) {
        let params: Vec<_> = method.args.iter().map(|arg| names::argument(api, arg)).collect();
        doc += &format!(
            "\n\nThe method `{}({})` may be there: {}",
            names::member(&method.name),
            params.join(", "),
            method.doc.text
        );
    }
    let listed = item.methods.iter().map(|method| {
        format!("(\"{}\", {})", names::member(&method.name), if method.is_async { "True" } else { "False" })
    });
    let mut listed: Vec<_> = listed.collect();
    if let [only] = &mut listed[..] {
        only.push(',');
    }
    let callable = if item.callable { "True" } else { "False" };
    let class = names::class(&item.name);
    HostModel {
        doc: fit::doc(4, &doc),
        methods: methods.collect(),
        spec: fit::call(
            0,
            &format!("{} = HostType(", names::host_spec(&item.name.spec)),
            &[callable.to_owned(), format!("({})", listed.join(", "))],
            ")",
        ),
        function: item.callable.then(|| {
            let method = &item.methods[0];
            format!(
                "{class}Function: TypeAlias = Callable[[{}], {}]",
                args(method).join(", "),
                result(method)
            )
        }),
        name: class,
    }
}

fn class(api: &Api, item: &Object, mode: Mode) -> ClassModel {
    let name = names::class(&item.name);
    let owner = Owner { object: Some((&item.name.spec, &name)), vars: &item.generic, mode, indent: 4 };
    let all: Vec<_> =
        item.constructors.iter().chain(&item.methods).filter(|m| m.in_lang(Lang::Python)).collect();
    let mut methods = Vec::new();
    for method in &all {
        let overloads: Vec<_> =
            all.iter().filter(|m| m.overload.as_deref() == Some(&method.name.spec)).collect();
        if overloads.is_empty() {
            methods.extend(calls::methods(api, owner, method));
        } else {
            methods.extend(overloaded(api, owner, method, &overloads));
        }
    }
    let stream_class = if mode == Mode::Aio { "AsyncStream" } else { "Stream" };
    let bases = match (&item.iterates, &item.close, item.generic.is_empty()) {
        (Some(of), ..) => format!("{stream_class}[{}]", types::output(api, of, mode)),
        (None, Some(_), true) => "Native".into(),
        (None, None, true) => "Closable".into(),
        (None, Some(_), false) => "Typed[T]".into(),
        (None, None, false) => "Typed[T], Closable".into(),
    };
    let closing = item.close.as_ref().filter(|_| item.iterates.is_none());
    ClassModel {
        bases,
        doc: fit::doc(4, &item.doc.text),
        methods,
        stream: item.iterates.as_ref().map(|_| format!("_net.{}", names::native(Some(&item.name.spec), ""))),
        closing: closing.map(|close| {
            let found = item.methods.iter().find(|method| method.name.spec == *close);
            let waits = mode == Mode::Aio && found.is_some_and(|method| method.is_async);
            let called = found.map_or_else(|| close.clone(), |method| names::member(&method.name));
            format!("{}self.{called}()", if waits { "await " } else { "" })
        }),
        aio: mode == Mode::Aio,
        len: item.methods.iter().any(|m| m.name.spec == "len" && matches!(m.shape, Shape::Property { .. })),
        name,
    }
}

/// A method with several signatures: each in a method of its own, and one that chooses.
fn overloaded(api: &Api, owner: Owner<'_>, first: &Method, others: &[&&Method]) -> Vec<MethodModel> {
    let name = names::member(&first.name);
    let hidden = format!("_{name}");
    let mut all = vec![calls::method(api, owner, first, &hidden)];
    all[0].aliases.clear();
    let mut chosen = Vec::new();
    let mut choices = Vec::new();
    for signature in std::iter::once(&first).chain(others.iter().copied()) {
        let mut shown = calls::method(api, owner, signature, &name);
        shown.decorators.insert(0, "@overload".into());
        shown.aliases.clear();
        shown.body = Vec::new();
        chosen.push(shown);
    }
    let receiver = if first.shape == Shape::Constructor { "cls" } else { "self" };
    for other in others {
        let target = names::member(&other.name);
        if let Some((position, arg, kind)) = difference(api, first, other) {
            choices.push(format!("        if picks(args, named, {position}, \"{arg}\", {kind}):"));
            choices.push(format!("            return {receiver}.{target}(*args, **named)"));
        }
    }
    choices.push(format!("        return {receiver}.{hidden}(*args, **named)"));
    let mut chooser = calls::method(api, owner, first, &name);
    chooser.signature = format!("    def {name}({receiver}, *args: Any, **named: Any) -> Any:");
    chooser.body = choices;
    all.extend(chosen);
    all.push(chooser);
    all
}

/// The first argument in which a signature differs in kind, and the class that tells it.
fn difference(api: &Api, first: &Method, other: &Method) -> Option<(usize, String, String)> {
    let kind = |ty: &Type| -> String {
        match api.base(ty.split_optional().0) {
            Type::Bool => "bool".into(),
            Type::Int(_) | Type::Duration(_) | Type::Instant(_) | Type::Size => "int".into(),
            Type::F64 => "float".into(),
            Type::String => "str".into(),
            Type::Bytes | Type::FixedBytes(_) => "Buffer".into(),
            Type::List(_) => "list".into(),
            Type::Map(_) => "dict".into(),
            Type::Object(..) => "Native".into(),
            Type::Record(at) => names::class(&api.record(*at).name),
            Type::Union(at) => names::class(&api.union(*at).name),
            _ => "object".into(),
        }
    };
    let names = Parameters::first(api, other).names;
    other.args.iter().zip(names).enumerate().find_map(|(position, (arg, name))| {
        let own = kind(&arg.ty);
        let differs = first.args.get(position).is_none_or(|first| kind(&first.ty) != own);
        differs.then_some((position, name, own))
    })
}

/// The imports that a printed page needs.
pub(crate) fn imports(api: &Api, module: &Module, mode: Mode, text: &str, own: &[String]) -> String {
    let mut known: Vec<(String, Vec<String>)> = [
        ("collections.abc", "AsyncIterable Awaitable Callable Iterable Mapping Sequence"),
        ("datetime", "datetime"),
        ("enum", "IntEnum StrEnum"),
        ("typing", "Any Final Protocol Self TypeAlias overload"),
        ("net", "_net"),
        ("net._kernel.arguments", "Buffer picks spread whole"),
        ("net._kernel.codec", "Model decoder encode encode_all"),
        ("net._kernel.errors", "NetError"),
        ("net._kernel.hosts", "HostType thread_host thread_stream"),
        ("net._kernel.loop", "loop_host loop_stream submit"),
        ("net._kernel.objects", "Closable Native T Typed handle_of handles_of"),
        ("net._kernel.streams", "AsyncStream Stream"),
    ]
    .map(|(module, items)| (module.to_owned(), items.split(' ').map(str::to_owned).collect()))
    .into();
    let records = |module: &Module| -> Vec<String> {
        let records = module.records.iter().map(|item| names::class(&item.name));
        records.chain(module.unions.iter().map(|item| names::class(&item.name))).collect()
    };
    let mut natives = if mode == Mode::Blocking { records(module) } else { Vec::new() };
    natives.sort();
    known.push(("net._net".into(), natives));
    let side = if mode == Mode::Aio { "net.gen.aio" } else { "net.gen" };
    for other in &api.modules {
        let same = other.name == module.name;
        if same && mode == Mode::Blocking {
            continue;
        }
        let page = page(api, other, Mode::Blocking);
        let mut items: Vec<_> = page.exports.into_iter().filter(|name| !own.contains(name)).collect();
        if same {
            items.extend(other.hosts.iter().map(|item| names::host_spec(&item.name.spec)));
        }
        let from = if same { format!("net.gen.{}", other.name) } else { format!("{side}.{}", other.name) };
        known.push((from, items));
    }
    let lines = known.into_iter().filter_map(|(path, items)| {
        let needed = path == format!("net.gen.{}", module.name) || path == "net._net";
        let mut items: Vec<_> = items
            .into_iter()
            .filter(|item| has_word(text, item) || needed && !item.starts_with('_'))
            .collect();
        items.sort();
        (!items.is_empty()).then(|| fit::import(&path, &items))
    });
    let (ours, theirs): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with("from net"));
    format!("{}\n\n{}", theirs.join("\n"), ours.join("\n")).trim_start().to_owned()
}

/// The imports and exports of a package: every module that is in shipped packages.
pub(crate) fn index(api: &Api, mode: Mode) -> String {
    let dir = if mode == Mode::Aio { "net.gen.aio" } else { "net.gen" };
    let shipped = api.modules.iter().filter(|module| module.feature.is_none());
    let pages: Vec<_> = shipped.map(|module| (module, page(api, module, Mode::Blocking).exports)).collect();
    let lines = pages.iter().map(|(module, exports)| fit::import(&format!("{dir}.{}", module.name), exports));
    let written: &[(&str, &[&str])] = match mode {
        Mode::Blocking => &[
            ("net._kernel.errors", &["NetError"]),
            ("net._kernel.streams", &["Stream"]),
            ("net._net", &["live_handles"]),
        ],
        Mode::Aio => &[("net._kernel.errors", &["NetError"]), ("net._kernel.streams", &["AsyncStream"])],
    };
    let written: Vec<(&str, Vec<String>)> = written
        .iter()
        .map(|(path, items)| (*path, items.iter().map(|item| (*item).to_owned()).collect()))
        .collect();
    let lines: Vec<_> = written.iter().map(|(path, items)| fit::import(path, items)).chain(lines).collect();
    let all = pages.iter().map(|(_, exports)| exports).chain(written.iter().map(|(_, items)| items));
    let mut exports: Vec<_> = all.flatten().map(|name| format!("\"{name}\"")).collect();
    exports.sort();
    format!("{}\n\n{}", lines.join("\n"), fit::list(0, "__all__ = [", &exports, "]"))
}
