//! Bytes, from any object that has them, and as text in hex.

use super::{Answer, Arg, FromPy, ToPy, Wrong, expected, text};
use bytes::Bytes;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyString};
use std::borrow::Cow;

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
