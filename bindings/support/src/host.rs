//! Calls from the core to objects of the host.

use std::{
    fmt,
    marker::PhantomData,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use net_types::Error;
use tokio::{sync::oneshot, time};

use crate::{fault, guard::swallow, handles::Table};

/// A call of a host object's method.
#[derive(Clone, Debug, PartialEq)]
pub struct Request<P> {
    /// The number that the host gave its object.
    pub instance: u64,
    /// The method's number.
    pub method: u32,
    /// Where the answer goes: see [`reply`].
    pub reply: u64,
    /// The arguments.
    pub args: P,
}

/// The way to host objects: a [`Queue`](crate::Queue), or functions of a C program.
pub trait Sink<P>: Send + Sync + 'static {
    /// Hands a request over; an error answers it.
    fn request(&self, request: Request<P>) -> Result<(), Error>;

    /// A request that was handed over is answered, or `abandoned`: then nobody waits for the answer.
    fn settled(&self, reply: u64, abandoned: bool);

    /// The core no longer holds the object.
    fn released(&self, instance: u64);
}

/// Answers a request, from any thread; the second answer, and one to an abandoned request, is an error.
///
/// `R` is the type of answers that the request's [`HostPort`] takes.
pub fn reply<R: Send + 'static>(reply: u64, answer: Result<R, Error>) -> Result<(), Error> {
    let waiting = REPLIES.take::<Waiting<R>>(reply)?;
    let sender = waiting.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    let sent = sender.is_some_and(|sender| sender.send(answer).is_ok());
    if sent { Ok(()) } else { Err(fault::closed_handle()) }
}

/// Lets a request go without an answer, which the core hears as `internal: handler dropped`.
///
/// Says whether the request was waiting.
pub fn drop_reply(reply: u64) -> bool {
    REPLIES.free(reply)
}

/// The number of host objects that the core holds.
pub fn live() -> usize {
    PORTS.load(Ordering::Relaxed)
}

/// One host object as the core sees it: arguments cross as `P`, answers as `R`.
///
/// Dropping it tells the host that the object is released.
pub struct HostPort<P: 'static, R = P> {
    sink: Box<dyn Sink<P>>,
    instance: u64,
    timeout: Option<Duration>,
    turn: Option<tokio::sync::Mutex<()>>,
    answers: PhantomData<fn() -> R>,
}

impl<P: Send + 'static, R: Send + 'static> HostPort<P, R> {
    /// The object that the host knows as `instance`, reached through `sink`.
    pub fn new(sink: impl Sink<P>, instance: u64) -> Self {
        PORTS.fetch_add(1, Ordering::Relaxed);
        Self { sink: Box::new(sink), instance, timeout: None, turn: None, answers: PhantomData }
    }

    /// Never has two calls of the object under way: the later ones wait in their order.
    pub fn serial(mut self) -> Self {
        self.turn = Some(tokio::sync::Mutex::new(()));
        self
    }

    /// Gives every call this long, from when it is handed to the host; then it fails with `host_timeout`.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Calls a method and waits for the answer; dropping the future makes the host abandon the call.
    pub async fn call(&self, method: u32, args: P) -> Result<R, Error> {
        self.call_within(method, args, self.timeout).await
    }

    /// Like [`call`](Self::call), with a time of its own.
    pub async fn call_within(&self, method: u32, args: P, timeout: Option<Duration>) -> Result<R, Error> {
        let _turn = match &self.turn {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        let (sender, answer) = oneshot::channel();
        let mut ticket = Ticket { sink: &*self.sink, reply: REPLIES.put(Waiting::new(sender)), open: false };
        self.sink.request(Request { instance: self.instance, method, reply: ticket.reply, args })?;
        ticket.open = true;
        let answer = match timeout {
            Some(limit) => time::timeout(limit, answer).await.map_err(|_| fault::host_timeout())?,
            None => answer.await,
        };
        answer.map_err(|_| fault::handler_dropped())?
    }
}

impl<P: 'static, R> Drop for HostPort<P, R> {
    fn drop(&mut self) {
        PORTS.fetch_sub(1, Ordering::Relaxed);
        swallow(|| self.sink.released(self.instance));
    }
}

impl<P: 'static, R> fmt::Debug for HostPort<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostPort").field("instance", &self.instance).finish_non_exhaustive()
    }
}

static REPLIES: Table = Table::new();
static PORTS: AtomicUsize = AtomicUsize::new(0);

/// Who waits for the answer under a reply number.
struct Waiting<R>(Mutex<Option<oneshot::Sender<Result<R, Error>>>>);

impl<R> Waiting<R> {
    fn new(sender: oneshot::Sender<Result<R, Error>>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(sender))))
    }
}

/// A reply number for as long as the core waits.
struct Ticket<'a, P: 'static> {
    sink: &'a dyn Sink<P>,
    reply: u64,
    /// The request was handed over.
    open: bool,
}

impl<P: 'static> Drop for Ticket<'_, P> {
    fn drop(&mut self) {
        let abandoned = REPLIES.free(self.reply);
        if self.open {
            swallow(|| self.sink.settled(self.reply, abandoned));
        }
    }
}

#[cfg(test)]
mod tests;
