//! Spans of time within lists, maps and options: a `Duration` does not say its unit, so it crosses as a `Span` that does.

use super::types::nanos;
use crate::ir::Type;

/// The type with a `Span` in place of each `Duration`, if there is one in it; a duration that stands alone has none.
pub(crate) fn spans(ty: &Type) -> Option<String> {
    match ty {
        Type::List(of) => inner(of).map(|of| format!("Vec<{of}>")),
        Type::Map(of) => inner(of).map(|of| format!("std::collections::BTreeMap<String, {of}>")),
        Type::Optional(of) => inner(of).map(|of| format!("Option<{of}>")),
        _ => None,
    }
}

/// The expression of the durations in the spans of an expression.
pub(crate) fn taken(ty: &Type, value: &str) -> String {
    match ty {
        Type::Duration(_) => format!("{value}.0"),
        _ => each(ty, value, &|of, value| taken(of, value)),
    }
}

/// The expression of the spans of durations.
pub(crate) fn given(ty: &Type, value: &str) -> String {
    match ty {
        Type::Duration(unit) => format!("Span::<{}>({value})", nanos(*unit)),
        _ => each(ty, value, &|of, value| given(of, value)),
    }
}

fn inner(ty: &Type) -> Option<String> {
    match ty {
        Type::Duration(unit) => Some(format!("Span<{}>", nanos(*unit))),
        other => spans(other),
    }
}

/// The expression that turns each value within a list, map or option into another.
fn each(ty: &Type, value: &str, turn: &dyn Fn(&Type, &str) -> String) -> String {
    match ty {
        Type::List(of) => {
            format!("{value}.into_iter(){}.collect::<Vec<_>>()", mapped("value", &turn(of, "value")))
        }
        Type::Map(of) => format!(
            "{value}.into_iter().map(|(key, value)| (key, {})).collect::<std::collections::BTreeMap<_, _>>()",
            turn(of, "value")
        ),
        Type::Optional(of) => format!("{value}{}", mapped("value", &turn(of, "value"))),
        _ => value.to_owned(),
    }
}

/// The call of `map` with an expression of `name`.
fn mapped(name: &str, expression: &str) -> String {
    match expression.strip_suffix(&format!("({name})")) {
        Some(function) if function.starts_with("Span::<") => format!(".map({function})"),
        _ => format!(".map(|{name}| {expression})"),
    }
}
