//! Errors as exceptions.

use crate::value::{Answer, Arg, FromPy, ToPy, Wrong, expected};
use net_types::Error;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

/// The exception about an argument that is refused.
pub(crate) fn refused(py: Python<'_>, wrong: Wrong, name: &str) -> PyErr {
    match wrong {
        Wrong::Raised(error) => error,
        wrong => raise(py, &wrong.error(name)),
    }
}

/// The exception of an error.
pub(crate) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    exception(py, error).map_or_else(|error| error, PyErr::from_value)
}

/// The exception of an error, as a value.
fn exception<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    let (module, class) = crate::r#gen::error::class_of(error);
    let class = py.import(module)?.getattr(class)?;
    class.call_method1("_of", (describe(py, error)?,))
}

/// What an exception shows: message, family, kind, code, retry, detail and fields.
fn describe<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyTuple>> {
    let fields = PyDict::new(py);
    crate::r#gen::error::fields(py, error, &fields)?;
    let code = u32::from(error.family()) << 16 | u32::from(error.kind());
    let (message, family) = (error.to_string(), error.family_name());
    (message, family, error.kind_text(), code, error.retry(), error.detail(), fields).into_pyobject(py)
}

/// A field of an error that Python makes; what is missing counts as none.
pub(crate) fn member_of<'py, T: for<'b> FromPy<'b, 'py>>(
    members: &Bound<'py, PyDict>,
    name: &str,
) -> Result<T, Wrong> {
    let value = members.get_item(name)?.unwrap_or_else(|| members.py().None().into_bound(members.py()));
    T::from_py(&value).map_err(|wrong| wrong.error(name).into())
}

/// The free text of an error that Python makes.
pub(crate) fn detail(members: &Bound<'_, PyDict>) -> Result<String, Wrong> {
    Ok(member_of::<Option<String>>(members, "detail")?.unwrap_or_default())
}

/// Adds what the package's classes of errors need.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(error, module)?)?;
    module.add_function(wrap_pyfunction!(error_parts, module)?)
}

/// The exception of an error that Python makes: family and kind as one number, its fields and detail.
#[pyfunction]
fn error<'py>(py: Python<'py>, code: u32, members: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
    exception(py, &made(py, code, members)?)
}

/// What such an exception shows.
#[pyfunction]
fn error_parts<'py>(
    py: Python<'py>,
    code: u32,
    members: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyTuple>> {
    describe(py, &made(py, code, members)?)
}

fn made(py: Python<'_>, code: u32, members: &Bound<'_, PyDict>) -> PyResult<Error> {
    let made = crate::r#gen::error::make(code >> 16, code & 0xffff, members);
    let made = made.and_then(|made| made.ok_or_else(|| Wrong::of(format!("{code} is no code of an error"))));
    made.map_err(|wrong| refused(py, wrong, "code"))
}

impl FromPy<'_, '_> for Error {
    fn from_py(value: Arg<'_, '_>) -> Result<Self, Wrong> {
        let code = value.getattr("code").and_then(|code| code.extract::<u32>());
        let fields = value.getattr("_members").and_then(|fields| Ok(fields.cast_into::<PyDict>()?));
        let (Ok(code), Ok(fields)) = (code, fields) else { return Err(expected("NetError", value)) };
        crate::r#gen::error::make(code >> 16, code & 0xffff, &fields)?
            .ok_or_else(|| expected("NetError", value))
    }
}

impl ToPy for Error {
    fn to_py(self, py: Python<'_>) -> Answer {
        exception(py, &self).map(Bound::unbind)
    }
}
