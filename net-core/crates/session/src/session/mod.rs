//! What two nodes share: packet numbers, streams, credit, a path. It outlives the keys of its handshakes.

mod acks;
mod api;
mod armed;
mod congestion;
mod keying;
mod marking;
mod path;
mod receive;
mod recovery;
mod rtt;
mod settle;
mod timers;
mod transmit;

pub(crate) use keying::Keying;
pub(crate) use receive::{Header, Reception};

use crate::{
    Path, SessionId,
    config::{Config, features},
    random::{Draw, Random},
    replay::ReplayWindow,
    stats::SessionStats,
    stream::{Allowance, Incoming, Outgoing, StreamKind, Written},
};
use acks::Acks;
use armed::Armed;
use congestion::{Congestion, Cubic, Pacer};
use marking::Marking;
use net_crypto::{EntityId, mesh::PublicKey};
use net_types::{identity::NodeId, mesh::StreamError};
use path::Paths;
use recovery::Recovery;
use std::{
    collections::VecDeque,
    net::SocketAddr,
    time::{Duration, Instant},
};

/// What every call of a session is given.
pub(crate) struct Context<'a> {
    pub(crate) now: Instant,
    pub(crate) random: &'a mut dyn Random,
    pub(crate) config: &'a Config,
    /// What the node has left for messages that are longer than their windows.
    pub(crate) reassembly_left: u64,
}

/// Who the peer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) entity: EntityId,
    pub(crate) node: NodeId,
    pub(crate) key: PublicKey,
}

/// What the handshake settled besides keys.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    /// Bits of optional frames that both sides read.
    pub(crate) features: u64,
    pub(crate) own_half: u64,
    pub(crate) peer_half: u64,
    /// What the peer allows.
    pub(crate) allowance: Allowance,
    pub(crate) max_datagram: usize,
    pub(crate) ack_delay: Duration,
}

/// A frame without data whose newest value is sent, and sent again if it was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Control {
    MaxData,
    MaxStreams,
    MaxStreamData(u64),
    Dropped(u64),
    Reset { sid: u64, code: u64, end: u64 },
    Stop { sid: u64, code: u64 },
}

/// What a sent packet holds, as far as an acknowledgement or a loss matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SentFrame {
    Stream { sid: u64, offset: u64, length: u32, is_last: bool, has_open: bool },
    Batch { sid: u64, written: Written, has_open: bool },
    Control(Control),
    Ack { low: u64, high: u64, written: u64 },
}

impl SentFrame {
    pub(crate) fn sid(self) -> Option<u64> {
        match self {
            Self::Stream { sid, .. } | Self::Batch { sid, .. } => Some(sid),
            Self::Control(_) | Self::Ack { .. } => None,
        }
    }

    pub(crate) fn has_open(self) -> bool {
        matches!(self, Self::Stream { has_open: true, .. } | Self::Batch { has_open: true, .. })
    }
}

/// What has happened to a session's streams and path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum StreamEvent {
    Opened { sid: u64, kind: StreamKind, id: u64, is_reliable: bool },
    Readable { sid: u64 },
    Writable { sid: u64 },
    Delivered { sid: u64 },
    Ended { sid: u64, is_own: bool, error: StreamError },
    Suspected(bool),
    PathChanged(Path),
    Observed(SocketAddr),
}

/// Why a session has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The peer closed it.
    ByPeer { code: u64, reason: String },
    /// The peer broke a rule.
    Protocol(&'static str),
    /// Nothing came for too long.
    Silence,
    /// No fresh key agreement succeeded.
    Expired,
}

/// A session that this side has closed: it tells the peer a few times by itself, since a CLOSE may be lost, and whenever the
/// peer still sends.
#[derive(Debug, Clone)]
struct Closing {
    code: u64,
    reason: String,
    until: Instant,
    /// When the next CLOSE may be sent, if one is due.
    next: Instant,
    is_due: bool,
    /// How often it is told again, whether the peer sends or not.
    repeats: u8,
}

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) peer: Peer,
    pub(crate) own_half: u64,
    pub(crate) peer_half: u64,
    keyings: Vec<Keying>,
    /// Which of the keys are sent with.
    sending: usize,
    replay: ReplayWindow,
    acks: Acks,
    recovery: Recovery,
    congestion: Box<dyn Congestion>,
    pacer: Pacer,
    marking: Marking,
    paths: Paths,
    pub(crate) outgoing: Outgoing,
    pub(crate) incoming: Incoming,
    control: Vec<Control>,
    /// Frames that wait for a packet which is sent anyway.
    later: Vec<Control>,
    pub(crate) events: VecDeque<StreamEvent>,
    /// A PING is to be sent.
    is_ping_due: bool,
    /// Packets that may be sent whatever the congestion window says.
    probes: u8,
    /// Whether the own streams have too little to fill the congestion window.
    is_limited: bool,
    /// When the pacer lets the next packet go.
    paced_until: Option<Instant>,
    /// The number that is left out next.
    next_skip: u64,
    terms: Terms,
    ack_every: u64,
    received: Instant,
    sent: Instant,
    /// A sign of life was asked for at this time.
    asked: Option<Instant>,
    heartbeat: Duration,
    session_timeout: Duration,
    is_suspected: bool,
    /// Fresh keys are to be agreed on from the first time on, and the session ends without them at the second.
    renewal: Option<(Instant, Instant)>,
    are_buffers_kept: bool,
    closing: Option<Closing>,
    pub(crate) ending: Option<Ending>,
    pub(crate) stats: SessionStats,
    /// Whether the endpoint has it in its queue of those that may send.
    pub(crate) is_queued: bool,
    /// Times for which the endpoint has timers.
    pub(crate) armed: Armed,
}

impl Session {
    pub(crate) fn new(
        id: SessionId,
        peer: Peer,
        terms: Terms,
        keying: Keying,
        path: Path,
        cx: &mut Context<'_>,
    ) -> Self {
        let own = Allowance {
            max_data: cx.config.max_data.into(),
            stream_window: cx.config.stream_window.into(),
            max_streams: cx.config.max_streams.into(),
        };
        let datagram = terms.max_datagram.min(cx.config.max_datagram.into());
        let paths = Paths::new(path, datagram, cx.now);
        Self {
            id,
            peer,
            own_half: terms.own_half,
            peer_half: terms.peer_half,
            is_ping_due: keying.is_initiator,
            keyings: vec![keying],
            sending: 0,
            replay: ReplayWindow::new(),
            acks: Acks::default(),
            recovery: Recovery::new(terms.ack_delay),
            congestion: Box::new(Cubic::new(paths.mtu.current as u64)),
            pacer: Pacer::new(cx.now),
            marking: Marking::new(terms.features & features::ECN != 0),
            paths,
            outgoing: Outgoing::new(terms.allowance),
            incoming: Incoming::new(own),
            control: Vec::new(),
            later: Vec::new(),
            events: VecDeque::new(),
            probes: 0,
            is_limited: true,
            paced_until: None,
            next_skip: cx.random.between(100, 1_500),
            ack_every: own.stream_window / 8,
            terms,
            received: cx.now,
            sent: cx.now,
            asked: None,
            heartbeat: timers::jittered(cx.config.heartbeat, cx.random),
            session_timeout: cx.config.session_timeout,
            is_suspected: false,
            renewal: None,
            are_buffers_kept: true,
            closing: None,
            ending: None,
            stats: SessionStats::default(),
            is_queued: false,
            armed: Armed::default(),
        }
    }

    /// Takes the keys of another handshake of the same two halves. Of two nodes that dialled each other, the one of the lower
    /// entity id made the keys that are sent with; otherwise the newest are.
    pub(crate) fn add_keying(&mut self, keying: Keying, own: EntityId) {
        let kept = &self.keyings[self.sending];
        let is_simultaneous = keying.is_initiator != kept.is_initiator
            && keying.made.saturating_duration_since(kept.made) < SIMULTANEOUS;
        let is_of_lower = keying.is_initiator == (own.as_bytes() < self.peer.entity.as_bytes());
        self.is_ping_due |= keying.is_initiator;
        self.renewal = None;
        self.keyings.push(keying);
        if !is_simultaneous || is_of_lower {
            self.sending = self.keyings.len() - 1;
        }
        if self.keyings.len() > MOST_KEYINGS {
            let oldest = usize::from(self.sending == 0);
            self.keyings.remove(oldest);
            self.sending -= usize::from(self.sending > oldest);
        }
    }

    pub(crate) fn path(&self) -> Path {
        self.paths.active
    }

    /// Indexes by which the peer names this session's keys.
    pub(crate) fn own_indexes(&self) -> impl Iterator<Item = u32> + '_ {
        self.keyings.iter().map(|keying| keying.own_index)
    }

    /// Whether this side has lately sent a packet of this number to this index.
    pub(crate) fn has_sent(&self, index: u32, number: u64) -> bool {
        let is_recent = number < self.recovery.next() && number + 65_536 > self.recovery.next();
        self.closing.is_none() && is_recent && self.keyings.iter().any(|keying| keying.peer_index == index)
    }

    /// Whether the peer has been silent for too long.
    pub(crate) fn is_suspected(&self) -> bool {
        self.is_suspected
    }

    /// Whether this side has closed it.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.is_some()
    }

    /// The keys that are sent with.
    pub(crate) fn keying(&self) -> &Keying {
        &self.keyings[self.sending]
    }
}

/// Handshakes of both sides within this time are taken for one.
const SIMULTANEOUS: Duration = Duration::from_secs(5);

/// Keys that a session has at most.
const MOST_KEYINGS: usize = 4;

/// Milliseconds for which an acknowledgement is held back.
pub(crate) const ACK_DELAY_MS: u8 = 4;
