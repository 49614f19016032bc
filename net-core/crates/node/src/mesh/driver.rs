//! The task that waits: for datagrams, for the time, and for room to send.

use std::{
    io,
    sync::{Arc, Weak},
    time::Instant,
};

use net_types::{BaseError, Error, mesh::MeshError};
use tokio::{
    io::Interest,
    net::UdpSocket,
    runtime::Handle,
    time::{Instant as TokioInstant, sleep_until},
};

use super::{
    hub::{Life, Shared},
    socket::Arrivals,
};

/// Batches that are received before others get their turn.
const BATCHES: usize = 16;

/// Has a node driven, unless it is already.
pub(super) fn start(shared: &Arc<Shared>) -> Result<(), Error> {
    let mut hub = shared.lock();
    if hub.driver.is_some() {
        return Ok(());
    }
    let Some(socket) = &hub.socket else { return Err(MeshError::ShutDown.into()) };
    let internal = |detail: String| BaseError::Internal { detail };
    let runtime = Handle::try_current().map_err(|error| internal(error.to_string()))?;
    let registered = socket.duplicate().and_then(UdpSocket::from_std);
    let socket = registered.map_err(|error| internal(format!("the socket cannot be waited for: {error}")))?;
    hub.driver = Some(runtime.spawn(drive(Arc::downgrade(shared), socket)));
    Ok(())
}

/// Drives a node until it is closed, or nobody has it any more.
async fn drive(node: Weak<Shared>, socket: UdpSocket) {
    let mut arrivals = Arrivals::new();
    while let Some(shared) = node.upgrade() {
        let (timeout, is_blocked) = {
            let mut hub = shared.lock();
            if hub.life == Life::Closed {
                return;
            }
            hub.armed = hub.machine.poll_timeout();
            (hub.armed, hub.is_blocked())
        };
        let interest = if is_blocked { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
        tokio::select! {
            ready = socket.ready(interest) => match ready {
                Ok(ready) => {
                    if ready.is_writable() && is_blocked {
                        unblock(&shared, &socket);
                    }
                    if ready.is_readable() {
                        receive(&shared, &socket, &mut arrivals);
                    }
                }
                Err(error) => tracing::debug!(%error, "the socket is not ready"),
            },
            () = until(timeout) => shared.act(|hub, now| hub.machine.handle_timeout(now)),
            () = shared.wake.notified() => {}
        }
        drop(shared);
        tokio::task::yield_now().await;
    }
}

fn unblock(shared: &Shared, socket: &UdpSocket) {
    let tried = socket.try_io(Interest::WRITABLE, || {
        shared.act(|hub, _| {
            hub.unblock();
            if hub.is_blocked() { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
        })
    });
    // It is tried again as soon as the socket has room.
    drop(tried);
}

fn receive(shared: &Shared, socket: &UdpSocket, arrivals: &mut Arrivals) {
    for _ in 0..BATCHES {
        let received = socket.try_io(Interest::READABLE, || {
            let hub = shared.lock();
            hub.socket.as_ref().map_or(Ok(()), |own| own.receive(arrivals))
        });
        match received {
            Ok(()) => shared.act(|hub, now| {
                hub.arrive(now, arrivals);
                hub.machine.handle_timeout(now);
            }),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            // What an earlier datagram met on its way; the next one may get through.
            Err(error) => {
                tracing::debug!(%error, "not received");
                return;
            }
        }
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(TokioInstant::from_std(time)).await,
        None => std::future::pending().await,
    }
}
