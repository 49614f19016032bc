//! Readers of what peers send.

use std::{
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll},
};

use net_types::{
    Error, api,
    mesh::{MeshError, MeshEvent, ReceiveOptions},
};

use super::{driver, hub::Shared, queue::ReaderId};
use crate::bus::bell::Waiter;

/// Messages of peers in the order in which they were received.
#[derive(Debug)]
pub struct MeshEvents {
    shared: Arc<Shared>,
    id: ReaderId,
}

impl MeshEvents {
    /// Opens a reader.
    pub(super) fn open(shared: &Arc<Shared>, options: &ReceiveOptions) -> Arc<Self> {
        let id = shared.act(|hub, _| hub.queue.open(options.peer, options.stream_id));
        Arc::new(Self { shared: Arc::clone(shared), id })
    }

    fn poll_next(&self, cx: &mut Context<'_>, max: usize, waiter: &mut Waiter<'_>) -> Poll<Vec<MeshEvent>> {
        waiter.arm(cx.waker());
        let taken = self.shared.act(|hub, _| {
            let events = hub.queue.take(self.id, max);
            (hub.queue.is_open(self.id), events)
        });
        match taken {
            (true, events) if events.is_empty() => Poll::Pending,
            (_, events) => Poll::Ready(events),
        }
    }

    fn end(&self) {
        self.shared.act(|hub, _| hub.queue.close(self.id));
        self.shared.news.ring();
    }
}

impl api::MeshEvents for MeshEvents {
    fn stop(&self) -> Result<(), Error> {
        self.end();
        Ok(())
    }

    async fn next(&self, max: u32) -> Result<Vec<MeshEvent>, Error> {
        match driver::start(&self.shared) {
            // A node that is shut down has ended its readers.
            Ok(()) | Err(Error::Mesh(MeshError::ShutDown)) => {}
            Err(error) => return Err(error),
        }
        let mut waiter = Waiter::new(&self.shared.news);
        Ok(poll_fn(|cx| self.poll_next(cx, max as usize, &mut waiter)).await)
    }

    fn close(&self) {
        self.end();
    }
}

impl Drop for MeshEvents {
    fn drop(&mut self) {
        self.end();
    }
}
