//! The frame around every function: arguments in, the guard, results and errors out.

use crate::error::{raise, refused};
use crate::value::{self, Answer, Arg, FromPy, OneOrMany, ToPy, Wrong};
use net_support::{fault, guard};
use net_types::Error;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

/// Bytes from which on a call lets other Python threads run: working on less takes no longer than that itself.
const LARGE: usize = 4096;

/// Converts an argument, or refuses it by its name.
pub(crate) fn arg<'a, 'py, T: FromPy<'a, 'py>>(value: Arg<'a, 'py>, name: &str) -> PyResult<T> {
    T::from_py(value).map_err(|wrong| refused(value.py(), wrong, name))
}

/// Converts an argument that may be left out.
pub(crate) fn arg_or<'a, 'py, T: FromPy<'a, 'py>>(
    value: Option<Arg<'a, 'py>>,
    name: &str,
    default: impl FnOnce() -> T,
) -> PyResult<T> {
    match value {
        Some(value) if !value.is_none() => arg(value, name),
        _ => Ok(default()),
    }
}

/// Runs a function that works on so many bytes.
pub(crate) fn run<T: ToPy + Send>(
    py: Python<'_>,
    size: usize,
    body: impl FnOnce() -> Result<T, Error> + Send,
) -> Answer {
    let result = if size < LARGE { guard(body) } else { py.detach(|| guard(body)) };
    result.map_err(|error| raise(py, &error))?.to_py(py)
}

/// Runs a function that may wait for the disk or for a lock: other threads run Python meanwhile.
pub(crate) fn blocking<T: ToPy + Send>(
    py: Python<'_>,
    body: impl FnOnce() -> Result<T, Error> + Send,
) -> Answer {
    py.detach(|| guard(body)).map_err(|error| raise(py, &error))?.to_py(py)
}

/// Runs a function that may wait as long as [`blocking`] is for, or works on so many bytes alone.
pub(crate) fn run_unless<T: ToPy + Send>(
    py: Python<'_>,
    may_wait: bool,
    size: usize,
    body: impl FnOnce() -> Result<T, Error> + Send,
) -> Answer {
    if may_wait { blocking(py, body) } else { run(py, size, body) }
}

/// Waits for a future on the calling thread; a signal handler that raises ends the wait.
pub(crate) fn wait<T: ToPy + Send>(
    py: Python<'_>,
    future: impl Future<Output = Result<T, Error>> + Send,
) -> Answer {
    let check = || Python::attach(|py| py.check_signals()).map_err(Failure::Raised);
    let result = py.detach(|| {
        guard(|| Ok(net_support::block_on(future, check)))
            .map_err(Failure::Answered)
            .and_then(|result| result)
    });
    match result {
        Ok(value) => value.to_py(py),
        Err(Failure::Answered(error)) => Err(raise(py, &error)),
        Err(Failure::Raised(error)) => Err(error),
    }
}

/// Refuses a record whose fields are out of range.
pub(crate) fn check(py: Python<'_>, result: Result<(), Error>) -> PyResult<()> {
    result.map_err(|error| raise(py, &error))
}

/// What is found in the arguments of a class of this name.
pub(crate) fn part<T>(py: Python<'_>, name: &str, found: Result<T, Wrong>) -> PyResult<T> {
    found.map_err(|wrong| refused(py, wrong, name))
}

/// Hands out a copy of a whole record that was given for its first field.
pub(crate) fn copied<T>(py: Python<'_>, name: &str, has_more: bool, copy: impl FnOnce() -> T) -> PyResult<T> {
    match has_more {
        true => {
            Err(raise(py, &fault::argument(name, "is given whole, so its fields may not be given as well")))
        }
        false => Ok(copy()),
    }
}

/// The text that shows a value and, in order, its members.
pub(crate) fn repr(py: Python<'_>, name: &str, members: &[(&str, Option<Py<PyAny>>)]) -> PyResult<String> {
    let shown = members.iter().map(|(member, value)| match value {
        Some(value) => Ok(format!("{member}={}", value.bind(py).repr()?.to_str()?)),
        None => Ok(format!("{member}=<secret>")),
    });
    Ok(format!("{name}({})", shown.collect::<PyResult<Vec<_>>>()?.join(", ")))
}

/// What pickling and copying make a record from again: its class, and what that is called with.
pub(crate) fn reduced(record: &Bound<'_, PyAny>) -> Answer {
    let class = record.get_type();
    let names = class.getattr("__match_args__")?;
    let given = names.try_iter()?.map(|name| record.getattr(name?.cast::<PyString>()?));
    let given = PyTuple::new(record.py(), given.collect::<PyResult<Vec<_>>>()?)?;
    Ok((class, given).into_pyobject(record.py())?.into_any().unbind())
}

/// The same for a value of a union: the function of its case is found by its name.
pub(crate) fn reduced_case(union: &Bound<'_, PyAny>, case: &str, given: &[Py<PyAny>]) -> Answer {
    let py = union.py();
    let made = value::kernel(py, "arguments", "made")?;
    let given = (union.get_type(), case, PyTuple::new(py, given)?);
    Ok((made, given).into_pyobject(py)?.into_any().unbind())
}

/// The values of a call with any number of them, or of one list.
pub(crate) fn spread<'py, T: for<'b> FromPy<'b, 'py>>(
    values: &Bound<'py, PyTuple>,
    name: &str,
) -> PyResult<Vec<T>> {
    match values.get_item(0) {
        Ok(only) if values.len() == 1 => arg::<OneOrMany<T>>(&only, name).map(|many| many.0),
        _ => arg(values.as_any(), name),
    }
}

enum Failure {
    Answered(Error),
    Raised(PyErr),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Answered(error)
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Raised(error) => error,
            Failure::Answered(error) => Python::attach(|py| raise(py, &error)),
        }
    }
}
