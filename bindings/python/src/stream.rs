//! Streams in both directions.

use crate::abi;
use crate::error::raise;
use crate::handle::Handle;
use crate::host::{Host, read, taken};
use crate::payload::{Payload, Take};
use crate::queue::Queue;
use crate::value::{Answer as Value, Arg, FromPy, ToPy, Wrong};
use net_support::stream::{self, HostSource, StreamHandle};
use net_support::{fault, guard};
use net_types::{Error, Source, Stream};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::sync::Arc;

impl<T: for<'a, 'py> FromPy<'a, 'py> + Send + 'static> FromPy<'_, '_> for Stream<T> {
    fn from_py(value: Arg<'_, '_>) -> Result<Self, Wrong> {
        let ask = |max: usize| Payload {
            build: Box::new(move |py| Ok(PyTuple::new(py, [max])?.into_any().unbind())),
            take: Some(Take { read: read::<Vec<T>>, throws: &[] }),
        };
        Ok(Arc::new(HostSource::new(Host::of(value)?.port()?, 0, ask, taken::<Vec<T>>)))
    }
}

impl<T: ToPy + Send + 'static> ToPy for Arc<dyn Source<T>> {
    fn to_py(self, py: Python<'_>) -> Value {
        Handle::of(py, Arc::new(StreamHandle::new(self, Payload::of::<Vec<T>>)))
    }
}

/// The next items of a stream, for either form of call.
fn batch(
    stream: Arg<'_, '_>,
    max: u32,
) -> PyResult<impl Future<Output = Result<Batch, Error>> + Send + use<>> {
    if guard::is_forked() {
        return Err(raise(stream.py(), &fault::forked()));
    }
    let handle = stream.cast::<Handle>().map(|handle| handle.get().id()).unwrap_or_default();
    let next = stream::next::<Payload>(handle, max as usize);
    Ok(async move { next.await.map(Batch) })
}

struct Batch(Payload);

impl ToPy for Batch {
    fn to_py(self, py: Python<'_>) -> Value {
        (self.0.build)(py)
    }
}

/// Waits for the next items of a stream; none at its end.
#[pyfunction]
fn stream_next(py: Python<'_>, stream: Arg<'_, '_>, max: u32) -> Value {
    abi::wait(py, batch(stream, max)?)
}

/// Asks for the next items of a stream.
#[pyfunction]
fn stream_next_submit(py: Python<'_>, queue: &Bound<'_, Queue>, stream: Arg<'_, '_>, max: u32) -> Value {
    queue.get().submit(py, batch(stream, max)?)
}

/// Ends a stream.
#[pyfunction]
fn stream_close(py: Python<'_>, stream: &Bound<'_, Handle>) -> Value {
    let handle = stream.get().id();
    abi::run(py, 0, || stream::close::<Payload>(handle))
}

/// Adds the functions of streams.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(stream_next, module)?)?;
    module.add_function(wrap_pyfunction!(stream_next_submit, module)?)?;
    module.add_function(wrap_pyfunction!(stream_close, module)?)
}
