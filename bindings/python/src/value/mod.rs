//! How values cross: what Python gives is checked here, before anything happens.

mod bytes;
mod lists;
mod records;
mod time;

pub(crate) use bytes::decoded;
pub(crate) use lists::OneOrMany;
pub(crate) use records::{record, union, whole};
pub(crate) use time::{Seconds, Span};

use net_support::fault;
use net_types::Error;
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyTypeError, PyUnicodeEncodeError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyTuple};

/// An argument of any type.
pub(crate) type Arg<'a, 'py> = &'a Bound<'py, PyAny>;

/// What a function gives back.
pub(crate) type Answer = PyResult<Py<PyAny>>;

/// A type that an argument may have.
pub(crate) trait FromPy<'a, 'py>: Sized {
    /// Checks and converts a value.
    fn from_py(value: Arg<'a, 'py>) -> Result<Self, Wrong>;
}

/// A type that a result may have.
pub(crate) trait ToPy {
    /// Converts to the value that Python sees.
    fn to_py(self, py: Python<'_>) -> Answer;

    /// Converts what is kept as well.
    fn show(&self, py: Python<'_>) -> Answer
    where
        Self: Clone,
    {
        self.clone().to_py(py)
    }
}

/// Why a value is refused.
#[derive(Debug)]
pub(crate) enum Wrong {
    /// Where within the argument, and the reason.
    Value(String, String),
    /// An error of its own.
    Error(Error),
    /// What was raised while the value was made.
    Raised(PyErr),
}

impl Wrong {
    /// A reason.
    pub(crate) fn of(reason: impl Into<String>) -> Self {
        Self::Value(String::new(), reason.into())
    }

    /// The same within a greater value.
    pub(crate) fn within(self, part: impl AsRef<str>) -> Self {
        match self {
            Self::Value(path, reason) => Self::Value(part.as_ref().to_owned() + &path, reason),
            error => error,
        }
    }

    /// The error about the argument of this name.
    pub(crate) fn error(self, name: &str) -> Error {
        match self {
            Self::Value(path, reason) => fault::argument(format!("{name}{path}"), reason),
            Self::Error(error) => error,
            Self::Raised(error) => fault::argument(name, error.to_string()),
        }
    }
}

impl From<Error> for Wrong {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<PyErr> for Wrong {
    fn from(error: PyErr) -> Self {
        Python::attach(|py| match error.is_instance_of::<PyUnicodeEncodeError>(py) {
            true => Self::of("is text with a lone surrogate, which UTF-8 cannot hold"),
            false => Self::of(error.value(py).to_string()),
        })
    }
}

/// The Python value of what a record keeps.
pub(crate) fn shown<T: Clone + ToPy>(value: &T, py: Python<'_>) -> Answer {
    value.show(py)
}

/// A value of an enum by its published text.
pub(crate) fn parsed<T: std::str::FromStr<Err = Error>>(value: Arg<'_, '_>) -> Result<T, Wrong> {
    text(value)?.parse().map_err(|error: Error| match error {
        Error::Base(net_types::BaseError::Argument { reason, .. }) => Wrong::of(reason),
        error => error.into(),
    })
}

/// A member of an enum class of the package.
pub(crate) fn member(
    py: Python<'_>,
    class: &PyOnceLock<Py<PyAny>>,
    path: (&str, &str),
    value: impl ToPy,
) -> Answer {
    Ok(class.import(py, path.0, path.1)?.call1((value.to_py(py)?,))?.unbind())
}

/// A tuple with names, of a class of the package.
pub(crate) fn tuple<const N: usize>(
    py: Python<'_>,
    class: &PyOnceLock<Py<PyAny>>,
    path: (&str, &str),
    parts: [Py<PyAny>; N],
) -> Answer {
    Ok(class.import(py, path.0, path.1)?.call1(PyTuple::new(py, parts)?)?.unbind())
}

/// The parts of a tuple that has exactly so many.
pub(crate) fn parts<'a, 'py>(
    value: Arg<'a, 'py>,
    what: &str,
    count: usize,
) -> Result<&'a Bound<'py, PyTuple>, Wrong> {
    let parts = value.cast::<PyTuple>().map_err(|_| expected(what, value))?;
    match parts.len() {
        length if length == count => Ok(parts),
        length => Err(Wrong::of(format!("{what} has {count} parts, not {length}"))),
    }
}

/// A member of the package's written part.
pub(crate) fn kernel<'py>(py: Python<'py>, module: &str, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import(format!("net._kernel.{module}"))?.getattr(name)
}

/// The text of a string.
pub(crate) fn text<'a>(value: Arg<'a, '_>) -> Result<&'a str, Wrong> {
    Ok(value.cast::<PyString>().map_err(|_| expected("str", value))?.to_str()?)
}

/// The reason for a value of the wrong type.
pub(crate) fn expected(what: &str, value: Arg<'_, '_>) -> Wrong {
    let class = value.get_type();
    let name = class.name().map_or_else(|_| "?".to_owned(), |name| name.to_string());
    Wrong::of(format!("{what} is needed, not {name}"))
}

/// What an error tells of a number, unless that is long.
fn brief(value: Arg<'_, '_>) -> String {
    let text = value.repr().map(|text| text.to_string()).unwrap_or_default();
    if (1..=40).contains(&text.len()) { text } else { "it".to_owned() }
}

macro_rules! plain {
    ($what:literal: $($ty:ty)*) => {$(
        impl FromPy<'_, '_> for $ty {
            fn from_py(value: Arg<'_, '_>) -> Result<Self, Wrong> {
                value.extract().map_err(|error: PyErr| match error.is_instance_of::<PyTypeError>(value.py()) {
                    true => expected($what, value),
                    false => Wrong::of(format!("{} is out of range", brief(value))),
                })
            }
        }

        impl ToPy for $ty {
            fn to_py(self, py: Python<'_>) -> Answer {
                self.into_bound_py_any(py).map(Bound::unbind)
            }
        }
    )*};
}

plain!("bool": bool);
plain!("int": u8 u16 u32 u64 u128 i8 i16 i32 i64);
plain!("float": f64);

impl FromPy<'_, '_> for String {
    fn from_py(value: Arg<'_, '_>) -> Result<Self, Wrong> {
        text(value).map(str::to_owned)
    }
}

impl FromPy<'_, '_> for PyBackedStr {
    fn from_py(value: Arg<'_, '_>) -> Result<Self, Wrong> {
        let text = value.cast::<PyString>().map_err(|_| expected("str", value))?;
        Ok(Self::try_from(text.clone())?)
    }
}

impl ToPy for String {
    fn to_py(self, py: Python<'_>) -> Answer {
        self.as_str().to_py(py)
    }

    fn show(&self, py: Python<'_>) -> Answer {
        self.as_str().to_py(py)
    }
}

impl ToPy for &str {
    fn to_py(self, py: Python<'_>) -> Answer {
        Ok(PyString::new(py, self).into_any().unbind())
    }
}

impl<'a> FromPy<'a, '_> for &'a str {
    fn from_py(value: Arg<'a, '_>) -> Result<Self, Wrong> {
        text(value)
    }
}

impl<'a, 'py, T: FromPy<'a, 'py>> FromPy<'a, 'py> for Option<T> {
    fn from_py(value: Arg<'a, 'py>) -> Result<Self, Wrong> {
        if value.is_none() { Ok(None) } else { T::from_py(value).map(Some) }
    }
}

impl<T: ToPy> ToPy for Option<T> {
    fn to_py(self, py: Python<'_>) -> Answer {
        self.map_or_else(|| Ok(py.None()), |value| value.to_py(py))
    }
}

impl<'a, 'py, T: FromPy<'a, 'py>> FromPy<'a, 'py> for Box<T> {
    fn from_py(value: Arg<'a, 'py>) -> Result<Self, Wrong> {
        T::from_py(value).map(Self::new)
    }
}

impl<T: ToPy> ToPy for Box<T> {
    fn to_py(self, py: Python<'_>) -> Answer {
        (*self).to_py(py)
    }
}

impl ToPy for () {
    fn to_py(self, py: Python<'_>) -> Answer {
        Ok(py.None())
    }
}

impl FromPy<'_, '_> for () {
    fn from_py(value: Arg<'_, '_>) -> Result<Self, Wrong> {
        if value.is_none() { Ok(()) } else { Err(expected("None", value)) }
    }
}
