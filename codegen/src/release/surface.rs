//! Everything of the interface that callers depend on, an item each: docs and examples are not among it.
//!
//! What crosses the boundary by its position has it in front: fields, cases, and the functions of a host. A new one comes
//! behind the others, where a program that was compiled before does not look.

use super::version::Level;
use crate::ir::{
    Api, Enum, Family, Field, Flags, Host, Lang, LayoutKind, Method, Module, Name, Object, Package, Record,
    RecordClass, Scalar, Shape, TextForm, Type, Union, Wire, WireField, WireForm,
};
use crate::spell::{Spelling, length, quoted, template};
use crate::wire::to_hex;

/// One thing that callers depend on.
#[derive(Debug)]
pub struct Item {
    /// What it is and where it stands: `method bus.net_node.emit`.
    pub key: String,
    /// What callers depend on, in the spelling of the spec.
    pub shape: String,
    /// Key of the item that it is a part of; empty if it stands for itself.
    pub owner: String,
    /// How far it reaches that an owner which was already there gets it.
    pub arrival: Level,
    /// Version of the layout that first has it.
    pub since: Option<u32>,
}

/// Every item, module by module.
pub fn surface(api: &Api) -> Vec<Item> {
    let mut items = Vec::new();
    for (position, module) in api.modules.iter().enumerate() {
        let spelling = Spelling { api, module: position };
        List { items: &mut items, spelling, module }.module();
    }
    items.extend(api.packages.iter().flat_map(exports));
    items
}

fn exports(package: &Package) -> Vec<Item> {
    let all =
        package.paths.iter().flat_map(|(path, exports)| exports.iter().map(move |export| (path, export)));
    let key = |path, export| format!("export {} {path} {export}", package.name);
    all.map(|(path, export)| Item {
        key: key(path, export),
        shape: String::new(),
        owner: String::new(),
        arrival: Level::Minor,
        since: None,
    })
    .collect()
}

struct List<'a> {
    items: &'a mut Vec<Item>,
    spelling: Spelling<'a>,
    module: &'a Module,
}

impl<'a> List<'a> {
    fn module(&mut self) {
        let module = self.module;
        self.add(
            "",
            format!("module {}", module.name),
            Level::Minor,
            part("feature", module.feature.as_ref()),
        );
        for item in &module.consts {
            let ty = self.spelling.ty(&item.ty);
            let shape = format!("{ty} {}", self.spelling.literal(&item.value, &item.ty));
            self.item("const", &item.name, &[shape]);
        }
        module.families.iter().for_each(|item| self.family(item));
        module.enums.iter().for_each(|item| self.enumeration(item));
        module.flags.iter().for_each(|item| self.flags(item));
        module.scalars.iter().for_each(|item| self.scalar(item));
        module.unions.iter().for_each(|item| self.union(item));
        module.records.iter().for_each(|item| self.record(item));
        module.wires.iter().for_each(|item| self.layout(item));
        module.objects.iter().for_each(|item| self.object(item));
        module.hosts.iter().for_each(|item| self.host(item));
        for item in &module.metrics {
            let labels: Vec<_> = item.labels().map(str::to_owned).collect();
            let shape = words(&[item.kind.key().to_owned(), item.published.clone(), list("by", &labels)]);
            self.add("", format!("metric {}.{}", module.name, item.name), Level::Minor, shape);
        }
        let owner = format!("module {}", module.name);
        self.methods(&owner, &module.name, module.plain_functions());
    }

    fn family(&mut self, item: &Family) {
        let key = format!("error {}", item.name);
        let extends = item.extends.map(|at| &self.spelling.api.family(at).name);
        let shape = words(&[format!("{} {}", item.id, quoted(&item.prefix)), part("extends", extends)]);
        self.add("", key.clone(), Level::Minor, shape);
        for kind in &item.kinds {
            let name = format!("{}.{}", item.name, kind.name);
            let shape = words(&[
                kind.code.to_string(),
                quoted(&kind.text),
                flag("retry", kind.retry),
                flag("make", kind.make),
                part("class", kind.class.as_ref()),
                part("python", kind.python.as_ref()),
                part("detail", kind.detail.as_ref().map(template)),
                part("message", kind.message.as_ref().map(template)),
            ]);
            self.add(&key, format!("kind {name}"), Level::Minor, shape);
            for (number, field) in kind.fields.iter().enumerate() {
                let ty = format!("{number}: {}", self.spelling.ty(&field.ty));
                self.add(&format!("kind {name}"), format!("field {name}.{}", field.name), Level::Minor, ty);
            }
        }
        for (name, code) in &item.retired {
            self.add(&key, format!("retired {}.{name}", item.name), Level::Minor, code.to_string());
        }
    }

    fn enumeration(&mut self, item: &Enum) {
        let shape = [item.repr.key().to_owned(), flag("numeric", item.numeric), flag("open", item.open)];
        let key = self.item("enum", &item.name, &shape);
        for value in &item.values {
            let shape = words(&[value.tag.to_string(), quoted(&value.text), list("or", &value.aliases)]);
            let key = (&key, format!("value {}.{}", self.path(&item.name), value.name));
            self.add(key.0, key.1, unless_open(item.open), shape);
        }
    }

    fn flags(&mut self, item: &Flags) {
        let shape = [item.repr.key().to_owned(), flag("open", item.open), flag("empty", item.empty)];
        let key = self.item("flags", &item.name, &shape);
        for bit in &item.bits {
            let path = format!("bit {}.{}", self.path(&item.name), bit.name);
            self.add(&key, path, unless_open(item.open), words(&[bit.bit.to_string(), quoted(&bit.text)]));
        }
    }

    fn scalar(&mut self, item: &Scalar) {
        let accept: Vec<_> = item.accept.iter().map(|form| text_form(*form).to_owned()).collect();
        let shape = [
            self.spelling.ty(&item.base),
            list("accept", &accept),
            part("out", item.out.map(text_form)),
            part("derived", item.derive.as_ref().map(|derive| derive.words())),
            part("text", item.text.as_ref().map(template)),
        ];
        self.item("scalar", &item.name, &shape);
    }

    fn union(&mut self, item: &Union) {
        let factory: Vec<_> =
            item.factory.iter().map(|(lang, name)| format!("{} {name}", lang.key())).collect();
        let shape = [
            format!("by {}", item.tag),
            flag("bare", item.bare),
            part("depth", item.depth),
            list("factory", &factory),
        ];
        let key = self.item("union", &item.name, &shape);
        for (number, case) in item.cases.iter().enumerate() {
            let record =
                case.record.map(|at| self.spelling.path(at, &self.spelling.api.record(at).name.spec));
            let name = format!("{}.{}", self.path(&item.name), case.name);
            let shape = words(&[format!("{number}:"), quoted(&case.text), part("record", record)]);
            self.add(&key, format!("case {name}"), Level::Major, shape);
            self.fields(&format!("case {name}"), &name, &case.fields, |field| must_be_given(true, field));
        }
    }

    fn record(&mut self, item: &Record) {
        let class = item.class.map(|class| match class {
            RecordClass::Options => "options",
            RecordClass::Fields => "fields",
        });
        let stands_as = item.stands_as.map(|at| &item.fields[at].name.spec);
        let tuple: Vec<_> = item.tuple.iter().map(|lang| lang.key().to_owned()).collect();
        let keep: Vec<_> = item.keep_names.iter().map(|lang| lang.key().to_owned()).collect();
        let shape = [
            part("class", class),
            part("stands as", stands_as),
            list("tuple in", &tuple),
            flag("fixed", item.fixed),
            list("names kept in", &keep),
        ];
        let key = self.item("record", &item.name, &shape);
        let path = self.path(&item.name);
        self.fields(&key, &path, &item.fields, |field| item.fixed || must_be_given(item.is_input, field));
        for view in &item.views {
            let shape = format!("{} of {}", self.spelling.ty(&view.ty), item.fields[view.of].name.spec);
            self.named(&key, "view", &path, &view.name, Level::Minor, &[shape]);
        }
        self.methods(&key, &path, self.module.methods_of(item));
    }

    /// The fields of a record or a case; `breaks` tells which of them nothing that was there before can do with.
    fn fields(&mut self, owner: &str, path: &str, fields: &[Field], breaks: impl Fn(&Field) -> bool) {
        for (number, field) in fields.iter().enumerate() {
            let default = field.default.as_ref().map(|value| self.spelling.literal(value, &field.ty));
            let shape = [
                format!("{number}: {}", self.spelling.field(field)),
                part("default", default),
                part("min", field.min),
                part("max", field.max),
                flag("flat in python", field.python_flat),
                flag("number", field.number),
                flag("secret", field.secret),
                part("feature", field.feature.as_ref()),
            ];
            let arrival = if breaks(field) { Level::Major } else { Level::Minor };
            self.named(owner, "field", path, &field.name, arrival, &shape);
        }
    }

    fn layout(&mut self, item: &Wire) {
        let layout = match item.layout {
            LayoutKind::Fixed => "fixed",
            LayoutKind::Sequence => "sequence",
            LayoutKind::Packed => "packed",
            LayoutKind::Text => "text",
            LayoutKind::Json => "json",
        };
        let path = format!("{}.{}", self.module.name, item.name);
        let key = format!("layout {path}");
        let of = item.of.map(|at| self.spelling.path(at, &self.spelling.api.record(at).name.spec));
        let error = item.error.map(|(at, kind)| {
            let family = self.spelling.api.family(at);
            format!("{}.{}", family.name, family.kinds[kind].name)
        });
        let shape = words(&[
            layout.to_owned(),
            format!("{:?}", item.endian).to_lowercase(),
            part("size", item.size),
            part("magic", Some(to_hex(&item.magic)).filter(|magic| !magic.is_empty())),
            part("of", of),
            part("format", item.format.as_ref().map(template)),
            part("max", item.max),
            part("error", error),
            flag("keeps the rest", item.keep_trailing),
        ]);
        self.add("", key.clone(), Level::Minor, shape);
        if let Some(version) = item.version {
            self.add(&key, format!("version {path}"), Level::Major, version.to_string());
        }
        for field in &item.fields {
            let shape = self.part(field, item.layout == LayoutKind::Fixed);
            self.add(&key, format!("part {path}.{}", field.name), Level::Major, shape);
            if let Some(item) = self.items.last_mut() {
                item.since = field.since;
            }
        }
    }

    fn part(&self, field: &WireField, is_fixed: bool) -> String {
        let form = match &field.form {
            WireForm::Plain(ty) => self.spelling.ty(ty),
            WireForm::Varint(ty) => format!("{} varint", self.spelling.ty(ty)),
            WireForm::Bits(int, parts) => {
                let parts: Vec<_> = parts.iter().map(|(name, width)| format!("{name} {width}")).collect();
                format!("{} of {}", int.key(), parts.join(", "))
            }
            WireForm::Sized { ty, len, max } => {
                format!("{} length {} {}", self.spelling.ty(ty), length(*len), limit(*max))
            }
            WireForm::Counted { of, count, max } => {
                format!("list<{}> count {} {}", self.spelling.ty(of), length(*count), limit(*max))
            }
            WireForm::Switch { on, arms } => {
                let arm = |(number, at): &(u64, _)| format!("{number} {}", self.spelling.api.wire(*at).name);
                format!("by {on}: {}", arms.iter().map(arm).collect::<Vec<_>>().join(", "))
            }
            WireForm::Check { int, hash, over } => {
                format!("{} {hash} over {}..{}", int.key(), over.0, over.1)
            }
        };
        words(&[
            if is_fixed { format!("at {}", field.at) } else { String::new() },
            form.trim_end().to_owned(),
            part("max", field.max),
            part("when", field.when.as_ref().map(|(on, bit)| format!("{on} bit {bit}"))),
            part("since", field.since),
        ])
    }

    fn object(&mut self, item: &Object) {
        let shape = [
            generic(&item.generic),
            part("iterates", item.iterates.as_ref().map(|ty| self.spelling.ty(ty))),
            part("close", item.close.as_ref()),
            part("feature", item.feature.as_ref()),
        ];
        let key = self.item("object", &item.name, &shape);
        let path = self.path(&item.name);
        self.methods(&key, &path, &item.constructors);
        self.methods(&key, &path, &item.methods);
        self.methods(&key, &path, &item.sugars);
    }

    fn host(&mut self, item: &Host) {
        let thread = format!("thread {:?}", item.thread).to_lowercase();
        let key =
            self.item("host", &item.name, &[thread, flag("callable", item.callable), generic(&item.generic)]);
        let path = self.path(&item.name);
        let (props, methods) = (item.props.iter().enumerate(), item.methods.iter().enumerate());
        for (number, method) in props.chain(methods) {
            let may_be_missing = method.optional || matches!(method.returns, Some(Type::Optional(_)));
            let arrival = if may_be_missing { Level::Minor } else { Level::Major };
            let shape = [format!("{number}:"), self.signature(method)];
            self.named(&key, "method", &path, &method.name, arrival, &shape);
        }
    }

    fn methods<'m>(&mut self, owner: &str, path: &str, methods: impl IntoIterator<Item = &'m Method>) {
        for method in methods.into_iter().filter(|method| !method.internal) {
            let name = method.published();
            self.named(owner, "method", path, name, Level::Minor, &[self.signature(method)]);
            let key = format!("method {path}.{}", name.spec);
            for lang in method.skip.keys() {
                let key_of_skip = format!("skip {path}.{} in {}", name.spec, lang.key());
                self.add(&key, key_of_skip, Level::Major, String::new());
            }
        }
    }

    fn signature(&self, method: &Method) -> String {
        let is_static = method.member.as_ref().is_some_and(|member| member.is_static);
        let shape = match method.shape {
            _ if is_static => "static",
            Shape::Function | Shape::Method | Shape::Host => "",
            Shape::Constructor => "new",
            Shape::Static => "static",
            Shape::Property { fixed: true } => "fixed property",
            Shape::Property { fixed: false } => "property",
        };
        let args = method.given().iter().map(|arg| {
            let default = arg.default.as_ref().map(|value| self.spelling.literal(value, &arg.ty));
            let default = default.map(|value| format!(" = {value}")).unwrap_or_default();
            format!("{}: {}{default}", arg.name, self.spelling.argument(arg))
        });
        let throws: Vec<_> =
            method.throws.iter().map(|at| self.spelling.api.family(*at).name.clone()).collect();
        words(&[
            flag("async", method.is_async),
            shape.to_owned(),
            generic(&method.generic),
            format!("({})", args.collect::<Vec<_>>().join(", ")),
            part("->", method.returns.as_ref().map(|ty| self.spelling.ty(ty))),
            list("throws", &throws),
            flag("optional", method.optional),
            part("timeout", method.timeout),
            part("with", method.with.as_ref()),
            part("overload of", method.overload.as_ref()),
            part("feature", method.feature.as_ref()),
        ])
    }

    /// An item of the module, with its names; gives its key.
    fn item(&mut self, sort: &str, name: &Name, shape: &[String]) -> String {
        let path = self.module.name.clone();
        self.named("", sort, &path, name, Level::Minor, shape);
        format!("{sort} {path}.{}", name.spec)
    }

    /// An item with a name of its own in some languages, and with more names.
    fn named(&mut self, owner: &str, sort: &str, path: &str, name: &Name, arrival: Level, shape: &[String]) {
        let renames: Vec<_> =
            name.renames.iter().map(|(lang, name)| format!("{} {name}", lang.key())).collect();
        let parameters: Vec<_> = name.parameters.iter().map(published).collect();
        let key = format!("{sort} {path}.{}", name.spec);
        let shape = words(&[words(shape), list("named", &renames), list("taking", &parameters)]);
        self.add(owner, key.clone(), arrival, shape);
        for (lang, aliases) in &name.aliases {
            for alias in aliases {
                let alias = format!("alias {path}.{}/{alias} in {}", name.spec, lang.key());
                self.add(&key, alias, Level::Minor, String::new());
            }
        }
    }

    fn add(&mut self, owner: &str, key: String, arrival: Level, shape: String) {
        self.items.push(Item { key, shape, owner: owner.to_owned(), arrival, since: None });
    }

    fn path(&self, name: &Name) -> String {
        format!("{}.{}", self.module.name, name.spec)
    }
}

/// A published name with the names that a language gives its parameters.
fn published(((lang, name), parameters): (&(Lang, String), &Vec<String>)) -> String {
    format!("{} {name}({})", lang.key(), parameters.join(" "))
}

/// Whether a caller of before, who does not know the field, cannot leave it out.
fn must_be_given(is_input: bool, field: &Field) -> bool {
    is_input && !field.may_be_left_out()
}

/// Whoever looks at a closed set looks at all of it.
fn unless_open(open: bool) -> Level {
    if open { Level::Minor } else { Level::Major }
}

fn text_form(form: TextForm) -> &'static str {
    match form {
        TextForm::Hex => "hex",
        TextForm::Base64 => "base64",
        TextForm::Utf8 => "utf8",
    }
}

fn limit(max: u64) -> String {
    if max == u64::MAX { String::new() } else { format!("at most {max}") }
}

fn generic(variables: &[String]) -> String {
    if variables.is_empty() { String::new() } else { format!("<{}>", variables.join(", ")) }
}

fn flag(word: &str, set: bool) -> String {
    if set { word.to_owned() } else { String::new() }
}

fn part(word: &str, value: Option<impl ToString>) -> String {
    value.map(|value| format!("{word} {}", value.to_string())).unwrap_or_default()
}

fn list(word: &str, values: &[String]) -> String {
    if values.is_empty() { String::new() } else { format!("{word} {}", values.join(", ")) }
}

fn words(parts: &[String]) -> String {
    parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")
}
