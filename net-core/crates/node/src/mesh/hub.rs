//! The state of a node, and how it settles.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use net_crypto::mesh::PublicKey;
use net_machine::{Datagrams, Machine};
use net_router::Strict;
use net_session::{Event, Haste, Inbox, Random, SessionId, StreamId, Target};
use net_types::{
    Timestamp,
    identity::NodeId,
    mesh::{MeshError, MeshEvent, StreamConfig, StreamError},
};
use tokio::{sync::Notify, task::JoinHandle};

use super::{
    control::ControlSocket,
    discovery::Watches,
    hearing::Hearing,
    outgoing::{End, Outgoing},
    peers::Peers,
    publishing::Publishing,
    queue::Queue,
    settings::Settings,
    socket::{Arrivals, Socket},
    state::State,
};
use crate::bus::bell::Bell;

/// Messages that are read of a stream before its queue is asked for room again.
const TURN: usize = 32;

/// Messages of this length or more have memory of their own; shorter ones that are read together share it.
const OWN_FROM: usize = 1_024;

/// What all references to a node have in common.
#[derive(Debug)]
pub(super) struct Shared {
    hub: Mutex<Hub>,
    /// Whether the node is open and driven, so that calls need not look.
    pub(super) is_running: AtomicBool,
    /// Wakes the driver.
    pub(super) wake: Notify,
    /// Rings when there are messages to read, or none come any more.
    pub(super) news: Bell,
    /// Rings when something can be sent, has arrived, or has ended, and when a route is another.
    pub(super) moved: Bell,
    /// Rings when there is something to tell of what nodes announce, or nothing comes any more.
    pub(super) changed: Bell,
}

/// The state of a node.
pub(super) struct Hub {
    pub(super) machine: Machine,
    pub(super) peers: Peers,
    pub(super) outgoing: Outgoing,
    pub(super) queue: Queue,
    pub(super) watches: Watches,
    pub(super) hearing: Hearing,
    pub(super) publishing: Publishing,
    pub(super) driver: Option<JoinHandle<()>>,
    /// Until the node is shut down.
    pub(super) socket: Option<Arc<Socket>>,
    pub(super) life: Life,
    /// How long an attempt to connect may take.
    pub(super) patience: Duration,
    /// When the driver wakes by itself.
    pub(super) armed: Option<Instant>,
    /// Own streams that end once what was sent over them has arrived.
    pub(super) finishing: HashSet<(SessionId, StreamId)>,
    incoming: BTreeMap<(SessionId, StreamId), Incoming>,
    /// Streams with something to read.
    readable: VecDeque<(SessionId, StreamId)>,
    /// What the socket had no room for.
    blocked: Option<(Vec<u8>, Datagrams)>,
    buffer: Vec<u8>,
    inbox: Inbox,
    /// Something was sent that the driver has been woken to take along.
    has_gathered: bool,
    /// Where others ask how the node is, and since when it is there to be asked.
    pub(super) control: Option<ControlSocket>,
    pub(super) control_path: Option<PathBuf>,
    pub(super) born: Instant,
    /// What is kept between runs, and the epoch in it.
    state: Option<State>,
    epoch: u64,
}

/// How far the life of a node has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Life {
    /// It does what it is asked to.
    Open,
    /// It waits for what was sent to arrive.
    Closing,
    /// It does nothing any more.
    Closed,
}

/// A stream of a peer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Incoming {
    pub(super) peer: NodeId,
    pub(super) id: u64,
    pub(super) is_reliable: bool,
    pub(super) next: u64,
    pub(super) last_activity: Option<Instant>,
    is_readable: bool,
    has_ended: bool,
}

/// Random numbers of the operating system.
struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&mut self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the generator that gave the first seed gives more");
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("peers", &self.peers).field("life", &self.life).finish_non_exhaustive()
    }
}

impl Shared {
    /// A node with a bound socket.
    pub(super) fn new(settings: Settings, socket: Socket, state: Option<State>) -> Result<Self, MeshError> {
        let patience = settings.machine.session.connect_timeout;
        let now = Instant::now();
        let mut machine = Machine::new(settings.machine, Box::new(SystemRandom), Strict, now);
        let (subnet, policy) = settings.geometry;
        machine.set_geometry(subnet, policy);
        if let Some(state) = &state {
            state.restore_revocations(|record| machine.restore_revocation(now, record))?;
        }
        let hub = Hub {
            epoch: machine.epoch(),
            state,
            machine,
            peers: Peers::default(),
            outgoing: Outgoing::default(),
            queue: Queue::new(settings.queue),
            watches: Watches::default(),
            hearing: Hearing::default(),
            publishing: Publishing::default(),
            driver: None,
            socket: Some(Arc::new(socket)),
            life: Life::Open,
            patience,
            armed: None,
            finishing: HashSet::new(),
            incoming: BTreeMap::new(),
            readable: VecDeque::new(),
            blocked: None,
            buffer: Vec::new(),
            inbox: Inbox::sharing(OWN_FROM),
            has_gathered: false,
            control: None,
            control_path: settings.control,
            born: now,
        };
        Ok(Self {
            hub: Mutex::new(hub),
            is_running: AtomicBool::new(false),
            wake: Notify::new(),
            news: Bell::default(),
            moved: Bell::default(),
            changed: Bell::default(),
        })
    }

    /// The state as it is.
    pub(super) fn lock(&self) -> MutexGuard<'_, Hub> {
        self.hub.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something to the state, and settles it.
    pub(super) fn act<R>(&self, what: impl FnOnce(&mut Hub, Instant) -> R) -> R {
        let now = Instant::now();
        let mut hub = self.lock();
        let result = what(&mut hub, now);
        self.settle(hub, now);
        result
    }

    /// Sends messages over a stream: all of them, or none.
    ///
    /// They leave at once if nothing is on its way to the peer, or if they fill a train of datagrams; otherwise the driver
    /// takes them along, with whatever else has come by its turn.
    pub(super) fn send(&self, peer: NodeId, id: u64, messages: &[Bytes]) -> Result<(), StreamError> {
        let now = Instant::now();
        let mut hub = self.lock();
        let haste = hub.send(now, peer, id, messages);
        match haste {
            Ok(Haste::Soon) => self.gather(hub),
            Ok(Haste::None) => {}
            Ok(Haste::Now) | Err(_) => self.settle(hub, now),
        }
        haste.map(drop)
    }

    /// Has the driver take along what was sent.
    pub(super) fn gather(&self, mut hub: MutexGuard<'_, Hub>) {
        let is_first = !std::mem::replace(&mut hub.has_gathered, true);
        drop(hub);
        if is_first {
            self.wake.notify_one();
        }
    }

    /// Sends what has gathered.
    pub(super) fn flush(&self) {
        let hub = self.lock();
        if hub.has_gathered {
            self.settle(hub, Instant::now());
        }
    }

    /// Settles the state, and tells everybody whom that concerns.
    pub(super) fn settle(&self, mut hub: MutexGuard<'_, Hub>, now: Instant) {
        let news = hub.settle(now);
        let timeout = hub.machine.poll_timeout();
        let is_sooner = timeout.is_some_and(|timeout| hub.armed.is_none_or(|armed| timeout < armed));
        let wakes = is_sooner || hub.blocked.is_some();
        drop(hub);
        if news.to_read {
            self.news.ring();
        }
        if news.moved {
            self.moved.ring();
        }
        if news.changed {
            self.changed.ring();
        }
        if wakes {
            self.wake.notify_one();
        }
    }
}

/// What has come of settling.
#[derive(Debug, Clone, Copy, Default)]
struct News {
    to_read: bool,
    moved: bool,
    changed: bool,
}

impl Hub {
    /// Refuses what comes after the shutdown.
    pub(super) fn check_open(&self) -> Result<(), MeshError> {
        if self.life == Life::Open { Ok(()) } else { Err(MeshError::ShutDown) }
    }

    /// Dials a peer.
    pub(super) fn dial(
        &mut self,
        now: Instant,
        target: Target,
    ) -> tokio::sync::oneshot::Receiver<super::peers::Outcome> {
        let known = target.node.and_then(|node| self.peers.get(node).map(|peer| (node, peer.key)));
        if let Some((node, key)) = known
            && key == target.key
        {
            return self.peers.await_peer(node);
        }
        let dial = self.machine.endpoint_mut().connect(now, target);
        self.peers.await_dial(dial, target.key)
    }

    /// Dials a node over relays; nothing while no route to it is known.
    pub(super) fn dial_routed(
        &mut self,
        now: Instant,
        node: NodeId,
    ) -> Option<tokio::sync::oneshot::Receiver<super::peers::Outcome>> {
        if self.peers.get(node).is_some() {
            return Some(self.peers.await_peer(node));
        }
        let target = self.machine.route_to(node)?;
        Some(self.dial(now, target))
    }

    /// Ends the session with a peer.
    pub(super) fn hang_up(&mut self, now: Instant, key: PublicKey) {
        self.machine.endpoint_mut().disconnect(now, key);
    }

    /// Opens a stream, unless it is open.
    pub(super) fn open_stream(
        &mut self,
        now: Instant,
        peer: NodeId,
        config: &StreamConfig,
    ) -> Result<(), StreamError> {
        if self.life != Life::Open {
            return Err(StreamError::NotConnected);
        }
        let session = self.peers.get(peer).ok_or(StreamError::NotConnected)?.session;
        let is_open = |own: &super::outgoing::Own| own.ended.is_none() && own.session == session;
        if self.outgoing.get(peer, config.stream_id).is_some_and(is_open) {
            return Ok(());
        }
        let opening = Outgoing::opening(config);
        let stream = self.machine.endpoint_mut().open_stream(now, session, &opening)?;
        self.outgoing.insert(peer, config.stream_id, session, stream, opening.is_reliable);
        Ok(())
    }

    /// Ends a stream after what was sent.
    pub(super) fn close_stream(&mut self, now: Instant, peer: NodeId, id: u64) {
        if let Ok(own) = self.outgoing.live(peer, id) {
            own.ended = Some(End::Closed);
            let (session, stream) = (own.session, own.stream);
            if self.machine.endpoint_mut().finish(now, session, stream).is_ok() && own.is_used {
                self.finishing.insert((session, stream));
            }
        }
    }

    /// Takes messages for a stream: all of them, or none; tells when they have to leave.
    fn send(
        &mut self,
        now: Instant,
        peer: NodeId,
        id: u64,
        messages: &[Bytes],
    ) -> Result<Haste, StreamError> {
        let own = self.outgoing.live(peer, id)?;
        self.machine.endpoint_mut().send(now, own.session, own.stream, messages)?;
        own.is_used |= !messages.is_empty();
        own.last_activity = Some(now);
        Ok(self.machine.endpoint().haste(own.session, own.stream))
    }

    /// Begins to end every stream over which something may be on its way.
    pub(super) fn finish_all(&mut self, now: Instant) {
        self.finishing.extend(self.machine.finish_channels(now));
        let used: Vec<_> = self.outgoing.used().map(|own| (own.session, own.stream, own.ended)).collect();
        for (session, stream, ended) in used {
            if ended.is_none() && self.machine.endpoint_mut().finish(now, session, stream).is_ok() {
                self.finishing.insert((session, stream));
            }
        }
    }

    /// Tells the peers that the node ends, and ends everything that waits.
    pub(super) fn close(&mut self, now: Instant) {
        self.machine.shutdown(now);
        self.settle(now);
        self.life = Life::Closed;
        self.peers.fail_all(&MeshError::ShutDown);
        self.queue.clear();
        self.watches.clear();
        self.hear_no_more();
        (self.socket, self.control) = (None, None);
        self.finishing.clear();
    }

    /// When the driver has to wake, if that is sooner than it was told before; if it is later, it wakes for nothing once.
    pub(super) fn arm(&mut self) -> Option<Instant> {
        let timeout = self.machine.poll_timeout()?;
        let is_sooner = self.armed.is_none_or(|armed| timeout < armed);
        is_sooner.then(|| {
            self.armed = Some(timeout);
            timeout
        })
    }

    /// Takes what has arrived.
    pub(super) fn arrive(&mut self, now: Instant, arrivals: &mut Arrivals) {
        arrivals.each(|from, ecn, datagram| self.machine.handle(now, from, ecn, datagram));
    }

    /// Sends what the socket had no room for, now that it has some.
    pub(super) fn unblock(&mut self) {
        if let Some((bytes, datagrams)) = self.blocked.take() {
            self.transmit(bytes, datagrams);
        }
    }

    /// Whether the socket has no room.
    pub(super) fn is_blocked(&self) -> bool {
        self.blocked.is_some()
    }

    /// The stream of a peer by its published id: the newest, if there are several.
    pub(super) fn incoming(&self, peer: NodeId, id: u64) -> Option<&Incoming> {
        let its = self.incoming.iter().filter(|(_, stream)| stream.peer == peer && stream.id == id);
        its.max_by_key(|((_, stream), _)| stream.0).map(|(_, stream)| stream)
    }

    /// Takes events, reads and sends until nothing is left to do.
    fn settle(&mut self, now: Instant) -> News {
        let mut news = News::default();
        self.has_gathered = false;
        let reroutes = self.machine.reroutes();
        loop {
            while let Some(event) = self.machine.poll(now) {
                self.take(event, &mut news);
            }
            self.read(now, &mut news);
            news.to_read |= self.hear(now);
            self.send_packets(now);
            let Some(event) = self.machine.poll(now) else { break };
            self.take(event, &mut news);
        }
        news.moved |= self.machine.reroutes() != reroutes;
        news.changed = self.heed_changes();
        news.moved |= self.note_outcomes() || self.publishing.awaits_acknowledgement();
        self.keep_epoch();
        if let Err(error) = self.keep_revocations() {
            tracing::warn!(%error, "revocations are not kept: after a restart, others have to tell of them again");
        }
        news
    }

    /// Keeps what the issuers that this node trusts have revoked since.
    pub(super) fn keep_revocations(&mut self) -> Result<(), MeshError> {
        match &self.state {
            Some(state) if self.machine.take_revoked() => {
                state.keep_revocations(self.machine.directory().kept())
            }
            _ => Ok(()),
        }
    }

    /// Keeps the epoch that the node has taken since others knew of a later one than its own. It is one that only the node
    /// itself can have announced, so that this is rare.
    fn keep_epoch(&mut self) {
        let epoch = self.machine.epoch();
        if std::mem::replace(&mut self.epoch, epoch) != epoch
            && let Some(Err(error)) = self.state.as_ref().map(|state| state.keep(epoch))
        {
            tracing::warn!(%error, "the epoch is not kept: after a restart, others have to tell of it again");
        }
    }

    fn take(&mut self, event: Event, news: &mut News) {
        match event {
            Event::Connected { session, peer, key, .. } => {
                tracing::debug!(peer = %peer, "connected");
                self.peers.connect(session, peer, key);
                news.moved = true;
            }
            Event::DialFailed { dial, error } => self.peers.fail(dial, &error),
            Event::Suspected { session, is_silent } => self.peers.suspect(session, is_silent),
            Event::Disconnected { session, peer, error } => {
                tracing::debug!(peer = %peer, %error, "disconnected");
                if let Some(node) = self.peers.disconnect(session) {
                    self.lose_publisher(node);
                }
                self.outgoing.disconnect(session);
                self.incoming.retain(|(its, _), _| *its != session);
                self.finishing.retain(|(its, _)| *its != session);
                news.moved = true;
            }
            Event::StreamOpened { session, stream, kind, id, is_reliable } => {
                if kind == net_session::StreamKind::USER
                    && let Some(peer) = self.peers.node_of(session)
                {
                    let incoming = Incoming {
                        peer,
                        id,
                        is_reliable,
                        next: 0,
                        last_activity: None,
                        is_readable: false,
                        has_ended: false,
                    };
                    self.incoming.insert((session, stream), incoming);
                }
            }
            Event::Readable { session, stream } => self.note_readable(session, stream),
            Event::Writable { .. } => news.moved = true,
            Event::Delivered { session, stream } => {
                news.moved |= self.finishing.remove(&(session, stream));
            }
            Event::StreamEnded { session, stream, is_own: true, error } => {
                self.outgoing.end(session, stream, &error);
                self.finishing.remove(&(session, stream));
                news.moved = true;
            }
            Event::StreamEnded { session, stream, is_own: false, .. } => {
                let key = (session, stream);
                let is_read = self.incoming.get_mut(&key).is_none_or(|incoming| {
                    incoming.has_ended = true;
                    !incoming.is_readable
                });
                if is_read {
                    self.incoming.remove(&key);
                }
            }
            Event::PathChanged { .. } | Event::Observed { .. } => {}
        }
    }

    fn note_readable(&mut self, session: SessionId, stream: StreamId) {
        if let Some(incoming) = self.incoming.get_mut(&(session, stream))
            && !std::mem::replace(&mut incoming.is_readable, true)
        {
            self.readable.push_back((session, stream));
        }
    }

    /// Reads what there is room for, each stream in turn.
    fn read(&mut self, now: Instant, news: &mut News) {
        for _ in 0..self.readable.len() {
            let Some(key) = self.readable.pop_front() else { return };
            if !self.read_stream(now, key, news) {
                self.readable.push_back(key);
            }
        }
    }

    /// Reads a stream; false if it has more than there is room for.
    fn read_stream(&mut self, now: Instant, key: (SessionId, StreamId), news: &mut News) -> bool {
        let Some(mut incoming) = self.incoming.get(&key).copied() else { return true };
        loop {
            if !self.queue.has_room(incoming.peer, incoming.id) {
                return false;
            }
            self.inbox.clear();
            let read = self.machine.endpoint_mut().read(now, key.0, key.1, TURN, &mut self.inbox);
            if read.is_err() || self.inbox.is_empty() {
                incoming.is_readable = false;
                if incoming.has_ended || read.is_err() {
                    self.incoming.remove(&key);
                } else {
                    self.incoming.insert(key, incoming);
                }
                return true;
            }
            news.to_read = true;
            incoming.last_activity = Some(now);
            let arrived = Timestamp(nanoseconds(SystemTime::now()));
            let Incoming { peer, id, is_reliable, .. } = incoming;
            let messages = |(sequence, payload): (u64, Result<Bytes, u64>)| {
                incoming.next = sequence + payload.as_ref().map_or_else(|count| *count, |_| 1);
                Some(MeshEvent {
                    id: String::new(),
                    sender: peer,
                    channel: None,
                    stream_id: id,
                    sequence,
                    reliable: is_reliable,
                    payload: payload.ok()?,
                    insertion_ts: arrived,
                })
            };
            self.queue.extend(peer, id, |room| self.inbox.payloads(room).filter_map(messages));
            self.incoming.insert(key, incoming);
        }
    }

    fn send_packets(&mut self, now: Instant) {
        while self.blocked.is_none() {
            let mut buffer = std::mem::take(&mut self.buffer);
            match self.machine.poll_transmit(now, &mut buffer) {
                Some(datagrams) => self.transmit(buffer, datagrams),
                None => {
                    self.buffer = buffer;
                    return;
                }
            }
        }
    }

    /// Sends packets, or keeps them until the socket has room.
    fn transmit(&mut self, bytes: Vec<u8>, datagrams: Datagrams) {
        let (to, Some(socket)) = (datagrams.to, &self.socket) else { return };
        match socket.send(to, &bytes, datagrams.segment, datagrams.ecn) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.blocked = Some((bytes, datagrams));
                return;
            }
            // As if it were lost on the way: whoever waits for an answer tries again or gives up.
            Err(error) => tracing::debug!(%to, %error, "not sent"),
            Ok(()) => {}
        }
        self.buffer = bytes;
    }
}

/// Nanoseconds since the Unix epoch; 0 on a clock that stands before it.
pub(super) fn nanoseconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |span| span.as_nanos() as u64)
}
