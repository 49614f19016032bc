//! Functions that take and give structs, over those of the C ABI.

use super::layout::{call, comment, head};
use super::names;
use super::types::{self, Passing};
use super::waits::{wait, wait_next};
use crate::ir::{Api, Arg, Lang, Method, Module, Record, Shape, Type};
use crate::targets::notes;
use anyhow::Result;

pub(crate) struct FunctionModel {
    pub doc: Vec<String>,
    pub head: Vec<String>,
    pub body: Vec<String>,
}

/// Lowers the functions and methods of a module that packs cross.
pub(crate) fn module(api: &Api, module: &Module) -> Result<Vec<FunctionModel>> {
    let mut functions = Vec::new();
    for method in &module.functions {
        functions.extend(function(api, method, names::function(&method.name.spec), false)?);
    }
    for object in &module.objects {
        for method in object.constructors.iter().chain(&object.methods) {
            let name = names::method(&object.name.spec, &method.name.spec);
            functions.extend(function(api, method, name, true)?);
        }
        if let Some(item) = &object.iterates {
            let name = names::method(&object.name.spec, "next");
            let items = Type::List(Box::new(item.clone()));
            functions.push(result(api, &name, &items)?);
            functions.push(wait_next(api, &name, &items)?);
        }
    }
    Ok(functions)
}

fn function(api: &Api, method: &Method, name: String, of_object: bool) -> Result<Vec<FunctionModel>> {
    let is_own = matches!(method.returns, Some(Type::SelfType));
    if !method.in_lang(Lang::C) || (is_own && matches!(method.shape, Shape::Property { .. })) {
        return Ok(Vec::new());
    }
    let has_handle = of_object && matches!(method.shape, Shape::Method | Shape::Property { .. });
    let constructs = method.shape == Shape::Constructor;
    let returns = method.returns.as_ref().filter(|_| !is_own);
    let mut functions = Vec::new();
    let args = method.args.iter().map(|arg| argument(api, arg)).collect::<Result<Vec<_>>>()?;
    let packed = returns.map(|ty| ty.split_optional().0).filter(|ty| types::is_owned(ty));
    if is_typed(api, method)? {
        let mut params: Vec<_> = has_handle.then(|| "net_handle handle".to_owned()).into_iter().collect();
        params.extend(args.iter().flat_map(|arg| arg.params.clone()));
        let mut passed: Vec<_> = has_handle.then(|| "handle".to_owned()).into_iter().collect();
        passed.extend(args.iter().flat_map(|arg| arg.passed.clone()));
        let title =
            format!("static inline {} {name}_with", if method.is_async { "uint64_t" } else { "net_code" });
        let mut body: Vec<_> = args.iter().flat_map(|arg| arg.before.clone()).collect();
        let target = if method.is_async {
            params.extend(["net_done done".to_owned(), "void *ctx".to_owned()]);
            passed.extend(["done".to_owned(), "ctx".to_owned()]);
            "uint64_t op"
        } else {
            let results = results(api, returns, constructs)?;
            params.extend(results.params);
            passed.extend(results.passed);
            body.splice(0..0, results.before);
            "net_code code"
        };
        body.extend(call(2, target, &name, &passed));
        body.extend(args.iter().flat_map(|arg| arg.after.clone()));
        match packed.filter(|_| !method.is_async) {
            Some(Type::Record(at)) if api.record(*at).fixed => body.extend(filling(api, api.record(*at))?),
            Some(ty) => body.extend(unpacking(&types::ctype(api, ty)?.code)),
            None => {}
        }
        body.push(format!("  return {};", if method.is_async { "op" } else { "code" }));
        let head = head(0, &title, &params, " {");
        let mut doc = comment(0, &notes::doc(method, Lang::C).text);
        doc.extend(
            notes::example(method, Lang::C).iter().map(|line| format!("// {line}").trim_end().to_owned()),
        );
        functions.push(FunctionModel { doc, head, body });
    }
    if method.is_async {
        match returns {
            _ if constructs => functions.push(plain_result(&name, "net_handle", "handle")),
            Some(ty) => functions.push(result(api, &name, ty)?),
            None => {}
        }
        functions.push(wait(api, method, &name, has_handle.then(|| "net_handle handle".to_owned()))?);
    }
    Ok(functions)
}

/// What a form with structs takes for its arguments.
pub(super) fn params(api: &Api, args: &[Arg]) -> Result<Vec<String>> {
    let args = args.iter().map(|arg| argument(api, arg)).collect::<Result<Vec<_>>>()?;
    Ok(args.into_iter().flat_map(|arg| arg.params).collect())
}

/// Whether a function has a form with structs, `<name>_with`.
pub(crate) fn is_typed(api: &Api, method: &Method) -> Result<bool> {
    let args = method.args.iter().map(|arg| argument(api, arg)).collect::<Result<Vec<_>>>()?;
    let result = method.returns.as_ref().is_some_and(|ty| types::is_owned(ty.split_optional().0));
    Ok(args.iter().any(|arg| arg.changes) || (!method.is_async && result))
}

struct ArgModel {
    params: Vec<String>,
    passed: Vec<String>,
    before: Vec<String>,
    after: Vec<String>,
    /// Whether it differs from the argument of the C ABI.
    changes: bool,
}

fn argument(api: &Api, arg: &Arg) -> Result<ArgModel> {
    let name = names::argument(api, arg);
    let (ty, optional) = arg.ty.split_optional();
    let ctype = types::ctype(api, ty)?;
    let (code, c) = (&ctype.code, &ctype.name);
    let writer = format!("{name}_pack");
    let packs = |params: Vec<String>, value: &str, prepare: Vec<String>| ArgModel {
        params,
        passed: vec![format!("{name}_view")],
        before: [
            vec![format!("  net_writer {writer} = net_writer_new();")],
            vec![format!("  if ({name} != NULL) {{")],
            prepare,
            vec![format!("    net_{code}_pack(&{writer}, {value});"), "  }".into()],
            vec![format!(
                "  net_view {name}_view = {name} == NULL ? net_none() : net_writer_view(&{writer});"
            )],
        ]
        .concat(),
        after: vec![format!("  net_writer_free(&{writer});")],
        changes: true,
    };
    Ok(match types::passing(api, ty) {
        _ if matches!(ty, Type::Host(..) | Type::Stream(_)) => host(ty, &name, c),
        Passing::Address if matches!(api.base(ty), Type::FixedBytes(_)) => fixed(api, ty, optional, &name, c),
        Passing::Address => packs(vec![format!("const {c} *{name}")], &name, Vec::new()),
        Passing::Items => {
            let item = types::item(api, ty)?;
            let list = format!("{name}_list");
            let prepare = vec![format!("    {c} {list} = net_{code}_of({name}, {name}_len);")];
            let mut model = packs(
                vec![format!("const {item} *{name}"), format!("size_t {name}_len")],
                &format!("&{list}"),
                prepare,
            );
            if !optional && arg.default.is_none() {
                // No items need no pointer.
                model.passed = vec![format!("net_writer_view(&{writer})")];
                model.before = vec![
                    format!("  net_writer {writer} = net_writer_new();"),
                    format!("  {c} {list} = net_{code}_of({name}, {name}_len);"),
                    format!("  net_{code}_pack(&{writer}, &{list});"),
                ];
            }
            model
        }
        Passing::Value => {
            let mut params = vec![format!("{c} {name}")];
            let mut passed = vec![name.clone()];
            let is_handle = matches!(ty, Type::Object(..));
            if optional && !is_handle && !types::is_view(api, ty) {
                params.insert(0, format!("bool has_{name}"));
                passed.insert(0, format!("has_{name}"));
            }
            ArgModel { params, passed, before: Vec::new(), after: Vec::new(), changes: false }
        }
    })
}

fn host(ty: &Type, name: &str, c: &str) -> ArgModel {
    let c = if matches!(ty, Type::Stream(_)) { "net_source" } else { c };
    let host = format!("{name}_host");
    ArgModel {
        params: vec![format!("const {c} *{name}")],
        passed: vec![format!("{name} == NULL ? NULL : &{host}")],
        before: vec![format!("  net_host {host} = {c}_host({name});")],
        after: Vec::new(),
        changes: true,
    }
}

fn fixed(api: &Api, ty: &Type, optional: bool, name: &str, c: &str) -> ArgModel {
    let Type::FixedBytes(size) = api.base(ty) else { unreachable!("the caller looked") };
    let view = format!("net_view_of({name}->bytes, {size})");
    let view = if optional { format!("{name} == NULL ? net_none() : {view}") } else { view };
    ArgModel {
        params: vec![format!("const {c} *{name}")],
        passed: vec![view],
        before: Vec::new(),
        after: Vec::new(),
        changes: true,
    }
}

struct Results {
    params: Vec<String>,
    passed: Vec<String>,
    before: Vec<String>,
}

fn results(api: &Api, returns: Option<&Type>, constructs: bool) -> Result<Results> {
    let mut params = Vec::new();
    let mut passed = Vec::new();
    let mut before = Vec::new();
    if constructs {
        params.push("net_handle *result".to_owned());
        passed.push("result".to_owned());
    } else if let Some(ty) = returns {
        let (ty, optional) = ty.split_optional();
        if optional {
            params.push("bool *found".to_owned());
            passed.push("found".to_owned());
        }
        if types::is_owned(ty) {
            params.push(format!("{} *result", types::ctype(api, ty)?.name));
            passed.push("result == NULL ? NULL : &given".to_owned());
            let given = match ty {
                Type::Record(at) if api.record(*at).fixed => names::values(&api.record(*at).name.spec),
                _ => "net_bytes".to_owned(),
            };
            before.push(format!("  {given} given;"));
        } else {
            let is_bytes = types::is_view(api, ty) || matches!(api.base(ty), Type::FixedBytes(_));
            let c = if is_bytes { "net_bytes".to_owned() } else { types::ctype(api, ty)?.name };
            params.push(format!("{c} *result"));
            passed.push("result".to_owned());
        }
    }
    params.push("net_error *error".to_owned());
    passed.push("error".to_owned());
    Ok(Results { params, passed, before })
}

/// Turns what a call gave into its result, if that is wanted; nothing at all leaves it zero.
fn unpacking(code: &str) -> Vec<String> {
    [
        "  if (result == NULL) {".to_owned(),
        "    return code;".to_owned(),
        "  }".to_owned(),
        "  memset(result, 0, sizeof *result);".to_owned(),
        format!("  if (given.data != NULL && !net_{code}_unpack(net_bytes_view(&given), result)) {{"),
        "    code = net_not_unpacked(error);".to_owned(),
        "  }".to_owned(),
        "  net_bytes_free(&given);".to_owned(),
    ]
    .to_vec()
}

/// Fills a result that is wanted in with the numbers that a call gave, which are zero if it failed.
fn filling(api: &Api, record: &Record) -> Result<Vec<String>> {
    let mut body =
        ["  if (result == NULL) {", "    return code;", "  }", "  memset(result, 0, sizeof *result);"]
            .map(str::to_owned)
            .to_vec();
    for field in &record.fields {
        let (name, c) = (names::field(api, &field.name.spec, &field.ty), types::ctype(api, &field.ty)?.name);
        body.push(format!("  result->{name} = ({c})given.{name};"));
    }
    Ok(body)
}

/// The function that reads the result of an asynchronous one.
fn result(api: &Api, name: &str, ty: &Type) -> Result<FunctionModel> {
    let (inner, optional) = ty.split_optional();
    let ctype = types::ctype(api, inner)?;
    if !optional && !types::is_owned(inner) {
        return Ok(plain_result(name, &ctype.name, &ctype.code));
    }
    let mut params = vec!["net_view result".to_owned()];
    if optional {
        params.push("bool *found".to_owned());
    }
    params.push(format!("{} *value", ctype.name));
    let mut body = Vec::new();
    if optional {
        let borrows = !types::is_owned(inner);
        body.extend([
            "  bool ok;".to_owned(),
            format!("  net_reader r = net_reader_new(result, {borrows});"),
            "  memset(value, 0, sizeof *value);".to_owned(),
            "  net_bool_read(&r, found);".to_owned(),
            "  if (*found) {".to_owned(),
            format!("    net_{}_read(&r, value);", ctype.code),
            "  }".to_owned(),
        ]);
        body.push(if borrows {
            "  net_reader_finish(&r, &ok);".to_owned()
        } else {
            "  value->owner = net_reader_finish(&r, &ok);".to_owned()
        });
        body.push("  return ok;".to_owned());
    } else {
        body.push(format!("  return net_{}_unpack(result, value);", ctype.code));
    }
    let head = head(0, &format!("static inline bool {name}_result"), &params, " {");
    Ok(FunctionModel { doc: result_doc(name), head, body })
}

/// The function that reads a result without memory of its own; a text stays where it is.
fn plain_result(name: &str, c: &str, code: &str) -> FunctionModel {
    let params = ["net_view result".to_owned(), format!("{c} *value")];
    FunctionModel {
        doc: result_doc(name),
        head: head(0, &format!("static inline bool {name}_result"), &params, " {"),
        body: vec![
            "  bool ok;".to_owned(),
            "  net_reader r = net_reader_new(result, true);".to_owned(),
            format!("  net_{code}_read(&r, value);"),
            "  net_reader_finish(&r, &ok);".to_owned(),
            "  return ok;".to_owned(),
        ],
    }
}

fn result_doc(name: &str) -> Vec<String> {
    comment(0, &format!("Reads a result of `{name}`; false for something else."))
}
