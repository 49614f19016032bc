//! The completion queue of one event loop.

use crate::error::raise;
use crate::host::{Host, Reply};
use crate::payload::Payload;
use crate::platform::{Line, number, pair};
use crate::value::{Answer as Value, ToPy};
use net_support::{Event, guard};
use net_types::Error;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use std::io::{Read, Write};

/// The queue of one event loop; its file descriptor becomes readable when there is something to drain.
#[pyclass(frozen, module = "net._net")]
pub(crate) struct Queue {
    events: net_support::Queue<Payload>,
    bell: Line,
}

#[pymethods]
impl Queue {
    #[new]
    fn new() -> PyResult<Self> {
        let (bell, rope) = pair()?;
        bell.set_nonblocking(true)?;
        rope.set_nonblocking(true)?;
        // A full pipe has rung already.
        let wake = move || drop((&rope).write(&[1]));
        Ok(Self { events: net_support::Queue::new(wake), bell })
    }

    /// The file descriptor to watch.
    fn fileno(&self) -> u64 {
        number(&self.bell)
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
        let host = Host::new(self.events.clone(), target);
        Ok((host.instance(), Py::new(py, host)?))
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
        guard(|| Ok(self.events.submit(future))).map_err(|error| raise(py, &error))?.to_py(py)
    }
}

fn event_to_py(py: Python<'_>, event: Event<Payload>) -> PyResult<Bound<'_, PyTuple>> {
    match event {
        Event::Completed { op, result } => {
            let built = result.map_err(|error| raise(py, &error)).and_then(|value| (value.build)(py));
            match built {
                Ok(value) => (0, op, value).into_pyobject(py),
                Err(error) => (1, op, error).into_pyobject(py),
            }
        }
        Event::Request(request) => {
            let reply = Reply::new(request.reply, request.args.take);
            let built = (request.args.build)(py);
            (2, request.reply, request.instance, request.method, reply, built?).into_pyobject(py)
        }
        Event::Abandoned { reply } => (3, reply).into_pyobject(py),
        Event::Released { instance } => (4, instance).into_pyobject(py),
    }
}
