//! Lists and maps.

use super::{Answer, Arg, FromPy, ToPy, Wrong, expected};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyMapping, PyString};
use std::collections::BTreeMap;

/// Room that is made for items before they are seen.
const MOST_AT_ONCE: usize = 65_536;

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

impl<'py, T: for<'b> FromPy<'b, 'py>> FromPy<'_, 'py> for Vec<T> {
    fn from_py(value: Arg<'_, 'py>) -> Result<Self, Wrong> {
        // What can be iterated over as well, and is meant as something else.
        if value.is_instance_of::<PyString>()
            || value.is_instance_of::<PyBytes>()
            || value.is_instance_of::<PyDict>()
        {
            return Err(expected("list", value));
        }
        let items = value.try_iter().map_err(|_| expected("list", value))?;
        // An object may say that it is as long as it likes.
        let mut list = Self::with_capacity(value.len().unwrap_or_default().min(MOST_AT_ONCE));
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
