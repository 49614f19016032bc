//! Functions that wait for asynchronous ones, for programs without a loop.

use super::functions::{FunctionModel, is_typed, params};
use super::layout::{call, comment, head};
use super::names;
use super::types;
use crate::ir::{Api, Method, Shape, Type};
use anyhow::Result;

/// The function that calls an asynchronous one and waits for its result.
pub(super) fn wait(api: &Api, method: &Method, name: &str, handle: Option<String>) -> Result<FunctionModel> {
    let result = match &method.returns {
        _ if method.shape == Shape::Constructor => Some(&Type::SelfType),
        Some(Type::SelfType) | None => None,
        Some(ty) => Some(ty),
    };
    let target = if is_typed(api, method)? { format!("{name}_with") } else { name.to_owned() };
    let params = handle.into_iter().chain(params(api, &method.args)?).collect();
    waiting(api, name, &target, params, result)
}

/// The function that waits for the next items of an iterator.
pub(super) fn wait_next(api: &Api, name: &str, items: &Type) -> Result<FunctionModel> {
    waiting(api, name, name, vec!["net_handle handle".into(), "uint32_t max".into()], Some(items))
}

fn waiting(
    api: &Api,
    name: &str,
    target: &str,
    args: Vec<String>,
    result: Option<&Type>,
) -> Result<FunctionModel> {
    let passed = args.iter().map(|param| last_word(param).to_owned());
    let passed: Vec<_> = passed.chain(["net_queue_done".into(), "queue".into()]).collect();
    let outcome = result.map(|ty| outcome(api, name, ty)).transpose()?.unwrap_or_default();
    let given = if result.is_some() { "&given" } else { "NULL" };
    let params: Vec<_> = ["net_queue *queue".to_owned()]
        .into_iter()
        .chain(args)
        .chain(outcome.params)
        .chain(["net_error *error".to_owned()])
        .collect();
    let mut body = outcome.before;
    body.extend(call(2, "uint64_t op", target, &passed));
    body.push(format!("  net_code code = net_wait(queue, op, {given}, error);"));
    body.extend(outcome.after);
    body.push("  return code;".to_owned());
    Ok(FunctionModel {
        doc: comment(0, &format!("Calls `{name}` and waits for its end on a queue that nothing else uses.")),
        head: head(0, &format!("static inline net_code {name}_wait"), &params, " {"),
        body,
    })
}

/// The name that a parameter declares.
fn last_word(param: &str) -> &str {
    param.rsplit([' ', '*']).next().unwrap_or(param)
}

/// How a result gets out of a pack; NULL means that it is not wanted.
#[derive(Default)]
struct Outcome {
    params: Vec<String>,
    before: Vec<String>,
    after: Vec<String>,
}

fn outcome(api: &Api, name: &str, ty: &Type) -> Result<Outcome> {
    let (inner, optional) = ty.split_optional();
    let c = types::ctype(api, inner)?.name;
    let is_view = types::is_view(api, inner);
    let is_handle = matches!(inner, Type::Object(..) | Type::Stream(_) | Type::SelfType);
    let found = optional.then(|| "bool *found".to_owned());
    let out = if is_view { "net_bytes *result".to_owned() } else { format!("{c} *result") };
    let read = format!("{name}_result(net_bytes_view(&given), {}", if optional { "found, " } else { "" });
    let mut before = vec!["  net_bytes given;".to_owned()];
    if optional {
        before.push("  bool is_found = false;".into());
        before.extend(lines(&["if (found == NULL) {", "  found = &is_found;", "}", "*found = false;"]));
    }
    let mut after = Vec::new();
    let released = released(api, inner, "unwanted", 0);
    if is_view || is_handle {
        before.push(format!("  {c} value{};", if is_view { " = net_none()" } else { " = 0" }));
        after.extend(check("code == 0", &format!("{read}&value)")));
    } else if !released.is_empty() {
        // What is not wanted has objects in it, which nobody else lets go.
        before.push(format!("  {c} unwanted;"));
        before.extend(lines(&["if (result == NULL) {", "  result = &unwanted;", "}"]));
        before.push("  memset(result, 0, sizeof *result);".into());
        after.extend(check("code == 0", &format!("{read}result)")));
        after.push("  if (result == &unwanted) {".into());
        after.extend(released.iter().map(|line| format!("    {line}")));
        after.extend([format!("    net_{}_free(result);", types::ctype(api, inner)?.code), "  }".into()]);
    } else {
        before.extend(lines(&["if (result != NULL) {", "  memset(result, 0, sizeof *result);", "}"]));
        after.extend(check("code == 0 && result != NULL", &format!("{read}result)")));
    }
    after.extend(match (is_view, is_handle) {
        // The text stays where it is, and its owner goes to the caller.
        (true, _) => lines(&[
            "if (result != NULL) {",
            "  *result = given;",
            "  result->data = value.data;",
            "  result->len = value.len;",
            "} else {",
            "  net_bytes_free(&given);",
            "}",
        ]),
        (_, true) => lines(&[
            "net_bytes_free(&given);",
            "if (result != NULL) {",
            "  *result = value;",
            "} else {",
            "  net_handle_free(value);",
            "}",
        ]),
        _ => lines(&["net_bytes_free(&given);"]),
    });
    Ok(Outcome { params: found.into_iter().chain([out]).collect(), before, after })
}

/// Lets go of the objects and streams in a value.
fn released(api: &Api, ty: &Type, path: &str, depth: usize) -> Vec<String> {
    match ty {
        Type::Object(..) | Type::Stream(_) => vec![format!("net_handle_free({path});")],
        Type::Optional(of) => released(api, of, path, depth),
        Type::Record(at) => {
            let fields = api.record(*at).fields.iter();
            let each = fields.map(|field| (names::field(api, &field.name.spec, &field.ty), &field.ty));
            each.flat_map(|(name, ty)| released(api, ty, &format!("{path}.{name}"), depth)).collect()
        }
        Type::List(of) => {
            let index = format!("i{depth}");
            let each = released(api, of, &format!("{path}.items[{index}]"), depth + 1);
            if each.is_empty() {
                return each;
            }
            let head = format!("for (size_t {index} = 0; {index} < {path}.len; {index}++) {{");
            let body = each.into_iter().map(|line| format!("  {line}"));
            [head].into_iter().chain(body).chain(["}".into()]).collect()
        }
        _ => Vec::new(),
    }
}

fn check(condition: &str, read: &str) -> Vec<String> {
    let one = format!("  if ({condition} && !{read}) {{");
    let head = if one.len() <= 100 {
        vec![one]
    } else {
        vec![format!("  if ({condition} &&"), format!("      !{read}) {{")]
    };
    head.into_iter().chain(["    code = net_not_unpacked(error);".into(), "  }".into()]).collect()
}

fn lines(text: &[&str]) -> Vec<String> {
    text.iter().map(|line| format!("  {line}")).collect()
}
