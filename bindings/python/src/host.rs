//! Calls of the library to objects of Python.

use crate::payload::{Answer, Payload, Take};
use crate::value::{Arg, FromPy, Wrong};
use net_support::{HostPort, fault, guard, host};
use net_types::{BaseError, Error};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Where the answer of one call goes; collected without one, the caller hears that the handler was dropped.
#[pyclass(frozen, module = "net._net")]
pub(crate) struct Reply {
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
    /// Where the answer to a request goes.
    pub(crate) fn new(number: u64, take: Option<Take>) -> Self {
        Self { number: AtomicU64::new(number), take }
    }

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
    /// An object of Python, with a number of its own.
    pub(crate) fn new(events: net_support::Queue<Payload>, target: Py<PyAny>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let instance = NEXT.fetch_add(1, Ordering::Relaxed);
        Self { events, instance, target, taken: AtomicBool::new(false) }
    }

    /// The number under which its calls come.
    pub(crate) fn instance(&self) -> u64 {
        self.instance
    }

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

/// Reads an answer of a type.
pub(crate) fn read<T: for<'a, 'py> FromPy<'a, 'py> + Send + 'static>(
    value: Arg<'_, '_>,
) -> Result<Answer, Wrong> {
    Ok(Box::new(T::from_py(value)?))
}

/// The answer of the type that the method gives.
pub(crate) fn taken<T: 'static>(answer: Answer) -> Result<T, Error> {
    answer.downcast().map(|answer| *answer).map_err(|_| fault::internal("an answer of another method"))
}
