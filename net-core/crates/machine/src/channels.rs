//! Channels over sessions: messages about subscriptions on control streams, and events on a stream for each subscription.

use crate::{Machine, publishing::Lanes};
use bytes::Bytes;
use net_channel::{
    Moment, Notice, SubscriptionId, Subscriptions, Wish,
    publisher::{Change, ChannelConfig, Control, Peer, Publisher, Target},
};
use net_crypto::EntityId;
use net_session::{OpenStream, SessionId, StreamId, StreamKind};
use net_types::{
    channel::ChannelEnd,
    identity::IdentityError,
    wire::channel::{ChannelControl, ChannelControlBody},
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    ops::Bound,
    time::Instant,
};

/// An event of a channel that this node hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelEvent {
    /// The subscription.
    pub id: SubscriptionId,
    /// Number of the event in its channel.
    pub sequence: u64,
    /// What was published.
    pub payload: Bytes,
    /// Whether each event arrives, once it is taken.
    pub is_reliable: bool,
}

/// A stream of events.
#[derive(Debug, Clone, Copy)]
struct Incoming {
    subscription: u64,
    is_reliable: bool,
}

/// Channels of this node, and those of others that it hears.
#[derive(Debug)]
pub(crate) struct Channels {
    pub(crate) publisher: Publisher,
    pub(crate) subscriptions: Subscriptions,
    peers: BTreeMap<SessionId, Peer>,
    sessions: BTreeMap<Peer, SessionId>,
    next_peer: u64,
    pub(crate) lanes: Lanes,
    /// Subscriptions whose events come over streams.
    incoming: BTreeMap<(SessionId, StreamId), Incoming>,
    /// Those of them that have ended, and are read to their end.
    ended: BTreeSet<(SessionId, StreamId)>,
    /// Streams with events to read, and the one that had its turn last.
    with_events: BTreeSet<(SessionId, StreamId)>,
    turn: Option<(SessionId, StreamId)>,
    /// Whether one of them may be of a subscription that there is not.
    has_doubts: bool,
    /// Messages that control streams had no room for.
    held: BTreeMap<SessionId, VecDeque<Bytes>>,
    /// Sessions with messages to read.
    unread: BTreeSet<SessionId>,
}

/// Messages that may wait for a control stream; a peer that makes more and takes none is given up.
const HELD: usize = 4_096;

impl Channels {
    pub(crate) fn new(entity: EntityId, epoch: u64) -> Self {
        Self {
            publisher: Publisher::new(entity, epoch),
            subscriptions: Subscriptions::default(),
            peers: BTreeMap::new(),
            sessions: BTreeMap::new(),
            next_peer: 0,
            lanes: Lanes::default(),
            incoming: BTreeMap::new(),
            ended: BTreeSet::new(),
            with_events: BTreeSet::new(),
            turn: None,
            has_doubts: false,
            held: BTreeMap::new(),
            unread: BTreeSet::new(),
        }
    }

    /// When something is due.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        [self.publisher.poll_timeout(), self.subscriptions.poll_timeout()].into_iter().flatten().min()
    }

    pub(crate) fn handle_timeout(&mut self, at: Moment) {
        self.publisher.handle_timeout(at);
        self.subscriptions.handle_timeout(at);
        self.has_doubts = true;
    }

    /// A session begins.
    pub(crate) fn begin(&mut self, at: Moment, session: SessionId, entity: EntityId) {
        let peer = Peer(self.next_peer);
        self.next_peer += 1;
        self.peers.insert(session, peer);
        self.sessions.insert(peer, session);
        self.publisher.peer_up(peer, entity);
        self.subscriptions.peer_up(at, peer, entity);
    }

    /// A session has ended, and with it all that went over it.
    pub(crate) fn end(&mut self, session: SessionId) {
        let Some(peer) = self.peers.remove(&session) else { return };
        self.sessions.remove(&peer);
        self.lanes.end(peer);
        self.incoming.retain(|(other, _), _| *other != session);
        self.ended.retain(|(other, _)| *other != session);
        self.with_events.retain(|(other, _)| *other != session);
        self.held.remove(&session);
        self.unread.remove(&session);
        self.publisher.peer_down(peer);
        self.subscriptions.peer_down(peer);
    }

    /// A peer has opened a stream that carries events.
    pub(crate) fn opened(&mut self, session: SessionId, stream: StreamId, id: u64, is_reliable: bool) {
        self.incoming.insert((session, stream), Incoming { subscription: id, is_reliable });
    }

    /// There is something to read of a stream; true if it carries events.
    pub(crate) fn has_events(&mut self, session: SessionId, stream: StreamId) -> bool {
        let is_channel = self.incoming.contains_key(&(session, stream));
        if is_channel {
            self.has_doubts |= self.with_events.insert((session, stream));
        }
        is_channel
    }

    /// The stream with events behind that which had its turn last.
    fn next_in_turn(&mut self) -> Option<(SessionId, StreamId)> {
        let behind = self.turn.map_or(Bound::Unbounded, Bound::Excluded);
        let next = self.with_events.range((behind, Bound::Unbounded)).next();
        self.turn = next.or_else(|| self.with_events.first()).copied();
        self.turn
    }

    /// A stream of a peer has ended; true if it carried events. What of it has not been read is read first.
    pub(crate) fn stream_ended(&mut self, session: SessionId, stream: StreamId) -> bool {
        let is_channel = self.incoming.contains_key(&(session, stream));
        if is_channel {
            self.ended.insert((session, stream));
            self.has_doubts |= self.with_events.insert((session, stream));
        }
        is_channel
    }

    fn forget(&mut self, session: SessionId, stream: StreamId) {
        self.with_events.remove(&(session, stream));
        self.ended.remove(&(session, stream));
        self.incoming.remove(&(session, stream));
    }

    /// There are messages to read of a control stream.
    pub(crate) fn readable(&mut self, session: SessionId) {
        self.unread.insert(session);
    }
}

impl Machine {
    /// Channels of this node, to look at.
    pub fn publisher(&self) -> &Publisher {
        &self.channels.publisher
    }

    /// Registers a channel, in place of an earlier registration.
    pub fn register_channel(&mut self, name: &str, config: ChannelConfig) -> Result<(), IdentityError> {
        self.trust(&config.trusted_issuers);
        self.channels.publisher.register(&self.directory, name, config)
    }

    /// Registers all channels whose names begin with these segments.
    pub fn register_prefix(&mut self, prefix: &str, config: ChannelConfig) -> Result<(), IdentityError> {
        self.trust(&config.trusted_issuers);
        self.channels.publisher.register_prefix(&self.directory, prefix, config)
    }

    /// Has a channel no more, or no more channels of a prefix; false if it was not registered.
    pub fn remove_channel(&mut self, name: &str, is_prefix: bool) -> bool {
        match is_prefix {
            true => self.channels.publisher.remove_prefix(&self.directory, name),
            false => self.channels.publisher.remove(&self.directory, name),
        }
    }

    /// Ends all subscriptions of others behind what was published: the streams that end by that.
    pub fn finish_channels(&mut self, now: Instant) -> Vec<(SessionId, StreamId)> {
        let streams = self.channels.lanes.streams().collect();
        self.channels.publisher.shut_down();
        self.control(now);
        streams
    }

    /// Hears a channel of another node from now on.
    pub fn subscribe(&mut self, now: Instant, wish: Wish) -> Result<SubscriptionId, IdentityError> {
        let at = self.moment(now);
        self.channels.subscriptions.subscribe(at, wish)
    }

    /// Hears a channel no more.
    pub fn unsubscribe(&mut self, id: SubscriptionId) {
        self.channels.subscriptions.unsubscribe(id);
        self.channels.has_doubts = true;
    }

    /// Events, and streams of them, that came for no subscription of this node.
    pub fn unwanted(&self) -> u64 {
        self.channels.subscriptions.unwanted()
    }

    /// What has become of subscriptions.
    pub fn poll_notice(&mut self) -> Option<Notice> {
        self.channels.subscriptions.poll()
    }

    /// Reads the next event of a channel that this node hears, if there is room for what comes of its subscription. What is
    /// not read is what its publisher has to wait for.
    pub fn read_event(
        &mut self,
        now: Instant,
        has_room: impl Fn(SubscriptionId) -> bool,
    ) -> Option<ChannelEvent> {
        loop {
            let ended = self.channels.ended.len();
            for _ in 0..self.channels.with_events.len() {
                let (session, stream) = self.channels.next_in_turn()?;
                if let Some(event) = self.read_event_of(now, session, stream, &has_room) {
                    return Some(event);
                }
            }
            // Behind one that is read to its end, another may have waited.
            if self.channels.ended.len() == ended {
                return None;
            }
        }
    }

    fn read_event_of(
        &mut self,
        now: Instant,
        session: SessionId,
        stream: StreamId,
        has_room: impl Fn(SubscriptionId) -> bool,
    ) -> Option<ChannelEvent> {
        let Incoming { subscription, is_reliable } = *self.channels.incoming.get(&(session, stream))?;
        let peer = *self.channels.peers.get(&session)?;
        let subscriptions = &self.channels.subscriptions;
        if !subscriptions.is_settled(peer, subscription)
            || subscriptions.heard_as(peer, subscription).is_some_and(|id| !has_room(id))
        {
            return None;
        }
        while let Ok(Some(message)) = self.endpoint.read_one(now, session, stream) {
            let found = self.channels.subscriptions.received(peer, subscription, message.sequence);
            if let Some(id) = found {
                let (sequence, payload) = (message.sequence, message.bytes);
                return Some(ChannelEvent { id, sequence, payload, is_reliable });
            }
        }
        self.channels.with_events.remove(&(session, stream));
        if self.channels.ended.remove(&(session, stream)) {
            self.channels.incoming.remove(&(session, stream));
            self.channels.subscriptions.drained(peer, subscription);
        }
        None
    }

    /// Reads and writes messages about subscriptions; true if something came of it.
    pub(crate) fn control(&mut self, now: Instant) -> bool {
        let mut has_moved = false;
        for session in std::mem::take(&mut self.channels.unread) {
            has_moved |= self.read_control(now, session);
        }
        while let Some(change) = self.channels.publisher.poll() {
            has_moved = true;
            self.change(now, change);
        }
        self.refuse_unwanted(now);
        while let Some(control) = self.next_control() {
            has_moved = true;
            self.send_control(now, control);
        }
        has_moved
    }

    /// Gives a control stream what it has room for.
    pub(crate) fn flush_control(&mut self, now: Instant, session: SessionId) {
        let Some(held) = self.channels.held.get_mut(&session) else { return };
        while let Some(message) = held.front() {
            if self.endpoint.send(now, session, StreamId::CONTROL, std::slice::from_ref(message)).is_err() {
                return;
            }
            held.pop_front();
        }
        self.channels.held.remove(&session);
    }

    /// Has peers give up streams of events that this node does not want, so that what nobody reads takes no room.
    fn refuse_unwanted(&mut self, now: Instant) {
        if !std::mem::take(&mut self.channels.has_doubts) {
            return;
        }
        let streams: Vec<_> = self.channels.with_events.iter().copied().collect();
        for (session, stream) in streams {
            let incoming = self.channels.incoming.get(&(session, stream)).copied();
            let asked_by = self.channels.peers.get(&session).copied().zip(incoming);
            let is_refused =
                |(peer, its): (_, Incoming)| self.channels.subscriptions.refuses(peer, its.subscription);
            if asked_by.is_some_and(is_refused) {
                self.channels.forget(session, stream);
                // The stream may have ended by itself.
                let _ = self.endpoint.stop(now, session, stream, 0);
            }
        }
    }

    fn next_control(&mut self) -> Option<Control> {
        let channels = &mut self.channels;
        channels.publisher.poll_control().or_else(|| channels.subscriptions.poll_control())
    }

    fn read_control(&mut self, now: Instant, session: SessionId) -> bool {
        let Some(peer) = self.channels.peers.get(&session).copied() else { return false };
        let mut has_read = false;
        while let Ok(Some(message)) = self.endpoint.read_one(now, session, StreamId::CONTROL) {
            has_read = true;
            match ChannelControl::decode(&message.bytes) {
                Ok(control) => self.take_control(now, peer, control.body),
                Err(_) => {
                    self.give_up_session(now, session);
                    break;
                }
            }
        }
        has_read
    }

    fn take_control(&mut self, now: Instant, peer: Peer, body: ChannelControlBody) {
        let at = self.moment(now);
        let (channels, directory) = (&mut self.channels, &self.directory);
        channels.has_doubts = true;
        match body {
            ChannelControlBody::ChannelSubscribe(asks) => {
                channels.publisher.subscribe(at, directory, peer, &asks)
            }
            ChannelControlBody::ChannelUnsubscribe(asks) => {
                channels.publisher.unsubscribe(peer, asks.subscription)
            }
            ChannelControlBody::ChannelSubscribed(says) => channels.subscriptions.subscribed(peer, &says),
            ChannelControlBody::ChannelRefused(says) => channels.subscriptions.refused(peer, &says),
            ChannelControlBody::ChannelEnded(says) => channels.subscriptions.ended(peer, &says),
        }
    }

    /// Opens the stream of a subscription, or ends it.
    fn change(&mut self, now: Instant, change: Change) {
        match change {
            Change::Admitted { peer, subscription, next, is_reliable, priority, .. } => {
                let Some(session) = self.channels.sessions.get(&peer).copied() else { return };
                let open = OpenStream {
                    kind: StreamKind::CHANNEL,
                    is_reliable,
                    first_sequence: next,
                    ..OpenStream::reliable(subscription)
                };
                match self.endpoint.open_stream(now, session, &open) {
                    Ok(stream) => {
                        self.channels.lanes.open(Target { peer, subscription }, session, stream, priority);
                    }
                    Err(_) => self.channels.publisher.unserved(peer, subscription),
                }
            }
            Change::Ended { peer, subscription, reason } => {
                let lane = self.channels.lanes.close(Target { peer, subscription });
                let Some((session, stream)) = lane else { return };
                // The stream may have ended by itself.
                let _ = match reason {
                    ChannelEnd::Removed | ChannelEnd::ShuttingDown | ChannelEnd::Replaced => {
                        self.endpoint.finish(now, session, stream)
                    }
                    // What it may not hear any more is not sent again either.
                    _ => self.endpoint.reset(now, session, stream, 0),
                };
            }
        }
    }

    fn send_control(&mut self, now: Instant, Control { peer, message }: Control) {
        let Some(session) = self.channels.sessions.get(&peer).copied() else { return };
        let held = self.channels.held.entry(session).or_default();
        if held.len() >= HELD {
            return self.give_up_session(now, session);
        }
        held.push_back(message.into());
        self.flush_control(now, session);
    }

    /// Ends a session whose peer breaks rules.
    pub(crate) fn give_up_session(&mut self, now: Instant, session: SessionId) {
        if let Some((_, key)) = self.endpoint.peer(session) {
            self.endpoint.disconnect(now, key);
        }
    }
}
