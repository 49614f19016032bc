//! Objects of the library behind handles.

use crate::value::{Answer, Arg, FromPy, ToPy, Wrong};
use net_support::{fault, guard, handles};
use pyo3::prelude::*;
use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// An object of the library; collecting or closing it releases the library's own.
#[pyclass(frozen, module = "net._net")]
pub(crate) struct Handle(AtomicU64);

#[pymethods]
impl Handle {
    /// One that is closed already.
    #[new]
    fn new() -> Self {
        Self(AtomicU64::new(0))
    }

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

/// The objects and streams that Python holds, and the host objects that the library holds.
#[pyfunction]
fn live_handles() -> usize {
    net_support::live_handles()
}

/// Adds what the package's objects need.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Handle>()?;
    module.add_function(wrap_pyfunction!(live_handles, module)?)
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
