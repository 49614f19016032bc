//! The handle of a channel that is heard.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::AcqRel},
    },
    task::{Context, Poll},
};

use net_channel::{SubscriptionId, Wish};
use net_types::{
    Error, api,
    channel::{ChannelEvent, MAX_CHAIN, SubscribeChannelOptions, SubscriptionEnd},
    identity::NodeId,
    mesh::MeshError,
};

use super::{driver, hearing::Found, hub::Shared, settings::argument};
use crate::{bus::bell::Waiter, identity::Token};

/// A channel that is heard.
#[derive(Debug)]
pub struct ChannelSubscription {
    shared: Arc<Shared>,
    id: SubscriptionId,
    publisher: NodeId,
    channel: String,
    is_closed: AtomicBool,
}

impl ChannelSubscription {
    /// Asks for a channel, and waits for the answer.
    pub(super) async fn open(
        shared: &Arc<Shared>,
        publisher: NodeId,
        channel: String,
        options: SubscribeChannelOptions<Arc<Token>>,
    ) -> Result<Arc<Self>, Error> {
        let tokens = chain(&options)?;
        let wish = Wish { publisher, channel: channel.clone(), group: options.group, tokens };
        let (id, answer) = shared.act(|hub, now| {
            hub.check_open()?;
            Ok::<_, Error>(hub.subscribe(now, wish, options.queue)?)
        })?;
        // Whoever stops waiting drops it, and the subscription with it.
        let handle =
            Self { shared: Arc::clone(shared), id, publisher, channel, is_closed: AtomicBool::new(false) };
        answer.await.map_err(|_| MeshError::ShutDown)??;
        Ok(Arc::new(handle))
    }

    fn poll_next(
        &self,
        cx: &mut Context<'_>,
        max: usize,
        waiter: &mut Waiter<'_>,
    ) -> Poll<Result<Vec<ChannelEvent>, Error>> {
        waiter.arm(cx.waker());
        match self.shared.act(|hub, _| hub.hearing.take(self.id, max)) {
            Found::Events(events) => Poll::Ready(Ok(events)),
            Found::Nothing => Poll::Pending,
            Found::End(failure) => Poll::Ready(failure.map_or(Ok(Vec::new()), |failure| Err(failure.into()))),
        }
    }

    fn let_go(&self, ends: bool) {
        if !self.is_closed.swap(true, AcqRel) {
            self.shared.act(|hub, _| hub.drop_handle(self.id, ends));
            self.shared.news.ring();
        }
    }
}

impl api::ChannelSubscription for ChannelSubscription {
    fn end_reason(&self) -> Result<Option<SubscriptionEnd>, Error> {
        Ok(self.shared.lock().hearing.end_of(self.id))
    }

    fn stop(&self) -> Result<(), Error> {
        self.shared.act(|hub, _| hub.leave(self.id, SubscriptionEnd::Stopped));
        self.shared.news.ring();
        Ok(())
    }

    fn publisher(&self) -> NodeId {
        self.publisher
    }

    fn channel(&self) -> String {
        self.channel.clone()
    }

    async fn next(&self, max: u32) -> Result<Vec<ChannelEvent>, Error> {
        match driver::start(&self.shared) {
            // A node that is shut down has ended its subscriptions.
            Ok(()) | Err(Error::Mesh(MeshError::ShutDown)) => {}
            Err(error) => return Err(error),
        }
        let mut waiter = Waiter::new(&self.shared.news);
        poll_fn(|cx| self.poll_next(cx, max as usize, &mut waiter)).await
    }

    fn close(&self) {
        self.let_go(true);
    }
}

impl Drop for ChannelSubscription {
    fn drop(&mut self) {
        self.let_go(false);
    }
}

/// The tokens that a subscription comes with, one behind the other.
fn chain(options: &SubscribeChannelOptions<Arc<Token>>) -> Result<Vec<u8>, Error> {
    let most = usize::from(MAX_CHAIN);
    match (&options.token, &options.tokens[..]) {
        (Some(_), [_, ..]) => {
            Err(argument("tokens", "is given beside `token`, of which it is the long form"))
        }
        (_, tokens) if tokens.len() > most => Err(argument("tokens", &format!("are more than {most}"))),
        (token, tokens) => {
            Ok(token.iter().chain(tokens).flat_map(|token| token.as_slice()).copied().collect())
        }
    }
}
