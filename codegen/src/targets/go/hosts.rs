//! Interfaces that programs implement.

use super::model::{self, Lines};
use super::objects::{declared, used};
use super::{calls, names, types};
use crate::ir::{Api, Doc, Host, Method, Type};

pub(crate) struct HostModel {
    pub doc: Lines,
    pub name: String,
    pub declared: String,
    pub used: String,
    pub aliases: Vec<String>,
    pub methods: Vec<SignatureModel>,
    /// Methods that an implementation may have: interface, method.
    pub optional: Vec<OptionalModel>,
    pub function: Option<CallableModel>,
    /// Statements that pack the properties, and the number of these.
    pub props: Lines,
    pub props_count: usize,
    pub calls: Vec<CallModel>,
}

pub(crate) struct SignatureModel {
    pub doc: Lines,
    pub signature: String,
}

pub(crate) struct OptionalModel {
    pub interface: String,
    pub variable: String,
    pub position: usize,
    pub method: SignatureModel,
}

pub(crate) struct CallableModel {
    pub signature: String,
    pub method: String,
    pub args: String,
}

pub(crate) struct CallModel {
    pub position: usize,
    /// Statements that take the arguments.
    pub take: Lines,
    pub results: String,
    pub call: String,
    pub pack: Lines,
}

/// Lowers an interface that programs implement.
pub(crate) fn host(api: &Api, item: &Host) -> HostModel {
    let name = names::item(&item.name);
    let signature = |method: &Method| {
        let (args, results) = host_signature(api, item, method);
        SignatureModel {
            doc: model::doc_of(&names::item(&method.name), &method.doc),
            signature: format!("{}({args}) {results}", names::item(&method.name)),
        }
    };
    let props = item.props.iter().map(|property| property_signature(api, property));
    let needed = item.methods.iter().filter(|method| !method.optional).map(signature);
    let optional = item.methods.iter().enumerate().filter(|(_, method)| method.optional);
    let optional = optional.map(|(position, method)| OptionalModel {
        interface: names::optional_interface(&item.name, &method.name),
        variable: with(method),
        position,
        method: signature(method),
    });
    let callable = item.methods.first().filter(|_| item.callable).map(|method| {
        let (args, results) = host_signature(api, item, method);
        let given = method.args.iter().map(|arg| names::private(&arg.name));
        let given = method.is_async.then(|| "ctx".to_owned()).into_iter().chain(given);
        CallableModel {
            signature: format!("({args}) {results}"),
            method: names::item(&method.name),
            args: given.collect::<Vec<_>>().join(", "),
        }
    });
    HostModel {
        doc: model::doc(&item.doc),
        declared: declared(&item.generic),
        used: used(&item.generic),
        aliases: names::aliases(&item.name),
        methods: props.chain(needed).collect(),
        optional: optional.collect(),
        function: callable,
        props_count: item.props.len(),
        props: item.props.iter().flat_map(|property| property_pack(api, property)).collect(),
        calls: item.methods.iter().enumerate().map(|(at, method)| host_call(api, item, at, method)).collect(),
        name,
    }
}

fn with(method: &Method) -> String {
    format!("with{}", names::item(&method.name))
}

/// Arguments and results of a method.
pub(crate) fn host_signature(api: &Api, item: &Host, method: &Method) -> (String, String) {
    let args = method
        .args
        .iter()
        .map(|arg| format!("{} {}", names::private(&arg.name), types::go(api, &arg.ty, &item.generic)));
    let ctx = method.is_async.then(|| "ctx context.Context".to_owned());
    let results = match method.returns.as_ref().map(Type::split_optional) {
        None => "error".into(),
        Some((ty, true)) => format!("({}, bool, error)", types::go(api, ty, &item.generic)),
        Some((ty, false)) => format!("({}, error)", types::go(api, ty, &item.generic)),
    };
    (ctx.into_iter().chain(args).collect::<Vec<_>>().join(", "), results)
}

/// A property, which is a method without arguments.
pub(crate) fn property_signature(api: &Api, item: &Method) -> SignatureModel {
    let name = names::item(&item.name);
    let result = match item.returns.as_ref().map(Type::split_optional) {
        Some((ty, true)) => format!("({}, bool)", types::go(api, ty, &[])),
        Some((ty, false)) => types::go(api, ty, &[]),
        None => String::new(),
    };
    SignatureModel {
        doc: model::doc_of(&name, &Doc { text: format!("Gives this: {}", item.doc.text) }),
        signature: format!("{name}() {result}"),
    }
}

fn property_pack(api: &Api, item: &Method) -> Lines {
    let variable = names::private(&item.name.spec);
    let name = names::item(&item.name);
    match &item.returns {
        Some(Type::Optional(inner)) => vec![
            format!("{variable}, found := object.{name}()"),
            format!("packSome(w, {}, found, {variable})", types::pack(api, inner, &[])),
        ],
        Some(ty) => vec![model::pack_statement(api, ty, &format!("object.{name}()"), &[])],
        None => Vec::new(),
    }
}

fn host_call(api: &Api, item: &Host, position: usize, method: &Method) -> CallModel {
    let take = method.args.iter().map(|arg| {
        format!("{} := {}(in)", names::private(&arg.name), types::unpack(api, &arg.ty, &item.generic))
    });
    let given = method.args.iter().map(|arg| names::private(&arg.name));
    let given = method.is_async.then(|| "ctx".to_owned()).into_iter().chain(given);
    let target = if method.optional { with(method) } else { "object".into() };
    let (results, pack) = match &method.returns {
        None => ("err".into(), Vec::new()),
        Some(ty) => calls::answer(api, ty, &item.generic),
    };
    CallModel {
        position,
        take: take.collect(),
        results,
        call: format!("{target}.{}({})", names::item(&method.name), given.collect::<Vec<_>>().join(", ")),
        pack,
    }
}
