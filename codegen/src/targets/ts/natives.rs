//! The native functions, as the SDK sees them.

use super::layout::{self, call, concat, text};
use super::names;
use super::types::Scope;
use crate::ir::{Lang, Method, Module, Shape, Type};
use crate::targets::node::{ResultForm, crosses_alone, native_name, result_form};

pub(crate) struct NativeModel {
    pub functions: Vec<String>,
}

/// The native functions of a module, as an interface.
pub(crate) fn natives(scope: &Scope<'_>, module: &Module) -> NativeModel {
    let mut functions: Vec<_> =
        module.functions.iter().filter(|m| m.in_lang(Lang::Ts)).map(|m| signature(scope, m)).collect();
    for object in &module.objects {
        let methods = object.constructors.iter().chain(&object.methods).filter(|m| m.in_lang(Lang::Ts));
        functions.extend(methods.filter(|m| !is_itself(m)).map(|m| signature(scope, m)));
        functions.extend(object.combined().map(|(into, _)| {
            let params = ["handle: number", "calls: Uint8Array", "events: number", "bytes: number"];
            let head = call(&native_name(&into.path), params.map(text).to_vec());
            layout::print(&concat([head, text(": number;")]), 1)
        }));
        if object.iterates.is_some() {
            let path =
                |function: &str| native_name(&format!("{}.{}.{function}", module.name, object.name.spec));
            let number = |name: &str| text(format!("{name}: number"));
            let next = call(&path("next"), vec![number("environment"), number("handle"), number("max")]);
            functions.push(layout::print(&concat([next, text(": number;")]), 1));
            functions.push(format!("{}(handle: number): void;", path("close")));
        }
    }
    NativeModel { functions }
}

pub(super) fn native(path: &str) -> String {
    format!("native.{}", native_name(path))
}

pub(super) fn form(scope: &Scope<'_>, method: &Method) -> ResultForm {
    match method.shape {
        Shape::Constructor => ResultForm::Handle,
        _ => result_form(scope.api, method.returns.as_ref()),
    }
}

pub(super) fn needs_environment(scope: &Scope<'_>, method: &Method) -> bool {
    crate::targets::node::needs_environment(scope.api, method)
}

pub(super) fn has_pack(scope: &Scope<'_>, method: &Method) -> bool {
    method.args.iter().any(|arg| !crosses_alone(scope.api, &arg.ty))
}

pub(super) fn is_on_object(method: &Method) -> bool {
    matches!(method.shape, Shape::Method | Shape::Property { .. })
}

pub(super) fn is_itself(method: &Method) -> bool {
    matches!(method.shape, Shape::Property { .. }) && matches!(method.returns, Some(Type::SelfType))
}

pub(super) fn signature(scope: &Scope<'_>, method: &Method) -> String {
    let mut params = Vec::new();
    let plain = |name: &str, ty: &str| text(format!("{name}: {ty}"));
    if needs_environment(scope, method) {
        params.push(plain("environment", "number"));
    }
    if is_on_object(method) {
        params.push(plain("handle", "number"));
    }
    for arg in method.args.iter().filter(|arg| crosses_alone(scope.api, &arg.ty)) {
        let (inner, optional) = arg.ty.split_optional();
        let ty = match scope.api.base(inner) {
            Type::Bool => "boolean",
            Type::String | Type::Json(_) => "string",
            Type::Bytes => "Uint8Array",
            inner if is_big(inner) => "bigint",
            _ => "number",
        };
        let mark = if optional { " | undefined" } else { "" };
        params.push(text(format!("{}: {ty}{mark}", names::variable(&arg.name))));
    }
    if has_pack(scope, method) {
        params.push(plain("args", "Uint8Array"));
    }
    let result = native_result(scope, method);
    if !method.is_async && method.shape != Shape::Constructor && form(scope, method) == ResultForm::Pack {
        params.push(plain("out", "Buffer"));
    }
    let head = call(&native_name(&method.path), params);
    layout::print(&concat([head, text(format!(": {result};"))]), 1)
}

fn native_result(scope: &Scope<'_>, method: &Method) -> String {
    if method.is_async || method.shape == Shape::Constructor {
        return "number".into();
    }
    let returns = method.returns.as_ref().unwrap_or(&Type::Bool);
    let (inner, optional) = returns.split_optional();
    let ty = match (form(scope, method), scope.api.base(inner)) {
        (ResultForm::Unit, _) => return "void".into(),
        (ResultForm::Handle | ResultForm::Pack, _) => return "number".into(),
        (_, Type::Bool) => "boolean",
        (_, Type::String | Type::Json(_)) => "string",
        (_, inner) if is_big(inner) => "bigint",
        _ => "number",
    };
    if optional { format!("{ty} | null") } else { ty.into() }
}

fn is_big(ty: &Type) -> bool {
    use crate::ir::Int;
    matches!(ty, Type::Int(Int::U64 | Int::I64) | Type::Size | Type::Duration(_) | Type::Instant(_))
}
