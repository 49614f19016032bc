//! What the templates of the C ABI print.

use super::hosts::{HostModel, host};
use super::names;
use super::types::{self, Form};
use crate::ir::{Api, Arg, At, Field, Lang, Method, Module, Object, Record, Shape, Type};
use crate::targets::notes;
use crate::targets::rust::{model as rust_model, names as rust_names};

pub(crate) struct ModuleModel {
    /// Fixed records that functions answer with.
    pub values: Vec<ValuesModel>,
    pub functions: Vec<FunctionModel>,
    pub hosts: Vec<HostModel>,
    /// Names that the module takes from the crate.
    pub uses: Vec<String>,
}

/// The struct in which the fields of a fixed record cross.
pub(crate) struct ValuesModel {
    pub doc: Vec<String>,
    pub name: String,
    /// The record in the core.
    pub record: String,
    pub fields: Vec<ValueModel>,
}

/// A field of a fixed record.
pub(crate) struct ValueModel {
    pub doc: Vec<String>,
    pub name: String,
    pub ty: String,
    /// Expression of it out of the record, which is `self`.
    pub value: String,
}

pub(crate) struct FunctionModel {
    pub doc: Vec<String>,
    pub name: String,
    pub params: String,
    pub returns: String,
    /// Statements in front of the frame.
    pub adopt: Vec<String>,
    /// The frame and its first arguments.
    pub frame: String,
    /// Statements of the body.
    pub body: Vec<String>,
    /// Expression of its value.
    pub value: String,
}

impl FunctionModel {
    /// The closure that the frame runs, or the core's function that stands for it.
    pub(crate) fn closure(&self) -> String {
        match self.value.strip_suffix("()").filter(|path| self.body.is_empty() && !path.contains('(')) {
            Some(path) => path.to_owned(),
            None => format!("|| {{ {} {} }}", self.body.join("\n"), self.value),
        }
    }
}

/// Lowers a module.
pub(crate) fn module(api: &Api, position: usize, module: &Module) -> ModuleModel {
    let contract = |name: &str| format!("net_types::api::{}", rust_names::ty(name));
    let functions_trait =
        format!("<{} as net_types::api::{}>", module.functions_type(), rust_names::functions(&module.name));
    let mut functions: Vec<_> = module
        .functions
        .iter()
        .filter(|m| crosses(m))
        .map(|m| function(api, m, names::function(&m.name.spec), &functions_trait, None))
        .collect();
    for object in &module.objects {
        let core = format!("net_core::{}", rust_names::ty(&object.name.spec));
        let own = format!("<{core} as {}>", contract(&object.name.spec));
        let methods = object.constructors.iter().chain(&object.methods).filter(|m| crosses(m));
        functions.extend(methods.map(|m| {
            let name = names::method(&object.name.spec, &m.name.spec);
            function(api, m, name, &own, Some(&core))
        }));
        functions.extend(iteration(api, object, &own, &core));
    }
    let hosts: Vec<_> = module.hosts.iter().map(|item| host(api, item)).collect();
    let values = module.records.iter().enumerate().filter(|(_, record)| record.fixed && record.is_output);
    let values: Vec<_> =
        values.map(|(index, record)| values_of(api, At { module: position, index }, record)).collect();
    let uses = uses(&functions, &hosts, !values.is_empty());
    ModuleModel { values, functions, hosts, uses }
}

fn values_of(api: &Api, at: At, record: &Record) -> ValuesModel {
    let field = |field: &Field| ValueModel {
        doc: lines(&field.doc.text),
        name: names::value(&api.unit_name(&field.name.spec, &field.ty)),
        ty: types::result_type(api, &field.ty),
        value: types::plain_out(api, &field.ty, &format!("self.{}", rust_names::value(&field.name.spec))),
    };
    ValuesModel {
        doc: lines(&record.doc.text),
        name: names::values(&record.name.spec),
        record: types::owned(api, &Type::Record(at)),
        fields: record.fields.iter().map(field).collect(),
    }
}

/// The function of a method, to show how it is declared; nothing if neither C nor Go has it.
pub(crate) fn declared(api: &Api, object: Option<&Object>, method: &Method) -> Option<FunctionModel> {
    let name = match object {
        Some(object) => names::method(&object.name.spec, &method.name.spec),
        None => names::function(&method.name.spec),
    };
    let core = object.map(|object| format!("net_core::{}", rust_names::ty(&object.name.spec)));
    crosses(method).then(|| function(api, method, name, "", core.as_deref()))
}

/// Whether C or Go has a method: both call through this interface.
fn crosses(method: &Method) -> bool {
    let own =
        matches!(method.returns, Some(Type::SelfType)) && matches!(method.shape, Shape::Property { .. });
    !own && (method.crosses_to(Lang::C) || method.crosses_to(Lang::Go))
}

fn function(api: &Api, method: &Method, name: String, owner: &str, core: Option<&str>) -> FunctionModel {
    let has_handle = core.is_some() && matches!(method.shape, Shape::Method | Shape::Property { .. });
    let args: Vec<_> = method.args.iter().map(|arg| argument(api, arg, method.is_async)).collect();
    let mut params: Vec<_> = has_handle.then(|| "handle: Handle".to_owned()).into_iter().collect();
    params.extend(args.iter().flat_map(|arg| arg.params.clone()));
    let mut body: Vec<_> = core
        .filter(|_| has_handle)
        .map(|core| format!("let this = value::object::<{core}>(handle)?;"))
        .into_iter()
        .collect();
    body.extend(args.iter().filter_map(|arg| arg.bind.clone()));
    body.extend(args.iter().filter_map(|arg| arg.check.clone()));
    let passed = has_handle.then(|| "&this".to_owned()).into_iter();
    let passed: Vec<_> = passed.chain(args.iter().map(|arg| arg.pass.clone())).collect();
    let call = format!("{owner}::{}({})", rust_names::value(&method.name.spec), passed.join(", "));
    let adopt = args.iter().filter_map(|arg| arg.adopt.clone()).collect();
    let mut doc = lines(&notes::doc(method, Lang::C).text);
    doc.extend(notes::example(method, Lang::C));
    if method.is_async {
        params.extend(["done: Done".to_owned(), "ctx: *mut c_void".to_owned()]);
        return FunctionModel {
            doc,
            name,
            params: params.join(", "),
            returns: "u64".into(),
            adopt,
            frame: "call::submit(done, ctx,".into(),
            body,
            value: format!("Ok(async move {{ {call}.await{} }})", packed(api, method, core)),
        };
    }
    let fixed = matches!(method.shape, Shape::Property { fixed: true });
    let out = results(api, method, core);
    params.extend(out.params);
    params.push("error: *mut Failure".into());
    FunctionModel {
        doc,
        name,
        params: params.join(", "),
        returns: "Code".into(),
        adopt,
        frame: out.frame,
        body,
        value: match &method.returns {
            Some(ty) if fixed => format!("Ok({})", types::result_out(api, ty, &call)),
            _ => format!("{call}{}", out.map),
        },
    }
}

/// `next` and `close` of an object that is a stream.
fn iteration(api: &Api, object: &Object, owner: &str, core: &str) -> Vec<FunctionModel> {
    let Some(item) = &object.iterates else { return Vec::new() };
    let this = format!("let this = value::object::<{core}>(handle)?;");
    let batch = types::packable(api, &Type::List(Box::new(item.clone())), "batch");
    let batch = types::mapped(&batch, "batch");
    vec![
        FunctionModel {
            doc: lines(
                "Asks for up to `max` items.\n\nThe result is the pack of a list, which is empty at the end.",
            ),
            name: names::method(&object.name.spec, "next"),
            params: "handle: Handle, max: u32, done: Done, ctx: *mut c_void".into(),
            returns: "u64".into(),
            adopt: Vec::new(),
            frame: "call::submit(done, ctx,".into(),
            body: vec![this.clone()],
            value: format!("Ok(async move {{ {owner}::next(&this, max).await{batch} }})"),
        },
        FunctionModel {
            doc: lines(
                "Ends the stream: items that are waited for do not come any more. Its handle stays to be freed.",
            ),
            name: names::method(&object.name.spec, "close"),
            params: "handle: Handle, error: *mut Failure".into(),
            returns: "Code".into(),
            adopt: Vec::new(),
            frame: "call::perform(error,".into(),
            body: vec![this, format!("{owner}::close(&this);")],
            value: "Ok(())".into(),
        },
    ]
}

struct Results {
    params: Vec<String>,
    frame: String,
    map: String,
}

fn results(api: &Api, method: &Method, core: Option<&str>) -> Results {
    let constructed = core.filter(|_| method.shape == Shape::Constructor);
    let (ty, optional) = match (&method.returns, constructed) {
        (_, Some(_)) => {
            return Results {
                params: vec!["result: *mut Handle".into()],
                frame: "call::answer(result, error,".into(),
                map: ".map(Shared)".into(),
            };
        }
        (None | Some(Type::SelfType), None) => {
            return Results { params: Vec::new(), frame: "call::perform(error,".into(), map: String::new() };
        }
        (Some(ty), None) => ty.split_optional(),
    };
    let value = types::result_out(api, ty, "value");
    let result = format!("result: *mut {}", types::result_type(api, ty));
    let each = types::mapped(&value, "value");
    if !optional {
        let frame = "call::answer(result, error,".into();
        return Results { params: vec![result], frame, map: each };
    }
    Results {
        params: vec!["found: *mut bool".into(), result],
        frame: "call::answer_optional(found, result, error,".into(),
        map: if each.is_empty() { each } else { format!(".map(|value| value{each})") },
    }
}

/// Makes something that packs of the result of an asynchronous call.
fn packed(api: &Api, method: &Method, core: Option<&str>) -> String {
    let constructed = core.is_some() && method.shape == Shape::Constructor;
    match &method.returns {
        _ if constructed => ".map(Shared)".into(),
        None | Some(Type::SelfType) => String::new(),
        Some(ty) => types::mapped(&types::packable(api, ty, "value"), "value"),
    }
}

struct ArgModel {
    params: Vec<String>,
    /// Takes a host object over, whatever follows.
    adopt: Option<String>,
    /// Turns what crossed into the core's value.
    bind: Option<String>,
    /// Refuses a value outside of its range.
    check: Option<String>,
    /// How the core gets it.
    pass: String,
}

fn argument(api: &Api, arg: &Arg, is_async: bool) -> ArgModel {
    let name = names::argument(api, arg);
    let label = api.unit_name(&arg.name, &arg.ty);
    let (ty, optional) = arg.ty.split_optional();
    match (types::form(api, ty), ty) {
        (Form::Plain(plain), _) => plain_argument(api, ty, optional, &name, &label, &plain),
        (Form::Handle, _) => handle_argument(api, ty, optional, is_async, &name),
        (Form::Host, Type::Host(at, _)) => {
            let adopt = format!("{}Host::adopt", rust_names::ty(&api.host(*at).name.spec));
            host_argument(&name, &label, optional, &adopt)
        }
        (_, Type::Stream(item)) => {
            host_argument(&name, &label, optional, &format!("host::stream::<{}>", types::owned(api, item)))
        }
        _ => view_argument(api, arg, is_async, &name, &label),
    }
}

fn plain_argument(api: &Api, ty: &Type, optional: bool, name: &str, label: &str, plain: &str) -> ArgModel {
    let mut params = vec![format!("{name}: {plain}")];
    let value = types::plain_in(api, ty, name, label);
    let bind = if optional {
        let has = names::presence(name);
        params.insert(0, format!("{has}: bool"));
        Some(format!("let {name} = if {has} {{ Some({value}) }} else {{ None }};"))
            .map(|bind| if value == name { format!("let {name} = {has}.then_some({name});") } else { bind })
    } else {
        (value != name).then(|| format!("let {name} = {value};"))
    };
    ArgModel { params, adopt: None, bind, check: None, pass: name.to_owned() }
}

fn handle_argument(api: &Api, ty: &Type, optional: bool, is_async: bool, name: &str) -> ArgModel {
    let core = types::object(api, ty).unwrap_or_default();
    let found = format!("value::object::<{core}>({name})?");
    let value =
        if optional { format!("if {name}.0 == 0 {{ None }} else {{ Some({found}) }}") } else { found };
    let pass = match (is_async, optional) {
        (true, _) => name.to_owned(),
        (false, true) => format!("{name}.as_ref()"),
        (false, false) => format!("&{name}"),
    };
    ArgModel {
        params: vec![format!("{name}: Handle")],
        adopt: None,
        bind: Some(format!("let {name} = {value};")),
        check: None,
        pass,
    }
}

fn host_argument(name: &str, label: &str, optional: bool, adopt: &str) -> ArgModel {
    let bind = if optional {
        format!("let {name} = host::optional({name}, {label:?})?.map({adopt}).transpose()?;")
    } else {
        format!("let {name} = {adopt}(host::required({name}, {label:?})?)?;")
    };
    ArgModel {
        params: vec![format!("{name}: *const Host")],
        adopt: Some(format!("let {name} = Adopted::take({name});")),
        bind: Some(bind),
        check: None,
        pass: name.to_owned(),
    }
}

fn view_argument(api: &Api, arg: &Arg, is_async: bool, name: &str, label: &str) -> ArgModel {
    let (ty, optional) = arg.ty.split_optional();
    let sliced = matches!(ty, Type::List(of) if matches!(**of, Type::String | Type::Json(_) | Type::Bytes));
    let borrowed = !is_async && (sliced || matches!(ty, Type::String | Type::Json(_) | Type::Bytes));
    let maybe = optional || arg.default.is_some();
    let read = types::view_in(api, ty, if maybe { "view" } else { name }, label, !borrowed);
    let value = match (&arg.default, maybe) {
        (_, false) => read,
        (default, true) => {
            let read = match read.strip_suffix('?') {
                Some(result) => result.to_owned(),
                None => format!("Ok({read})"),
            };
            let all = format!("{name}.optional(|view| {read})?");
            match default.as_ref().map(|value| types::literal(api, value, ty)) {
                None => all,
                Some(value) if value == "Default::default()" || value == "vec![]" => {
                    format!("{all}.unwrap_or_default()")
                }
                Some(value) if borrowed => {
                    let value = value.trim_end_matches(".to_owned()").replacen("vec!", "&", 1);
                    format!("{all}.unwrap_or({value})")
                }
                Some(value) => format!("{all}.unwrap_or_else(|| {value})"),
            }
        }
    };
    let check = rust_model::inner_check(api, &arg.ty, &format!("&{name}"));
    let pass = match (borrowed && sliced, optional) {
        (true, true) => format!("{name}.as_deref()"),
        (true, false) => format!("&{name}"),
        _ if arg.is_receiver => format!("&{name}"),
        _ => name.to_owned(),
    };
    ArgModel {
        params: vec![format!("{name}: View")],
        adopt: None,
        bind: Some(format!("let {name} = {value};")),
        check,
        pass,
    }
}

/// A text for people, in lines that fit the header.
fn lines(text: &str) -> Vec<String> {
    crate::targets::cpack::layout::wrap(text, 96)
}

/// The imports of a module: what its text names.
fn uses(functions: &[FunctionModel], hosts: &[HostModel], has_values: bool) -> Vec<String> {
    let mut text = String::new();
    for f in functions {
        text += &[&f.params, &f.returns, &f.frame, &f.value].map(String::as_str).join(" ");
        text += &f.body.concat();
        text += &f.adopt.concat();
    }
    let has = |word: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|found| found == word);
    let list = |names: &[&'static str]| {
        names.iter().copied().filter(|name| has(name)).collect::<Vec<_>>().join(", ")
    };
    let mut lines = Vec::new();
    if has("c_void") {
        lines.push("use std::ffi::c_void;".to_owned());
    }
    if !hosts.is_empty() {
        lines.push("use std::sync::Arc;".into());
    }
    lines.push(String::new());
    if !hosts.is_empty() {
        lines.push("use net_support::pack;".into());
    }
    match (has("Shared"), has("Span")) {
        (true, true) => lines.push("use net_support::pack::{Shared, Span};".into()),
        (true, false) => lines.push("use net_support::pack::Shared;".into()),
        (false, true) => lines.push("use net_support::pack::Span;".into()),
        (false, false) => {}
    }
    lines.push(String::new());
    let types = list(&["Bytes", "Code", "Done", "Failure", "Handle", "Host", "View"]);
    lines.push(format!("use crate::abi::{{{types}}};"));
    lines.push("use crate::call;".into());
    match (hosts.is_empty(), has("Adopted")) {
        (false, _) => lines.push("use crate::host::{self, Adopted, Port};".into()),
        (true, true) => lines.push("use crate::host::{self, Adopted};".into()),
        (true, false) => {}
    }
    let mut parts: Vec<_> = text.contains("value::").then_some("self").into_iter().collect();
    parts.extend(has_values.then_some("Out"));
    parts.extend(has("Packed").then_some("Packed"));
    match parts[..] {
        [] => {}
        ["self"] => lines.push("use crate::value;".into()),
        [one] => lines.push(format!("use crate::value::{one};")),
        _ => lines.push(format!("use crate::value::{{{}}};", parts.join(", "))),
    }
    lines
}
