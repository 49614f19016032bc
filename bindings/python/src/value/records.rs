//! Records and values of unions: as instances of their classes, or as dicts of what those are called with.

use super::{Arg, Wrong, expected, text};
use pyo3::PyClass;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};

/// A record.
pub(crate) fn record<'py, C: PyClass>(value: Arg<'_, 'py>, name: &str) -> Result<Bound<'py, C>, Wrong> {
    match value.cast::<C>() {
        Ok(record) => Ok(record.clone()),
        Err(_) => made(value.py().get_type::<C>().as_any(), &dict(value, name)?),
    }
}

/// A whole record in place of its first field, where no value of that field could be taken for one.
pub(crate) fn whole<'py, C: PyClass>(
    first: Option<Arg<'_, 'py>>,
    takes_dict: bool,
) -> Result<Option<Bound<'py, C>>, Wrong> {
    match first {
        Some(value) if value.is_instance_of::<C>() => record(value, "").map(Some),
        Some(value) if takes_dict && value.is_instance_of::<PyDict>() => record(value, "").map(Some),
        _ => Ok(None),
    }
}

/// A value of a union; a dict has the tag of a case, by its text or its name, beside what belongs to that.
pub(crate) fn union<'py, C: PyClass>(
    value: Arg<'_, 'py>,
    name: &str,
    tag: &str,
    cases: &[(&str, &str)],
) -> Result<Bound<'py, C>, Wrong> {
    if let Ok(union) = value.cast::<C>() {
        return Ok(union.clone());
    }
    let fields = dict(value, name)?.copy()?;
    let Some(given) = fields.get_item(tag)? else {
        return Err(Wrong::of(format!("lacks its `{tag}`")));
    };
    fields.del_item(tag)?;
    let within = |wrong: Wrong| wrong.within(format!(".{tag}"));
    let given = text(&given).map_err(within)?;
    match cases.iter().find(|(published, case)| [*published, *case].contains(&given)) {
        Some((_, case)) => made(&value.py().get_type::<C>().getattr(*case)?, &fields),
        None => {
            let known: Vec<_> = cases.iter().map(|(published, _)| *published).collect();
            Err(within(Wrong::of(format!("{given:?} is none of {}", known.join(", ")))))
        }
    }
}

/// The fields that a dict, or another mapping, has.
fn dict<'py>(value: Arg<'_, 'py>, name: &str) -> Result<Bound<'py, PyDict>, Wrong> {
    if let Ok(dict) = value.cast::<PyDict>() {
        return Ok(dict.clone());
    }
    let mapping = value.cast::<PyMapping>().map_err(|_| expected(name, value))?;
    let dict = PyDict::new(value.py());
    dict.update(mapping)?;
    Ok(dict)
}

fn made<'py, C: PyClass>(
    class: &Bound<'py, PyAny>,
    fields: &Bound<'py, PyDict>,
) -> Result<Bound<'py, C>, Wrong> {
    let made = class.call((), Some(fields)).map_err(|error| refused(class.py(), error))?;
    made.cast_into().map_err(|error| Wrong::of(error.to_string()))
}

/// Why nothing is made of fields: an argument of a class is a part of the value.
fn refused(py: Python<'_>, error: PyErr) -> Wrong {
    let value = error.value(py);
    let field = |name: &str| value.getattr(name).and_then(|value| value.extract::<String>());
    if let (Ok(family), Ok(kind)) = (field("family"), field("kind")) {
        return match (family.as_str(), kind.as_str(), field("argument"), field("reason")) {
            ("base", "argument", Ok(argument), Ok(reason)) => Wrong::Value(format!(".{argument}"), reason),
            _ => Wrong::Raised(error),
        };
    }
    if !error.is_instance_of::<PyTypeError>(py) {
        return Wrong::Raised(error);
    }
    // What a call of the class says begins with the name of that.
    let said = value.to_string();
    Wrong::of(said.split_once("() ").map_or(said.as_str(), |(_, reason)| reason))
}
