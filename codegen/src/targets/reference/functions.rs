//! Objects, interfaces of the host, and functions.

use super::lang::{ALL, Site};
use super::model::{ItemModel, article, doc, language};
use super::table::{code, codes, table};
use super::types::{blocks, names_line, names_of, spellings};
use crate::doc::Thread;
use crate::ir::{At, Host, Lang, Method, Module, Object, Shape, Type};
use crate::spell;

/// What stands in front of the objects.
pub(super) fn objects_intro(module: &Module) -> Vec<String> {
    if module.objects.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "An object is a handle to something in the library: {} and {} say what that means.",
        article("ownership"),
        article("threads")
    )]
}

/// What stands in front of the interfaces of the host.
pub(super) fn hosts_intro(module: &Module) -> Vec<String> {
    if module.hosts.is_empty() {
        return Vec::new();
    }
    vec![format!("What a program implements and the library calls; see {}.", article("ownership"))]
}

/// The objects.
pub(super) fn objects(site: Site<'_>) -> Vec<ItemModel> {
    let objects = site.item().objects.iter().enumerate();
    objects.flat_map(|(index, item)| object(site, At { module: site.module, index }, item)).collect()
}

/// The interfaces of the host.
pub(super) fn hosts(site: Site<'_>) -> Vec<ItemModel> {
    site.item().hosts.iter().map(|item| host(site, item)).collect()
}

/// The functions of the module.
pub(super) fn functions(site: Site<'_>) -> Vec<ItemModel> {
    site.item().functions.iter().map(|item| function(site, item, "")).collect()
}

fn object(site: Site<'_>, at: At, item: &Object) -> Vec<ItemModel> {
    let mut facts = vec!["It may be used from any thread.".to_owned()];
    if let Some(close) = &item.close {
        facts.push(format!("{} ends it.", code(close)));
    }
    if let Some(ty) = &item.iterates {
        facts.push(format!("It is a stream of {}.", code(&site.spelling().ty(ty))));
    }
    if let Some((constructor, arg)) = item.accepted() {
        facts.push(format!(
            "Where one is an argument, TypeScript and Python also take what {} does: {}.",
            code(&constructor.name.spec),
            code(&arg.name)
        ));
    }
    if !item.generic.is_empty() {
        facts.push(format!("Type variables: {}.", codes(&item.generic)));
    }
    facts.extend(
        item.feature
            .as_ref()
            .map(|feature| format!("Without the feature {} it answers `unsupported`.", code(feature))),
    );
    let names = ALL.iter().map(|lang| {
        let names = lang.object(&item.name).into_iter().chain(lang.type_aliases(&item.name));
        (lang.label(), names.collect::<Vec<_>>())
    });
    let head = ItemModel {
        title: code(&item.name.spec),
        blocks: blocks(doc(&item.doc), [names_line(names), facts.join(" ")]),
    };
    let inner = Site { object: Some((at, item)), ..site };
    let all = item.constructors.iter().chain(&item.methods).chain(&item.sugars);
    let methods = all.filter(|method| !method.internal);
    let methods = methods.map(|method| function(inner, method, &item.name.spec));
    std::iter::once(head).chain(methods).collect()
}

fn host(site: Site<'_>, item: &Host) -> ItemModel {
    let mut facts = vec![match item.thread {
        Thread::Any => "Called from any thread, also several times at once.".to_owned(),
        Thread::Serial => "Never called twice at once.".to_owned(),
    }];
    if item.callable {
        facts.push("A plain function is an implementation.".into());
    }
    let props = item.props.iter().map(|prop| {
        let ty = prop.returns.as_ref().map_or(String::new(), |ty| code(&site.spelling().ty(ty)));
        vec![code(&prop.name.spec), ty, String::new(), String::new(), prop.doc.text.clone()]
    });
    let methods = item.methods.iter().map(|method| {
        let limit =
            method.timeout.map_or(String::new(), |limit| format!("{} ms", spell::grouped(limit.into())));
        let mut says = vec![method.doc.text.clone()];
        says.extend(method.optional.then(|| "May be left out.".to_owned()));
        let throws = method.throws.iter().map(|at| code(&site.api.family(*at).name)).collect::<Vec<_>>();
        vec![code(&method.name.spec), code(&shape(site, method)), limit, throws.join(", "), says.join(" ")]
    });
    let rows: Vec<_> = props.chain(methods).collect();
    let named = item.props.iter().chain(&item.methods).map(|member| (member.name.spec.as_str(), member));
    let names = spellings("member", named, |lang, member| lang.member(item, member));
    let members = table(&["member", "type", "time to answer", "errors that pass", "meaning"], &rows);
    ItemModel {
        title: code(&item.name.spec),
        blocks: blocks(doc(&item.doc), [names_of(&item.name), facts.join(" "), members, names]),
    }
}

/// A function under its name, with that of its object in front.
fn function(site: Site<'_>, item: &Method, owner: &str) -> ItemModel {
    let record = item.member.as_ref().map(|member| site.api.record(member.record).name.spec.as_str());
    let name = &item.published().spec;
    let title = match record.unwrap_or(owner) {
        "" => name.clone(),
        owner => format!("{owner}.{name}"),
    };
    let all = [
        code(&shape(site, item)),
        signatures(site, item),
        arguments(site, item),
        facts(site, item),
        example(item),
        skips(item),
    ];
    ItemModel { title: code(&title), blocks: blocks(doc(&item.doc), all) }
}

/// The function as the spec writes it.
fn shape(site: Site<'_>, item: &Method) -> String {
    let args = item.given().iter().map(|arg| {
        let default = arg.default.as_ref().map(|value| site.spelling().literal(value, &arg.ty));
        let default = default.map_or(String::new(), |value| format!(" = {value}"));
        format!("{}: {}{default}", arg.name, site.spelling().argument(arg))
    });
    let args = args.collect::<Vec<_>>().join(", ");
    let returns = match (&item.returns, site.object, item.shape) {
        (_, Some((_, object)), Shape::Constructor) => format!(" -> {}", object.name.spec),
        (Some(ty), ..) => format!(" -> {}", site.spelling().ty(ty)),
        (None, ..) => String::new(),
    };
    let kind = match item.shape {
        Shape::Static => "static ",
        _ if item.member.as_ref().is_some_and(|member| member.is_static) => "static ",
        Shape::Property { fixed: true } => "fixed ",
        _ => "",
    };
    if let Some(acquire) = &item.with {
        return format!("{}(run) with {acquire}", item.published().spec);
    }
    let later = if item.is_async { "async " } else { "" };
    if matches!(item.shape, Shape::Property { .. }) {
        return format!("{kind}{}{returns}", item.name.spec);
    }
    format!("{kind}{later}{}({args}){returns}", item.published().spec)
}

/// The declaration in every language that has it.
fn signatures(site: Site<'_>, item: &Method) -> String {
    let languages = ALL.iter().filter(|lang| item.in_lang(lang.lang()));
    let lines: Vec<_> = languages
        .filter_map(|lang| Some(format!("{:11} {}", lang.label(), lang.signature(site, item)?)))
        .collect();
    if lines.is_empty() { String::new() } else { format!("```text\n{}\n```", lines.join("\n")) }
}

fn arguments(site: Site<'_>, item: &Method) -> String {
    let rows = item.given().iter().map(|arg| {
        let (inner, _) = arg.ty.split_optional();
        let default = arg.default.as_ref().map(|value| site.spelling().literal(value, &arg.ty));
        vec![
            code(&arg.name),
            code(&site.spelling().argument(arg)),
            spell::unit(site.api.base(inner)).to_owned(),
            default.map_or(String::new(), |value| code(&value)),
        ]
    });
    let rows: Vec<_> = rows.collect();
    // What the line above says already needs no table.
    if rows.iter().all(|row| row[2].is_empty()) {
        return String::new();
    }
    table(&["argument", "type", "unit", "default"], &rows)
}

fn facts(site: Site<'_>, item: &Method) -> String {
    let mut facts = Vec::new();
    if item.is_async {
        facts.push(format!("Completes later and can be cancelled: {}.", article("async")));
    }
    if item.blocks {
        facts.push(format!("May keep the calling thread for long: {}.", article("threads")));
    }
    if !item.throws.is_empty() {
        let families = item.throws.iter().map(|at| {
            let (module, name) = (&site.api.modules[at.module].name, &site.api.family(*at).name);
            let page = if at.module == site.module { String::new() } else { format!("{module}.md") };
            format!("[`{name}`]({page}#{name})")
        });
        facts.push(format!("Errors: {}.", families.collect::<Vec<_>>().join(", ")));
    }
    facts.extend(item.order.as_ref().map(|order| format!("Order of the result: {order}.")));
    if item.args.iter().any(|arg| arg.borrowed) {
        facts.push(format!("Bytes are borrowed for the call: {}.", article("ownership")));
    }
    facts
        .extend(item.shows.then(|| {
            "It is what Python's `str`, TypeScript's `toString` and Go's `String` give.".to_owned()
        }));
    facts.extend(item.hot.then(|| "One crossing a call, without copies of its own.".to_owned()));
    if matches!(item.returns, Some(Type::SelfType)) && item.shape == Shape::Method {
        facts.push("Gives back the object itself, so calls may be chained.".into());
    }
    if let (Some(acquire), Some((_, object))) = (&item.with, site.object) {
        let end = object.held(site.api, item).map(|held| code(&held.end.name.spec)).unwrap_or_default();
        facts.push(format!(
            "Runs a function with what {} gives, ends that with {end}, telling whether the function failed, and passes on what the function answers with.",
            code(acquire)
        ));
    }
    facts.extend(
        item.overload
            .as_ref()
            .map(|of| format!("Another signature of {}, under one name in TypeScript and Python.", code(of))),
    );
    facts.extend(
        item.feature
            .as_ref()
            .map(|feature| format!("Without the feature {} it answers `unsupported`.", code(feature))),
    );
    facts.extend(
        item.deprecated
            .as_ref()
            .map(|(since, instead)| format!("Deprecated since {since}: use {}.", code(instead))),
    );
    let aliases = ALL.iter().map(|lang| (lang.label(), lang.aliases(site, item)));
    let aliases = names_line(aliases);
    if !aliases.is_empty() {
        facts.push(format!("Also called: {aliases}."));
    }
    facts.join(" ")
}

/// How a call looks in every language, folded.
fn example(item: &Method) -> String {
    if item.examples.is_empty() {
        return String::new();
    }
    let shown = ALL.iter().filter_map(|lang| {
        let (code, word) = (item.examples.get(&lang.lang())?, fence(lang.lang()));
        Some(format!("{}:\n\n```{word}\n{code}\n```\n\n", lang.label()))
    });
    format!("<details><summary>Example</summary>\n\n{}</details>", shown.collect::<String>())
}

/// The word by which Markdown knows a language.
fn fence(lang: Lang) -> &'static str {
    match lang {
        Lang::Ts => "typescript",
        other => other.key(),
    }
}

fn skips(item: &Method) -> String {
    let skips = item.skip.iter().map(|(lang, reason)| format!("Not in {}: {reason}", language(*lang)));
    let untested = item.untested.iter().map(|reason| format!("Not in the conformance suite: {reason}"));
    skips.chain(untested).collect::<Vec<_>>().join(" ")
}
