//! Bytes, from any object that has them, and as text that stands for them.

use super::{Answer, Arg, FromPy, ToPy, Wrong, expected, text};
use bytes::Bytes;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyString};
use std::borrow::Cow;

/// Bytes that a text of some form stands for; a value that is no text gives none.
pub(crate) fn decoded(
    value: Arg<'_, '_>,
    decode: fn(&str) -> Option<Vec<u8>>,
    form: &str,
) -> Result<Option<Vec<u8>>, Wrong> {
    if !value.is_instance_of::<PyString>() {
        return Ok(None);
    }
    decode(text(value)?).map(Some).ok_or_else(|| Wrong::of(format!("is not text in {form}")))
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

impl ToPy for Bytes {
    fn to_py(self, py: Python<'_>) -> Answer {
        self.show(py)
    }

    fn show(&self, py: Python<'_>) -> Answer {
        Ok(PyBytes::new(py, self).into_any().unbind())
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

impl FromPy<'_, '_> for PyBackedBytes {
    fn from_py(value: Arg<'_, '_>) -> Result<Self, Wrong> {
        match value.cast::<PyBytes>() {
            Ok(bytes) => Ok(bytes.clone().into()),
            Err(_) => Ok(PyBytes::new(value.py(), &bytes(value)?).into()),
        }
    }
}

/// Bytes of any object that has them: borrowed where nobody can change them.
fn bytes<'a>(value: Arg<'a, '_>) -> Result<Cow<'a, [u8]>, Wrong> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(Cow::Borrowed(bytes.as_bytes()));
    }
    let buffer = PyBuffer::<u8>::get(value).map_err(|_| expected("bytes", value))?;
    Ok(Cow::Owned(buffer.to_vec(value.py())?))
}
