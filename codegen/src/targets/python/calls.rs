//! One function or method of the package: its parameters, what it passes on, and what it makes of the answer.

use super::parameters::{Parameters, Role};
use super::types::{self, Mode};
use super::{fit, holders, names};
use crate::doc::RecordClass;
use crate::ir::{Api, Arg, Field, Held, Lang, Literal, Method, Record, Shape, Type};
use crate::targets::notes;

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

/// Lowers a function or method under each of its names.
pub(crate) fn methods(api: &Api, owner: Owner<'_>, item: &Method) -> Vec<MethodModel> {
    let names = std::iter::once(names::member(&item.name)).chain(own_aliases(item));
    names.map(|name| method(api, owner, item, &name)).collect()
}

/// Lowers a method that runs a function with what another one gives.
pub(crate) fn within(api: &Api, owner: Owner<'_>, item: &Method, held: Held<'_>) -> Vec<MethodModel> {
    let class = names::class(&api.object(held.at).name);
    let (acquire, end) = (names::member(&held.acquire.name), names::member(&held.end.name));
    let later = owner.mode == Mode::Aio;
    let wait = |waits: bool| if waits && later { "await " } else { "" };
    let acquire = format!("{}self.{acquire}()", wait(held.acquire.is_async));
    let (def, gives, function) =
        if later { ("async def", "Awaitable[R]", "within_later") } else { ("def", "R", "within") };
    let inner = owner.indent + 4;
    let name = names::member(&item.name);
    let params = ["self".to_owned(), format!("run: Callable[[{class}], {gives}]")];
    let returned = format!("return {}{function}(", wait(true));
    vec![MethodModel {
        decorators: Vec::new(),
        signature: fit::call(owner.indent, &format!("{def} {name}("), &params, ") -> R:"),
        doc: fit::doc(inner, &documented(api, item, None, None)),
        body: vec![fit::call(inner, &returned, &[acquire, "run".into(), format!("{class}.{end}")], ")")],
        aliases: names::member_aliases(&item.name),
        name,
    }]
}

/// More names of a method that have parameters of their own.
fn own_aliases(item: &Method) -> impl Iterator<Item = String> {
    let is_own = |name: &String| item.name.parameters(Lang::Python, name).is_some();
    names::member_aliases(&item.name).into_iter().filter(is_own)
}

/// Lowers a function or method under a name.
pub(crate) fn method(api: &Api, owner: Owner<'_>, item: &Method, name: &str) -> MethodModel {
    let call = Call::of(api, owner, item, name);
    let inner = owner.indent + 4;
    let is_property = item.is_property_in(Lang::Python);
    let is_init = names::is_init(item);
    let first = match item.shape {
        _ if is_init => Some("self"),
        Shape::Method | Shape::Property { .. } => Some("self"),
        Shape::Constructor => Some("cls"),
        _ if item.receiver().is_some() => Some("self"),
        _ => None,
    };
    let shown = if is_init && name == "new" { "__init__" } else { name };
    let params: Vec<_> = first.map(str::to_owned).into_iter().chain(call.params.clone()).collect();
    let waits = item.is_async && owner.mode == Mode::Aio;
    let def = if waits { "async def" } else { "def" };
    let returns = if is_init { "None".to_owned() } else { call.returns(item) };
    let decorators = match item.shape {
        Shape::Constructor if !is_init => vec!["@classmethod".to_owned()],
        Shape::Static => vec!["@staticmethod".to_owned()],
        _ if item.member.as_ref().is_some_and(|member| member.is_static) => {
            vec!["@staticmethod".to_owned()]
        }
        _ if is_property => vec!["@property".to_owned()],
        _ => Vec::new(),
    };
    let mut aliases = Vec::new();
    if name == names::member(&item.name) && !is_init && !(is_property && item.name.spec == "len") {
        aliases = names::member_aliases(&item.name);
        aliases.retain(|alias| !own_aliases(item).any(|own| own == *alias));
    }
    MethodModel {
        decorators,
        signature: fit::call(owner.indent, &format!("{def} {shown}("), &params, &format!(") -> {returns}:")),
        doc: fit::doc(inner, &documented(api, item, call.options, call.whole.as_deref())),
        body: call.body(item, is_init, waits),
        aliases,
        name: shown.to_owned(),
    }
}

/// The signature of `__init__` for another constructor.
pub(crate) fn init_signature(api: &Api, owner: Owner<'_>, item: &Method) -> String {
    let call = Call::of(api, owner, item, &names::member(&item.name));
    let params: Vec<_> = std::iter::once("self".to_owned()).chain(call.params).collect();
    fit::call(owner.indent, "def __init__(", &params, ") -> None:")
}

/// The options record of a method's last argument, if its fields are given one by one.
///
/// A method of a record is the native one, which takes it whole.
pub(crate) fn flattened<'a>(api: &'a Api, method: &Method) -> Option<&'a Record> {
    if method.member.is_some() {
        return None;
    }
    let last = method.args.last()?;
    let Type::Record(at) = last.ty.split_optional().0 else { return None };
    let record = api.record(*at);
    let whole = record.all_optional() && last.default == Some(Literal::Record);
    let needed = !record.all_optional() && !last.may_be_left_out() && names_alike(record);
    let is_plain = |field: &Field| names::member_aliases(&field.name).is_empty() && !field.python_flat;
    let fits = match record.class {
        Some(RecordClass::Options) => whole || needed,
        _ => whole && api.holds(record) && record.fields.iter().all(is_plain),
    };
    let others = method.args.len() - 1;
    let names = Parameters::first(api, method).names;
    let clash = record.fields.iter().any(|field| names[..others].contains(&names::field(api, field)));
    (fits && !clash).then_some(record)
}

/// Whether the fields of a record come in the order in which they may be left out, and each has one name.
fn names_alike(record: &Record) -> bool {
    record.fields.is_sorted_by_key(Field::may_be_left_out)
        && record.fields.iter().all(|field| names::member_aliases(&field.name).is_empty())
        && !record.fields[0].may_be_left_out()
}

struct Call<'a> {
    api: &'a Api,
    owner: Owner<'a>,
    /// Names of the arguments.
    names: Vec<String>,
    params: Vec<String>,
    /// Statements before the call.
    prelude: Vec<String>,
    /// What the native function is given.
    passed: Vec<String>,
    native: String,
    /// Expression of the function that reads the caller's JSON.
    decode: String,
    options: Option<&'a Record>,
    /// The parameter that takes the options as one record.
    whole: Option<String>,
}

impl<'a> Call<'a> {
    fn of(api: &'a Api, owner: Owner<'a>, item: &Method, name: &str) -> Self {
        let options = flattened(api, item);
        let kept = item.args.len() - usize::from(options.is_some());
        let has_self = matches!(item.shape, Shape::Method | Shape::Property { .. });
        let own_model = takes_model(owner, item);
        let Parameters { names, published } = Parameters::of(api, item, name);
        let whole = published.contains(&Role::Argument(kept)).then(|| names[kept].clone());
        let mut call = Self {
            api,
            owner,
            names,
            params: Vec::new(),
            prelude: Vec::new(),
            passed: if has_self { vec!["self._handle".into()] } else { Vec::new() },
            native: format!("_net.{}", names::native(owner.object.map(|(name, _)| name), &item.name.spec)),
            decode: if own_model { "decoder(model, parse)" } else { "self._decode" }.into(),
            options,
            whole,
        };
        let (mut ordered, named) = order(&item.args[..kept], &published, own_model);
        let is_receiver = |role: &Role| matches!(role, Role::Argument(at) if item.args[*at].is_receiver);
        ordered.retain(|role| !is_receiver(role));
        call.params = ordered.iter().map(|role| call.declared(*role, &item.args)).collect();
        for (position, arg) in item.args[..kept].iter().enumerate() {
            let passed = call.passed_as(arg, &call.names[position]);
            call.passed.push(passed);
        }
        let mut only_named = match options {
            Some(record) => call.take_options(record),
            None => Vec::new(),
        };
        only_named.extend(named.iter().map(|role| call.declared(*role, &item.args)));
        if !only_named.is_empty() {
            call.params.push("*".into());
            call.params.extend(only_named);
        }
        call
    }

    /// A parameter as the signature has it.
    fn declared(&self, role: Role, args: &[Arg]) -> String {
        match (role, self.options) {
            (Role::Model, _) => "model: Model[T] | None = None".into(),
            (Role::Parse, _) => "parse: Callable[[str], T] | None = None".into(),
            (Role::Argument(position), Some(record)) if position + 1 == args.len() => {
                let class = names::class(&record.name);
                format!("{}: {class} | Mapping[str, Any] | None = None", self.names[position])
            }
            (Role::Argument(position), _) => self.param(&args[position], &self.names[position]),
        }
    }

    /// Parameters of an options record, and the statement that makes it of them; gives those that are named only.
    fn take_options(&mut self, record: &Record) -> Vec<String> {
        let class = names::class(&record.name);
        let field_names: Vec<_> = record.fields.iter().map(|field| names::field(self.api, field)).collect();
        let mut given = Vec::new();
        let mut fields = Vec::new();
        let mut aliases = Vec::new();
        for (position, field) in record.fields.iter().enumerate() {
            let ty = types::field_input(self.api, field);
            let whole = match position == 0 && self.whole.is_none() {
                true => format!(" | {}", types::whole(self.api, &class, field)),
                false => String::new(),
            };
            let none = if position == 0 && !field.may_be_left_out() { "" } else { " | None = None" };
            fields.push(format!("{}: {ty}{whole}{none}", field_names[position]));
            for alias in names::member_aliases(&field.name) {
                aliases.push((format!("{alias}: {ty} | None = None"), format!("{alias}={alias}")));
            }
        }
        let (mut declared, passed): (Vec<_>, Vec<_>) = aliases.into_iter().unzip();
        for (field, name) in record.fields.iter().zip(&field_names) {
            declared.extend(self.take_flat(field, name));
        }
        given.extend(field_names.iter().cloned().chain(passed));
        let mut local = self.names.last().cloned().unwrap_or_default();
        let indent = self.owner.indent + 4;
        if let Some(whole) = &self.whole {
            given.splice(0..0, [whole.clone(), class]);
            self.prelude.push(fit::call(indent, &format!("{local} = whole("), &given, ")"));
            self.passed.push(local);
            return fields.into_iter().chain(declared).collect();
        }
        if field_names.contains(&local) {
            local.push('_');
        }
        let open = match record.all_optional() {
            true if self.api.holds(record) => {
                given.iter_mut().for_each(|name| *name = format!("{name}={name}"));
                given.insert(0, class.clone());
                format!("{local} = filled(")
            }
            true => format!("{local} = {class}("),
            false => {
                given.insert(1, class.clone());
                format!("{local} = either(")
            }
        };
        self.prelude.push(fit::call(indent, &open, &given, ")"));
        self.passed.push(match self.api.holds(record) {
            true => format!("{class}._given({local}, \"{local}\")"),
            false => local,
        });
        self.params.extend(fields);
        declared
    }

    /// Parameters for the fields of options within options, and the statement that makes those of them.
    fn take_flat(&mut self, field: &Field, name: &str) -> Vec<String> {
        let (Type::Record(at), true) = (field.ty.split_optional().0, field.python_flat) else {
            return Vec::new();
        };
        let inner = self.api.record(*at);
        let mut given = vec![format!("\"{name}\""), name.to_owned(), names::class(&inner.name)];
        let mut params = Vec::new();
        for field in &inner.fields {
            let own = names::field(self.api, field);
            params.push(format!("{name}_{own}: {} | None = None", types::field_input(self.api, field)));
            given.push(format!("{own}={name}_{own}"));
        }
        self.prelude.push(fit::call(self.owner.indent + 4, &format!("{name} = flat("), &given, ")"));
        params
    }

    fn param(&self, arg: &Arg, name: &str) -> String {
        let mut ty = match types::is_seconds(name, &arg.ty) {
            true => types::named_input(self.api, name, &arg.ty, self.owner.mode),
            false => self.input(&arg.ty),
        };
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
            Some(default) => {
                format!("{name}: {ty} = {}", types::named_literal(self.api, name, default, &arg.ty))
            }
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

    fn passed_as(&self, arg: &Arg, name: &str) -> String {
        let (ty, optional) = arg.ty.split_optional();
        let side = if self.owner.mode == Mode::Aio { "loop" } else { "thread" };
        let converted = match ty {
            _ if arg.variadic => format!("spread({name})"),
            Type::Json(_) => format!("encode({name}, \"{name}\")"),
            Type::List(of) if matches!(**of, Type::Json(_)) => format!("encode_all({name}, \"{name}\")"),
            Type::Host(at, _) => {
                format!(
                    "{side}_host({name}, \"{name}\", {})",
                    names::host_spec(&self.api.host(*at).name.spec)
                )
            }
            Type::Stream(_) => format!("{side}_stream({name}, \"{name}\")"),
            _ if self.api.has_handles(ty) => {
                let given = holders::given(self.api, ty, name, &format!("\"{name}\""));
                given.unwrap_or_else(|| name.to_owned())
            }
            _ => return name.to_owned(),
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
            _ if self.api.has_handles(inner) => {
                let made = holders::made(self.api, inner, "parts", self.owner.mode);
                ("parts", made.unwrap_or_else(|| "parts".into()))
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

/// Parameters by position, and those that are given by name only.
fn order(kept: &[Arg], published: &[Role], own_model: bool) -> (Vec<Role>, Vec<Role>) {
    let is_free = |role: &Role| !published.contains(role);
    let arguments = |wanted: fn(&Arg) -> bool| {
        let found = kept.iter().enumerate().filter(move |(_, arg)| wanted(arg));
        found.map(|(position, _)| Role::Argument(position)).filter(is_free)
    };
    let mut ordered = published.to_vec();
    ordered.extend(arguments(|arg| !arg.may_be_left_out() && !arg.variadic));
    let mut named = Vec::new();
    if own_model {
        let model = if published.is_empty() { &mut ordered } else { &mut named };
        model.extend(Some(Role::Model).filter(is_free));
        named.extend(Some(Role::Parse).filter(is_free));
    }
    ordered.extend(arguments(Arg::may_be_left_out));
    ordered.extend(arguments(|arg| arg.variadic));
    (ordered, named)
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

fn documented(api: &Api, item: &Method, options: Option<&Record>, whole: Option<&str>) -> String {
    let mut text = notes::doc(item, Lang::Python).text;
    if let Some((since, instead)) = &item.deprecated {
        text += &format!("\n\nDeprecated since {since}: use `{instead}`.");
    }
    if item.combine.is_some() {
        text += "\n\nEach call crosses by itself: in Python, collecting calls costs more than that. Many at once go in a batch.";
    }
    if let Some(record) = options {
        text += "\n\nOptions:";
        if let Some(whole) = whole {
            text += &format!("\n    {whole}: All of them as one record.");
        }
        for field in &record.fields {
            text += &format!("\n    {}: {}", names::field(api, field), described(api, field));
        }
    }
    for line in notes::example(item, Lang::Python) {
        text += &format!("\n{line}");
    }
    text
}

/// What a field holds, and what it is when it is left out.
pub(crate) fn described(api: &Api, field: &Field) -> String {
    let doc = field.doc.text.lines().next().unwrap_or_default();
    let absent = match (&field.default, &field.absent) {
        (Some(default), _) => {
            let name = names::field(api, field);
            format!(" {} by default.", types::named_literal(api, &name, default, &field.ty))
        }
        (None, Some(absent)) => format!(" Left out: {absent}"),
        _ => String::new(),
    };
    let flat = match field.ty.split_optional().0 {
        Type::Record(at) if field.python_flat => {
            let first = names::field(api, &api.record(*at).fields[0]);
            format!(" Its fields may be given by themselves, as {}_{first}.", names::field(api, field))
        }
        _ => String::new(),
    };
    format!("{doc}{absent}{flat}")
}
