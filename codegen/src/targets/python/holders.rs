//! Records whose native form is a tuple: those with objects or streams in them, and those that are tuples in Python.

use super::types::{self, Mode};
use super::{calls, fit, names};
use crate::ir::{Api, At, Field, Lang, Record, Type};

pub(crate) struct HolderModel {
    pub name: String,
    pub doc: String,
    /// Fields as the class has them: those that must be given come first.
    pub fields: Vec<FieldModel>,
    /// Whether it is a tuple with names.
    pub is_tuple: bool,
    /// Whether callers may give none.
    pub has_default: bool,
    /// Whether an instance has to be made of the native form, and the native form of an instance.
    pub is_input: bool,
    pub is_output: bool,
    /// The statement that takes a tuple apart, and that which makes an instance.
    pub parts: String,
    pub made: String,
    /// The statement that refuses a `value` of another class.
    pub refused: String,
    /// The statement that makes a tuple of `value`.
    pub given: String,
}

pub(crate) struct FieldModel {
    pub declared: String,
    pub doc: String,
}

/// Lowers a record.
pub(crate) fn holder(api: &Api, item: &Record, mode: Mode) -> HolderModel {
    let mut ordered: Vec<_> = item.fields.iter().collect();
    ordered.sort_by_key(|field| field.may_be_left_out());
    let names: Vec<_> = item.fields.iter().map(|field| names::field(api, field)).collect();
    let made = ordered.iter().map(|field| {
        let name = names::field(api, field);
        made(api, &field.ty, &name, mode).unwrap_or(name)
    });
    let given = item.fields.iter().map(|field| {
        let name = names::field(api, field);
        let value = format!("value.{name}");
        given(api, &field.ty, &value, &format!("f\"{{name}}.{name}\"")).unwrap_or(value)
    });
    let name = names::class(&item.name);
    let reason = format!("f\"{name} is needed, not {{type(value).__name__}}\"");
    HolderModel {
        name,
        doc: fit::doc(4, &item.doc.text),
        fields: ordered.iter().map(|field| declared(api, field, mode)).collect(),
        is_tuple: item.is_tuple_in(Lang::Python),
        has_default: !item.fields.is_empty() && item.all_optional(),
        is_input: item.is_input && api.holds(item),
        is_output: item.is_output && api.holds(item),
        parts: fit::call(8, "(", &names, ") = parts").replacen("(", "", 1).replacen(") =", " =", 1),
        made: fit::call(8, "return cls(", &made.collect::<Vec<_>>(), ")"),
        refused: fit::call(12, "raise argument_error(", &["name".to_owned(), reason], ")"),
        given: fit::list(8, "return (", &given.collect::<Vec<_>>(), ")"),
    }
}

fn declared(api: &Api, field: &Field, mode: Mode) -> FieldModel {
    let name = names::field(api, field);
    let mut ty = types::output(api, &field.ty, mode);
    let is_list = matches!(field.ty, Type::List(_));
    let default = match (&field.default, field.may_be_left_out()) {
        // What is the default of all values of a class cannot be a list, which each could change.
        (Some(_), _) if is_list => {
            ty = ty.replacen("list[", "Sequence[", 1);
            " = ()".into()
        }
        (Some(value), _) => format!(" = {}", types::named_literal(api, &name, value, &field.ty)),
        (None, true) => " = None".into(),
        (None, false) => String::new(),
    };
    FieldModel { declared: format!("{name}: {ty}{default}"), doc: fit::doc(4, &calls::described(api, field)) }
}

/// The expression that makes what callers see of a native value, where that differs.
pub(crate) fn made(api: &Api, ty: &Type, value: &str, mode: Mode) -> Option<String> {
    match ty {
        Type::Object(at, _) => {
            let object = api.object(*at);
            let make = if object.iterates.is_some() { "_stream" } else { "_of" };
            Some(format!("{}.{make}({value})", names::class(&object.name)))
        }
        Type::Stream(_) => Some(format!("{}._stream({value})", types::output(api, ty, mode))),
        Type::Record(at) if api.has_handles(ty) => {
            Some(format!("{}._of({value})", names::class(&api.record(*at).name)))
        }
        Type::Optional(of) => {
            made(api, of, value, mode).map(|made| format!("None if {value} is None else {made}"))
        }
        Type::List(of) => made(api, of, "item", mode).map(|made| format!("[{made} for item in {value}]")),
        Type::Map(of) => made(api, of, "item", mode)
            .map(|made| format!("{{key: {made} for key, item in {value}.items()}}")),
        _ => None,
    }
}

/// The function that makes an object of what else may be given for one.
fn accepted(api: &Api, at: At) -> Option<String> {
    let object = api.object(at);
    object.accepted().map(|_| format!("{}._accept", names::class(&object.name)))
}

/// The expression that makes a native value of what a caller gives under a name, where that differs.
pub(crate) fn given(api: &Api, ty: &Type, value: &str, name: &str) -> Option<String> {
    match ty {
        Type::Object(at, _) => {
            let value =
                accepted(api, *at).map_or_else(|| value.to_owned(), |accept| format!("{accept}({value})"));
            Some(format!("handle_of({value}, {name})"))
        }
        Type::Optional(of) if matches!(**of, Type::Object(..)) && value.contains('.') => {
            given(api, of, value, name).map(|given| given.replacen("handle_of", "handle_or_none", 1))
        }
        Type::Record(at) if api.has_handles(ty) => {
            Some(format!("{}._given({value}, {name})", names::class(&api.record(*at).name)))
        }
        Type::Optional(of) => {
            given(api, of, value, name).map(|given| format!("None if {value} is None else {given}"))
        }
        Type::List(of) if let Type::Object(at, _) = &**of => {
            let items = accepted(api, *at).map(|accept| format!("map({accept}, {value})"));
            Some(format!("handles_of({}, {name})", items.unwrap_or_else(|| value.to_owned())))
        }
        Type::List(of) => given(api, of, "item", name).map(|given| format!("[{given} for item in {value}]")),
        Type::Map(of) => given(api, of, "item", name)
            .map(|given| format!("{{key: {given} for key, item in {value}.items()}}")),
        _ => None,
    }
}
