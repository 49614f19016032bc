//! Streams: subscriptions that sleep until there is news.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

use net_types::{
    Error,
    api::{self, EventStream as _},
    bus::{BusError, StoredEvent, SubscribeOptions},
};

use super::{
    bell::Waiter,
    channel::Tag,
    filter::Filter,
    node::{NetNode, Source},
    subscription::{Step, Subscription},
    transport::Tail,
};

/// A subscription: events in order, waiting for new ones.
///
/// It does not keep its node alive. Dropping it releases the events that it holds.
#[derive(Debug)]
pub struct EventStream {
    reading: Reading,
}

/// Where a subscription reads.
#[derive(Debug)]
enum Reading {
    /// In this process.
    Here(Here),
    /// On a server.
    There(Tail),
}

#[derive(Debug)]
struct Here {
    subscription: Subscription,
    patience: Option<Duration>,
    /// When patience ends, while there is nothing to read.
    deadline: Mutex<Option<Instant>>,
}

/// A subscription that gives each event's JSON to be decoded.
///
/// A channel's stream gives the objects as they were published: without the tag that publishing added.
#[derive(Debug)]
pub struct TypedEventStream {
    events: Arc<EventStream>,
    tag: Option<Tag>,
}

impl api::EventStream for EventStream {
    type NetNode = NetNode;

    fn new(bus: &Arc<NetNode>, options: SubscribeOptions) -> Result<Arc<Self>, Error> {
        Self::open(bus.source(), &options, None)
    }

    fn stop(&self) -> Result<(), Error> {
        self.close();
        Ok(())
    }

    async fn next(&self, max: u32) -> Result<Vec<StoredEvent>, Error> {
        match &self.reading {
            Reading::Here(here) => Ok(here.next(max as usize).await?),
            Reading::There(tail) => Ok(tail.next(max as usize).await?),
        }
    }

    fn close(&self) {
        match &self.reading {
            Reading::Here(here) => here.subscription.stop(),
            Reading::There(tail) => tail.stop(),
        }
    }
}

impl api::TypedEventStream for TypedEventStream {
    type NetNode = NetNode;

    fn new(bus: &Arc<NetNode>, options: SubscribeOptions) -> Result<Arc<Self>, Error> {
        Self::open(bus.source(), &options, None)
    }

    fn stop(&self) -> Result<(), Error> {
        self.events.stop()
    }

    async fn next(&self, max: u32) -> Result<Vec<String>, Error> {
        let events = self.events.next(max).await?;
        Ok(events.into_iter().map(|event| self.object(event.raw)).collect())
    }

    fn close(&self) {
        self.events.close();
    }
}

impl EventStream {
    /// Opens a subscription; `extra` is a filter on top of the options' one.
    pub(crate) fn open(
        source: &Source,
        options: &SubscribeOptions,
        extra: Option<Filter>,
    ) -> Result<Arc<Self>, Error> {
        let reading = match source.there() {
            Some(link) => Reading::There(Tail::open(&source.bus, link, options, extra)?),
            None => Reading::Here(Here {
                subscription: Subscription::open(Arc::clone(source.inbox()), options, extra)?,
                patience: options.timeout,
                deadline: Mutex::default(),
            }),
        };
        Ok(Arc::new(Self { reading }))
    }

    /// One look without waiting.
    #[cfg(test)]
    pub(crate) fn step_now(&self) -> Result<Step, BusError> {
        match &self.reading {
            Reading::Here(here) => here.subscription.step(100),
            Reading::There(_) => Ok(Step::Nothing),
        }
    }
}

impl Here {
    async fn next(&self, max: usize) -> Result<Vec<StoredEvent>, BusError> {
        let mut waiter = Waiter::new(&self.subscription.bus().news);
        let mut timer = None;
        poll_fn(|cx| self.poll_next(cx, max, &mut waiter, &mut timer)).await
    }

    fn poll_next(
        &self,
        cx: &mut Context<'_>,
        max: usize,
        waiter: &mut Waiter<'_>,
        timer: &mut Option<Pin<Box<Sleep>>>,
    ) -> Poll<Result<Vec<StoredEvent>, BusError>> {
        for armed in [false, true] {
            if armed {
                waiter.arm(cx.waker());
            }
            match self.subscription.step(max) {
                Ok(Step::Nothing) => {}
                Ok(Step::Again) => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Ok(Step::Events(events)) => {
                    self.set_deadline(None);
                    return Poll::Ready(Ok(events));
                }
                Ok(Step::End) => return Poll::Ready(Ok(vec![])),
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        if self.is_out_of_patience(cx, timer) {
            self.subscription.stop();
            return Poll::Ready(Ok(vec![]));
        }
        Poll::Pending
    }

    /// Starts the timer if need be, and looks at it.
    fn is_out_of_patience(&self, cx: &mut Context<'_>, timer: &mut Option<Pin<Box<Sleep>>>) -> bool {
        let Some(patience) = self.patience else {
            return false;
        };
        let timer = timer.get_or_insert_with(|| {
            let mut deadline = self.deadline.lock().unwrap_or_else(PoisonError::into_inner);
            let deadline = deadline.get_or_insert_with(|| later(patience));
            Box::pin(sleep_until(*deadline))
        });
        timer.as_mut().poll(cx).is_ready()
    }

    fn set_deadline(&self, deadline: Option<Instant>) {
        if self.patience.is_some() {
            *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
        }
    }
}

impl TypedEventStream {
    /// Opens a subscription, to one channel if there is a tag.
    pub(crate) fn open(
        source: &Source,
        options: &SubscribeOptions,
        tag: Option<Tag>,
    ) -> Result<Arc<Self>, Error> {
        let events = EventStream::open(source, options, tag.as_ref().map(Tag::filter))?;
        Ok(Arc::new(Self { events, tag }))
    }

    fn object(&self, raw: String) -> String {
        match &self.tag {
            Some(tag) => tag.remove(raw),
            None => raw,
        }
    }
}

/// The time `patience` from now, or in thirty years if the clock cannot tell a time so late.
fn later(patience: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(patience).unwrap_or(now + Duration::from_secs(86_400 * 365 * 30))
}
