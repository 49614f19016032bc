//! What the templates print of the interfaces that programs implement.

use super::names;
use super::types::Scope;
use crate::doc::Thread;
use crate::ir::{Host, Method, Module};
use crate::targets::rust::model::{Lines, lines};

pub(crate) struct HostModel {
    pub doc: Lines,
    pub name: String,
    pub adapter: String,
    pub core: String,
    pub is_serial: bool,
    /// Closure type and bounds, if a closure implements it.
    pub callable: Option<CallableModel>,
    pub props: Vec<PropModel>,
    pub methods: Vec<HostMethodModel>,
}

pub(crate) struct CallableModel {
    pub generics: String,
    pub bounds: String,
}

pub(crate) struct PropModel {
    pub doc: Lines,
    pub name: String,
    pub ty: String,
    pub copied: String,
}

pub(crate) struct HostMethodModel {
    pub doc: Lines,
    pub name: String,
    pub args: String,
    pub result: String,
    pub names: String,
    pub is_async: bool,
    pub optional: bool,
    pub limit: String,
}

/// Lowers an interface.
pub(crate) fn host(scope: Scope<'_>, module: &Module, item: &Host) -> HostModel {
    let methods: Vec<_> = item.methods.iter().map(|method| host_method(scope, method)).collect();
    let prop = |prop: &Method| {
        let ty = prop.returns.as_ref().map_or("()".into(), |ty| scope.owned(ty));
        let name = names::value(&prop.name.spec);
        PropModel { doc: lines(&prop.doc), copied: format!("self.{name}.clone()"), name, ty }
    };
    HostModel {
        doc: lines(&item.doc),
        name: names::ty(&item.name.spec),
        adapter: names::adapter(&item.name.spec),
        core: format!("net_types::host::{}::{}", module.name, names::ty(&item.name.spec)),
        is_serial: item.thread == Thread::Serial,
        callable: item.callable.then(|| callable(scope, &item.methods[0])),
        props: item.props.iter().map(prop).collect(),
        methods,
    }
}

fn callable(scope: Scope<'_>, item: &Method) -> CallableModel {
    let args: Vec<_> = item.args.iter().map(|arg| scope.owned(&arg.ty)).collect();
    let result = item.returns.as_ref().map_or("()".into(), |ty| scope.owned(ty));
    let args = args.join(", ");
    if item.is_async {
        CallableModel {
            generics: "F, W".into(),
            bounds: format!(
                "F: Fn({args}) -> W + Send + Sync + 'static, W: Future<Output = Result<{result}, Error>> + Send + 'static"
            ),
        }
    } else {
        CallableModel {
            generics: "F".into(),
            bounds: format!("F: Fn({args}) -> Result<{result}, Error> + Send + Sync + 'static"),
        }
    }
}

fn host_method(scope: Scope<'_>, item: &Method) -> HostMethodModel {
    let declared: Vec<_> = item
        .args
        .iter()
        .map(|arg| format!(", {}: {}", names::value(&arg.name), scope.owned(&arg.ty)))
        .collect();
    let passed: Vec<_> = item.args.iter().map(|arg| names::value(&arg.name)).collect();
    HostMethodModel {
        doc: lines(&item.doc),
        name: names::value(&item.name.spec),
        args: declared.concat(),
        result: item.returns.as_ref().map_or("()".into(), |ty| scope.owned(ty)),
        names: passed.join(", "),
        is_async: item.is_async,
        optional: item.optional,
        limit: item.timeout.map_or("None".into(), |limit| {
            let limit = crate::targets::rust::types::grouped(limit.into());
            format!("Some(Duration::from_millis({limit}))")
        }),
    }
}
