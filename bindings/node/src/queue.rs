//! One environment: its completion queue and what it owns.

use std::{
    collections::HashSet,
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use napi::{
    Env, Status,
    bindgen_prelude::{Buffer, Function},
    threadsafe_function::ThreadsafeFunctionCallMode,
};
use napi_derive::napi;
use net_support::{
    Event, HostPort, Queue, handles, host,
    pack::{self, Writer},
    stream::StreamHandle,
};
use net_types::Error;

use crate::abi::{self, Owned};

/// What an environment shares with its operations.
pub(crate) type Home = Arc<Environment>;

/// A completion queue and the handles that die with it.
pub(crate) struct Environment {
    thread: u64,
    queue: Queue<Vec<u8>>,
    /// Live handles; none once the environment has ended.
    handles: Mutex<Option<HashSet<u64>>>,
}

impl Environment {
    /// Puts an object into the handle table; it lives no longer than the environment.
    pub(crate) fn own<T: Send + Sync + 'static>(&self, object: Arc<T>) -> u64 {
        let handle = handles::put(Owned::new(self.thread, object));
        if let Some(live) = &mut *self.handles.lock().unwrap_or_else(PoisonError::into_inner) {
            live.insert(handle);
        } else {
            handles::free(handle);
        }
        handle
    }

    /// Runs an operation and gives its number.
    pub(crate) fn submit(
        &self,
        future: impl Future<Output = Result<Vec<u8>, Error>> + Send + 'static,
    ) -> f64 {
        self.queue.submit(future) as f64
    }

    /// The way to an object of the host.
    pub(crate) fn port(&self, instance: u64) -> HostPort<Vec<u8>> {
        HostPort::new(self.queue.clone(), instance)
    }

    fn release(&self, handle: u64) -> bool {
        let mut live = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        live.as_mut().is_some_and(|live| live.remove(&handle)) && handles::free(handle)
    }

    fn end(&self) {
        let live = self.handles.lock().unwrap_or_else(PoisonError::into_inner).take();
        for handle in live.into_iter().flatten() {
            handles::free(handle);
        }
        self.queue.close();
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment").field("thread", &self.thread).finish_non_exhaustive()
    }
}

/// The environment that `open` gave a number.
pub(crate) fn home(environment: f64) -> Result<Home, Error> {
    abi::object(environment)
}

/// Opens an environment; `wake` is called when there is something to drain, and keeps no process alive.
#[napi(js_name = "kernelOpen")]
pub fn open(env: &Env, wake: Function<'_, (), ()>) -> napi::Result<f64> {
    let wake = wake.build_threadsafe_function::<()>().weak::<true>().build()?;
    let queue = Queue::new(move || {
        // A loop that is gone has nothing to drain.
        let _: Status = wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
    });
    let thread = abi::thread();
    let home = Arc::new(Environment { thread, queue, handles: Mutex::new(Some(HashSet::new())) });
    let handle = handles::put(Owned::new(thread, home.clone()));
    OPEN.fetch_add(1, Ordering::Relaxed);
    env.add_env_cleanup_hook(home, move |home| {
        if handles::free(handle) {
            OPEN.fetch_sub(1, Ordering::Relaxed);
        }
        home.end();
    })?;
    Ok(handle as f64)
}

/// Everything that waits, packed: per event its kind and what belongs to it.
#[napi(js_name = "kernelDrain")]
pub fn drain(environment: f64) -> napi::Result<Buffer> {
    abi::call(|| {
        let home = home(environment)?;
        let events = home.queue.drain(usize::MAX);
        let mut w = Writer::with_capacity(events.iter().map(size).sum());
        for event in events {
            match event {
                Event::Completed { op, result } => {
                    w.varint(if result.is_ok() { 0 } else { 1 });
                    w.varint(op);
                    w.bytes(&result.unwrap_or_else(|error| pack::encode(&error)));
                }
                Event::Request(request) => {
                    w.varint(2);
                    w.varint(request.instance);
                    w.varint(request.method.into());
                    w.varint(request.reply);
                    w.bytes(&request.args);
                }
                Event::Abandoned { reply } => [3, reply].into_iter().for_each(|n| w.varint(n)),
                Event::Released { instance } => [4, instance].into_iter().for_each(|n| w.varint(n)),
            }
        }
        Ok(w.into_vec().into())
    })
}

/// Bytes that an event takes at most, unless it is an error.
fn size(event: &Event<Vec<u8>>) -> usize {
    const NUMBERS: usize = 5 * 10;
    let bytes = match event {
        Event::Completed { result: Ok(result), .. } => result.len(),
        Event::Request(request) => request.args.len(),
        _ => 0,
    };
    NUMBERS + bytes
}

/// Cancels an operation.
#[napi(js_name = "kernelCancel")]
pub fn cancel(environment: f64, op: f64) -> napi::Result<bool> {
    abi::call(|| Ok(home(environment)?.queue.cancel(op as u64)))
}

/// Lets a handle go; says whether it was live.
#[napi(js_name = "kernelFree")]
pub fn free(environment: f64, handle: f64) -> napi::Result<bool> {
    abi::call(|| Ok(home(environment)?.release(handle as u64)))
}

/// Answers a request with a packed result or error; says whether anybody still waited.
#[napi(js_name = "kernelReply")]
pub fn reply(reply: f64, is_error: bool, answer: &[u8]) -> napi::Result<bool> {
    abi::call(|| {
        let answer = if is_error { Err(pack::decode::<Error>(answer)?) } else { Ok(answer.to_vec()) };
        Ok(host::reply(reply as u64, answer).is_ok())
    })
}

/// Asks a stream without a name for its next batch.
#[napi(js_name = "kernelStreamNext")]
pub fn stream_next(environment: f64, this: f64, max: u32) -> napi::Result<f64> {
    abi::call(|| {
        let batch = abi::object::<StreamHandle<Vec<u8>>>(this)?.next(max as usize);
        Ok(home(environment)?.submit(batch))
    })
}

/// Ends a stream without a name.
#[napi(js_name = "kernelStreamClose")]
pub fn stream_close(this: f64) -> napi::Result<()> {
    abi::call(|| abi::object::<StreamHandle<Vec<u8>>>(this).map(|stream| stream.close()))
}

/// The objects and streams that hosts hold and the host objects that the core holds, in this process.
#[napi(js_name = "kernelLive")]
pub fn live() -> f64 {
    (net_support::live_handles() - OPEN.load(Ordering::Relaxed)) as f64
}

/// The hash of the spec that the library was generated from.
#[napi(js_name = "kernelSpecHash")]
pub fn spec_hash() -> String {
    net_types::SPEC_HASH.to_owned()
}

/// Environments, which are in the handle table themselves.
static OPEN: AtomicUsize = AtomicUsize::new(0);
