//! What the Rust SDK has, as code that names each thing: what is missing does not compile.

use super::path;
use crate::ir::{Api, At, Field, Host, Lang, Module, Name, Object, Record, Type};
use crate::targets::reference::lang::{Language, Site, rust::Rust};
use crate::targets::rust::names;
use crate::targets::testee;
use crate::targets::wire::model::has_codec;

/// One module's function.
pub(crate) struct SurfaceModel {
    pub name: String,
    pub lines: Vec<String>,
}

/// Lowers a module.
pub(crate) fn module(api: &Api, position: usize) -> SurfaceModel {
    let module = &api.modules[position];
    let site = Site { api, module: position, object: None };
    let mut list = List { site, module, lines: Vec::new() };
    list.constants();
    list.enums();
    list.unions();
    list.errors();
    module.scalars.iter().for_each(|item| list.ty(&item.name, 0));
    module.records.iter().for_each(|item| list.record(item));
    for item in module.wires.iter().filter(|item| has_codec(api, item)) {
        let name = format!("net_mesh::wire::{}::{}", module.name, names::ty(&item.name));
        list.lines.push(format!("let _ = ({name}::encode, {name}::decode);"));
        list.has(&Rust.layout(api, item));
    }
    for (index, object) in module.objects.iter().enumerate() {
        list.object(At { module: position, index }, object);
    }
    module.hosts.iter().for_each(|item| list.host(item));
    list.calls();
    SurfaceModel { name: module.name.clone(), lines: list.lines }
}

struct List<'a> {
    site: Site<'a>,
    module: &'a Module,
    lines: Vec<String>,
}

impl<'a> List<'a> {
    fn constants(&mut self) {
        for item in &self.module.consts {
            let name = names::constant(&item.name.spec);
            let found = format!("net_mesh::{}::{name}", self.module.name);
            let is_span = matches!(item.ty, Type::Duration(_));
            self.value(&name, &if is_span { format!("nanos({found})") } else { found });
        }
    }

    fn enums(&mut self) {
        for item in &self.module.enums {
            self.ty(&item.name, 0);
            for value in &item.values {
                let shown = if item.numeric { "tag" } else { "text" };
                let found = format!("{}::{}.{shown}()", self.path(&item.name.spec), names::ty(&value.name));
                self.value(&Rust.value(item, value).unwrap_or_default(), &found);
            }
        }
        for item in &self.module.flags {
            self.ty(&item.name, 0);
            for bit in &item.bits {
                let found = format!("{}::{}.bits()", self.path(&item.name.spec), names::constant(&bit.name));
                self.value(&Rust.bit(item, bit).unwrap_or_default(), &found);
            }
        }
    }

    fn unions(&mut self) {
        for item in &self.module.unions {
            self.ty(&item.name, 0);
            for case in &item.cases {
                let fields: Vec<_> = case.fields.iter().map(|field| names::value(&field.name.spec)).collect();
                let named =
                    case.fields.iter().filter_map(|field| Rust.case_field(self.site.api, item, case, field));
                let named: Vec<_> = Rust.case(item, case).into_iter().chain(named).collect();
                let variant = format!("{}::{}", self.path(&item.name.spec), names::ty(&case.name));
                self.variant(&variant, fields.is_empty(), &fields, &named);
            }
        }
    }

    fn errors(&mut self) {
        for family in &self.module.families {
            let owner = format!("net_mesh::{}::{}", self.module.name, names::family(&family.name));
            self.lines.push(format!("list.ty::<{owner}>({});", names::text(&names::family(&family.name))));
            for kind in &family.kinds {
                let kept = || kind.fields.iter().filter(|field| !matches!(field.ty, Type::Constant(_)));
                let fields: Vec<_> = kept().map(|field| names::value(&field.name)).collect();
                let named = kept().filter_map(|field| Rust.kind_field(self.site.api, family, kind, field));
                let named: Vec<_> = Rust.kind(family, kind).into_iter().chain(named).collect();
                let variant = format!("{owner}::{}", names::ty(&kind.name));
                // What has no template for its detail carries it.
                self.variant(&variant, fields.is_empty() && kind.detail.is_some(), &fields, &named);
            }
        }
    }

    fn record(&mut self, item: &Record) {
        self.ty(&item.name, 0);
        let (ty, owner) = (self.path(&item.name.spec), names::ty(&item.name.spec));
        let bound = |field: &Field| format!("{}: _", names::value(&field.name.spec));
        let bound: Vec<_> = item.fields.iter().map(bound).collect();
        let named = |field: &Field| format!("{owner}.{}", names::value(&field.name.spec));
        let named: Vec<_> = item.fields.iter().map(named).collect();
        self.lines.push(format!(
            "list.parts(|{ty} {{ {}, .. }}: &{ty}| {{}}, &{});",
            bound.join(", "),
            texts(&named)
        ));
        for view in &item.views {
            let views = self.path(&item.name.spec) + "Views";
            let variable = if matches!(view.ty, Type::Json(_)) { "::<Value>" } else { "" };
            let name = names::value(&view.name.spec);
            self.lines.push(format!("let _ = <{ty} as {views}>::{name}{variable};"));
            self.has(&Rust.view(item, view).into_iter().collect::<Vec<_>>());
        }
    }

    fn object(&mut self, at: At, object: &Object) {
        self.ty(&object.name, object.generic.len());
        self.site.object = Some((at, self.site.api.object(at)));
        let owner = self.path(&names::ty(&object.name.spec));
        for method in object.sugars.iter().filter(|method| method.in_lang(Lang::Rust)) {
            let name = names::value(&method.published().spec);
            let run = "|_| std::future::ready(Ok::<(), net_mesh::Error>(()))";
            self.lines.push(format!("let _ = |object: &{owner}| drop(object.{name}({run}));"));
            self.has(&Rust.called(self.site, method).into_iter().collect::<Vec<_>>());
        }
    }

    fn host(&mut self, item: &Host) {
        let function = format!("host_{}", item.name.spec);
        let members: Vec<_> = item.props.iter().chain(&item.methods).collect();
        let named = members.iter().map(|member| format!("T::{}", names::value(&member.name.spec)));
        let named: Vec<_> = named.collect();
        let fixture = format!("super::{}::{}Fixture", self.module.name, names::ty(&item.name.spec));
        self.lines.extend([
            format!("fn {function}<T: {}>(_: &[T]) {{", self.path(&item.name.spec)),
            format!("    let _ = ({},);", named.join(", ")),
            "}".into(),
            format!("{function}::<{fixture}>(&[]);"),
        ]);
        let listed = members.iter().filter_map(|member| Rust.member(item, member));
        let listed: Vec<_> = Rust.ty(&item.name).into_iter().chain(listed).collect();
        self.has(&listed);
    }

    /// The functions and methods, which the operations call.
    fn calls(&mut self) {
        let position = self.site.module;
        for op in testee::ops(self.site.api, position, Lang::Rust) {
            let testee::Call::Method(method) = op.call else { continue };
            let site = Site { object: op.owner, ..self.site };
            let named = match op.alias {
                Some(alias) => crate::coverage::alias(&Rust, site, method, alias),
                None => Rust.called(site, method),
            };
            self.has(&named.into_iter().collect::<Vec<_>>());
        }
    }

    fn ty(&mut self, name: &Name, variables: usize) {
        let bound =
            if variables == 0 { String::new() } else { format!("<{}>", vec!["Value"; variables].join(", ")) };
        for name in Rust.ty(name).into_iter().chain(Rust.type_aliases(name)) {
            let ty = format!("net_mesh::{}::{name}{bound}", self.module.name);
            self.lines.push(format!("list.ty::<{ty}>({});", names::text(&name)));
        }
    }

    fn value(&mut self, name: &str, found: &str) {
        self.lines.push(format!("list.value({}, {found});", names::text(name)));
    }

    /// A variant, of which a pattern names the fields; one without fields has no braces.
    fn variant(&mut self, variant: &str, is_unit: bool, fields: &[String], named: &[String]) {
        let owner = variant.rsplit_once("::").map_or(variant, |(owner, _)| owner);
        let fields: String = fields.iter().map(|field| format!("{field}: _, ")).collect();
        let braces = if is_unit { String::new() } else { format!(" {{ {fields}.. }}") };
        let pattern = format!("matches!(value, {variant}{braces})");
        self.lines.push(format!("list.parts(|value: &{owner}| {pattern}, &{});", texts(named)));
    }

    fn has(&mut self, named: &[String]) {
        self.lines.push(format!("list.has(&{});", texts(named)));
    }

    fn path(&self, name: &str) -> String {
        path(self.site.api, self.site.module, name)
    }
}

fn texts(named: &[String]) -> String {
    let texts: Vec<_> = named.iter().map(|name| names::text(name)).collect();
    format!("[{}]", texts.join(", "))
}
