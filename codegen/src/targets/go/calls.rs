//! How a method crosses: what its arguments become, the call, and what becomes of its result.

use super::{model, names, spelling, types};
use crate::ir::{Api, Arg, Field, Int, Lang, Literal, Method, Module, Shape, Type};
use crate::targets::c::names as c_names;

/// Who is called, and what is in scope.
pub(crate) struct Scope<'a> {
    pub api: &'a Api,
    /// What stands before the method's name in C, such as `net_node_`.
    pub prefix: &'a str,
    /// Whether it is called on an object.
    pub has_self: bool,
    pub vars: &'a types::Variables,
    /// Whether an earlier chained call of the object may have failed.
    pub chains: bool,
}

/// A method in Go.
pub(crate) struct Lowered {
    /// Arguments and results of the signature.
    pub signature: String,
    /// The arguments as they are passed on.
    pub given: String,
    pub body: Vec<String>,
}

/// What the arguments of a call become.
#[derive(Default)]
struct Crossing {
    setup: Vec<String>,
    /// Lent once nothing else can fail, since only the library gives them back.
    hosts: Vec<String>,
    values: Vec<String>,
    keep: Vec<String>,
    has_checks: bool,
    has_packs: bool,
}

/// A result: its Go types, what C writes it to, and the expression that makes it.
struct Outcome {
    types: String,
    /// C type of the variable `out`.
    out: Option<String>,
    is_optional: bool,
    /// Expression over `out`; with `is_pair` it gives an error as well.
    make: String,
    is_pair: bool,
    /// Function that unpacks it, for calls that wait.
    unpack: String,
}

/// Lowers a method that a program calls.
pub(crate) fn lower(scope: &Scope<'_>, item: &Method, returns: Option<&Type>) -> Lowered {
    let crossing = crossing(scope, &item.args);
    let outcome = returns.map(|ty| outcome(scope, ty));
    let mut args: Vec<_> = item.given().iter().map(|arg| argument(scope, arg)).collect();
    if item.is_async {
        args.insert(0, "ctx context.Context".into());
    }
    let results = outcome.as_ref().map_or("(err error)".into(), |o| format!("({}, err error)", o.types));
    let function = format!("C.net_{}{}", scope.prefix, item.name.spec);
    let names = spelling::passed(scope.api, scope.prefix, item);
    let body = if item.is_async {
        waiting(scope, &function, crossing, outcome.as_ref(), &names)
    } else {
        direct(scope, &function, crossing, outcome.as_ref(), &names)
    };
    Lowered { signature: format!("({}) {results}", args.join(", ")), given: passed(item), body }
}

/// The functions of C that a module calls.
pub(crate) fn natives(module: &Module) -> Vec<String> {
    let of = |prefix: String, methods: &[Method]| {
        let kept = methods.iter().filter(|method| method.in_lang(Lang::Go) && has_native(method));
        kept.map(|method| format!("net_{prefix}{}", method.name.spec)).collect::<Vec<_>>()
    };
    let mut natives = of(String::new(), &module.functions);
    for object in &module.objects {
        let prefix = format!("{}_", object.name.spec);
        natives.extend(of(prefix.clone(), &object.constructors));
        natives.extend(of(prefix.clone(), &object.methods));
        if object.iterates.is_some() {
            natives.push(format!("net_{prefix}next"));
            natives.extend(object.close.is_none().then(|| format!("net_{prefix}close")));
        }
    }
    natives
}

/// Whether a method crosses; a property that gives the object itself does not.
fn has_native(method: &Method) -> bool {
    !(matches!(method.shape, Shape::Property { .. }) && matches!(method.returns, Some(Type::SelfType)))
}

/// The arguments of a method as another one passes them on.
pub(crate) fn passed(item: &Method) -> String {
    let args = item
        .given()
        .iter()
        .map(|arg| format!("{}{}", names::private(&arg.name), if arg.variadic { "..." } else { "" }));
    item.is_async.then(|| "ctx".to_owned()).into_iter().chain(args).collect::<Vec<_>>().join(", ")
}

/// An argument of a signature.
pub(crate) fn argument(scope: &Scope<'_>, arg: &Arg) -> String {
    format!("{} {}", names::private(&arg.name), argument_type(scope, arg))
}

/// The type of an argument.
pub(crate) fn argument_type(scope: &Scope<'_>, arg: &Arg) -> String {
    let ty = types::go(scope.api, &arg.ty, scope.vars);
    match &arg.ty {
        Type::List(inner) if arg.variadic => format!("...{}", types::go(scope.api, inner, scope.vars)),
        Type::Stream(inner) => format!("iter.Seq2[{}, error]", types::go(scope.api, inner, scope.vars)),
        Type::Record(_) if arg.default.is_some() => format!("*{ty}"),
        _ => ty,
    }
}

/// What the zero value of a left out argument is.
pub(crate) fn left_out(scope: &Scope<'_>, arg: &Arg) -> String {
    match (&arg.default, &arg.ty) {
        (_, Type::Record(_)) | (None, _) => "nil".into(),
        (Some(default), ty) => types::literal(scope.api, default, ty),
    }
}

/// A call that answers at once.
fn direct(
    scope: &Scope<'_>,
    function: &str,
    crossing: Crossing,
    outcome: Option<&Outcome>,
    names: &str,
) -> Vec<String> {
    let given = given(outcome);
    let mut body = prepared(scope, &crossing, "in.ready()", given);
    let is_reused = crossing.is_reused();
    let mut values = handle(scope);
    values.extend(crossing.values);
    if let Some(outcome) = outcome {
        if outcome.is_optional {
            body.push("var there C.bool".into());
            values.push("&there".into());
        }
        if let Some(out) = &outcome.out {
            body.push(format!("var out C.{out}"));
            values.push("&out".into());
        }
    }
    values.push("&fail".into());
    body.push("var fail C.net_error".into());
    body.push(format!("code := {function}({})", values.join(", ")));
    body.extend(is_reused.then(|| "in.done()".into()));
    body.extend(kept(scope, &crossing.keep));
    body.push("if code != 0 {".into());
    body.push(format!("\treturn {given}failed(&fail{names})"));
    body.push("}".into());
    match outcome {
        None => body.push("return nil".into()),
        Some(o) if o.is_optional => {
            body.push("if !there {".into());
            body.push("\treturn result, false, nil".into());
            body.push("}".into());
            if o.is_pair {
                body.push(format!("result, err = {}", o.make));
                body.push("return result, err == nil, err".into());
            } else {
                body.push(format!("return {}, true, nil", o.make));
            }
        }
        Some(o) if o.is_pair => body.push(format!("return {}", o.make)),
        Some(o) => body.push(format!("return {}, nil", o.make)),
    }
    body
}

/// A call that is waited for.
fn waiting(
    scope: &Scope<'_>,
    function: &str,
    crossing: Crossing,
    outcome: Option<&Outcome>,
    names: &str,
) -> Vec<String> {
    let given = given(outcome);
    let crossing = Crossing { has_checks: true, ..crossing };
    let mut body = prepared(scope, &crossing, "in.begin(ctx)", given);
    let is_reused = crossing.is_reused();
    let mut values = handle(scope);
    values.extend(crossing.values);
    values.extend(["nil".into(), "queueContext()".into()]);
    body.push(format!("op := {function}({})", values.join(", ")));
    body.extend(is_reused.then(|| "in.done()".into()));
    body.extend(kept(scope, &crossing.keep));
    let waited = match outcome {
        None => format!("awaitEnd(ctx, op{names})"),
        Some(o) if o.is_optional => format!("awaitFound(ctx, op, {}{names})", o.unpack),
        Some(o) => format!("await(ctx, op, {}{names})", o.unpack),
    };
    body.push(format!("return {waited}"));
    body
}

/// What an answer gives before its error.
fn given(outcome: Option<&Outcome>) -> &'static str {
    match outcome {
        None => "",
        Some(outcome) if outcome.is_optional => "result, false, ",
        Some(_) => "result, ",
    }
}

/// What comes before a call: the arguments, and the reasons for not making it.
fn prepared(scope: &Scope<'_>, crossing: &Crossing, check: &str, given: &str) -> Vec<String> {
    let mut body = Vec::new();
    if scope.chains {
        body.push("if err = o.core.broken(); err != nil {".into());
        body.push(format!("\treturn {given}err"));
        body.push("}".into());
    }
    if crossing.has_checks || !crossing.hosts.is_empty() || !scope.has_self {
        let arguments = if crossing.is_reused() { "reused()" } else { "&arguments{}" };
        body.push(format!("in := {arguments}"));
        body.extend(crossing.setup.iter().cloned());
        body.push(format!("if err = {check}; err != nil {{"));
        body.push(format!("\treturn {given}err"));
        body.push("}".into());
    }
    if !crossing.hosts.is_empty() {
        body.push("defer in.pins.Unpin()".into());
        body.extend(crossing.hosts.iter().cloned());
    }
    body
}

fn handle(scope: &Scope<'_>) -> Vec<String> {
    if scope.has_self { vec!["o.id()".into()] } else { Vec::new() }
}

fn kept(scope: &Scope<'_>, keep: &[String]) -> Vec<String> {
    let own = scope.has_self.then(|| "o".to_owned());
    own.into_iter().chain(keep.iter().cloned()).map(|value| format!("runtime.KeepAlive({value})")).collect()
}

fn crossing(scope: &Scope<'_>, args: &[Arg]) -> Crossing {
    let mut crossing = Crossing::default();
    for arg in args {
        crossing.add(scope, arg);
    }
    crossing
}

impl Crossing {
    /// Whether the buffer of the packs serves another call afterwards; what is lent to the library ends later.
    fn is_reused(&self) -> bool {
        self.has_packs && self.hosts.is_empty()
    }

    fn add(&mut self, scope: &Scope<'_>, arg: &Arg) {
        let name = names::private(&arg.name);
        let (ty, optional) = arg.ty.split_optional();
        if holds_objects(ty) {
            self.keep.push(name.clone());
        }
        match ty {
            Type::Object(..) if optional => self.values.push(format!("{name}.id()")),
            Type::Object(..) => {
                self.has_checks = true;
                self.setup.push(format!("{name}Handle := in.named({}).handle({name})", quoted(arg)));
                self.values.push(format!("{name}Handle"));
            }
            Type::Host(at, bound) => {
                let host = names::item(&scope.api.host(*at).name);
                let bound = types::bindings(bound, scope.vars);
                self.host(&name, format!("lend{host}{bound}(in, {name})"));
            }
            Type::Stream(inner) => {
                let pack = types::pack(scope.api, inner, scope.vars);
                self.host(&name, format!("lendStream(in, {pack}, {name})"));
            }
            _ => match scope.api.base(ty) {
                Type::String | Type::Bytes | Type::FixedBytes(_) => self.view(&name, ty, scope, optional),
                Type::Json(_) => self.json(&name, arg, optional),
                Type::Record(_) | Type::Union(_) | Type::List(_) | Type::Map(_) | Type::Error => {
                    self.packed(scope, &name, arg, ty, optional);
                }
                base => self.scalar(scope, &name, arg, base, optional),
            },
        }
    }

    fn host(&mut self, name: &str, lend: String) {
        self.hosts.push(format!("{name}Host := {lend}"));
        self.values.push(format!("{name}Host"));
    }

    fn view(&mut self, name: &str, ty: &Type, scope: &Scope<'_>, optional: bool) {
        let is_array = matches!(scope.api.base(ty), Type::FixedBytes(_));
        self.values.push(match (optional, is_array, types::is_nilable(ty)) {
            (false, true, _) => format!("viewOf({name}[:])"),
            (false, false, _) => format!("viewOf({name})"),
            (true, true, _) => format!("viewOfArray({name})"),
            (true, false, true) => format!("viewOr({name} != nil, {name})"),
            (true, false, false) => format!("viewOr({name} != nil, at({name}))"),
        });
    }

    fn json(&mut self, name: &str, arg: &Arg, optional: bool) {
        self.has_checks = true;
        let text = quoted(arg);
        if optional {
            self.setup.push(format!("var {name}Text C.net_view"));
            self.setup.push(format!("if {name} != nil {{"));
            self.setup.push(format!("\t{name}Text = viewOf(in.named({text}).json({name}))"));
            self.setup.push("}".into());
        } else {
            self.setup.push(format!("{name}Text := viewOf(in.named({text}).json({name}))"));
        }
        self.values.push(format!("{name}Text"));
    }

    fn packed(&mut self, scope: &Scope<'_>, name: &str, arg: &Arg, ty: &Type, optional: bool) {
        self.has_checks = true;
        self.has_packs = true;
        let pack = types::pack(scope.api, ty, scope.vars);
        let text = quoted(arg);
        let may_be_nil = optional || arg.default.is_some();
        let is_pointer = may_be_nil && !types::is_nilable(ty);
        self.setup.push(if may_be_nil {
            let value = if is_pointer { format!("at({name})") } else { name.to_owned() };
            format!("{name}Pack := packedOr(in, {text}, {pack}, {name} != nil, {value})")
        } else {
            format!("{name}Pack := packed(in, {text}, {pack}, {name})")
        });
        self.values.push(format!("{name}Pack"));
    }

    fn scalar(&mut self, scope: &Scope<'_>, name: &str, arg: &Arg, base: &Type, optional: bool) {
        let value = match &arg.default {
            Some(default) if zero_is_out(scope.api, base, default) => {
                format!("cmp.Or({name}, {})", model::inner(&types::literal(scope.api, default, &arg.ty)))
            }
            _ if optional => format!("at({name})"),
            _ => name.to_owned(),
        };
        let text = quoted(arg);
        let checked = match base {
            Type::Enum(_) => Some(format!("in.named({text}).tag({value})")),
            Type::Duration(unit) => {
                Some(format!("in.named({text}).duration({value}, {})", types::unit_of(*unit)))
            }
            Type::Instant(unit) => {
                Some(format!("in.named({text}).instant({value}, {})", types::unit_of(*unit)))
            }
            _ => None,
        };
        if optional {
            self.values.push(format!("C.bool({name} != nil)"));
        }
        let c = c_type(scope.api, base);
        let Some(checked) = checked else {
            let value = if matches!(base, Type::Date) { date(name, optional) } else { value };
            self.values.push(format!("C.{c}({value})"));
            return;
        };
        self.has_checks = true;
        if optional {
            self.setup.push(format!("var {name}Number uint64"));
            self.setup.push(format!("if {name} != nil {{"));
            self.setup.push(format!("\t{name}Number = {checked}"));
            self.setup.push("}".into());
        } else {
            self.setup.push(format!("{name}Number := {checked}"));
        }
        self.values.push(format!("C.{c}({name}Number)"));
    }
}

/// The name of an argument as errors write it.
fn quoted(arg: &Arg) -> String {
    names::text(&names::private(&arg.name))
}

fn date(name: &str, optional: bool) -> String {
    if optional { format!("at({name}).UnixMilli()") } else { format!("{name}.UnixMilli()") }
}

/// Whether the zero value cannot be meant, so that it stands for the default.
fn zero_is_out(api: &Api, base: &Type, default: &Literal) -> bool {
    match (base, default) {
        (Type::Enum(at), _) => !api.enumeration(*at).numeric,
        (Type::Flags(at), Literal::FlagBits(bits)) => !api.flags(*at).empty && !bits.is_empty(),
        _ => false,
    }
}

fn holds_objects(ty: &Type) -> bool {
    match ty {
        Type::Object(..) => true,
        Type::List(inner) | Type::Map(inner) | Type::Optional(inner) => holds_objects(inner),
        _ => false,
    }
}

fn outcome(scope: &Scope<'_>, ty: &Type) -> Outcome {
    let api = scope.api;
    let (ty, is_optional) = ty.split_optional();
    let name = types::go(api, ty, scope.vars);
    let unpack = types::unpack(api, ty, scope.vars);
    let (out, make, is_pair) = match (ty, api.base(ty)) {
        (Type::Record(at), _) if api.record(*at).fixed => {
            let record = api.record(*at);
            let fields = record.fields.iter().map(|field| fixed_field(scope, field));
            let fields = fields.collect::<Vec<_>>().join(", ");
            (Some(c_names::values(&record.name.spec)), format!("{name}{{{fields}}}"), false)
        }
        (Type::Object(..), _) => {
            let object = name.trim_start_matches('*');
            (Some("net_handle".into()), format!("new{object}(uint64(out))"), false)
        }
        (Type::Stream(inner), _) => {
            let unpack = types::unpack(api, inner, scope.vars);
            (Some("net_handle".into()), format!("newStream(uint64(out), {unpack})"), false)
        }
        (Type::Json(_), _) => (Some("net_bytes".into()), format!("taken(&out, restJSON[{name}])"), true),
        (_, Type::String | Type::Bytes) => {
            (Some("net_bytes".into()), format!("taken(&out, rest[{name}])"), true)
        }
        (
            _,
            Type::FixedBytes(_)
            | Type::Record(_)
            | Type::Union(_)
            | Type::List(_)
            | Type::Map(_)
            | Type::Error,
        ) => (Some("net_bytes".into()), format!("taken(&out, {unpack})"), true),
        _ => {
            let (c, make) = plain(scope, ty, "out");
            (Some(c.into()), make, false)
        }
    };
    let types = if is_optional { format!("result {name}, found bool") } else { format!("result {name}") };
    Outcome { types, out, is_optional, make, is_pair, unpack }
}

/// A field of a fixed record, made of what C gave for it.
fn fixed_field(scope: &Scope<'_>, field: &Field) -> String {
    let c = c_names::value(&scope.api.unit_name(&field.name.spec, &field.ty));
    let (_, make) = plain(scope, &field.ty, &format!("out.{}", names::of_c(&c)));
    format!("{}: {make}", names::field(scope.api, field))
}

/// The C type of a number, and the value that Go makes of one.
fn plain(scope: &Scope<'_>, ty: &Type, out: &str) -> (&'static str, String) {
    let api = scope.api;
    let name = types::go(api, ty, scope.vars);
    match (ty, api.base(ty)) {
        (Type::Enum(_), _) => (c_type(api, ty), format!("{}Of(uint64({out}))", lower_first(&name))),
        (_, Type::Duration(unit)) => {
            ("uint64_t", format!("durationOf(uint64({out}), {})", types::unit_of(*unit)))
        }
        (_, Type::Instant(unit)) => {
            ("uint64_t", format!("instantOf(uint64({out}), {})", types::unit_of(*unit)))
        }
        (_, Type::Date) => ("int64_t", format!("time.UnixMilli(int64({out})).UTC()")),
        (_, base) => (c_type(api, base), format!("{name}({out})")),
    }
}

/// A name with its first letter in lower case: what the generated helpers of an enum are called after.
pub(crate) fn lower_first(name: &str) -> String {
    name[..1].to_lowercase() + &name[1..]
}

/// The C type of a value that crosses as it is.
fn c_type(api: &Api, ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::F64 => "double",
        Type::Int(int) => c_integer(*int),
        Type::Enum(at) => c_integer(api.enumeration(*at).repr),
        Type::Flags(at) => c_integer(api.flags(*at).repr),
        Type::Date => "int64_t",
        _ => "uint64_t",
    }
}

fn c_integer(int: Int) -> &'static str {
    match int {
        Int::U8 => "uint8_t",
        Int::U16 => "uint16_t",
        Int::U32 => "uint32_t",
        Int::U64 => "uint64_t",
        Int::I8 => "int8_t",
        Int::I16 => "int16_t",
        Int::I32 => "int32_t",
        Int::I64 => "int64_t",
    }
}

/// Statements of a host's answer: those that pack it, if it worked.
pub(crate) fn answer(api: &Api, ty: &Type, vars: &types::Variables) -> (String, Vec<String>) {
    match ty {
        Type::Optional(inner) => (
            "result, found, err".into(),
            vec![format!("packSome(w, {}, found, result)", types::pack(api, inner, vars))],
        ),
        ty => ("result, err".into(), vec![model::pack_statement(api, ty, "result", vars)]),
    }
}
