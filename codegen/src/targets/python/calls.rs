//! One function or method of the package: its parameters, what it passes on, and what it makes of the answer.

use super::types::{self, Mode};
use super::{fit, names};
use crate::doc::RecordClass;
use crate::ir::{Api, Arg, Field, Literal, Method, Record, Shape, Type};

/// A function or method, printed.
#[derive(Debug, Clone)]
pub(crate) struct MethodModel {
    pub name: String,
    pub decorators: Vec<String>,
    pub signature: String,
    pub doc: String,
    pub body: Vec<String>,
    pub aliases: Vec<String>,
}

/// Where a method stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner<'a> {
    /// The object's name in the spec, and its class.
    pub object: Option<(&'a str, &'a str)>,
    /// Its type variables.
    pub vars: &'a [String],
    pub mode: Mode,
    pub indent: usize,
}

/// Lowers a function or method under a name.
pub(crate) fn method(api: &Api, owner: Owner<'_>, item: &Method, name: &str) -> MethodModel {
    let call = Call::of(api, owner, item);
    let inner = owner.indent + 4;
    let is_property = matches!(item.shape, Shape::Property { .. });
    let is_init = item.shape == Shape::Constructor && item.name.spec == "new";
    let first = match item.shape {
        _ if is_init => Some("self"),
        Shape::Method | Shape::Property { .. } => Some("self"),
        Shape::Constructor => Some("cls"),
        _ => None,
    };
    let name = if is_init { "__init__" } else { name };
    let params: Vec<_> = first.map(str::to_owned).into_iter().chain(call.params.clone()).collect();
    let waits = item.is_async && owner.mode == Mode::Aio;
    let def = if waits { "async def" } else { "def" };
    let returns = if is_init { "None".to_owned() } else { call.returns(item) };
    let decorators = match item.shape {
        Shape::Constructor if !is_init => vec!["@classmethod".to_owned()],
        Shape::Static => vec!["@staticmethod".to_owned()],
        Shape::Property { .. } => vec!["@property".to_owned()],
        _ => Vec::new(),
    };
    MethodModel {
        decorators,
        signature: fit::call(owner.indent, &format!("{def} {name}("), &params, &format!(") -> {returns}:")),
        doc: fit::doc(inner, &documented(api, item, &call.options)),
        body: call.body(item, is_init, waits),
        aliases: match is_init || is_property && item.name.spec == "len" {
            true => Vec::new(),
            false => names::member_aliases(&item.name),
        },
        name: name.to_owned(),
    }
}

/// The options record of a method's last argument, if its fields are given one by one.
pub(crate) fn flattened<'a>(api: &'a Api, method: &Method) -> Option<&'a Record> {
    let last = method.args.last()?;
    let Type::Record(at) = last.ty.split_optional().0 else { return None };
    let record = api.record(*at);
    let fits = record.class == Some(RecordClass::Options) && record.all_optional() && last.may_be_left_out();
    let others = &method.args[..method.args.len() - 1];
    let clash = record
        .fields
        .iter()
        .any(|field| others.iter().any(|arg| names::argument(api, arg) == names::field(api, field)));
    (fits && !clash && last.default == Some(Literal::Record)).then_some(record)
}

struct Call<'a> {
    api: &'a Api,
    owner: Owner<'a>,
    params: Vec<String>,
    /// Statements before the call.
    prelude: Vec<String>,
    /// What the native function is given.
    passed: Vec<String>,
    native: String,
    /// Expression of the function that reads the caller's JSON.
    decode: String,
    options: Option<&'a Record>,
}

impl<'a> Call<'a> {
    fn of(api: &'a Api, owner: Owner<'a>, item: &Method) -> Self {
        let options = flattened(api, item);
        let kept = &item.args[..item.args.len() - usize::from(options.is_some())];
        let has_self = matches!(item.shape, Shape::Method | Shape::Property { .. });
        let own_model = takes_model(owner, item);
        let mut call = Self {
            api,
            owner,
            params: Vec::new(),
            prelude: Vec::new(),
            passed: if has_self { vec!["self._handle".into()] } else { Vec::new() },
            native: format!("_net.{}", names::native(owner.object.map(|(name, _)| name), &item.name.spec)),
            decode: if own_model { "decoder(model, parse)" } else { "self._decode" }.into(),
            options,
        };
        let required = kept.iter().filter(|arg| !arg.may_be_left_out() && !arg.variadic);
        let mut params: Vec<_> = required.map(|arg| call.param(arg)).collect();
        if own_model {
            params.push("model: Model[T] | None = None".into());
        }
        params.extend(kept.iter().filter(|arg| arg.may_be_left_out()).map(|arg| call.param(arg)));
        params.extend(kept.iter().filter(|arg| arg.variadic).map(|arg| call.param(arg)));
        call.params = params;
        for arg in kept {
            let passed = call.passed_as(arg);
            call.passed.push(passed);
        }
        let mut named = Vec::new();
        if let Some(record) = options {
            named = call.take_options(record, &item.args[item.args.len() - 1]);
        }
        if own_model {
            named.push("parse: Callable[[str], T] | None = None".into());
        }
        if !named.is_empty() {
            call.params.push("*".into());
            call.params.extend(named);
        }
        call
    }

    /// Parameters of an options record, and the statement that makes it of them; gives those that are named only.
    fn take_options(&mut self, record: &Record, arg: &Arg) -> Vec<String> {
        let class = names::class(&record.name);
        let mut given = Vec::new();
        let mut named = Vec::new();
        for (position, field) in record.fields.iter().enumerate() {
            let name = names::field(self.api, field);
            let whole = if position == 0 { format!(" | {class}") } else { String::new() };
            let ty = types::field_input(self.api, field);
            self.params.push(format!("{name}: {ty}{whole} | None = None"));
            given.push(name);
        }
        for field in &record.fields {
            for alias in names::member_aliases(&field.name) {
                named.push(format!("{alias}: {} | None = None", types::field_input(self.api, field)));
                given.push(format!("{alias}={alias}"));
            }
        }
        let mut local = names::argument(self.api, arg);
        if record.fields.iter().any(|field| names::field(self.api, field) == local) {
            local.push('_');
        }
        let indent = self.owner.indent + 4;
        self.prelude.push(fit::call(indent, &format!("{local} = {class}("), &given, ")"));
        self.passed.push(local);
        named
    }

    fn param(&self, arg: &Arg) -> String {
        let name = names::argument(self.api, arg);
        let mut ty = self.input(&arg.ty);
        if arg.variadic {
            let Type::List(of) = &arg.ty else { return format!("*{name}: {ty}") };
            let item = self.input(of);
            return format!("*{name}: {item} | Sequence[{item}]");
        }
        match &arg.default {
            Some(
                Literal::Record
                | Literal::FlagBits(_)
                | Literal::List(_)
                | Literal::Map
                | Literal::UnionCase(_),
            ) => {
                ty += " | None";
                format!("{name}: {ty} = None")
            }
            Some(default) => format!("{name}: {ty} = {}", types::literal(self.api, default, &arg.ty)),
            None if arg.may_be_left_out() => format!("{name}: {ty} = None"),
            None => format!("{name}: {ty}"),
        }
    }

    /// The type of an argument; JSON of the object's own type is the caller's.
    fn input(&self, ty: &Type) -> String {
        match ty {
            Type::Json(var) if self.owner.vars.contains(var) => "T".into(),
            Type::List(of) => format!("Sequence[{}]", self.input(of)),
            Type::Optional(of) => format!("{} | None", self.input(of)),
            ty => types::input(self.api, ty, self.owner.mode),
        }
    }

    fn passed_as(&self, arg: &Arg) -> String {
        let name = names::argument(self.api, arg);
        let (ty, optional) = arg.ty.split_optional();
        let side = if self.owner.mode == Mode::Aio { "loop" } else { "thread" };
        let converted = match ty {
            _ if arg.variadic => format!("spread({name})"),
            Type::Json(_) => format!("encode({name}, \"{name}\")"),
            Type::List(of) if matches!(**of, Type::Json(_)) => format!("encode_all({name}, \"{name}\")"),
            Type::Object(..) => format!("handle_of({name}, \"{name}\")"),
            Type::List(of) if matches!(**of, Type::Object(..)) => format!("handles_of({name}, \"{name}\")"),
            Type::Host(at, _) => {
                format!(
                    "{side}_host({name}, \"{name}\", {})",
                    names::host_spec(&self.api.host(*at).name.spec)
                )
            }
            Type::Stream(_) => format!("{side}_stream({name}, \"{name}\")"),
            _ => return name,
        };
        if optional { format!("None if {name} is None else {converted}") } else { converted }
    }

    fn returns(&self, item: &Method) -> String {
        match (&item.returns, item.shape, self.owner.object) {
            (_, Shape::Constructor, _) => "Self".into(),
            (None, ..) => "None".into(),
            (Some(ty), ..) => types::output(self.api, ty, self.owner.mode),
        }
    }

    fn body(&self, item: &Method, is_init: bool, waits: bool) -> Vec<String> {
        let indent = self.owner.indent + 4;
        let pad = " ".repeat(indent);
        let mut body = self.prelude.clone();
        let call = |lead: &str| match waits {
            true => {
                let mut items = vec![format!("{}_submit", self.native)];
                items.extend(self.passed.iter().cloned());
                fit::call(indent, &format!("{lead}await submit("), &items, ")")
            }
            false => fit::call(indent, &format!("{lead}{}(", self.native), &self.passed, ")"),
        };
        let class = self.owner.object.map_or("", |(_, class)| class);
        if is_init {
            body.push(call("self._handle = "));
            body.extend(self.opened(item).map(|line| format!("{pad}{line}")));
            return body;
        }
        if item.shape == Shape::Constructor {
            body.push(call("handle = "));
            body.push(format!("{pad}return {}", self.made("cls", class, "handle")));
            return body;
        }
        let Some(ty) = &item.returns else {
            body.push(call(""));
            return body;
        };
        let (inner, optional) = ty.split_optional();
        let (local, made) = match inner {
            Type::SelfType if matches!(item.shape, Shape::Property { .. }) => {
                return vec![format!("{pad}return self")];
            }
            Type::SelfType => {
                body.push(call(""));
                body.push(format!("{pad}return self"));
                return body;
            }
            Type::Object(at, _) => {
                let class = names::class(&self.api.object(*at).name);
                ("handle", self.made(&class, &class, "handle"))
            }
            Type::List(of) if let Type::Object(at, _) = &**of => {
                let class = names::class(&self.api.object(*at).name);
                ("handles", format!("[{} for handle in handles]", self.made(&class, &class, "handle")))
            }
            Type::Json(_) => ("text", format!("{}(text)", self.decode)),
            Type::Stream(of) => {
                let class = types::output(self.api, inner, self.owner.mode);
                let map =
                    if matches!(**of, Type::Json(_)) { format!(", {}", self.decode) } else { String::new() };
                ("handle", format!("{class}._stream(handle{map})"))
            }
            _ if waits => {
                let ty = types::output(self.api, ty, self.owner.mode);
                body.push(call(&format!("result: {ty} = ")));
                body.push(format!("{pad}return result"));
                return body;
            }
            _ => {
                body.push(call("return "));
                return body;
            }
        };
        body.push(call(&format!("{local} = ")));
        let made = if optional { format!("None if {local} is None else {made}") } else { made };
        body.push(format!("{pad}return {made}"));
        body
    }

    /// The expression that makes an object of its handle.
    fn made(&self, class: &str, name: &str, handle: &str) -> String {
        let objects = self.api.modules.iter().flat_map(|module| &module.objects);
        let object = objects.into_iter().find(|object| names::class(&object.name) == name);
        let typed = object.is_some_and(|object| !object.generic.is_empty());
        let streams = object.is_some_and(|object| object.iterates.is_some());
        match (streams, typed) {
            (true, true) => format!("{class}._stream({handle}, {})", self.decode),
            (true, false) => format!("{class}._stream({handle})"),
            (false, true) => format!("{class}._typed({handle}, {})", self.decode),
            (false, false) => format!("{class}._of({handle})"),
        }
    }

    /// Statements of a constructor behind the call.
    fn opened(&self, _: &Method) -> Option<String> {
        let (spec, _) = self.owner.object?;
        let objects = self.api.modules.iter().flat_map(|module| &module.objects);
        let object = objects.into_iter().find(|object| object.name.spec == spec)?;
        match (object.iterates.is_some(), object.generic.is_empty()) {
            (true, true) => Some("self._open()".into()),
            (true, false) => Some(format!("self._open({})", self.decode)),
            (false, true) => None,
            (false, false) => Some(format!("self._decode = {}", self.decode)),
        }
    }
}

/// Whether a method is told the type of the JSON that it gives.
fn takes_model(owner: Owner<'_>, item: &Method) -> bool {
    let own = |var: &String| item.generic.contains(var) || !owner.vars.contains(var);
    match &item.returns {
        _ if item.shape == Shape::Constructor => !owner.vars.is_empty(),
        Some(ty) => match ty.split_optional().0 {
            Type::Json(var) => own(var),
            Type::Object(_, vars) => vars.iter().any(own),
            Type::Stream(of) => matches!(&**of, Type::Json(var) if own(var)),
            _ => false,
        },
        None => false,
    }
}

fn documented(api: &Api, item: &Method, options: &Option<&Record>) -> String {
    let mut text = item.doc.text.clone();
    if let Some((since, instead)) = &item.deprecated {
        text += &format!("\n\nDeprecated since {since}: use `{instead}`.");
    }
    if let Some(record) = options {
        text += "\n\nOptions:";
        for field in &record.fields {
            text += &format!("\n    {}: {}", names::field(api, field), described(api, field));
        }
    }
    text
}

/// What a field holds, and what it is when it is left out.
pub(crate) fn described(api: &Api, field: &Field) -> String {
    let doc = field.doc.text.lines().next().unwrap_or_default();
    let absent = match (&field.default, &field.absent) {
        (Some(default), _) => format!(" {} by default.", types::literal(api, default, &field.ty)),
        (None, Some(absent)) => format!(" Left out: {absent}"),
        _ => String::new(),
    };
    format!("{doc}{absent}")
}
