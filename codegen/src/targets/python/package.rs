//! What the templates of the package print: one page per module, and its awaitable twin.

use super::calls::{MethodModel, Owner};
use super::classes::{self, ClassModel};
use super::enums::{self, EnumModel, ValueModel};
use super::holders::{self, HolderModel};
use super::hosts::{self, HostModel};
use super::raised::{self, ErrorModel};
use super::types::{self, Mode};
use super::{fit, names};
use crate::case::pascal;
use crate::ir::{Api, Case, Lang, Method, Module, Type, Union};
use crate::targets::imports::has_word;

pub(crate) struct PageModel {
    pub doc: String,
    pub consts: Vec<ValueModel>,
    pub enums: Vec<EnumModel>,
    pub errors: Vec<ErrorModel>,
    pub hosts: Vec<HostModel>,
    pub classes: Vec<ClassModel>,
    pub holders: Vec<HolderModel>,
    pub functions: Vec<MethodModel>,
    /// Assignments of more names.
    pub aliases: Vec<String>,
    /// Every public name, sorted.
    pub exports: Vec<String>,
}

/// Lowers a module.
pub(crate) fn page(api: &Api, module: &Module, mode: Mode) -> PageModel {
    let own = mode == Mode::Blocking;
    let functions = functions(api, module, mode);
    let owner = Owner { object: None, vars: &[], mode, indent: 0 };
    let Public { exports, aliases } = public(api, module, mode);
    let mut page = PageModel {
        doc: fit::doc(0, &module.doc.text),
        consts: Vec::new(),
        enums: Vec::new(),
        errors: Vec::new(),
        hosts: Vec::new(),
        classes: module.objects.iter().map(|item| classes::class(api, item, mode)).collect(),
        holders: module
            .records
            .iter()
            .filter(|item| api.holds(item) || own && names::is_of_package(api, item))
            .map(|item| holders::holder(api, item, mode))
            .collect(),
        functions: functions
            .iter()
            .flat_map(|item| classes::signatures(api, owner, item, &functions))
            .collect(),
        aliases: aliases.iter().map(|(alias, of)| format!("{alias} = {of}")).collect(),
        exports,
    };
    if own {
        page.consts = consts(api, module);
        page.enums = module.enums.iter().map(enums::enumeration).collect();
        page.enums.extend(module.flags.iter().map(enums::flags));
        page.errors = module.families.iter().flat_map(|item| raised::errors(api, item)).collect();
        page.hosts = module.hosts.iter().map(|item| hosts::host(api, item)).collect();
    }
    page
}

fn functions<'a>(api: &Api, module: &'a Module, mode: Mode) -> Vec<&'a Method> {
    let functions = module.plain_functions().filter(|item| item.in_lang(Lang::Python));
    functions.filter(|item| mode == Mode::Blocking || is_twin(api, item)).collect()
}

/// What a page gives to others.
pub(crate) struct Public {
    /// Every public name, sorted.
    pub exports: Vec<String>,
    /// More names, and what they are of.
    aliases: Vec<(String, String)>,
}

/// The public names of a module, without what is behind them.
pub(crate) fn public(api: &Api, module: &Module, mode: Mode) -> Public {
    let own = mode == Mode::Blocking;
    let mut public = Public { exports: Vec::new(), aliases: Vec::new() };
    let mut add = |name: String, more: Vec<String>| {
        public.aliases.extend(more.into_iter().map(|alias| (alias, name.clone())));
        public.exports.push(name);
    };
    for item in &module.objects {
        add(names::class(&item.name), names::class_aliases(&item.name));
    }
    for item in module.records.iter().filter(|item| api.holds(item)) {
        add(names::class(&item.name), names::class_aliases(&item.name));
    }
    if own {
        for item in module.records.iter().filter(|item| !api.holds(item)) {
            add(names::class(&item.name), names::class_aliases(&item.name));
        }
        for item in &module.unions {
            add(names::class(&item.name), names::class_aliases(&item.name));
        }
        for (name, more) in own_names(module) {
            add(name, more);
        }
    }
    public.aliases.extend(module.unions.iter().filter(|_| own).flat_map(factories));
    public.exports.extend(public.aliases.iter().map(|(alias, _)| alias.clone()));
    for item in functions(api, module, mode) {
        public.exports.push(names::member(&item.name));
        public.exports.extend(names::member_aliases(&item.name));
    }
    public.exports.sort();
    public.exports.dedup();
    public
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
fn is_twin(api: &Api, item: &Method) -> bool {
    fn touches(api: &Api, ty: &Type) -> bool {
        match ty {
            Type::Host(..) => true,
            Type::List(of) | Type::Map(of) | Type::Optional(of) => touches(api, of),
            other => api.has_handles(other),
        }
    }
    item.is_async
        || item.args.iter().any(|arg| touches(api, &arg.ty))
        || item.returns.iter().any(|ty| touches(api, ty))
}

/// Names under which cases are constructed, by the pattern of the union: functions, or the class under another name, whose
/// static methods they are.
fn factories(item: &Union) -> Vec<(String, String)> {
    let class = names::class(&item.name);
    let Some(pattern) = item.factory.get(&Lang::Python) else { return Vec::new() };
    match pattern.split_once('.') {
        Some((owner, _)) if pascal(owner) == class => Vec::new(),
        Some((owner, _)) => vec![(names::value(owner), class)],
        None => {
            let name = |case: &Case| names::value(&pattern.replace('*', &case.name));
            let made = |case: &Case| format!("{class}.{}", names::value(&case.name));
            item.cases.iter().map(|case| (name(case), made(case))).collect()
        }
    }
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

/// The imports that a printed page needs.
pub(crate) fn imports(api: &Api, module: &Module, mode: Mode, text: &str, own: &[String]) -> String {
    let mut known: Vec<(String, Vec<String>)> = [
        ("collections.abc", "AsyncIterable Awaitable Callable Iterable Mapping Sequence"),
        ("dataclasses", "dataclass"),
        ("datetime", "datetime"),
        ("enum", "IntEnum StrEnum"),
        ("typing", "Any Final NamedTuple Protocol Self TypeAlias overload"),
        ("net", "_net"),
        ("net._kernel.arguments", "Buffer either filled flat of_mapping picks spread whole"),
        ("net._kernel.codec", "Model decoder encode encode_all"),
        ("net._kernel.enums", "unlisted_number unlisted_text"),
        ("net._kernel.errors", "NetError argument_error"),
        ("net._kernel.hosts", "HostType thread_host thread_stream"),
        ("net._kernel.loop", "loop_host loop_stream submit"),
        (
            "net._kernel.objects",
            "Closable Native R T Typed handle_of handle_or_none handles_of within within_later",
        ),
        ("net._kernel.streams", "AsyncStream Stream"),
    ]
    .map(|(module, items)| (module.to_owned(), items.split(' ').map(str::to_owned).collect()))
    .into();
    let records = |module: &Module| -> Vec<String> {
        let records = module.records.iter().filter(|item| !names::is_of_package(api, item));
        let records = records.map(|item| names::class(&item.name));
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
        let exports = public(api, other, Mode::Blocking).exports;
        let mut items: Vec<_> = exports.into_iter().filter(|name| !own.contains(name)).collect();
        if same {
            items.extend(other.hosts.iter().map(|item| names::host_spec(&item.name.spec)));
        }
        let from = if same { format!("net.gen.{}", other.name) } else { format!("{side}.{}", other.name) };
        known.push((from, items));
    }
    // A doc may hold any word, and a field or a parameter be called as anything is.
    let code: Vec<_> = text.split("\"\"\"").step_by(2).flat_map(str::lines).map(undeclared).collect();
    let code = code.join("\n");
    let lines = known.into_iter().filter_map(|(path, items)| {
        let needed = path == format!("net.gen.{}", module.name) || path == "net._net";
        let mut items: Vec<_> = items
            .into_iter()
            .filter(|item| has_word(&code, item) || needed && !item.starts_with('_'))
            .collect();
        items.sort();
        (!items.is_empty()).then(|| fit::import(&path, &items))
    });
    let (ours, theirs): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with("from net"));
    format!("{}\n\n{}", theirs.join("\n"), ours.join("\n")).trim_start().to_owned()
}

/// A line without the name that it declares.
fn undeclared(line: &str) -> &str {
    let is_name = |text: &str| text.chars().all(|char| char.is_ascii_lowercase() || char == '_');
    match line.trim_start().split_once(": ") {
        Some((name, rest)) if is_name(name) => rest,
        _ => line,
    }
}

/// The imports and exports of a package: every module that is in shipped packages.
pub(crate) fn index(api: &Api, mode: Mode) -> String {
    let dir = if mode == Mode::Aio { "net.gen.aio" } else { "net.gen" };
    let shipped = api.modules.iter().filter(|module| module.feature.is_none());
    let pages: Vec<_> = shipped.map(|module| (module, public(api, module, Mode::Blocking).exports)).collect();
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
