//! What the templates of the Rust SDK print: strings and truth values, nothing to decide.

use super::hosts::{self, HostModel};
use super::types::{Scope, taken, variables};
use super::{args, names};
use crate::doc::RecordClass;
use crate::ir::{Api, At, Held, Lang, Method, Module, Name, Object, Record, Shape, Type};
use crate::targets::notes;
use crate::targets::rust::model::{Lines, lines};
use crate::targets::rust::types as core;
use std::collections::BTreeMap;

pub(crate) struct ModuleModel {
    pub name: String,
    pub feature: Option<String>,
    pub doc: Lines,
    /// Traits of the core whose methods are called.
    pub contracts: String,
    pub aliases: Vec<AliasModel>,
    /// Whether the core's types have any of this module.
    pub has_types: bool,
    pub objects: Vec<ObjectModel>,
    pub holders: Vec<HolderModel>,
    pub functions: Vec<MethodModel>,
    pub hosts: Vec<HostModel>,
    pub views: Vec<ViewsModel>,
    pub members: Vec<MembersModel>,
    /// Names for the prelude.
    pub prelude: String,
}

pub(crate) struct AliasModel {
    pub name: String,
    pub target: String,
    pub generics: String,
}

pub(crate) struct ObjectModel {
    pub doc: Lines,
    pub name: String,
    pub core: String,
    pub generics: String,
    /// What stands for the type variables in a struct that holds none of them.
    pub marker: String,
    /// Bounds without which the object cannot be made.
    pub bounds: String,
    pub item: Option<ItemModel>,
    pub methods: Vec<MethodModel>,
}

/// A record with objects or streams in it, which the core has in another form.
pub(crate) struct HolderModel {
    pub doc: Lines,
    pub name: String,
    pub derives: &'static str,
    /// The core's type, and the same to build one.
    pub core: String,
    pub core_path: String,
    pub fields: Vec<HeldModel>,
    /// Whether callers may give none of its fields.
    pub has_default: bool,
    pub is_input: bool,
    pub is_output: bool,
}

pub(crate) struct HeldModel {
    pub doc: Lines,
    pub name: String,
    pub ty: String,
    /// Expressions that make it of the core's, a field of `value`, and the core's of it.
    pub taken: String,
    pub given: String,
    /// What it is where callers give nothing.
    pub default: String,
}

pub(crate) struct ItemModel {
    pub ty: String,
    /// Function that makes an item from what the core gives.
    pub taken: &'static str,
    /// Whether a `close` has to be added.
    pub adds_close: bool,
    /// Whether methods of its own call the core.
    pub has_methods: bool,
}

pub(crate) struct MethodModel {
    pub doc: Lines,
    pub attributes: Lines,
    pub signature: String,
    pub body: Lines,
    pub aliases: Vec<ForwardModel>,
}

pub(crate) struct ForwardModel {
    pub doc: String,
    pub signature: String,
    pub call: String,
}

pub(crate) struct ViewsModel {
    pub record: String,
    pub name: String,
    pub views: Vec<ViewModel>,
}

pub(crate) struct ViewModel {
    pub doc: Lines,
    pub signature: String,
    pub body: String,
}

/// The methods of a record, which lives in another crate and takes none of its own from here.
pub(crate) struct MembersModel {
    pub record: String,
    pub name: String,
    pub methods: Vec<MethodModel>,
}

/// Lowers a module.
pub(crate) fn module(api: &Api, position: usize, module: &Module) -> ModuleModel {
    let scope = Scope { api, module: position, owner: None };
    let mut contracts: Vec<_> =
        module.objects.iter().map(|object| format!("{} as _", names::ty(&object.name.spec))).collect();
    if offered(module.functions.iter()).next().is_some() {
        contracts.push(format!("{} as _", names::functions(&module.name)));
    }
    ModuleModel {
        name: module.name.clone(),
        feature: module.feature.clone(),
        doc: lines(&module.doc),
        contracts: contracts.join(", "),
        aliases: aliases(module),
        has_types: module.has_types(),
        objects: module
            .objects
            .iter()
            .enumerate()
            .map(|(index, item)| object(scope, At { module: position, index }, item))
            .collect(),
        holders: module
            .records
            .iter()
            .enumerate()
            .filter(|(_, item)| api.holds(item))
            .map(|(index, item)| holder(scope, At { module: position, index }, item))
            .collect(),
        functions: offered(module.plain_functions()).map(|item| method(scope, item, None)).collect(),
        members: module.records.iter().filter_map(|item| members(scope, module, item)).collect(),
        hosts: module.hosts.iter().map(|item| hosts::host(scope, module, item)).collect(),
        views: module.records.iter().filter(|r| !r.views.is_empty()).map(views).collect(),
        prelude: prelude(module).join(", "),
    }
}

fn offered<'a>(methods: impl Iterator<Item = &'a Method>) -> impl Iterator<Item = &'a Method> {
    methods.filter(|method| method.in_lang(Lang::Rust))
}

fn prelude(module: &Module) -> Vec<String> {
    let objects = module.objects.iter().map(|item| names::ty(&item.name.spec));
    let hosts = module.hosts.iter().map(|item| names::ty(&item.name.spec));
    let options = module.records.iter().filter(|item| item.class == Some(RecordClass::Options));
    let families = module.families.iter().map(|item| names::family(&item.name));
    let views = module.records.iter().filter(|item| !item.views.is_empty());
    let members = module.records.iter().filter(|item| offered(module.methods_of(item)).next().is_some());
    let mut all: Vec<_> = objects
        .chain(hosts)
        .chain(options.map(|item| names::ty(&item.name.spec)))
        .chain(families)
        .chain(views.map(|item| names::views(&item.name.spec)))
        .chain(members.map(|item| names::methods(&item.name.spec)))
        .collect();
    all.sort();
    all
}

fn aliases(module: &Module) -> Vec<AliasModel> {
    let of = |name: &Name, generics: &[String]| {
        let target = names::ty(&name.spec);
        let generics = variables(generics);
        let make = move |alias: &String| AliasModel {
            name: names::ty(alias),
            target: target.clone(),
            generics: generics.clone(),
        };
        name.aliases(Lang::Rust).iter().map(make).collect::<Vec<_>>()
    };
    let objects = module.objects.iter().flat_map(|item| of(&item.name, &item.generic));
    let records = module.records.iter().flat_map(|item| of(&item.name, &[]));
    let enums = module.enums.iter().flat_map(|item| of(&item.name, &[]));
    let unions = module.unions.iter().flat_map(|item| of(&item.name, &[]));
    objects.chain(records).chain(enums).chain(unions).collect()
}

fn object(scope: Scope<'_>, at: At, item: &Object) -> ObjectModel {
    let scope = Scope { owner: Some(at), ..scope };
    let generics = variables(&item.generic);
    let own: Vec<_> = item.generic.iter().map(|name| names::variable(name)).collect();
    let decodes = matches!(item.iterates, Some(Type::Json(_)));
    let methods = item.constructors.iter().chain(&item.methods).chain(&item.sugars);
    ObjectModel {
        doc: lines(&item.doc),
        name: names::ty(&item.name.spec),
        core: names::ty(&item.name.spec),
        marker: match own.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            several => format!("({})", several.join(", ")),
        },
        bounds: bounds_clause(if decodes { bounds_of_item(item) } else { BTreeMap::new() }),
        item: item.iterates.as_ref().map(|ty| ItemModel {
            ty: scope.owned(ty),
            taken: taken(ty),
            adds_close: item.close.is_none(),
            has_methods: !item.methods.is_empty(),
        }),
        methods: methods
            .filter(|method| method.in_lang(Lang::Rust))
            .map(|method| self::method(scope, method, Some(item)))
            .collect(),
        generics,
    }
}

fn holder(scope: Scope<'_>, at: At, item: &Record) -> HolderModel {
    let core = core::owned(scope.api, &Type::Record(at));
    let core = core.replace("crate::", "net_types::").replace("std::sync::Arc<Self::", "Arc<net_core::");
    let fields = item.fields.iter().map(|field| {
        let name = names::value(&field.name.spec);
        HeldModel {
            doc: lines(&field.doc),
            ty: scope.owned(&field.ty),
            taken: scope.taken_out(&field.ty, &format!("value.{name}")),
            given: scope.put_in(&field.ty, &format!("self.{name}")),
            default: field
                .default
                .as_ref()
                .map_or("Default::default()".into(), |value| core::literal(scope.api, value, &field.ty)),
            name,
        }
    });
    let streams = item.fields.iter().any(|field| scope.has_streams(&field.ty));
    HolderModel {
        doc: lines(&item.doc),
        name: names::ty(&item.name.spec),
        derives: if streams { "Debug" } else { "Debug, Clone" },
        core_path: core.split('<').next().unwrap_or(&core).to_owned(),
        core,
        fields: fields.collect(),
        has_default: item.is_input && item.all_optional(),
        is_input: item.is_input,
        is_output: item.is_output,
    }
}

/// What the variables of a decoding stream have to be.
fn bounds_of_item(item: &Object) -> BTreeMap<String, Vec<&'static str>> {
    let bounds = vec!["DeserializeOwned", "Send", "'static"];
    item.generic.iter().map(|name| (names::variable(name), bounds.clone())).collect()
}

fn bounds_clause(bounds: BTreeMap<String, Vec<&'static str>>) -> String {
    let clauses: Vec<_> =
        bounds.into_iter().map(|(name, bounds)| format!("{name}: {}", bounds.join(" + "))).collect();
    if clauses.is_empty() { String::new() } else { format!(" where {}", clauses.join(", ")) }
}

/// Lowers a function.
pub(crate) fn method(scope: Scope<'_>, item: &Method, owner: Option<&Object>) -> MethodModel {
    if let Some(held) = owner.and_then(|object| object.held(scope.api, item)) {
        return within(scope, item, held);
    }
    let lowered: Vec<_> = item.given().iter().map(|arg| args::lower(scope, arg, item.is_async)).collect();
    let name = names::value(&item.published().spec);
    let function = names::value(&item.name.spec);
    let has_self = matches!(item.shape, Shape::Method | Shape::Property { .. });
    let value = item.receiver().map(|_| "self");
    let passed: Vec<_> = value.into_iter().chain(lowered.iter().map(|arg| arg.passed.as_str())).collect();
    let callee = match (has_self, owner) {
        (true, _) => "self.inner".to_owned(),
        (false, Some(object)) => format!("net_core::{}", names::ty(&object.name.spec)),
        (false, None) => "net_core::Functions".to_owned(),
    };
    let dot = if has_self { "." } else { "::" };
    let call = format!("{callee}{dot}{function}({})", passed.join(", "));
    let checked = item.receiver().filter(|value| scope.api.has_range(&value.ty));
    let mut body: Lines = checked.map(|_| "self.check()?;".to_owned()).into_iter().collect();
    body.extend(lowered.iter().flat_map(|arg| arg.setup.clone()));
    body.extend(ending(scope, item, owner, &call));
    let signature = |name: &str| signature(scope, item, name, &lowered);
    let forwarded: Vec<_> = item.given().iter().map(|arg| names::value(&arg.name)).collect();
    let target = if has_self || value.is_some() {
        "self."
    } else if owner.is_some() || item.member.is_some() {
        "Self::"
    } else {
        ""
    };
    let wait = if item.is_async { ".await" } else { "" };
    let forward = |alias: &String| ForwardModel {
        doc: format!("The same as [`{name}`]({}).", link(item, owner, &name)),
        signature: signature(&names::value(alias)),
        call: format!("{target}{name}({}){wait}", forwarded.join(", ")),
    };
    MethodModel {
        doc: documentation(scope, item),
        attributes: attributes(item),
        signature: signature(&name),
        body,
        aliases: item.published().aliases(Lang::Rust).iter().map(forward).collect(),
    }
}

/// Lowers a method that runs a function with what another one gives.
fn within(scope: Scope<'_>, item: &Method, held: Held<'_>) -> MethodModel {
    let ty = scope.owned(&Type::Object(held.at, Vec::new()));
    let wait = |method: &Method| if method.is_async { ".await" } else { "" };
    let called = |method: &Method| names::value(&method.published().spec);
    let signature = |name: &str| {
        format!(
            "pub async fn {name}<R, E, F, W>(&self, run: F) -> Result<R, E> where F: FnOnce({ty}) -> W, W: Future<Output = Result<R, E>>, E: From<Error>"
        )
    };
    let name = called(item);
    MethodModel {
        doc: documentation(scope, item),
        attributes: attributes(item),
        signature: signature(&name),
        body: vec![
            format!("let held = self.{}(){}?;", called(held.acquire), wait(held.acquire)),
            "let result = run(held.clone()).await;".into(),
            format!("let ended = held.{}(result.is_err()){};", called(held.end), wait(held.end)),
            "let result = result?;".into(),
            "ended?;".into(),
            "Ok(result)".into(),
        ],
        aliases: item
            .published()
            .aliases(Lang::Rust)
            .iter()
            .map(|alias| ForwardModel {
                doc: format!("The same as [`{name}`](Self::{name})."),
                signature: signature(&names::value(alias)),
                call: format!("self.{name}(run).await"),
            })
            .collect(),
    }
}

/// Lowers the methods of a record, if it has any.
fn members(scope: Scope<'_>, module: &Module, item: &Record) -> Option<MembersModel> {
    let methods: Vec<_> = offered(module.methods_of(item)).map(|item| method(scope, item, None)).collect();
    (!methods.is_empty()).then(|| MembersModel {
        record: names::ty(&item.name.spec),
        name: names::methods(&item.name.spec),
        methods,
    })
}

fn link(item: &Method, owner: Option<&Object>, name: &str) -> String {
    if owner.is_some() || item.member.is_some() { format!("Self::{name}") } else { name.to_owned() }
}

/// The statements that call the core and hand out its result.
fn ending(scope: Scope<'_>, item: &Method, owner: Option<&Object>, call: &str) -> Lines {
    if item.shape == (Shape::Property { fixed: true }) {
        return vec![item.returns.as_ref().map_or_else(|| call.to_owned(), |ty| scope.taken_out(ty, call))];
    }
    if matches!((&item.returns, item.shape), (Some(Type::SelfType), Shape::Property { .. })) {
        return vec!["self".into()];
    }
    let guarded = if item.is_async {
        format!("guard::run_async({call}).await")
    } else if let Some(function) = call.strip_suffix("()").filter(|_| call.starts_with("net_core::")) {
        format!("guard::run({function})")
    } else {
        format!("guard::run(|| {call})")
    };
    let ends = owner.is_some_and(|object| object.ends_by(item));
    match &item.returns {
        _ if item.shape == Shape::Constructor => vec![format!("{guarded}.map(Self::from_core)")],
        _ if ends => vec!["self.items.end();".into(), guarded],
        Some(Type::SelfType) => vec![format!("{guarded}?;"), "Ok(self)".into()],
        Some(ty) if !scope.is_plain(ty) => {
            vec![format!("let result = {guarded}?;"), scope.handed_out(ty, "result")]
        }
        _ => vec![guarded],
    }
}

fn signature(scope: Scope<'_>, item: &Method, name: &str, lowered: &[args::Lowered]) -> String {
    let mut generics: Vec<String> = Vec::new();
    if lowered.iter().any(|arg| arg.borrows) {
        generics.push("'a".into());
    }
    generics.extend(item.generic.iter().map(|name| names::variable(name)));
    let generics = if generics.is_empty() { String::new() } else { format!("<{}>", generics.join(", ")) };
    let mut declared = match item.shape {
        Shape::Method | Shape::Property { .. } => vec!["&self".to_owned()],
        _ if item.receiver().is_some() => vec!["&self".to_owned()],
        _ => Vec::new(),
    };
    declared.extend(lowered.iter().map(|arg| arg.declared.clone()));
    let result = match (&item.returns, item.shape) {
        (_, Shape::Constructor) => "Self".into(),
        (None, _) => "()".into(),
        (Some(ty), _) => scope.owned(ty),
    };
    let result = match (&item.returns, item.shape) {
        (_, Shape::Property { fixed: true }) | (Some(Type::SelfType), Shape::Property { .. }) => result,
        _ => format!("Result<{result}, Error>"),
    };
    let keyword = if item.is_async { "async fn" } else { "fn" };
    let clause = bounds_clause(bounds(scope, item));
    // The methods of a trait are as public as it is.
    let public = if item.member.is_some() { "" } else { "pub " };
    format!("{public}{keyword} {name}{generics}({}) -> {result}{clause}", declared.join(", "))
}

/// What the type variables of a method have to be, by what it does with them.
fn bounds(scope: Scope<'_>, item: &Method) -> BTreeMap<String, Vec<&'static str>> {
    let mut bounds: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    for arg in &item.args {
        let listed = matches!(arg.ty, Type::List(_));
        for_each_json(&arg.ty, &mut |name| {
            let found = bounds.entry(names::variable(name)).or_default();
            add(found, "Serialize");
            if item.is_async {
                add(found, "Sync");
            }
            if !listed {
                add(found, "?Sized");
            }
        });
    }
    if let Some(ty) = &item.returns {
        for_each_json(ty, &mut |name| {
            let found = bounds.entry(names::variable(name)).or_default();
            add(found, "DeserializeOwned");
            found.retain(|bound| *bound != "?Sized");
        });
        if let Type::Object(at, bound) = ty.split_optional().0
            && matches!(scope.api.object(*at).iterates, Some(Type::Json(_)))
        {
            for name in bound {
                let found = bounds.entry(names::variable(name)).or_default();
                ["DeserializeOwned", "Send", "'static"].into_iter().for_each(|bound| add(found, bound));
            }
        }
    }
    let own: Vec<_> = item.generic.iter().map(|name| names::variable(name)).collect();
    for (name, found) in &mut bounds {
        found.retain(|bound| *bound != "?Sized" || own.contains(name));
    }
    bounds
}

fn add(bounds: &mut Vec<&'static str>, bound: &'static str) {
    if !bounds.contains(&bound) {
        bounds.push(bound);
    }
}

fn for_each_json(ty: &Type, found: &mut impl FnMut(&str)) {
    match ty {
        Type::Json(name) => found(name),
        Type::List(inner) | Type::Map(inner) | Type::Stream(inner) | Type::Optional(inner) => {
            for_each_json(inner, found);
        }
        _ => {}
    }
}

fn documentation(scope: Scope<'_>, item: &Method) -> Lines {
    let mut doc = lines(&notes::doc(item, Lang::Rust));
    if !item.throws.is_empty() {
        let families: Vec<_> = item
            .throws
            .iter()
            .map(|at| format!("[`{}`]", scope.path(*at, &format!("{}_error", scope.api.family(*at).name))))
            .collect();
        doc.extend([
            String::new(),
            "# Errors".into(),
            String::new(),
            format!("{}, or [`BaseError`](crate::BaseError) as any call.", families.join(", ")),
        ]);
    }
    doc.extend(notes::example(item, Lang::Rust));
    doc
}

fn attributes(item: &Method) -> Lines {
    let mut attributes = Vec::new();
    if let Some((since, instead)) = &item.deprecated {
        attributes.push(format!("#[deprecated(since = {since:?}, note = \"use `{instead}`\")]"));
    }
    attributes
}

fn views(item: &Record) -> ViewsModel {
    let view = |view: &crate::ir::View| {
        let name = names::value(&view.name.spec);
        let field = names::value(&item.fields[view.of].name.spec);
        let (signature, body) = match &view.ty {
            Type::Json(variable) => {
                let variable = names::variable(variable);
                (
                    format!("fn {name}<{variable}: DeserializeOwned>(&self) -> Result<{variable}, Error>"),
                    format!("json::decode(&self.{field})"),
                )
            }
            _ => (format!("fn {name}(&self) -> &[u8]"), format!("self.{field}.as_ref()")),
        };
        ViewModel { doc: lines(&view.doc), signature, body }
    };
    ViewsModel {
        record: names::ty(&item.name.spec),
        name: names::views(&item.name.spec),
        views: item.views.iter().map(view).collect(),
    }
}
