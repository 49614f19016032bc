//! The task that waits: for datagrams, for the time, and for room to send.

use std::{
    io,
    pin::pin,
    sync::{Arc, Weak, atomic::Ordering::Release},
    time::{Duration, SystemTime},
};

use net_types::{BaseError, Error, mesh::MeshError};
use tokio::{
    io::Interest,
    net::UdpSocket,
    runtime::Handle,
    time::{Instant as TokioInstant, sleep},
};

use super::{
    control::ControlSocket,
    hub::{Life, Shared, nanoseconds},
    socket::{Arrivals, Socket},
};

/// Batches that are received before others get their turn.
const BATCHES: usize = 16;

/// Longer than anybody waits.
const FAR: Duration = Duration::from_secs(24 * 60 * 60);

/// Has a node driven, unless it is already.
pub(super) fn start(shared: &Arc<Shared>) -> Result<(), Error> {
    let mut hub = shared.lock();
    if hub.driver.is_some() {
        return Ok(());
    }
    let Some(own) = hub.socket.clone() else { return Err(MeshError::ShutDown.into()) };
    let internal = |detail: String| BaseError::Internal { detail };
    let runtime = Handle::try_current().map_err(|error| internal(error.to_string()))?;
    let registered = own.duplicate().and_then(UdpSocket::from_std);
    let socket = registered.map_err(|error| internal(format!("the socket cannot be waited for: {error}")))?;
    if let Some(path) = hub.control_path.take() {
        hub.control = Some(ControlSocket::open(&path, Arc::downgrade(shared))?);
    }
    hub.driver = Some(runtime.spawn(drive(Arc::downgrade(shared), own, socket)));
    shared.is_running.store(hub.life == Life::Open, Release);
    Ok(())
}

/// Drives a node until it is closed, or nobody has it any more.
async fn drive(node: Weak<Shared>, own: Arc<Socket>, socket: UdpSocket) {
    let mut arrivals = Arrivals::new();
    let mut timer = pin!(sleep(FAR));
    while let Some(shared) = node.upgrade() {
        let (earlier, is_blocked) = {
            let mut hub = shared.lock();
            if hub.life == Life::Closed {
                return;
            }
            (hub.arm(), hub.is_blocked())
        };
        if let Some(earlier) = earlier {
            timer.as_mut().reset(earlier.into());
        }
        let interest = if is_blocked { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
        tokio::select! {
            ready = socket.ready(interest) => match ready {
                Ok(ready) => {
                    if ready.is_writable() && is_blocked {
                        unblock(&shared, &socket);
                    }
                    if ready.is_readable() && receive(&shared, &own, &socket, &mut arrivals) {
                        tokio::task::yield_now().await;
                    }
                }
                Err(error) => tracing::debug!(%error, "the socket is not ready"),
            },
            () = &mut timer => {
                timer.as_mut().reset(TokioInstant::now() + FAR);
                shared.act(|hub, now| {
                    hub.armed = None;
                    hub.machine.set_calendar(now, nanoseconds(SystemTime::now()) / 1_000_000);
                    hub.machine.handle_timeout(now);
                });
            }
            () = shared.wake.notified() => shared.flush(),
        }
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

/// Takes what has come; true if there is more, which waits until others have had their turn.
fn receive(shared: &Shared, own: &Socket, socket: &UdpSocket, arrivals: &mut Arrivals) -> bool {
    for _ in 0..BATCHES {
        let received = socket.try_io(Interest::READABLE, || {
            own.receive(arrivals)?;
            // Less than there was room for: whatever comes from now on announces itself anew.
            if arrivals.is_full() { Ok(()) } else { Err(io::ErrorKind::WouldBlock.into()) }
        });
        if arrivals.has_some() {
            shared.act(|hub, now| {
                hub.arrive(now, arrivals);
                hub.machine.handle_timeout(now);
            });
        }
        match received {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
            // What an earlier datagram met on its way; the next one may get through.
            Err(error) => {
                tracing::debug!(%error, "not received");
                return true;
            }
        }
    }
    true
}
