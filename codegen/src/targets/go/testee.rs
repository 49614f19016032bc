//! The generated part of the conformance testee: JSON of every value, and a case per call.

use super::model::Lines;
use super::{calls, hosts, model, names, objects, types};
use crate::ir::{Api, Arg, At, Field, Host, Int, Lang, Method, Module, Object, Shape, Type};
use crate::targets::testee::alias_op;

/// The type that stands for a type of the caller.
const JSON: &str = "json.RawMessage";

pub(crate) struct TesteeModel {
    /// Names of the constants that are lists.
    pub lists: Vec<String>,
    pub flags: Vec<FlagsModel>,
    pub records: Vec<RecordModel>,
    pub unions: Vec<UnionModel>,
    pub families: Vec<FamilyModel>,
    pub hosts: Vec<HostModel>,
    pub calls: Vec<CallModel>,
    /// Those that are timed.
    pub timed: Vec<CallModel>,
}

pub(crate) struct FlagsModel {
    pub name: String,
    pub bits: Vec<(String, String)>,
}

pub(crate) struct RecordModel {
    pub name: String,
    /// Whether it has objects or streams in it, which only a call can find and show.
    pub holds: bool,
    pub reads: bool,
    pub shows: bool,
    pub fields: Vec<FieldModel>,
}

pub(crate) struct FieldModel {
    pub name: String,
    pub text: String,
    pub read: String,
    pub show: String,
}

pub(crate) struct UnionModel {
    pub name: String,
    pub tag: String,
    pub has_fields: bool,
    pub cases: Vec<CaseModel>,
}

pub(crate) struct CaseModel {
    pub name: String,
    pub text: String,
    pub fields: Vec<FieldModel>,
}

pub(crate) struct FamilyModel {
    pub name: String,
    pub text: String,
    pub kinds: Vec<CaseModel>,
}

pub(crate) struct HostModel {
    pub name: String,
    pub ty: String,
    pub variable: String,
    pub callable: bool,
    pub methods: Vec<HostMethodModel>,
    pub optional: Vec<HostMethodModel>,
    /// Text of an optional method.
    pub first_optional: String,
}

pub(crate) struct HostMethodModel {
    pub signature: String,
    pub body: Lines,
}

pub(crate) struct CallModel {
    pub op: String,
    pub body: Lines,
}

/// Lowers the whole interface.
pub(crate) fn testee(api: &Api) -> TesteeModel {
    let mut model = TesteeModel {
        lists: Vec::new(),
        flags: Vec::new(),
        records: Vec::new(),
        unions: Vec::new(),
        families: Vec::new(),
        hosts: Vec::new(),
        calls: Vec::new(),
        timed: Vec::new(),
    };
    for (position, module) in api.modules.iter().enumerate() {
        model.add(api, position, module);
    }
    model
}

impl TesteeModel {
    fn add(&mut self, api: &Api, position: usize, module: &Module) {
        let lists = module.consts.iter().filter(|item| matches!(item.ty, Type::List(_)));
        self.lists.extend(lists.map(|item| names::item(&item.name)));
        self.flags.extend(module.flags.iter().map(|item| {
            let name = names::item(&item.name);
            let bits = item.bits.iter();
            let bits =
                bits.map(|bit| (names::text(&bit.text), format!("{name}{}", names::public(&bit.name))));
            FlagsModel { bits: bits.collect(), name }
        }));
        self.records.extend(module.records.iter().map(|item| RecordModel {
            name: names::item(&item.name),
            holds: api.holds(item),
            reads: item.is_input,
            shows: item.is_output,
            fields: item.fields.iter().map(|f| field(api, f)).collect(),
        }));
        self.unions.extend(module.unions.iter().map(|item| {
            let name = names::item(&item.name);
            let cases = item.cases.iter().map(|case| CaseModel {
                name: format!("{name}{}", names::public(&case.name)),
                text: names::text(&case.text),
                fields: case.fields.iter().map(|f| field(api, f)).collect(),
            });
            let has_fields = item.cases.iter().any(|case| !case.fields.is_empty());
            UnionModel { tag: names::text(&item.tag), has_fields, cases: cases.collect(), name }
        }));
        self.families.extend(module.families.iter().map(|item| family(api, item)));
        self.hosts
            .extend(module.hosts.iter().filter(|item| item.generic.is_empty()).map(|item| host(api, item)));
        for (index, item) in module.objects.iter().enumerate() {
            let at = At { module: position, index };
            self.object(api, &module.name, at, item);
        }
        for item in module.functions.iter().filter(|item| item.in_lang(Lang::Go)) {
            let name = names::item(&item.name);
            let vars = objects::result_variables(item);
            self.time(api, item, &vars, None, &format!("{name}{}", instance(vars.len())));
            let own = std::iter::once((item.path.clone(), names::item(item.published())));
            let aliases = item.published().aliases(Lang::Go).iter().map(|alias| alias_op(item, alias));
            let owner = record_owner(api, item);
            for (op, name) in own.chain(aliases.zip(names::aliases(item.published()))) {
                let function = format!("{owner}{name}{}", instance(vars.len()));
                self.call(op, body(api, item, &vars, &function, item.returns.as_ref()));
            }
        }
    }

    fn object(&mut self, api: &Api, module: &str, at: At, item: &Object) {
        let vars = &item.generic;
        let name = names::item(&item.name);
        let own = Type::Object(at, vars.clone());
        let own_go = format!("*{name}{}", instance(vars.len()));
        let op = |method: &str| format!("{module}.{}.{method}", item.name.spec);
        let this = format!("self[{own_go}](c)");
        for constructor in item.constructors.iter().filter(|item| item.in_lang(Lang::Go)) {
            let function = match constructor.name.spec.as_str() {
                "new" => format!("New{name}"),
                _ => format!("{name}{}", names::item(&constructor.name)),
            };
            let function = format!("{function}{}", instance(vars.len()));
            self.call(op(&constructor.name.spec), body(api, constructor, vars, &function, Some(&own)));
        }
        for method in item.methods.iter().filter(|item| item.in_lang(Lang::Go)) {
            let function = names::item(&method.name);
            if method.shape == Shape::Static {
                self.time(api, method, vars, None, &format!("{name}{function}{}", instance(vars.len())));
            } else {
                self.time(api, method, vars, Some(&this), &format!("object.{function}"));
            }
            self.call(
                op(&method.name.spec),
                method_body(api, item, method, &this, &names::item(&method.name)),
            );
            for (alias, name) in method.name.aliases(Lang::Go).iter().zip(names::aliases(&method.name)) {
                self.call(alias_op(method, alias), method_body(api, item, method, &this, &name));
            }
        }
        if let Some(ty) = &item.iterates {
            let show = show(api, ty, vars);
            self.call(
                op("next"),
                vec![format!("return give(c, showList({show}))({this}.NextBatch(c.ctx, readInt[uint32](c.arg(\"max\"))))")],
            );
        }
        if item.methods.iter().all(|method| method.name.spec != "close")
            || item.close.as_deref() == Some("close")
        {
            self.calls.retain(|call| call.op != names::text(&format!("call:{}", op("close"))));
            self.call(op("close"), vec![format!("return done(c, {this}.Close())")]);
        }
    }

    /// Adds a method that is timed: its arguments are read once for many calls.
    fn time(&mut self, api: &Api, item: &Method, vars: &[String], this: Option<&str>, function: &str) {
        if !item.timed {
            return;
        }
        let mut body = Vec::new();
        body.extend(this.map(|this| format!("object := {this}")));
        body.push("return c.measure(func(c *call) func() error {".into());
        let mut passed: Vec<_> = item.is_async.then(|| "c.ctx".to_owned()).into_iter().collect();
        for (index, arg) in item.args.iter().enumerate() {
            body.push(format!("\tgiven{index} := {}", argument(api, arg, vars)));
            passed.push(format!("given{index}"));
        }
        let call = format!("{function}({})", passed.join(", "));
        body.push(match item.returns.as_ref().map(Type::split_optional) {
            None => format!("\treturn func() error {{ return {call} }}"),
            Some((_, found)) => {
                let found = if found { ", _" } else { "" };
                format!("\treturn func() error {{ _{found}, err := {call}; return err }}")
            }
        });
        body.push("})".into());
        self.timed.push(CallModel { op: names::text(&format!("time:{}", item.path)), body });
    }

    fn call(&mut self, path: String, body: Lines) {
        self.calls.push(CallModel { op: names::text(&format!("call:{path}")), body });
    }
}

fn family(api: &Api, item: &crate::ir::Family) -> FamilyModel {
    let name = names::family(&item.name);
    let kinds = item.kinds.iter().map(|kind| {
        let kept = kind.fields.iter().filter(|field| !matches!(field.ty, Type::Constant(_)));
        let fields = kept.map(|field| {
            let ty = item.kinds.iter().flat_map(|kind| &kind.fields).filter(|other| other.name == field.name);
            let ty =
                ty.map(|field| &field.ty).find(|ty| matches!(ty, Type::Optional(_))).unwrap_or(&field.ty);
            FieldModel {
                name: names::error_field(&field.name),
                text: names::text(&field.name),
                read: read(api, ty, &[]),
                show: show(api, ty, &[]),
            }
        });
        CaseModel {
            name: format!("{name}Kind{}", names::public(&kind.name)),
            text: names::text(&kind.text),
            fields: fields.collect(),
        }
    });
    FamilyModel { text: names::text(&item.name), kinds: kinds.collect(), name }
}

fn field(api: &Api, item: &Field) -> FieldModel {
    let (mut read, mut show) = (read(api, &item.ty, &[]), show(api, &item.ty, &[]));
    match types::left_out(api, item) {
        types::Left::Pointer(_) => {
            (read, show) = (format!("readOptional({read})"), format!("showOptional({show})"));
        }
        types::Left::Zero(_) => read = format!("readNonzero({read})"),
        types::Left::Plain | types::Left::Nil(_) => {}
    }
    FieldModel { name: names::field(api, item), text: names::text(&item.name.spec), read, show }
}

fn method_body(api: &Api, object: &Object, item: &Method, this: &str, name: &str) -> Lines {
    let vars = &object.generic;
    let own = names::item(&object.name);
    let free = objects::result_variables(item);
    match item.shape {
        Shape::Static => {
            body(api, item, vars, &format!("{own}{name}{}", instance(vars.len())), item.returns.as_ref())
        }
        Shape::Property { .. } if matches!(item.returns, Some(Type::SelfType)) => {
            vec![format!("return c.keep({this}.{name}())")]
        }
        Shape::Property { fixed: true } if is_object(item.returns.as_ref()) => {
            vec![format!("return keptNilable(c, {this}.{name}())")]
        }
        Shape::Property { fixed: true } => {
            let show = item.returns.as_ref().map_or(String::new(), |ty| show(api, ty, vars));
            vec![format!("return {show}({this}.{name}())")]
        }
        _ if matches!(item.returns, Some(Type::SelfType)) => {
            vec![format!("return c.keep({this}.{name}({}))", arguments(api, item, vars))]
        }
        _ if !free.is_empty() => {
            let mut all = vars.clone();
            all.extend(free);
            let function = format!("{own}{name}{}", instance(all.len()));
            let given = arguments(api, item, &all);
            let given = if given.is_empty() { this.to_owned() } else { format!("{this}, {given}") };
            vec![answer(api, &all, &format!("{function}({given})"), item.returns.as_ref())]
        }
        _ => body(api, item, vars, &format!("{this}.{name}"), item.returns.as_ref()),
    }
}

/// What stands before the name of a method of a record: the value with a dot, or the record's name.
fn record_owner(api: &Api, item: &Method) -> String {
    let record = item.member.as_ref().map(|member| names::item(&api.record(member.record).name));
    match item.receiver() {
        Some(value) => format!("{}.", argument(api, value, &[])),
        None => record.unwrap_or_default(),
    }
}

/// Whether it is an object, or none.
fn is_object(ty: Option<&Type>) -> bool {
    matches!(ty.map(Type::split_optional), Some((Type::Object(..), _)))
}

fn body(api: &Api, item: &Method, vars: &[String], function: &str, returns: Option<&Type>) -> Lines {
    vec![answer(api, vars, &format!("{function}({})", arguments(api, item, vars)), returns)]
}

/// The statement that answers with what a call gives.
fn answer(api: &Api, vars: &[String], call: &str, returns: Option<&Type>) -> String {
    match returns.map(Type::split_optional) {
        None => format!("return done(c, {call})"),
        Some((ty @ Type::Object(..), false)) => format!("return kept[{}](c)({call})", go(api, ty, vars)),
        Some((ty @ Type::Object(..), true)) => format!("return keptFound[{}](c)({call})", go(api, ty, vars)),
        Some((Type::Stream(inner), _)) => format!("return drained(c, {})({call})", show(api, inner, vars)),
        Some((ty, true)) => format!("return giveFound(c, {})({call})", show(api, ty, vars)),
        Some((ty, false)) => format!("return give(c, {})({call})", show(api, ty, vars)),
    }
}

fn arguments(api: &Api, item: &Method, vars: &[String]) -> String {
    let ctx = item.is_async.then(|| "c.ctx".to_owned());
    let args = item.given().iter().map(|arg| argument(api, arg, vars));
    ctx.into_iter().chain(args).collect::<Vec<_>>().join(", ")
}

fn argument(api: &Api, arg: &Arg, vars: &[String]) -> String {
    let value = format!("c.arg({})", names::text(&arg.name));
    let scope = calls::Scope { api, prefix: "", has_self: false, vars: &[], chains: false };
    match (&arg.ty, &arg.default) {
        (Type::Host(at, _), _) => format!("c.{}({value})", names::private(&api.host(*at).name.spec)),
        (Type::Stream(inner), _) => format!("readSeq({})({value})", read(api, inner, vars)),
        (Type::List(_), None) if arg.variadic => format!("{}({value})...", read(api, &arg.ty, vars)),
        (Type::Record(_), Some(_)) => format!("readOptional({})({value})", read(api, &arg.ty, vars)),
        (Type::Object(..), _) => format!("ref[{}](c)({value})", go(api, &arg.ty, vars)),
        (Type::Optional(inner), _) if matches!(**inner, Type::Object(..)) => {
            format!("ref[{}](c)({value})", go(api, inner, vars))
        }
        (Type::List(inner), _) if matches!(**inner, Type::Object(..)) => {
            format!("readList(ref[{}](c))({value})", go(api, inner, vars))
        }
        (ty, Some(_)) if types::is_nilable(ty) => format!("{}({value})", read(api, ty, vars)),
        (ty, Some(_)) => {
            format!(
                "readOr({}, {})({value})",
                read(api, ty, vars),
                model::inner(&calls::left_out(&scope, arg))
            )
        }
        (ty, None) => format!("{}({value})", read(api, ty, vars)),
    }
}

/// A type with the caller's own types filled in.
fn go(api: &Api, ty: &Type, vars: &[String]) -> String {
    match ty {
        Type::Object(at, bound) => {
            format!("*{}{}", names::item(&api.object(*at).name), instance(bound.len()))
        }
        Type::Json(variable) if vars.contains(variable) => JSON.into(),
        other => types::go(api, other, &[]),
    }
}

fn instance(variables: usize) -> String {
    if variables == 0 { String::new() } else { format!("[{}]", vec![JSON; variables].join(", ")) }
}

/// The function that reads a type from JSON.
fn read(api: &Api, ty: &Type, vars: &[String]) -> String {
    let name = go(api, ty, vars);
    match ty {
        Type::Optional(inner) if types::is_nilable(inner) => read(api, inner, vars),
        Type::Optional(inner) => format!("readOptional({})", read(api, inner, vars)),
        Type::List(inner) => format!("readList({})", read(api, inner, vars)),
        Type::Map(inner) => format!("readMap({})", read(api, inner, vars)),
        Type::Record(_) if api.has_handles(ty) => format!("read{name}(c)"),
        Type::Object(..) => format!("ref[{name}](c)"),
        Type::Flags(_) | Type::Record(_) | Type::Union(_) => format!("read{name}"),
        Type::Error => "readError".into(),
        Type::Json(_) => format!("readJSON[{name}]"),
        Type::Enum(at) if api.enumeration(*at).numeric => format!("readNamed({})", tags(api, *at)),
        Type::Enum(_) => format!("readText[{name}]"),
        _ => match api.base(ty) {
            Type::Bool => "readBool".into(),
            Type::F64 => "readFloat".into(),
            Type::Int(int) if int.signed() => format!("readInt[{name}]"),
            Type::Int(_) | Type::Size => format!("readUint[{name}]"),
            Type::Bytes => format!("readBytes[{name}]"),
            Type::FixedBytes(_) => format!("readArray[{name}]"),
            Type::Duration(unit) => format!("readDuration({})", types::unit_of(*unit)),
            Type::Instant(unit) => format!("readInstant({})", types::unit_of(*unit)),
            Type::Date => "readDate".into(),
            _ => format!("readText[{name}]"),
        },
    }
}

/// The table of a numeric enum's names.
fn tags(api: &Api, at: At) -> String {
    format!("{}Tags", names::private(&api.enumeration(at).name.spec))
}

/// The function that shows a type as JSON.
fn show(api: &Api, ty: &Type, vars: &[String]) -> String {
    let name = go(api, ty, vars);
    match ty {
        Type::Optional(inner) if types::is_nilable(inner) => {
            format!("showNilable({})", show(api, inner, vars))
        }
        Type::Optional(inner) => format!("showOptional({})", show(api, inner, vars)),
        Type::List(inner) => format!("showList({})", show(api, inner, vars)),
        Type::Map(inner) => format!("showMap({})", show(api, inner, vars)),
        Type::Flags(_) => format!("showFlags[{name}]"),
        Type::Enum(at) if api.enumeration(*at).numeric => format!("showNamed({})", tags(api, *at)),
        Type::Record(_) if api.has_handles(ty) => format!("show{name}(c)"),
        Type::Object(..) => format!("showObject[{name}]"),
        Type::Stream(of) => format!("showStream(c, {})", show(api, of, vars)),
        Type::Record(_) | Type::Union(_) => format!("show{name}"),
        Type::Error => "showError".into(),
        Type::Json(_) => "showJSON".into(),
        _ => match api.base(ty) {
            Type::F64 => "showFloat".into(),
            Type::Int(Int::U64 | Int::I64) | Type::Size => format!("showDecimal[{name}]"),
            Type::Bytes => format!("showBytes[{name}]"),
            Type::FixedBytes(_) => format!("showArray[{name}]"),
            Type::Duration(unit) => format!("showDuration({})", types::unit_of(*unit)),
            Type::Instant(unit) => format!("showInstant({})", types::unit_of(*unit)),
            Type::Date => "showDate".into(),
            _ => format!("showPlain[{name}]"),
        },
    }
}

fn host(api: &Api, item: &Host) -> HostModel {
    let name = names::item(&item.name);
    let method = |method: &Method| {
        let (args, results) = hosts::host_signature(api, item, method);
        let shown = method.args.iter().map(|arg| {
            format!("{}: {}({})", names::text(&arg.name), show(api, &arg.ty, &[]), names::private(&arg.name))
        });
        let shown = format!("map[string]any{{{}}}", shown.collect::<Vec<_>>().join(", "));
        let text = names::text(&method.name.spec);
        let ask = format!("h.answer({text}, {shown})");
        let body = match method.returns.as_ref().map(Type::split_optional) {
            None => vec![format!("_, err := {ask}"), "return err".into()],
            Some((ty, true)) => vec![format!("return answeredFound({})({ask})", read(api, ty, &[]))],
            Some((ty, false)) => vec![format!("return answered({})({ask})", read(api, ty, &[]))],
        };
        HostMethodModel { signature: format!("{}({args}) {results}", names::item(&method.name)), body }
    };
    let props = item.props.iter().map(|property| {
        let signature = hosts::property_signature(api, property).signature;
        let ask = format!("h.property({})", names::text(&property.name.spec));
        let body = match property.returns.as_ref().map(Type::split_optional) {
            Some((ty, true)) => vec![
                format!("value := readOptional({})({ask})", read(api, ty, &[])),
                "if value == nil {".into(),
                format!("\tvalue = new({})", go(api, ty, &[])),
                "\treturn *value, false".into(),
                "}".into(),
                "return *value, true".into(),
            ],
            Some((ty, false)) => vec![format!("return {}({ask})", read(api, ty, &[]))],
            None => Vec::new(),
        };
        HostMethodModel { signature, body }
    });
    let first_optional = item.methods.iter().find(|method| method.optional);
    HostModel {
        ty: format!("host{name}"),
        variable: names::private(&item.name.spec),
        callable: item.callable,
        methods: props.chain(item.methods.iter().filter(|m| !m.optional).map(method)).collect(),
        optional: item.methods.iter().filter(|m| m.optional).map(method).collect(),
        first_optional: first_optional.map_or(String::new(), |m| names::text(&m.name.spec)),
        name,
    }
}
