//! The frame around every function: arguments in, the guard, results and errors out.

use crate::value::{FromPy, ToPy, Wrong};
use net_support::{fault, guard, handles};
use net_types::Error;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// An argument of any type.
pub(crate) type Arg<'a, 'py> = &'a Bound<'py, PyAny>;

/// What a function gives back.
pub(crate) type Answer = PyResult<Py<PyAny>>;

/// An object of the library; collecting or closing it releases the library's own.
#[pyclass(frozen, module = "net._net")]
pub(crate) struct Handle(AtomicU64);

#[pymethods]
impl Handle {
    /// Releases the object; later calls on it fail.
    fn close(&self) {
        let id = self.0.swap(0, Ordering::AcqRel);
        // The table may be locked for ever in a forked child.
        if id != 0 && !guard::is_forked() {
            handles::free(id);
        }
    }
}

impl Handle {
    /// The number of the object, 0 once it is released.
    pub(crate) fn id(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// A handle of an object that is not shared with Python yet.
    pub(crate) fn of<T: Any + Send + Sync>(py: Python<'_>, object: Arc<T>) -> Answer {
        Ok(Py::new(py, Self(AtomicU64::new(handles::put(object))))?.into_any())
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.close();
    }
}

/// Converts an argument, or refuses it by its name.
pub(crate) fn arg<'a, 'py, T: FromPy<'a, 'py>>(value: Arg<'a, 'py>, name: &str) -> PyResult<T> {
    T::from_py(value).map_err(|wrong| wrong.raise(value.py(), name))
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

/// Runs a function that may wait for a lock: other Python threads run meanwhile.
pub(crate) fn run<T: ToPy + Send>(py: Python<'_>, body: impl FnOnce() -> Result<T, Error> + Send) -> Answer {
    py.detach(|| guard(body)).map_err(|error| raise(py, &error))?.to_py(py)
}

/// Runs a function that is over in less time than releasing the interpreter takes.
pub(crate) fn run_hot<T: ToPy>(py: Python<'_>, body: impl FnOnce() -> Result<T, Error>) -> Answer {
    guard(body).map_err(|error| raise(py, &error))?.to_py(py)
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

/// Hands out a record whose fields are in range.
pub(crate) fn checked<T>(py: Python<'_>, record: T, check: fn(&T) -> Result<(), Error>) -> PyResult<T> {
    check(&record).map(|()| record).map_err(|error| raise(py, &error))
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

/// The exception of an error.
pub(crate) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    exception(py, error).map_or_else(|error| error, PyErr::from_value)
}

/// The exception of an error, as a value.
pub(crate) fn exception<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    let (module, class) = crate::r#gen::error::class_of(error);
    let class = py.import(module)?.getattr(class)?;
    class.call_method1("_of", (describe(py, error)?,))
}

/// What an exception shows: message, family, kind, code, retry, detail and fields.
pub(crate) fn describe<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyTuple>> {
    let fields = PyDict::new(py);
    crate::r#gen::error::fields(py, error, &fields)?;
    let code = u32::from(error.family()) << 16 | u32::from(error.kind());
    let (message, family) = (error.to_string(), error.family_name());
    (message, family, error.kind_text(), code, error.retry(), error.detail(), fields).into_pyobject(py)
}

/// The text that shows a value and, in order, its members.
pub(crate) fn repr(py: Python<'_>, name: &str, members: &[(&str, Option<Py<PyAny>>)]) -> PyResult<String> {
    let shown = members.iter().map(|(member, value)| match value {
        Some(value) => Ok(format!("{member}={}", value.bind(py).repr()?.to_str()?)),
        None => Ok(format!("{member}=<secret>")),
    });
    Ok(format!("{name}({})", shown.collect::<PyResult<Vec<_>>>()?.join(", ")))
}

/// A member of the package's written part.
pub(crate) fn kernel<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("net._kernel")?.getattr(PyString::new(py, name))
}

/// Adds what the package's written part needs.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Handle>()?;
    module.add_function(wrap_pyfunction!(live_handles, module)?)?;
    module.add_function(wrap_pyfunction!(error, module)?)?;
    module.add_function(wrap_pyfunction!(error_parts, module)?)
}

/// The objects and streams that Python holds, and the host objects that the library holds.
#[pyfunction]
fn live_handles() -> usize {
    net_support::live_handles()
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
    made.map_err(|wrong| wrong.raise(py, "code"))
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

impl<T: Any + Send + Sync> FromPy<'_, '_> for Arc<T> {
    fn from_py(value: Arg<'_, '_>) -> Result<Self, Wrong> {
        if guard::is_forked() {
            return Err(fault::forked().into());
        }
        let handle = value.cast::<Handle>().map_err(|_| Wrong::of("is no object of this library"))?;
        Ok(handles::get(handle.get().id())?)
    }
}

impl<T: Any + Send + Sync> ToPy for Arc<T> {
    fn to_py(self, py: Python<'_>) -> Answer {
        Handle::of(py, self)
    }
}
