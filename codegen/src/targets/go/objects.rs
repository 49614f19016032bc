//! Objects and functions.

use super::calls::{self, Scope};
use super::model::{self, Lines};
use super::{names, types};
use crate::ir::{Api, Lang, Method, Module, Object, Shape, Type};
use crate::targets::notes;

pub(crate) struct FunctionModel {
    pub doc: Lines,
    /// The line that opens it, without the brace.
    pub opening: String,
    pub body: Lines,
    /// A call of it with its own arguments.
    pub call: String,
}

pub(crate) struct ObjectModel {
    pub doc: Lines,
    pub name: String,
    pub spec: String,
    /// Type variables where it is declared, and where it is used.
    pub declared: String,
    pub used: String,
    pub aliases: Vec<String>,
    /// Fields of the struct, aligned.
    pub fields: Lines,
    /// Statements that complete a new one.
    pub complete: Lines,
    pub feed: Option<FeedModel>,
    pub functions: Vec<FunctionModel>,
    pub close: CloseModel,
}

pub(crate) struct FeedModel {
    pub item: String,
    /// What it takes from the library, and gives.
    pub parts: String,
    /// Expression of the feed.
    pub value: String,
}

pub(crate) struct CloseModel {
    pub doc: Lines,
    pub body: Lines,
}

/// Lowers the functions of a module.
pub(crate) fn functions(api: &Api, module: &Module) -> Vec<FunctionModel> {
    let kept = module.functions.iter().filter(|item| item.in_lang(Lang::Go));
    kept.flat_map(|item| function(api, item)).collect()
}

/// The lines that open a function under its own name and its other ones.
pub(crate) fn openings(api: &Api, object: Option<&Object>, method: &Method) -> Vec<String> {
    let functions = match object {
        None => function(api, method),
        Some(item) => {
            let (name, prefix) = (names::item(&item.name), String::new());
            let lowering = Lowering { api, item, name: &name, prefix: &prefix, chains: false };
            match method.shape {
                Shape::Constructor => lowering.constructor(method),
                _ => lowering.method(method),
            }
        }
    };
    // A helper has no documentation.
    functions
        .into_iter()
        .filter(|function| !function.doc.is_empty())
        .map(|function| function.opening)
        .collect()
}

fn function(api: &Api, item: &Method) -> Vec<FunctionModel> {
    let vars = result_variables(item);
    let scope = Scope { api, prefix: "", has_self: false, vars: &vars, chains: false };
    // A method of a record is one in Go, too; a static one has the record's name in front.
    let record = item.member.as_ref().map(|member| names::item(&api.record(member.record).name));
    let value = item.receiver().map(|value| names::private(&value.name));
    let (receiver, owner) = match (&record, &value) {
        (Some(record), Some(value)) => (format!("({value} {record}) "), format!("{value}.")),
        _ => (String::new(), String::new()),
    };
    let prefix = record.filter(|_| value.is_none()).unwrap_or_default();
    let shown = item.shows.then(|| shown(&receiver, &owner, &names::item(item.published())));
    let all = named(item.published(), |name| {
        let lowered = calls::lower(&scope, item, item.returns.as_ref());
        let full = format!("{prefix}{name}");
        FunctionModel {
            doc: method_doc(&full, item),
            opening: format!("func {receiver}{full}{}{}", declared(&vars), lowered.signature),
            call: format!("{owner}{full}{}({})", used(&vars), lowered.given),
            body: lowered.body,
        }
    });
    all.into_iter().chain(shown.flatten()).collect()
}

/// The method by which Go prints a value; none if that has its text under this name.
fn shown(receiver: &str, owner: &str, name: &str) -> Option<FunctionModel> {
    (name != "String").then(|| FunctionModel {
        doc: vec![format!("// String shows the value as {name} does.")],
        opening: format!("func {receiver}String() string"),
        call: format!("{owner}String()"),
        body: [
            format!("text, err := {owner}{name}()"),
            "if err != nil {".into(),
            "\treturn err.Error()".into(),
            "}".into(),
            "return text".into(),
        ]
        .into(),
    })
}

/// Lowers an object.
pub(crate) fn object(api: &Api, item: &Object) -> ObjectModel {
    let name = names::item(&item.name);
    let prefix = format!("{}_", item.name.spec);
    let chains = item.methods.iter().any(is_chained);
    let lowering = Lowering { api, item, name: &name, prefix: &prefix, chains };
    let fixed: Vec<_> = item.methods.iter().filter(|method| is_fixed(method)).collect();
    let mut fields = vec![("core".to_owned(), "*object".to_owned())];
    let feed = item.iterates.as_ref().map(|ty| lowering.feed(ty));
    fields.extend(feed.iter().map(|feed| ("items".into(), format!("*feed[{}]", feed.parts))));
    for property in &fixed {
        let ty = property.returns.as_ref().map_or(String::new(), |ty| types::go(api, ty, &item.generic));
        fields.push((names::private(&property.name.spec), ty));
    }
    let complete = fixed.iter().map(|property| {
        let is_optional = matches!(property.returns, Some(Type::Optional(_)));
        let rest = if is_optional { "_, _" } else { "_" };
        format!("o.{}, {rest} = o.load{}()", names::private(&property.name.spec), names::item(&property.name))
    });
    let mut functions = Vec::new();
    for constructor in item.constructors.iter().filter(|method| method.in_lang(Lang::Go)) {
        functions.extend(lowering.constructor(constructor));
    }
    for method in item.methods.iter().chain(&item.sugars).filter(|method| method.in_lang(Lang::Go)) {
        functions.extend(lowering.method(method));
    }
    ObjectModel {
        doc: model::doc(&item.doc),
        declared: declared(&item.generic),
        used: used(&item.generic),
        aliases: names::aliases(&item.name),
        fields: aligned(&fields),
        complete: complete.collect(),
        feed,
        functions,
        close: lowering.close(),
        spec: item.name.spec.clone(),
        name: name.clone(),
    }
}

struct Lowering<'a> {
    api: &'a Api,
    item: &'a Object,
    name: &'a str,
    prefix: &'a str,
    chains: bool,
}

impl Lowering<'_> {
    fn scope<'b>(&'b self, has_self: bool, vars: &'b types::Variables) -> Scope<'b> {
        Scope { api: self.api, prefix: self.prefix, has_self, vars, chains: self.chains && has_self }
    }

    fn used(&self) -> String {
        format!("{}{}", self.name, used(&self.item.generic))
    }

    fn feed(&self, ty: &Type) -> FeedModel {
        let (unpack, convert) = match ty {
            Type::Json(variable) => {
                ("unpackText[string]".to_owned(), format!("parsed[{}]", names::variable(variable)))
            }
            ty => {
                let item = types::go(self.api, ty, &self.item.generic);
                (types::unpack(self.api, ty, &self.item.generic), format!("keep[{item}]"))
            }
        };
        let value = types::go(self.api, ty, &self.item.generic);
        let raw = if matches!(ty, Type::Json(_)) { "string".to_owned() } else { value.clone() };
        FeedModel {
            parts: format!("{raw}, {value}"),
            item: types::go(self.api, ty, &self.item.generic),
            value: format!("newFeed(o.core, {unpack}, {convert}, ask)"),
        }
    }

    fn constructor(&self, item: &Method) -> Vec<FunctionModel> {
        let vars = &self.item.generic;
        let lowered = calls::lower(&self.scope(false, vars), item, Some(&self.own_type()));
        let own = std::iter::once(self.name.to_owned());
        let names = own.chain(names::aliases(&self.item.name)).map(|owner| match item.name.spec.as_str() {
            "new" => format!("New{owner}"),
            _ => format!("{owner}{}", names::item(&item.name)),
        });
        under(names, |name| FunctionModel {
            doc: method_doc(&name, item),
            opening: format!("func {name}{}{}", declared(vars), lowered.signature),
            call: format!("{name}{}({})", used(vars), lowered.given),
            body: lowered.body.clone(),
        })
    }

    fn own_type(&self) -> Type {
        let at = self.api.modules.iter().enumerate().find_map(|(module, m)| {
            let index = m.objects.iter().position(|object| std::ptr::eq(object, self.item))?;
            Some(crate::ir::At { module, index })
        });
        at.map_or(Type::SelfType, |at| Type::Object(at, self.item.generic.clone()))
    }

    fn method(&self, item: &Method) -> Vec<FunctionModel> {
        match item.shape {
            Shape::Static => self.free(item, false),
            Shape::Property { fixed: true } if matches!(item.returns, Some(Type::SelfType)) => {
                self.itself(item)
            }
            Shape::Property { fixed: true } => self.fixed(item),
            Shape::Property { .. } if matches!(item.returns, Some(Type::SelfType)) => self.itself(item),
            _ if item.with.is_some() => self.within(item),
            _ if is_chained(item) => self.chained(item),
            _ if !result_variables(item).is_empty() => self.free(item, true),
            _ => self.plain(item),
        }
    }

    fn plain(&self, item: &Method) -> Vec<FunctionModel> {
        let lowered = calls::lower(&self.scope(true, &self.item.generic), item, item.returns.as_ref());
        self.named(item, &lowered.signature, &lowered.given, &lowered.body)
    }

    /// A method that Go cannot have, as a function.
    fn free(&self, item: &Method, has_self: bool) -> Vec<FunctionModel> {
        let mut vars = self.item.generic.clone();
        vars.extend(result_variables(item));
        let lowered = calls::lower(&self.scope(has_self, &vars), item, item.returns.as_ref());
        let mut signature = lowered.signature;
        if has_self {
            let gap = if signature.starts_with("()") { "" } else { ", " };
            signature = format!("(o *{}{gap}{}", self.used(), &signature[1..]);
        }
        named(&item.name, |name| {
            let name = format!("{}{name}", self.name);
            let own = if has_self { "o, " } else { "" };
            FunctionModel {
                doc: method_doc(&name, item),
                opening: format!("func {name}{}{signature}", declared(&vars)),
                call: format!("{name}{}({own}{})", used(&vars), lowered.given),
                body: lowered.body.clone(),
            }
        })
    }

    /// A function that runs another with what a method gives; Go has no method with a type variable.
    fn within(&self, item: &Method) -> Vec<FunctionModel> {
        let Some(held) = self.item.held(self.api, item) else { return Vec::new() };
        let ctx = |waits: bool, ctx: &str| if waits { ctx.to_owned() } else { String::new() };
        let acquire = format!("o.{}({})", names::item(&held.acquire.name), ctx(held.acquire.is_async, "ctx"));
        let end = names::item(&held.end.name);
        let later = ctx(held.end.is_async, "context.WithoutCancel(ctx), ");
        let ty = types::go(self.api, &Type::Object(held.at, Vec::new()), &[]);
        let body = [
            format!("held, err := {acquire}"),
            "if err != nil {".into(),
            "\treturn result, err".into(),
            "}".into(),
            format!(
                "return within(ctx, held, run, func(failed bool) error {{ return held.{end}({later}failed) }})"
            ),
        ];
        named(&item.name, |name| {
            let name = format!("{}{name}", self.name);
            FunctionModel {
                doc: method_doc(&name, item),
                opening: format!(
                    "func {name}[R any](o *{}, ctx context.Context, run func(context.Context, {ty}) (R, error)) (result R, err error)",
                    self.used()
                ),
                call: format!("{name}(o, ctx, run)"),
                body: body.to_vec(),
            }
        })
    }

    fn itself(&self, item: &Method) -> Vec<FunctionModel> {
        self.named(item, &format!("() *{}", self.used()), "", &["return o".into()])
    }

    /// A property that never changes: loaded when the object is made.
    fn fixed(&self, item: &Method) -> Vec<FunctionModel> {
        let lowered = calls::lower(&self.scope(true, &self.item.generic), item, item.returns.as_ref());
        let ty =
            item.returns.as_ref().map_or(String::new(), |ty| types::go(self.api, ty, &self.item.generic));
        let field = names::private(&item.name.spec);
        let mut functions = self.named(item, &format!("() {ty}"), "", &[format!("return o.{field}")]);
        functions.push(self.inner(
            &format!("load{}", names::item(&item.name)),
            &lowered.signature,
            lowered.body,
        ));
        functions
    }

    fn chained(&self, item: &Method) -> Vec<FunctionModel> {
        let scope = Scope { chains: false, ..self.scope(true, &self.item.generic) };
        let lowered = calls::lower(&scope, item, None);
        let args = item.args.iter().map(|arg| calls::argument(&scope, arg)).collect::<Vec<_>>().join(", ");
        let inner = format!("chain{}", names::item(&item.name));
        let body = [format!("o.core.chain(o.{inner}({}))", lowered.given), "return o".into()];
        let mut functions = self.named(item, &format!("({args}) *{}", self.used()), &lowered.given, &body);
        if let Some(function) = functions.first_mut() {
            function.doc.push("// An error is answered by the next method that answers with errors.".into());
        }
        functions.push(self.inner(&inner, &lowered.signature, lowered.body));
        functions
    }

    /// The method under all of its names; the one that ends the object is called by `Close` alone if it has that name.
    fn named(&self, item: &Method, signature: &str, given: &str, body: &[String]) -> Vec<FunctionModel> {
        if self.item.close.as_deref() == Some("close") && item.name.spec == "close" {
            return vec![self.inner("finish", signature, body.to_vec())];
        }
        let mut body = body.to_vec();
        if self.item.ends_by(item) {
            body.splice(0..0, ["if o.feed().end() {", "\treturn nil", "}"].map(String::from));
        }
        named(&item.name, |name| FunctionModel {
            doc: method_doc(&name, item),
            opening: self.receiver(&name, signature),
            call: format!("o.{name}({given})"),
            body: body.clone(),
        })
    }

    /// A method for the generated code only.
    fn inner(&self, name: &str, signature: &str, body: Lines) -> FunctionModel {
        FunctionModel { doc: Vec::new(), opening: self.receiver(name, signature), body, call: String::new() }
    }

    fn receiver(&self, name: &str, signature: &str) -> String {
        format!("func (o *{}) {name}{signature}", self.used())
    }

    fn close(&self) -> CloseModel {
        let ending = self
            .item
            .close
            .as_ref()
            .and_then(|close| self.item.methods.iter().find(|method| method.name.spec == *close));
        let iterates = self.item.iterates.is_some();
        let mut lets_go = true;
        let (says, call) = match ending {
            Some(method) => {
                let scope = self.scope(true, &self.item.generic);
                let mut args: Vec<_> = method.args.iter().map(|arg| calls::left_out(&scope, arg)).collect();
                if method.is_async {
                    args.insert(0, "context.Background()".into());
                }
                let name = names::item(&method.name);
                let own = name == "Close";
                // The object itself says that it is closed to whoever calls it later, as everywhere.
                lets_go = !own;
                let name = if own { "finish".into() } else { name };
                let says = if own {
                    model::doc_of("Close", &method.doc)
                } else {
                    vec![format!("// Close does what {name} does, and lets go of the object.")]
                };
                (says, Some(format!("o.{name}({})", args.join(", "))))
            }
            None if iterates => {
                (vec!["// Close ends the stream: what waits for a value hears the end.".into()], None)
            }
            None => (vec!["// Close lets go of the object.".into()], None),
        };
        let body = match call {
            Some(call) => {
                let mut body = vec!["if o.id() == 0 {".into(), "\treturn nil".into(), "}".into()];
                if lets_go {
                    body.extend([format!("err := {call}"), "o.core.release()".into(), "return err".into()]);
                } else {
                    body.push(format!("return {call}"));
                }
                body
            }
            None if iterates => vec![
                "if o.id() == 0 {".into(),
                "\treturn nil".into(),
                "}".into(),
                "o.items.end()".into(),
                format!("C.net_{}close(o.id(), nil)", self.prefix),
                "o.core.release()".into(),
                "return nil".into(),
            ],
            None => vec!["o.core.release()".into(), "return nil".into()],
        };
        CloseModel { doc: says, body }
    }
}

fn is_chained(item: &Method) -> bool {
    item.shape == Shape::Method && matches!(item.returns, Some(Type::SelfType))
}

fn is_fixed(item: &Method) -> bool {
    item.shape == Shape::Property { fixed: true } && !matches!(item.returns, Some(Type::SelfType))
}

/// The function under its own name and its other ones.
fn named(name: &crate::ir::Name, make: impl Fn(String) -> FunctionModel) -> Vec<FunctionModel> {
    under(std::iter::once(names::item(name)).chain(names::aliases(name)), make)
}

/// The function under several names, of which the later ones call the first.
fn under(names: impl Iterator<Item = String>, make: impl Fn(String) -> FunctionModel) -> Vec<FunctionModel> {
    let mut functions: Vec<FunctionModel> = Vec::new();
    for name in names {
        let function = make(name);
        functions.push(match functions.first() {
            Some(first) => FunctionModel { body: vec![format!("return {}", first.call)], ..function },
            None => function,
        });
    }
    functions
}

fn method_doc(name: &str, item: &Method) -> Lines {
    let mut lines = model::doc_of(name, &notes::doc(item, Lang::Go));
    lines.extend(notes::example(item, Lang::Go).iter().map(|line| match line.strip_prefix('\t') {
        Some(code) => format!("//\t{code}"),
        None => format!("// {line}").trim_end().to_owned(),
    }));
    if let Some((since, instead)) = &item.deprecated {
        lines.push("//".into());
        lines.push(format!("// Deprecated: since {since}; use {instead}."));
    }
    lines
}

/// Type variables of a method that its result needs; the others are `any`.
pub(crate) fn result_variables(item: &Method) -> Vec<String> {
    fn needs(ty: &Type, variable: &str) -> bool {
        match ty {
            Type::Json(name) => name == variable,
            Type::Object(_, bound) | Type::Host(_, bound) => bound.iter().any(|name| name == variable),
            Type::List(inner) | Type::Map(inner) | Type::Stream(inner) | Type::Optional(inner) => {
                needs(inner, variable)
            }
            _ => false,
        }
    }
    let in_hosts = |variable: &str| {
        item.args
            .iter()
            .any(|arg| matches!(arg.ty.split_optional().0, Type::Host(..)) && needs(&arg.ty, variable))
    };
    let is_needed = |variable: &&String| {
        item.returns.as_ref().is_some_and(|ty| needs(ty, variable)) || in_hosts(variable)
    };
    item.generic.iter().filter(is_needed).cloned().collect()
}

/// Type variables where they are declared.
pub(crate) fn declared(vars: &[String]) -> String {
    let vars: Vec<_> = vars.iter().map(|variable| names::variable(variable)).collect();
    if vars.is_empty() { String::new() } else { format!("[{} any]", vars.join(", ")) }
}

/// Type variables where they are used.
pub(crate) fn used(vars: &[String]) -> String {
    types::bindings(vars, vars)
}

/// Names and types in columns, as gofmt sets them.
fn aligned(fields: &[(String, String)]) -> Lines {
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    fields.iter().map(|(name, ty)| format!("{name:width$} {ty}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let fields = [("core".to_owned(), "*object".to_owned()), ("a".to_owned(), "uint64".to_owned())];
        assert_eq!(aligned(&fields), ["core *object", "a    uint64"]);
    }
}
