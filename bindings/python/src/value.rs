//! How values cross: what Python gives is checked here, before anything happens.

use crate::abi::{self, Answer, Arg};
use bytes::Bytes;
use net_support::fault;
use net_types::{Date, Error, Timestamp};
use pyo3::IntoPyObjectExt;
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyTypeError, PyUnicodeEncodeError};
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyList, PyMapping, PyString, PyTuple};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

/// A type that an argument may have.
pub(crate) trait FromPy<'a, 'py>: Sized {
    /// Checks and converts a value.
    fn from_py(value: Arg<'a, 'py>) -> Result<Self, Wrong>;
}

/// A type that a result may have.
pub(crate) trait ToPy {
    /// Converts to the value that Python sees.
    fn to_py(self, py: Python<'_>) -> Answer;
}

/// Why a value is refused.
#[derive(Debug)]
pub(crate) enum Wrong {
    /// Where within the argument, and the reason.
    Value(String, String),
    /// An error of its own.
    Error(Error),
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
        }
    }

    /// The exception about the argument of this name.
    pub(crate) fn raise(self, py: Python<'_>, name: &str) -> PyErr {
        abi::raise(py, &self.error(name))
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

/// A duration as a count of so many nanoseconds.
pub(crate) struct Span<const NANOS: u64>(pub(crate) Duration);

impl<const NANOS: u64> FromPy<'_, '_> for Span<NANOS> {
    fn from_py(value: Arg<'_, '_>) -> Result<Self, Wrong> {
        let nanos = u128::from(u64::from_py(value)?) * u128::from(NANOS);
        let secs = u64::try_from(nanos / 1_000_000_000).map_err(|_| Wrong::of("is too long"))?;
        Ok(Self(Duration::new(secs, (nanos % 1_000_000_000) as u32)))
    }
}

impl<const NANOS: u64> ToPy for Span<NANOS> {
    fn to_py(self, py: Python<'_>) -> Answer {
        (self.0.as_nanos() / u128::from(NANOS)).to_py(py)
    }
}

/// A duration as seconds.
pub(crate) struct Seconds(pub(crate) Duration);

impl FromPy<'_, '_> for Seconds {
    fn from_py(value: Arg<'_, '_>) -> Result<Self, Wrong> {
        let seconds = f64::from_py(value)?;
        let span = Duration::try_from_secs_f64(seconds);
        span.map(Self).map_err(|_| Wrong::of(format!("{seconds} is no span of time in seconds")))
    }
}

impl ToPy for Seconds {
    fn to_py(self, py: Python<'_>) -> Answer {
        self.0.as_secs_f64().to_py(py)
    }
}

/// One value or a list of them.
pub(crate) struct OneOrMany<T>(pub(crate) Vec<T>);

impl<'a, 'py, T: for<'b> FromPy<'b, 'py>> FromPy<'a, 'py> for OneOrMany<T> {
    fn from_py(value: Arg<'a, 'py>) -> Result<Self, Wrong> {
        match T::from_py(value) {
            Ok(one) => Ok(Self(vec![one])),
            Err(_) => Vec::from_py(value).map(Self),
        }
    }
}

/// Bytes of any object that has them: borrowed where nobody can change them.
pub(crate) fn bytes<'a>(value: Arg<'a, '_>) -> Result<Cow<'a, [u8]>, Wrong> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(Cow::Borrowed(bytes.as_bytes()));
    }
    let buffer = PyBuffer::<u8>::get(value).map_err(|_| expected("bytes", value))?;
    Ok(Cow::Owned(buffer.to_vec(value.py())?))
}

/// The text of a string.
pub(crate) fn text<'a>(value: Arg<'a, '_>) -> Result<&'a str, Wrong> {
    Ok(value.cast::<PyString>().map_err(|_| expected("str", value))?.to_str()?)
}

/// The Python value of what a record keeps.
pub(crate) fn shown<T: Clone + ToPy>(value: &T, py: Python<'_>) -> Answer {
    value.clone().to_py(py)
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

/// The values of a call with any number of them, or of one list.
pub(crate) fn spread<'py, T: for<'b> FromPy<'b, 'py>>(
    values: &Bound<'py, PyTuple>,
    name: &str,
) -> PyResult<Vec<T>> {
    match values.get_item(0) {
        Ok(only) if values.len() == 1 => abi::arg::<OneOrMany<T>>(&only, name).map(|many| many.0),
        _ => abi::arg(values.as_any(), name),
    }
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

/// The reason for a value of the wrong type.
pub(crate) fn expected(what: &str, value: Arg<'_, '_>) -> Wrong {
    let class = value.get_type();
    let name = class.name().map_or_else(|_| "?".to_owned(), |name| name.to_string());
    Wrong::of(format!("{what} is needed, not {name}"))
}

macro_rules! plain {
    ($what:literal: $($ty:ty)*) => {$(
        impl FromPy<'_, '_> for $ty {
            fn from_py(value: Arg<'_, '_>) -> Result<Self, Wrong> {
                value.extract().map_err(|error: PyErr| match error.is_instance_of::<PyTypeError>(value.py()) {
                    true => expected($what, value),
                    false => Wrong::of(format!("{} is out of range", value.repr().map_or_else(|_| "it".into(), |text| text.to_string()))),
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

impl FromPy<'_, '_> for PyBackedBytes {
    fn from_py(value: Arg<'_, '_>) -> Result<Self, Wrong> {
        match value.cast::<PyBytes>() {
            Ok(bytes) => Ok(bytes.clone().into()),
            Err(_) => Ok(PyBytes::new(value.py(), &bytes(value)?).into()),
        }
    }
}

impl ToPy for String {
    fn to_py(self, py: Python<'_>) -> Answer {
        Ok(PyString::new(py, &self).into_any().unbind())
    }
}

impl ToPy for &str {
    fn to_py(self, py: Python<'_>) -> Answer {
        Ok(PyString::new(py, self).into_any().unbind())
    }
}

impl FromPy<'_, '_> for Bytes {
    fn from_py(value: Arg<'_, '_>) -> Result<Self, Wrong> {
        Ok(match bytes(value)? {
            Cow::Borrowed(bytes) => Self::copy_from_slice(bytes),
            Cow::Owned(bytes) => bytes.into(),
        })
    }
}

impl<'a> FromPy<'a, '_> for Cow<'a, [u8]> {
    fn from_py(value: Arg<'a, '_>) -> Result<Self, Wrong> {
        bytes(value)
    }
}

impl<'a> FromPy<'a, '_> for &'a str {
    fn from_py(value: Arg<'a, '_>) -> Result<Self, Wrong> {
        text(value)
    }
}

impl ToPy for Bytes {
    fn to_py(self, py: Python<'_>) -> Answer {
        Ok(PyBytes::new(py, &self).into_any().unbind())
    }
}

impl<const N: usize> FromPy<'_, '_> for [u8; N] {
    fn from_py(value: Arg<'_, '_>) -> Result<Self, Wrong> {
        let bytes = bytes(value)?;
        Self::try_from(&*bytes).map_err(|_| Wrong::of(format!("has {} bytes, not {N}", bytes.len())))
    }
}

impl<const N: usize> ToPy for [u8; N] {
    fn to_py(self, py: Python<'_>) -> Answer {
        Ok(PyBytes::new(py, &self).into_any().unbind())
    }
}

impl<const NANOS: u64> FromPy<'_, '_> for Timestamp<NANOS> {
    fn from_py(value: Arg<'_, '_>) -> Result<Self, Wrong> {
        u64::from_py(value).map(Self)
    }
}

impl<const NANOS: u64> ToPy for Timestamp<NANOS> {
    fn to_py(self, py: Python<'_>) -> Answer {
        self.0.to_py(py)
    }
}

impl FromPy<'_, '_> for Date {
    fn from_py(value: Arg<'_, '_>) -> Result<Self, Wrong> {
        let millis = abi::kernel(value.py(), "millis_of")?.call1((value,))?;
        i64::from_py(&millis).map(Self)
    }
}

impl ToPy for Date {
    fn to_py(self, py: Python<'_>) -> Answer {
        Ok(abi::kernel(py, "date_of")?.call1((self.0,))?.unbind())
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

impl<'py, T: for<'b> FromPy<'b, 'py>> FromPy<'_, 'py> for Vec<T> {
    fn from_py(value: Arg<'_, 'py>) -> Result<Self, Wrong> {
        if value.is_instance_of::<PyString>() || value.is_instance_of::<PyBytes>() {
            return Err(expected("list", value));
        }
        let items = value.try_iter().map_err(|_| expected("list", value))?;
        let mut list = Self::with_capacity(value.len().unwrap_or_default());
        for item in items {
            let read = T::from_py(&item?);
            list.push(read.map_err(|wrong| wrong.within(format!("[{}]", list.len())))?);
        }
        Ok(list)
    }
}

impl<T: ToPy> ToPy for Vec<T> {
    fn to_py(self, py: Python<'_>) -> Answer {
        let items = self.into_iter().map(|item| item.to_py(py)).collect::<PyResult<Vec<_>>>()?;
        Ok(PyList::new(py, items)?.into_any().unbind())
    }
}

impl<'py, T: for<'b> FromPy<'b, 'py>> FromPy<'_, 'py> for BTreeMap<String, T> {
    fn from_py(value: Arg<'_, 'py>) -> Result<Self, Wrong> {
        let items = value.cast::<PyMapping>().map_err(|_| expected("dict", value))?.items()?;
        items
            .iter()
            .map(|pair| {
                let (key, item): (Bound<'py, PyAny>, Bound<'py, PyAny>) = pair.extract()?;
                let key = String::from_py(&key).map_err(|wrong| wrong.within(".keys()"))?;
                let item = T::from_py(&item).map_err(|wrong| wrong.within(format!("[{key:?}]")))?;
                Ok((key, item))
            })
            .collect()
    }
}

impl<T: ToPy> ToPy for BTreeMap<String, T> {
    fn to_py(self, py: Python<'_>) -> Answer {
        let dict = PyDict::new(py);
        for (key, item) in self {
            dict.set_item(key, item.to_py(py)?)?;
        }
        Ok(dict.into_any().unbind())
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
        abi::exception(py, &self).map(Bound::unbind)
    }
}

/// Bytes that a text in hex stands for; any other value gives none.
pub(crate) fn hex(value: Arg<'_, '_>) -> Result<Option<Vec<u8>>, Wrong> {
    if !value.is_instance_of::<PyString>() {
        return Ok(None);
    }
    let text = text(value)?;
    let digits = text.bytes().map(|digit| (digit as char).to_digit(16)).collect::<Option<Vec<_>>>();
    let digits =
        digits.filter(|digits| digits.len() % 2 == 0).ok_or_else(|| Wrong::of("is not text in hex"))?;
    Ok(Some(digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()))
}

/// Bytes as text in hex.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
