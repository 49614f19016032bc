//! Interfaces of the program: tables of typed functions over `net_host`.

use super::layout::{self, comment, head};
use super::names;
use super::types::{self, Passing};
use crate::ir::{Api, Host, Method, Type};
use anyhow::{Result, bail};

pub(crate) struct HostModel {
    pub doc: Vec<String>,
    pub name: String,
    pub props: Vec<PropModel>,
    pub methods: Vec<MethodModel>,
    pub dispatch_head: Vec<String>,
    pub call_head: Vec<String>,
}

pub(crate) struct PropModel {
    pub doc: Vec<String>,
    pub declaration: String,
    pub pack: String,
}

pub(crate) struct MethodModel {
    pub doc: Vec<String>,
    pub member: Vec<String>,
    pub name: String,
    pub number: usize,
    /// What it means that the function is not there.
    pub lacking: String,
    /// Declarations and reads of the arguments.
    pub locals: Vec<String>,
    pub reads: Vec<String>,
    pub call: Vec<String>,
    pub reply_doc: Vec<String>,
    pub reply_head: Vec<String>,
    pub reply_body: Vec<String>,
}

/// Lowers an interface.
pub(crate) fn host(api: &Api, host: &Host) -> Result<HostModel> {
    let name = names::ty(&host.name.spec);
    let dispatch = [
        format!("const {name} *host"),
        "uint32_t method".to_owned(),
        "uint64_t reply".to_owned(),
        "net_view args".to_owned(),
    ];
    let call = ["void *ctx", "uint32_t method", "uint64_t reply", "net_view args"].map(str::to_owned);
    Ok(HostModel {
        doc: comment(0, &host.doc.text),
        props: host.props.iter().map(|item| prop(api, item)).collect::<Result<_>>()?,
        methods: host
            .methods
            .iter()
            .enumerate()
            .map(|(number, m)| method(api, &name, number, m))
            .collect::<Result<_>>()?,
        dispatch_head: head(0, &format!("static inline void {name}_dispatch"), &dispatch, " {"),
        call_head: head(0, &format!("static inline void {name}_call"), &call, " {"),
        name,
    })
}

fn prop(api: &Api, prop: &Method) -> Result<PropModel> {
    let Some(ty) = &prop.returns else { bail!("property {} has no type", prop.path) };
    let (inner, optional) = ty.split_optional();
    let ctype = types::ctype(api, inner)?;
    let name = names::field(api, &prop.name.spec, ty);
    let codec = match (optional, types::is_view(api, inner)) {
        (true, true) => "maybe_view".to_owned(),
        (true, false) => bail!("C has no optional property {}", prop.path),
        (false, _) => ctype.code,
    };
    Ok(PropModel {
        doc: comment(2, &prop.doc.text),
        declaration: format!("{} {name};", ctype.name),
        pack: format!("net_{codec}_pack(&shared->props, &host->{name});"),
    })
}

fn method(api: &Api, host: &str, number: usize, method: &Method) -> Result<MethodModel> {
    let name = names::value(&method.name.spec);
    let mut params = vec!["void *ctx".to_owned(), "uint64_t reply".to_owned()];
    let mut passed = vec!["host->ctx".to_owned(), "reply".to_owned()];
    let (mut locals, mut reads) = (Vec::new(), Vec::new());
    for arg in &method.args {
        let arg_name = names::argument(api, arg);
        let (ty, optional) = arg.ty.split_optional();
        let ctype = types::ctype(api, ty)?;
        let is_view = types::is_view(api, ty);
        if optional && !is_view {
            bail!("C has no optional argument {arg_name} of {}", method.path);
        }
        locals.push(format!("    {} {arg_name};", ctype.name));
        let codec = if optional { "maybe_view" } else { &ctype.code };
        reads.push(format!("    net_{codec}_read(&r, &{arg_name});"));
        if types::passing(api, ty) == Passing::Value {
            params.push(format!("{} {arg_name}", ctype.name));
            passed.push(arg_name);
        } else {
            params.push(format!("const {} *{arg_name}", ctype.name));
            passed.push(format!("&{arg_name}"));
        }
    }
    let reply_name = format!("{host}_{}_reply", method.name.spec);
    let mut doc = format!("{} It answers with `{reply_name}` or `net_reply_error`", method.doc.text);
    doc += if method.optional { ", and may be NULL." } else { "." };
    let (reply_head, reply_body) = reply(api, &reply_name, method.returns.as_ref())?;
    Ok(MethodModel {
        doc: comment(2, &doc),
        member: head(2, &format!("void (*{name})"), &params, ";"),
        number,
        lacking: match method.optional {
            true => format!("made.absent |= UINT64_C(1) << {number};"),
            false => "made.call = NULL;".into(),
        },
        locals,
        reads,
        call: layout::call(6, "", &format!("host->{name}"), &passed),
        reply_doc: comment(0, &format!("Answers a call of `{}`.", method.name.spec)),
        reply_head,
        reply_body,
        name,
    })
}

fn reply(api: &Api, name: &str, returns: Option<&Type>) -> Result<(Vec<String>, Vec<String>)> {
    let mut params = vec!["uint64_t reply".to_owned()];
    let mut body = vec!["  net_writer w = net_writer_new();".to_owned()];
    if let Some(ty) = returns {
        let (ty, optional) = ty.split_optional();
        let ctype = types::ctype(api, ty)?;
        let code = &ctype.code;
        match (types::passing(api, ty), optional) {
            (Passing::Value, true) if types::is_view(api, ty) => {
                params.push(format!("{} result", ctype.name));
                body.push("  net_maybe_view_pack(&w, &result);".to_owned());
            }
            (Passing::Value, false) => {
                params.push(format!("{} result", ctype.name));
                body.push(format!("  net_{code}_pack(&w, &result);"));
            }
            (_, true) => {
                params.push(format!("const {} *result", ctype.name));
                body.extend([
                    "  bool there = result != NULL;".to_owned(),
                    "  net_bool_pack(&w, &there);".to_owned(),
                    "  if (there) {".to_owned(),
                    format!("    net_{code}_pack(&w, result);"),
                    "  }".to_owned(),
                ]);
            }
            (_, false) => {
                params.push(format!("const {} *result", ctype.name));
                body.push(format!("  net_{code}_pack(&w, result);"));
            }
        }
    }
    body.push("  return net_reply_packed(reply, &w);".to_owned());
    Ok((head(0, &format!("static inline net_code {name}"), &params, " {"), body))
}
