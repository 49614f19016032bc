//! What the templates of the napi functions print.

use super::{names, types};
use crate::doc::Thread;
use crate::ir::{Api, Arg, At, Host, Lang, Method, Module, Object, Shape, Type};
use crate::targets::imports::{self, has_word};
use crate::targets::rust::{model as rust_model, names as rust};

pub(super) struct FunctionModel {
    pub doc: Vec<String>,
    /// Name in Rust and in JavaScript.
    pub name: String,
    pub js: String,
    pub args: String,
    pub returns: String,
    /// Statements that find the objects and read the pack.
    pub prepare: Vec<String>,
    /// Expression that calls the core.
    pub call: String,
    pub is_async: bool,
    pub is_infallible: bool,
    /// Whether it has a result.
    pub has_result: bool,
    /// Statements that pack `result` into `w`.
    pub pack: Option<String>,
    /// Statement and expression that end a synchronous function.
    pub finish: String,
}

/// A function that takes calls that the host has combined, and reserves room for more.
pub(super) struct CombinedModel {
    pub path: String,
    pub name: String,
    pub js: String,
    /// Statement that finds the object.
    pub this: String,
    /// Statements that read the arguments of one call.
    pub read: Vec<String>,
    /// Expressions of one call, and of the reservation.
    pub call: String,
    pub reserve: String,
}

pub(super) struct HostModel {
    pub doc: String,
    pub name: String,
    pub path: String,
    pub is_serial: bool,
    pub keeps_home: bool,
    pub props: Vec<PropModel>,
    pub optional: Vec<String>,
    pub methods: Vec<HostMethodModel>,
}

pub(super) struct PropModel {
    pub name: String,
    pub ty: String,
    pub read: String,
}

pub(super) struct HostMethodModel {
    pub name: String,
    pub number: usize,
    pub args: String,
    pub returns: String,
    pub pack: Vec<String>,
    pub timeout: String,
    /// Expression that reads the answer, if there is one.
    pub read: Option<String>,
}

/// A record with objects or streams in it, which cross as handles of an environment.
pub(super) struct HolderModel {
    pub name: String,
    pub ty: String,
    /// The same, to build one.
    pub path: String,
    pub count: usize,
    /// Statements that pack the fields of `value` into `w`; none if it never crosses to the host.
    pub pack: Vec<String>,
    /// Fields, and the expressions that read them; none if it never crosses to the core.
    pub unpack: Vec<(String, String)>,
}

/// The records of a module that have objects or streams in them.
pub(super) fn holders(api: &Api, position: usize, module: &Module) -> Vec<HolderModel> {
    let records = module.records.iter().enumerate().filter(|(_, item)| api.holds(item));
    records
        .map(|(index, item)| {
            let ty = types::owned(api, &Type::Record(At { module: position, index }));
            let pack = item.fields.iter().map(|field| {
                let value = format!("value.{}", rust::value(&field.name.spec));
                types::pack(api, &field.ty, &value).replace("&mut w", "w").replace("&home", "home")
            });
            let unpack = item.fields.iter().map(|field| {
                let optional = matches!(field.ty, Type::Optional(_));
                let own = format!("f.next().map({}).transpose()?", types::reader(api, &field.ty));
                let read = match (types::has_pack(api, &field.ty), optional) {
                    (true, true) => "f.field_or(None)?".into(),
                    (true, false) => "f.field()?".into(),
                    (false, true) => format!("{own}.flatten()"),
                    (false, false) => {
                        format!("match {own} {{ Some(value) => value, None => return Err(f.missing()) }}")
                    }
                };
                (rust::value(&field.name.spec), read)
            });
            HolderModel {
                name: item.name.spec.clone(),
                path: ty.split('<').next().unwrap_or(&ty).to_owned(),
                ty,
                count: item.fields.len(),
                pack: if item.is_output { pack.collect() } else { Vec::new() },
                unpack: if item.is_input { unpack.collect() } else { Vec::new() },
            }
        })
        .collect()
}

/// The functions of a module, of its objects and of their streams.
pub(super) fn functions(api: &Api, module: &Module) -> Vec<FunctionModel> {
    let mut all: Vec<_> = module
        .functions
        .iter()
        .filter(|method| method.in_lang(Lang::Ts))
        .map(|method| {
            let callee = format!(
                "<{} as net_types::api::{}>::{}",
                module.functions_type(),
                rust::functions(&module.name),
                rust::value(&method.name.spec)
            );
            function(api, method, None, callee)
        })
        .collect();
    for object in &module.objects {
        let name = rust::ty(&object.name.spec);
        let of = |function: &str| format!("<net_core::{name} as net_types::api::{name}>::{function}");
        let methods = object.constructors.iter().chain(&object.methods);
        let kept = methods.filter(|m| m.in_lang(Lang::Ts) && !is_of_the_host(m));
        all.extend(kept.map(|m| function(api, m, Some(&name), of(&rust::value(&m.name.spec)))));
        if let Some(item) = &object.iterates {
            all.extend(stream(api, module, object, item, of));
        }
    }
    all
}

/// The functions of a module that take combined calls.
pub(super) fn combined(api: &Api, module: &Module) -> Vec<CombinedModel> {
    let combining = module.objects.iter().filter_map(|object| Some((object, object.combined()?)));
    combining
        .map(|(object, (into, reserve))| {
            let class = rust::ty(&object.name.spec);
            let call = |method: &Method, args: &[String]| {
                let args = std::iter::once("&this").chain(args.iter().map(String::as_str));
                let name = rust::value(&method.name.spec);
                let args = args.collect::<Vec<_>>().join(", ");
                format!("<net_core::{class} as net_types::api::{class}>::{name}({args})")
            };
            let read = |arg: &Arg| {
                let (read, _) = types::read(api, &arg.ty, false);
                format!("let {} = {read};", rust::value(&arg.name))
            };
            let given: Vec<_> = into.args.iter().map(|arg| rust::value(&arg.name)).collect();
            CombinedModel {
                path: into.path.clone(),
                name: names::rust_function(&into.path),
                js: names::function(&into.path),
                this: format!("let this = abi::object::<net_core::{class}>(this)?;"),
                read: into.args.iter().map(read).collect(),
                call: call(into, &given),
                reserve: call(reserve, &["events".into(), "bytes".into()]),
            }
        })
        .collect()
}

/// The interfaces of a module that hosts implement.
pub(super) fn hosts(api: &Api, module: &Module) -> Vec<HostModel> {
    module.hosts.iter().map(|item| host(api, module, item)).collect()
}

/// Whether a function takes the environment: to complete later, to own what it returns, or to call the host.
pub(crate) fn needs_environment(api: &Api, method: &Method) -> bool {
    let makes = method.shape == Shape::Constructor
        || method.returns.as_ref().is_some_and(|ty| types::needs_home(api, ty));
    method.is_async || makes || method.args.iter().any(|arg| types::reads_home(&arg.ty))
}

/// Whether a member is the object itself, which only the host knows.
fn is_of_the_host(method: &Method) -> bool {
    matches!(method.shape, Shape::Property { .. }) && matches!(method.returns, Some(Type::SelfType))
}

fn function(api: &Api, method: &Method, owner: Option<&str>, callee: String) -> FunctionModel {
    let mut f = Parts::default();
    let returns = match method.shape {
        Shape::Constructor => None,
        _ => method.returns.as_ref(),
    };
    if needs_environment(api, method) {
        f.args.push("environment: f64".into());
        f.prepare.push("let home = queue::home(environment)?;".into());
    }
    if matches!(method.shape, Shape::Method | Shape::Property { .. }) {
        let owner = owner.unwrap_or_default();
        f.args.push("this: f64".into());
        f.prepare.push(format!("let this = abi::object::<net_core::{owner}>(this)?;"));
        f.given.push("&this".into());
    }
    let packed = method.args.iter().any(|arg| !types::crosses_alone(api, &arg.ty));
    method.args.iter().for_each(|arg| f.argument(api, arg, method.is_async));
    if packed {
        f.args.push("args: &[u8]".into());
        f.read.insert(0, "let r = &mut Reader::new(args);".into());
        f.read.push("r.finish()?;".into());
    }
    f.prepare.extend(f.read);
    let call = format!("{callee}({})", f.given.join(", "));
    let pack = match (method.shape, returns) {
        (Shape::Constructor, _) => Some("w.varint(home.own(result));".to_owned()),
        (_, None | Some(Type::SelfType)) => None,
        (_, Some(ty)) => Some(types::pack(api, ty, "result")),
    };
    let form = types::result_form(api, returns);
    let (returns, finish) = match (method.is_async, method.shape, form) {
        (true, ..) => ("f64".to_owned(), String::new()),
        (_, Shape::Constructor, _) => ("f64".into(), "Ok(home.own(result) as f64)".into()),
        (_, _, types::ResultForm::Unit) => ("()".into(), "Ok(())".into()),
        (_, _, types::ResultForm::Handle) => ("f64".into(), handle(returns)),
        (_, _, types::ResultForm::Value) => {
            let (ty, made) = types::value(api, returns.unwrap_or(&Type::Bool));
            (ty, format!("Ok({made})"))
        }
        (_, _, types::ResultForm::Pack) => {
            f.args.push("out: BufferSlice<'_>".into());
            ("f64".into(), "Ok(abi::answer(out, w))".into())
        }
    };
    FunctionModel {
        doc: vec![format!("`{}`", method.path)],
        name: names::rust_function(&method.path),
        js: names::function(&method.path),
        args: f.args.join(", "),
        returns,
        prepare: f.prepare,
        call,
        is_async: method.is_async,
        has_result: method.shape == Shape::Constructor || form != types::ResultForm::Unit,
        is_infallible: method.shape == Shape::Property { fixed: true },
        pack: if method.is_async || finish.ends_with("(out, w))") { pack } else { None },
        finish,
    }
}

/// The expression that ends a synchronous function whose result is an object or a stream.
fn handle(ty: Option<&Type>) -> String {
    let own = |ty: &Type| match ty {
        Type::Stream(_) => "home.own(Arc::new(StreamHandle::packed(result)))",
        _ => "home.own(result)",
    };
    match ty {
        Some(Type::Optional(inner)) => {
            format!("Ok(result.map_or(0, |result| {}) as f64)", own(inner))
        }
        Some(ty) => format!("Ok({} as f64)", own(ty)),
        None => "Ok(0.0)".into(),
    }
}

/// The functions of an object that iterates.
fn stream(
    api: &Api,
    module: &Module,
    object: &Object,
    item: &Type,
    of: impl Fn(&str) -> String,
) -> [FunctionModel; 2] {
    let path = |function: &str| format!("{}.{}.{function}", module.name, object.name.spec);
    let name = rust::ty(&object.name.spec);
    let this = format!("let this = abi::object::<net_core::{name}>(this)?;");
    let model = |function: &str| FunctionModel {
        doc: vec![format!("`{}`", path(function))],
        name: names::rust_function(&path(function)),
        js: names::function(&path(function)),
        args: "this: f64".into(),
        returns: "()".into(),
        prepare: vec![this.clone()],
        call: format!("{}(&this)", of(function)),
        is_async: false,
        is_infallible: true,
        has_result: false,
        pack: None,
        finish: "Ok(())".into(),
    };
    let next = FunctionModel {
        args: "environment: f64, this: f64, max: u32".into(),
        returns: "f64".into(),
        prepare: vec!["let home = queue::home(environment)?;".into(), this.clone()],
        call: format!("{}(&this, max)", of("next")),
        is_async: true,
        is_infallible: false,
        has_result: true,
        pack: Some(types::pack(api, &Type::List(Box::new(item.clone())), "result")),
        finish: String::new(),
        ..model("next")
    };
    [next, model("close")]
}

/// What is collected of a function's arguments.
#[derive(Default)]
struct Parts {
    args: Vec<String>,
    prepare: Vec<String>,
    read: Vec<String>,
    given: Vec<String>,
}

impl Parts {
    fn argument(&mut self, api: &Api, arg: &Arg, is_async: bool) {
        let name = rust::value(&arg.name);
        if let Some(ty) = types::argument(api, &arg.ty) {
            self.args.push(format!("{name}: {ty}"));
            self.prepare.extend(types::resolve(api, &arg.ty, &name));
            if is_async && arg.ty == Type::Bytes {
                self.prepare.push(format!("let {name} = bytes::Bytes::copy_from_slice({name});"));
                self.given.push(name);
            } else {
                self.given.push(types::given(api, &arg.ty, &name, is_async));
            }
            return;
        }
        let (read, borrowed) = types::read(api, &arg.ty, is_async);
        self.read.push(format!("let {name} = {read};"));
        self.read.extend(rust_model::inner_check(api, &arg.ty, &format!("&{name}")));
        self.given.push(if borrowed || arg.is_receiver { format!("&{name}") } else { name });
    }
}

fn host(api: &Api, module: &Module, item: &Host) -> HostModel {
    let name = names::host(&item.name.spec);
    let props = item.props.iter().map(|prop| {
        let ty = prop.returns.clone().unwrap_or(Type::Bool);
        PropModel {
            name: rust::value(&prop.name.spec),
            ty: types::owned(api, &ty),
            read: format!("{}?", types::unpack(api, &ty)),
        }
    });
    let methods = item.methods.iter().enumerate().map(|(number, m)| host_method(api, number, m));
    let keeps_home = item.methods.iter().any(|m| {
        m.args.iter().any(|arg| types::needs_home(api, &arg.ty)) || m.returns.iter().any(types::reads_home)
    });
    HostModel {
        doc: format!("A host's `{}`.", item.name.spec),
        path: format!("net_types::host::{}::{}", module.name, rust::ty(&item.name.spec)),
        is_serial: item.thread == Thread::Serial,
        keeps_home,
        props: props.collect(),
        optional: item
            .methods
            .iter()
            .filter(|m| m.optional)
            .map(|m| format!("has_{}", m.name.spec))
            .collect(),
        methods: methods.collect(),
        name,
    }
}

fn host_method(api: &Api, number: usize, method: &Method) -> HostMethodModel {
    let mut args = vec!["&self".to_owned()];
    args.extend(method.args.iter().map(|arg| {
        let ty = match &arg.ty {
            Type::Object(..) => format!("Arc<{}>", types::owned(api, &arg.ty)),
            ty => types::owned(api, ty),
        };
        format!("{}: {ty}", rust::value(&arg.name))
    }));
    let pack = method.args.iter().map(|arg| types::pack(api, &arg.ty, &rust::value(&arg.name)));
    let returns = method.returns.as_ref().map_or("()".into(), |ty| types::owned(api, ty));
    HostMethodModel {
        name: rust::value(&method.name.spec),
        number,
        args: args.join(", "),
        returns,
        pack: pack.collect(),
        timeout: method
            .timeout
            .map_or("None".into(), |ms| format!("Some(std::time::Duration::from_millis({ms}))")),
        read: method.returns.as_ref().map(|ty| format!("{}?", types::unpack(api, ty))),
    }
}

/// The imports that a printed module needs.
pub(super) fn imports(text: &str) -> String {
    const KNOWN: [(&str, &[&str]); 9] = [
        ("crate::abi", &["self"]),
        ("crate::queue", &["self", "Home"]),
        ("napi::bindgen_prelude", &["BigInt", "BufferSlice", "i64n"]),
        ("napi_derive", &["napi"]),
        ("net_support", &["HostPort", "Pack"]),
        ("net_support::pack", &["Reader", "Span", "Writer"]),
        ("net_support::stream", &["StreamHandle"]),
        ("net_types", &["Error"]),
        ("std::sync", &["Arc"]),
    ];
    imports::imports(&KNOWN, |module, item| match item {
        "self" => has_word(text, &format!("{module}::")),
        "Pack" => has_word(text, item) || text.contains(".pack("),
        // The page's own title says it as well.
        "napi" => text.contains("#[napi"),
        item => has_word(text, item),
    })
}
