//! Interfaces of the host as the core sees them: Rust that calls the functions of a program.

use super::{names, types};
use crate::doc::Thread;
use crate::ir::{Api, Host, Method, Type};
use crate::targets::rust::{names as rust_names, types as rust};

pub(crate) struct HostModel {
    /// Path of the trait.
    pub contract: String,
    pub name: String,
    pub what: String,
    /// Expression of the port.
    pub port: String,
    pub props: Vec<PropModel>,
    pub methods: Vec<HostMethodModel>,
}

pub(crate) struct PropModel {
    pub name: String,
    pub ty: String,
    /// Expression of its value in a record.
    pub read: String,
    /// Expression of what the trait hands out.
    pub give: String,
}

pub(crate) struct HostMethodModel {
    pub name: String,
    pub args: String,
    pub returns: String,
    /// Statements that pack the arguments.
    pub packs: Vec<String>,
    /// Expression of the call.
    pub call: String,
    /// Expression of the result.
    pub value: String,
    pub optional: bool,
    /// Field that tells whether it is there.
    pub presence: String,
    /// Its number.
    pub number: usize,
}

/// Lowers an interface.
pub(crate) fn host(api: &Api, host: &Host) -> HostModel {
    let name = rust_names::ty(&host.name.spec);
    let serial = if host.thread == Thread::Serial { ".serial()" } else { "" };
    HostModel {
        contract: format!("net_types::host::{name}"),
        what: host.name.spec.clone(),
        name: format!("{name}Host"),
        port: format!("host.port{serial}"),
        props: host.props.iter().map(|item| prop(api, item)).collect(),
        methods: host.methods.iter().enumerate().map(|(number, m)| method(api, number, m)).collect(),
    }
}

fn prop(api: &Api, prop: &Method) -> PropModel {
    let ty = prop.returns.as_ref().expect("a property has a type");
    let name = rust_names::value(&prop.name.spec);
    PropModel {
        ty: types::owned(api, ty),
        read: if ty.split_optional().1 { "f.field_or(None)?".into() } else { "f.field()?".into() },
        give: format!("self.{name}.clone()"),
        name,
    }
}

fn method(api: &Api, number: usize, method: &Method) -> HostMethodModel {
    let arg = |name: &str, ty: &Type| format!("{}: {}", rust_names::value(name), types::owned(api, ty));
    let args = std::iter::once("&self".to_owned()).chain(method.args.iter().map(|a| arg(&a.name, &a.ty)));
    let result = method.returns.as_ref().map_or("()".into(), |ty| types::owned(api, ty));
    let name = rust_names::value(&method.name.spec);
    let call = match method.timeout {
        Some(limit) => {
            let limit = rust::grouped(limit.into());
            format!(
                "self.port.call_within({number}, args.into_parcel(), Some(std::time::Duration::from_millis({limit})))"
            )
        }
        None => format!("self.port.call({number}, args.into_parcel())"),
    };
    HostMethodModel {
        args: args.collect::<Vec<_>>().join(", "),
        returns: format!("net_types::BoxFuture<'_, Result<{result}, net_types::Error>>"),
        packs: method.args.iter().map(|a| pack(api, &rust_names::value(&a.name), &a.ty)).collect(),
        call,
        value: match method.returns.as_ref().map(|ty| (ty, api.base(ty))) {
            None => "answer.map(drop)".into(),
            Some((_, Type::Duration(_))) => {
                let ty = method.returns.as_ref().expect("it has a result");
                format!("Ok({})", types::plain_in(api, ty, "pack::decode::<u64>(&answer?)?", "result"))
            }
            Some(_) => "pack::decode(&answer?)".into(),
        },
        optional: method.optional,
        presence: names::presence(&method.name.spec),
        name,
        number,
    }
}

fn pack(api: &Api, name: &str, ty: &Type) -> String {
    format!("net_support::Pack::pack(&{}, &mut args);", types::packable(api, ty, name))
}
