//! The completion queue of one event loop, and the calls of the library to objects of Python.

use crate::abi::{self, Answer as Value, Arg, Handle};
use crate::value::{FromPy, ToPy, Wrong};
use net_support::stream::{self, HostSource, StreamHandle};
use net_support::{Event, HostPort, fault, guard, host};
use net_types::{BaseError, Error, Source, Stream};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use std::any::Any;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// What crosses a queue: how to build the value, and for calls how to read the answer. Holds nothing of Python's.
pub(crate) struct Payload {
    build: Box<dyn FnOnce(Python<'_>) -> Value + Send>,
    take: Option<Take>,
}

/// An answer of Python, as the method gives it.
pub(crate) type Answer = Box<dyn Any + Send>;

#[derive(Clone, Copy)]
struct Take {
    read: fn(Arg<'_, '_>) -> Result<Answer, Wrong>,
    /// Families whose errors reach the caller as they are.
    throws: &'static [u16],
}

/// The queue of one event loop; its file descriptor becomes readable when there is something to drain.
#[pyclass(frozen, module = "net._net")]
pub(crate) struct Queue {
    events: net_support::Queue<Payload>,
    bell: UnixStream,
}

#[pymethods]
impl Queue {
    #[new]
    fn new() -> PyResult<Self> {
        let (bell, rope) = UnixStream::pair()?;
        bell.set_nonblocking(true)?;
        rope.set_nonblocking(true)?;
        // A full pipe has rung already.
        let wake = move || drop((&rope).write(&[1]));
        Ok(Self { events: net_support::Queue::new(wake), bell })
    }

    /// The file descriptor to watch.
    fn fileno(&self) -> i32 {
        self.bell.as_raw_fd()
    }

    /// Everything that happened, oldest first: `(what, number, ...)`.
    fn drain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        while (&self.bell).read(&mut [0; 64]).is_ok_and(|read| read == 64) {}
        let list = PyList::empty(py);
        loop {
            let events = self.events.drain(256);
            let last = events.len() < 256;
            for event in events {
                list.append(event_to_py(py, event)?)?;
            }
            if last {
                return Ok(list);
            }
        }
    }

    /// Ends an operation early; its end still comes.
    fn cancel(&self, op: u64) -> bool {
        !guard::is_forked() && self.events.cancel(op)
    }

    /// The way for an object of Python to the library, with the number under which its calls come.
    fn host(&self, py: Python<'_>, target: Py<PyAny>) -> PyResult<(u64, Py<Host>)> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let instance = NEXT.fetch_add(1, Ordering::Relaxed);
        let host = Host { events: self.events.clone(), instance, target, taken: AtomicBool::new(false) };
        Ok((instance, Py::new(py, host)?))
    }

    /// Ends everything that is outstanding.
    fn close(&self) {
        if !guard::is_forked() {
            self.events.close();
        }
    }
}

impl Queue {
    /// Starts a future and gives the number under which its end comes.
    pub(crate) fn submit<T: ToPy + Send + 'static>(
        &self,
        py: Python<'_>,
        future: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Value {
        let future = async move { future.await.map(Payload::of) };
        guard(|| Ok(self.events.submit(future))).map_err(|error| abi::raise(py, &error))?.to_py(py)
    }
}

impl Payload {
    fn of<T: ToPy + Send + 'static>(value: T) -> Self {
        Self { build: Box::new(|py| value.to_py(py)), take: None }
    }
}

fn event_to_py(py: Python<'_>, event: Event<Payload>) -> PyResult<Bound<'_, PyTuple>> {
    match event {
        Event::Completed { op, result } => {
            let built = result.map_err(|error| abi::raise(py, &error)).and_then(|value| (value.build)(py));
            match built {
                Ok(value) => (0, op, value).into_pyobject(py),
                Err(error) => (1, op, error).into_pyobject(py),
            }
        }
        Event::Request(request) => {
            let reply = Reply { number: AtomicU64::new(request.reply), take: request.args.take };
            let built = (request.args.build)(py);
            (2, request.reply, request.instance, request.method, reply, built?).into_pyobject(py)
        }
        Event::Abandoned { reply } => (3, reply).into_pyobject(py),
        Event::Released { instance } => (4, instance).into_pyobject(py),
    }
}

/// Where the answer of one call goes; collected without one, the caller hears that the handler was dropped.
#[pyclass(frozen, module = "net._net")]
struct Reply {
    number: AtomicU64,
    take: Option<Take>,
}

#[pymethods]
impl Reply {
    /// Answers; a value of the wrong type is the handler's failure. Says whether somebody waited.
    fn answer(&self, value: Arg<'_, '_>) -> bool {
        let Some(take) = self.take else { return false };
        self.send((take.read)(value).map_err(|wrong| threw(wrong.error("result").to_string())))
    }

    /// Answers with what the handler raised.
    fn fail(&self, error: Arg<'_, '_>) -> bool {
        let own = Error::from_py(error).ok();
        let own = own.filter(|own| self.take.is_some_and(|take| take.throws.contains(&own.family())));
        self.send(Err(own.unwrap_or_else(|| threw(error.to_string()))))
    }
}

impl Reply {
    fn send(&self, answer: Result<Answer, Error>) -> bool {
        let number = self.number.swap(0, Ordering::AcqRel);
        number != 0 && !guard::is_forked() && host::reply(number, answer).is_ok()
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        let number = self.number.swap(0, Ordering::AcqRel);
        if number != 0 && !guard::is_forked() {
            host::drop_reply(number);
        }
    }
}

fn threw(text: String) -> Error {
    BaseError::HostThrew { detail: text }.into()
}

/// An object of Python on its way to the library.
#[pyclass(frozen, module = "net._net")]
pub(crate) struct Host {
    events: net_support::Queue<Payload>,
    instance: u64,
    target: Py<PyAny>,
    taken: AtomicBool,
}

impl Host {
    /// The host object that an argument holds.
    pub(crate) fn of<'a>(value: Arg<'a, '_>) -> Result<&'a Self, Wrong> {
        let host = value.cast::<Self>().map_err(|_| Wrong::of("is no implementation by Python"))?;
        Ok(host.get())
    }

    /// A property that is read once.
    pub(crate) fn prop<'py, T: for<'b> FromPy<'b, 'py>>(
        &self,
        py: Python<'py>,
        name: &str,
    ) -> Result<T, Wrong> {
        let value = self.target.bind(py).getattr_opt(name)?.unwrap_or_else(|| py.None().into_bound(py));
        T::from_py(&value).map_err(|wrong| wrong.within(format!(".{name}")))
    }

    /// Whether the object has an optional method.
    pub(crate) fn has(&self, py: Python<'_>, name: &str) -> Result<bool, Wrong> {
        Ok(self.target.bind(py).getattr_opt(name)?.is_some())
    }

    /// The library's way to the object.
    pub(crate) fn port(&self) -> Result<HostPort<Payload, Answer>, Wrong> {
        if self.taken.swap(true, Ordering::AcqRel) {
            return Err(Wrong::of("is in use already"));
        }
        Ok(HostPort::new(self.events.clone(), self.instance))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if !self.taken.swap(true, Ordering::AcqRel) && !guard::is_forked() {
            host::Sink::released(&self.events, self.instance);
        }
    }
}

/// Calls a method of a host object.
pub(crate) async fn ask<T: for<'a, 'py> FromPy<'a, 'py> + Send + 'static>(
    port: &HostPort<Payload, Answer>,
    method: u32,
    timeout: Option<Duration>,
    throws: &'static [u16],
    args: impl FnOnce(Python<'_>) -> PyResult<Vec<Py<PyAny>>> + Send + 'static,
) -> Result<T, Error> {
    let build = Box::new(|py: Python<'_>| Ok(PyTuple::new(py, args(py)?)?.into_any().unbind()));
    let payload = Payload { build, take: Some(Take { read: read::<T>, throws }) };
    let answer = match timeout {
        Some(_) => port.call_within(method, payload, timeout).await?,
        None => port.call(method, payload).await?,
    };
    taken(answer)
}

fn read<T: for<'a, 'py> FromPy<'a, 'py> + Send + 'static>(value: Arg<'_, '_>) -> Result<Answer, Wrong> {
    Ok(Box::new(T::from_py(value)?))
}

fn taken<T: 'static>(answer: Answer) -> Result<T, Error> {
    answer.downcast().map(|answer| *answer).map_err(|_| fault::internal("an answer of another method"))
}

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
        return Err(abi::raise(stream.py(), &fault::forked()));
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
    abi::run(py, || stream::close::<Payload>(handle))
}

/// Adds the queue and what belongs to it.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Queue>()?;
    module.add_class::<Host>()?;
    module.add_class::<Reply>()?;
    module.add_function(wrap_pyfunction!(stream_next, module)?)?;
    module.add_function(wrap_pyfunction!(stream_next_submit, module)?)?;
    module.add_function(wrap_pyfunction!(stream_close, module)?)
}
