//! Arguments: how each is declared, prepared and passed to the core.

use super::names;
use super::types::Scope;
use crate::ir::{Arg, Literal, Type};
use crate::targets::rust::model::inner_check;
use crate::targets::rust::types as core;

/// One argument.
pub(crate) struct Lowered {
    /// As declared: `key: impl Into<Option<&'a str>>`.
    pub declared: String,
    /// Whether the declaration uses the lifetime `'a`.
    pub borrows: bool,
    /// Statements before the call.
    pub setup: Vec<String>,
    /// As passed to the core.
    pub passed: String,
}

/// Lowers an argument of a method.
pub(crate) fn lower(scope: Scope<'_>, arg: &Arg, is_async: bool) -> Lowered {
    let name = names::value(&arg.name);
    let (ty, optional) = arg.ty.split_optional();
    let mut lowered = match (ty, &arg.default) {
        (Type::Host(..), _) => host(scope, ty, &name, optional),
        (_, None) if !optional => required(scope, ty, &name, is_async),
        (_, default) => left_out(scope, ty, default.as_ref(), &name, is_async),
    };
    lowered.setup.extend(inner_check(scope.api, &arg.ty, &format!("&{name}")));
    lowered
}

/// An argument that every caller gives.
fn required(scope: Scope<'_>, ty: &Type, name: &str, is_async: bool) -> Lowered {
    let plain = |form: String, setup: Option<String>, passed: String| Lowered {
        declared: format!("{name}: {form}"),
        borrows: false,
        setup: setup.into_iter().collect(),
        passed,
    };
    match ty {
        Type::Stream(of) => plain(
            format!("impl futures_core::Stream<Item = Result<{}, Error>> + Send + 'static", scope.owned(of)),
            None,
            format!("host::feed({name})"),
        ),
        Type::List(of) => list(scope, of, name, is_async),
        Type::Error => plain("impl Into<Error>".into(), None, format!("{name}.into()")),
        Type::Bytes if is_async => plain("impl Into<Bytes>".into(), None, format!("{name}.into()")),
        Type::Bytes => plain("impl AsRef<[u8]>".into(), None, format!("{name}.as_ref()")),
        Type::Json(variable) => {
            let setup = format!("let {name} = json::encode({name})?;");
            let passed = if is_async { name.to_owned() } else { format!("json::written(&{name})") };
            plain(format!("&{}", names::variable(variable)), Some(setup), passed)
        }
        _ => {
            let (form, passed) = single(scope, ty, name, is_async);
            plain(form.replace("&'a ", "&"), None, passed)
        }
    }
}

/// An argument that a caller may leave out by passing `None`.
fn left_out(scope: Scope<'_>, ty: &Type, default: Option<&Literal>, name: &str, is_async: bool) -> Lowered {
    let (form, passed) = match ty {
        Type::Bytes if is_async => ("Bytes".to_owned(), name.to_owned()),
        Type::Bytes => ("&'a [u8]".to_owned(), name.to_owned()),
        Type::Json(variable) => (format!("&'a {}", names::variable(variable)), name.to_owned()),
        _ => single(scope, ty, name, is_async),
    };
    let taken = match default {
        Some(value) => format!("{name}.into().{}", stand_in(scope, value, ty)),
        None => format!("{name}.into()"),
    };
    let mut setup = Vec::new();
    let passed = match ty {
        Type::Json(_) => {
            setup.push(format!("let {name} = {taken}.map(json::encode).transpose()?;"));
            if is_async { name.to_owned() } else { format!("{name}.as_deref().map(json::written)") }
        }
        Type::List(of) if default.is_some() && !is_async && core::is_text_or_bytes(of) => {
            setup.push(format!("let {name} = {taken};"));
            setup.push(format!("let {name}: Vec<_> = {name}.iter().map(AsRef::as_ref).collect();"));
            format!("&{name}")
        }
        _ if default.is_some() => {
            setup.push(format!("let {name} = {taken};"));
            passed
        }
        _ => {
            setup.push(format!("let {name}: Option<{form}> = {taken};"));
            if passed == name { passed } else { format!("{name}.map(|{name}| {passed})") }
        }
    };
    let borrows = form.contains("'a");
    let setup = setup.into_iter().map(|line| line.replace("&'a ", "&")).collect();
    Lowered { declared: format!("{name}: impl Into<Option<{form}>>"), borrows, setup, passed }
}

/// A value that is one thing: its type, and the expression that passes it on.
fn single(scope: Scope<'_>, ty: &Type, name: &str, is_async: bool) -> (String, String) {
    match ty {
        Type::String if is_async => ("&'a str".into(), format!("{name}.to_owned()")),
        Type::String => ("&'a str".into(), name.into()),
        Type::Object(..) if is_async => (format!("&'a {}", scope.owned(ty)), format!("{name}.inner.clone()")),
        Type::Object(..) => (format!("&'a {}", scope.owned(ty)), format!("&{name}.inner")),
        Type::Record(_) if scope.api.has_handles(ty) => (scope.owned(ty), format!("{name}.into_core()")),
        _ => (scope.owned(ty), name.into()),
    }
}

fn list(scope: Scope<'_>, of: &Type, name: &str, is_async: bool) -> Lowered {
    let (form, setup, passed) = match of {
        Type::String | Type::Bytes if !is_async => {
            let target = if matches!(of, Type::String) { "str" } else { "[u8]" };
            let setup = format!("let {name}: Vec<_> = {name}.iter().map(AsRef::as_ref).collect();");
            (format!("&[impl AsRef<{target}>]"), Some(setup), format!("&{name}"))
        }
        Type::String | Type::Bytes => (
            format!("impl IntoIterator<Item = impl Into<{}>>", scope.owned(of)),
            None,
            format!("{name}.into_iter().map(Into::into).collect()"),
        ),
        Type::Json(variable) => {
            let encode =
                format!("let {name} = {name}.iter().map(json::encode).collect::<Result<Vec<_>, _>>()?;");
            let setup = if is_async {
                encode
            } else {
                format!("{encode} let {name}: Vec<_> = {name}.iter().map(String::as_str).collect();")
            };
            let passed = if is_async { name.to_owned() } else { format!("&{name}") };
            (format!("&[{}]", names::variable(variable)), Some(setup), passed)
        }
        Type::Object(..) => (
            format!("&[{}]", scope.owned(of)),
            None,
            format!("{name}.iter().map(|one| one.inner.clone()).collect()"),
        ),
        // What has limits is looked at before it is passed on.
        _ if scope.api.has_range(of) => (
            format!("impl IntoIterator<Item = {}>", scope.owned(of)),
            Some(format!("let {name}: Vec<_> = {name}.into_iter().collect();")),
            name.to_owned(),
        ),
        _ => (
            format!("impl IntoIterator<Item = {}>", scope.owned(of)),
            None,
            format!("{name}.into_iter().collect()"),
        ),
    };
    Lowered {
        declared: format!("{name}: {form}"),
        borrows: false,
        setup: setup.into_iter().collect(),
        passed,
    }
}

fn host(scope: Scope<'_>, ty: &Type, name: &str, optional: bool) -> Lowered {
    let Type::Host(at, _) = ty else { unreachable!("only called for hosts") };
    let adapter = scope.path(*at, &format!("{}_host", scope.api.host(*at).name.spec));
    let form = scope.owned(ty);
    let (declared, passed) = if optional {
        (format!("{name}: Option<impl {form}>"), format!("{name}.map({adapter}::share)"))
    } else {
        (format!("{name}: impl {form}"), format!("{adapter}::share({name})"))
    };
    Lowered { declared, borrows: false, setup: Vec::new(), passed }
}

/// The call that fills a default in.
fn stand_in(scope: Scope<'_>, value: &Literal, ty: &Type) -> String {
    let written = match (value, ty) {
        (Literal::Text(text), Type::String) => names::text(text),
        _ => {
            let own = format!("crate::{}::", scope.api.modules[scope.module].name);
            let text = core::literal(scope.api, value, ty).replace(&own, "");
            text.replace("std::time::Duration", "Duration").replace("crate::Timestamp", "Timestamp")
        }
    };
    match written.as_str() {
        "Default::default()" | "false" | "0" | "\"\"" => "unwrap_or_default()".into(),
        _ => format!("unwrap_or({written})"),
    }
}
