//! Events on their way to subscribers: each over a lane, a stream of its subscription, on which they keep their order whoever
//! waits for room.

use crate::Machine;
use bytes::Bytes;
use net_channel::publisher::{Peer, Plan, Reason, Target};
use net_session::{Haste, SessionId, StreamId};
use net_types::{channel::ChannelRefusal, identity::NodeId, mesh::StreamError};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Instant,
};

/// A publish whose event waits for room somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// How an event is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Manner {
    /// Whether it waits for room; nothing leaves that to the channel.
    pub waits: Option<bool>,
    /// Whether nobody else gets it once somebody has not taken it.
    pub fails_fast: bool,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Number of the event; nothing if it was beyond the rate of its channel.
    pub sequence: Option<u64>,
    /// Subscribers that were allowed to hear it.
    pub attempted: usize,
    /// By what those that wait are told of.
    pub ticket: Ticket,
    /// Subscribers whose session took it.
    pub delivered: Vec<Target>,
    /// Subscribers for which it waits for room; [`Machine::poll_outcome`] tells what becomes of each.
    pub waiting: Vec<Target>,
    /// All others, and why.
    pub left_out: Vec<(Target, Reason)>,
}

/// What became of an event that waited for room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// The publish.
    pub ticket: Ticket,
    /// The subscriber.
    pub target: Target,
    /// Why it was not taken, unless it was.
    pub taken: Result<(), Reason>,
}

/// A place in the stream to a subscriber, up to which it may have arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    session: SessionId,
    stream: StreamId,
    end: u64,
}

/// The streams on which events leave.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    lanes: BTreeMap<(Peer, u64), Lane>,
    /// Lanes on which something waits, the most urgent of each session first.
    waiting: BTreeSet<(SessionId, Reverse<u8>, Peer, u64)>,
    outcomes: VecDeque<Outcome>,
    next_ticket: u64,
}

#[derive(Debug)]
struct Lane {
    session: SessionId,
    stream: StreamId,
    priority: u8,
    held: VecDeque<Held>,
}

#[derive(Debug)]
enum Held {
    Event(Ticket, Bytes),
    /// So many events are left out here.
    Skipped(u64),
}

/// What became of an event at once.
enum Delivery {
    Taken,
    Waits,
}

impl Lanes {
    pub(crate) fn open(&mut self, target: Target, session: SessionId, stream: StreamId, priority: u8) {
        let lane = Lane { session, stream, priority, held: VecDeque::new() };
        self.lanes.insert((target.peer, target.subscription), lane);
    }

    /// A subscription has ended: its stream, and nothing waits for it any more.
    pub(crate) fn close(&mut self, target: Target) -> Option<(SessionId, StreamId)> {
        let key = (target.peer, target.subscription);
        let lane = self.lanes.remove(&key)?;
        self.waiting.remove(&(lane.session, Reverse(lane.priority), key.0, key.1));
        for held in lane.held {
            if let Held::Event(ticket, _) = held {
                self.outcomes.push_back(Outcome { ticket, target, taken: Err(Reason::Gone) });
            }
        }
        Some((lane.session, lane.stream))
    }

    /// All streams on which events leave.
    pub(crate) fn streams(&self) -> impl Iterator<Item = (SessionId, StreamId)> {
        self.lanes.values().map(|lane| (lane.session, lane.stream))
    }

    /// Whether something waits for room on a stream.
    pub(crate) fn waits_for(&self, session: SessionId, stream: StreamId) -> bool {
        let waiting = self.waiting.range((session, Reverse(u8::MAX), Peer(0), 0)..);
        let mut its = waiting.take_while(|(other, ..)| *other == session);
        its.any(|(_, _, peer, id)| self.lanes.get(&(*peer, *id)).is_some_and(|lane| lane.stream == stream))
    }

    /// A session has ended.
    pub(crate) fn end(&mut self, peer: Peer) {
        let its: Vec<_> = self.lanes.range((peer, 0)..=(peer, u64::MAX)).map(|(key, _)| *key).collect();
        for (peer, subscription) in its {
            self.close(Target { peer, subscription });
        }
    }

    fn hold(&mut self, target: Target, held: Held) {
        let key = (target.peer, target.subscription);
        let Some(lane) = self.lanes.get_mut(&key) else { return };
        match (lane.held.back_mut(), held) {
            (Some(Held::Skipped(before)), Held::Skipped(count)) => *before += count,
            (_, held) => lane.held.push_back(held),
        }
        self.waiting.insert((lane.session, Reverse(lane.priority), key.0, key.1));
    }

    /// Leaves out what waits of a publish: the lanes that may go on.
    fn give_up(&mut self, ticket: Ticket) -> Vec<Target> {
        let mut given_up = Vec::new();
        for (_, _, peer, subscription) in &self.waiting {
            let Some(lane) = self.lanes.get_mut(&(*peer, *subscription)) else { continue };
            let found =
                lane.held.iter_mut().find(|held| matches!(held, Held::Event(its, _) if *its == ticket));
            if let Some(held) = found {
                *held = Held::Skipped(1);
                given_up.push(Target { peer: *peer, subscription: *subscription });
            }
        }
        for target in &given_up {
            let taken = Err(Reason::NoRoom);
            self.outcomes.push_back(Outcome { ticket, target: *target, taken });
        }
        given_up
    }
}

impl Machine {
    /// Publishes an event to all who may hear it. The payload is held once, whatever their number.
    pub fn publish(
        &mut self,
        now: Instant,
        name: &str,
        payload: &Bytes,
        manner: Manner,
    ) -> Result<Published, ChannelRefusal> {
        let at = self.moment(now);
        let plan = self.channels.publisher.plan(at, &self.directory, name)?;
        let lanes = &mut self.channels.lanes;
        let ticket = Ticket(lanes.next_ticket);
        lanes.next_ticket += 1;
        let is_beyond = plan.left_out.iter().any(|(_, reason)| *reason == Reason::Rate);
        let Plan { sequence, targets, groups, left_out, waits, .. } = plan;
        let allowed = left_out.iter().filter(|(_, reason)| *reason != Reason::Denied).count();
        let mut published = Published {
            sequence: (!is_beyond).then_some(sequence),
            attempted: targets.len() + groups.len() + allowed,
            ticket,
            delivered: Vec::new(),
            waiting: Vec::new(),
            left_out,
        };
        let waits = manner.waits.unwrap_or(waits).then_some(ticket);
        let members = targets.iter().map(std::slice::from_ref).chain(groups.iter().map(Vec::as_slice));
        let mut has_failed = false;
        for group in members {
            if has_failed {
                group.iter().for_each(|target| self.leave_out(now, *target));
                published.left_out.push((group[0], Reason::NoRoom));
                continue;
            }
            let (target, delivery) = self.deliver_to_one(now, group, payload, waits);
            match delivery {
                Ok(Delivery::Taken) => published.delivered.push(target),
                Ok(Delivery::Waits) => published.waiting.push(target),
                Err(reason) => {
                    has_failed = manner.fails_fast;
                    published.left_out.push((target, reason));
                }
            }
        }
        Ok(published)
    }

    /// What became of an event that waited.
    pub fn poll_outcome(&mut self) -> Option<Outcome> {
        self.channels.lanes.outcomes.pop_front()
    }

    /// Waits for room no more: subscribers that have not taken the event of a publish do not get it.
    pub fn give_up_waiting(&mut self, now: Instant, ticket: Ticket) {
        for target in self.channels.lanes.give_up(ticket) {
            self.flush_lane(now, (target.peer, target.subscription));
        }
    }

    /// The place behind what a subscriber was given last; nothing if nobody says how far that has come.
    pub fn mark(&self, target: Target) -> Option<Mark> {
        let lane = self.channels.lanes.lanes.get(&(target.peer, target.subscription))?;
        let stats = self.endpoint.stream_stats(lane.session, lane.stream)?;
        Some(Mark { session: lane.session, stream: lane.stream, end: stats.written })
    }

    /// Whether all before a place has been acknowledged; nothing if it cannot be any more.
    pub fn has_arrived(&self, mark: Mark) -> Option<bool> {
        let stats = self.endpoint.stream_stats(mark.session, mark.stream)?;
        Some(stats.acknowledged >= mark.end)
    }

    /// Gives the lanes of a session what they have room for, the most urgent first.
    pub(crate) fn flush_lanes(&mut self, now: Instant, session: SessionId) {
        let least = (session, Reverse(u8::MAX), Peer(0), 0);
        let most = (session, Reverse(0), Peer(u64::MAX), u64::MAX);
        let lanes = self.channels.lanes.waiting.range(least..=most);
        for key in lanes.map(|(_, _, peer, subscription)| (*peer, *subscription)).collect::<Vec<_>>() {
            self.flush_lane(now, key);
        }
    }

    fn flush_lane(&mut self, now: Instant, key: (Peer, u64)) {
        let lanes = &mut self.channels.lanes;
        let Some(lane) = lanes.lanes.get_mut(&key) else { return };
        while let Some(held) = lane.held.front() {
            let sent = match held {
                Held::Event(_, payload) => {
                    self.endpoint.send(now, lane.session, lane.stream, std::slice::from_ref(payload))
                }
                Held::Skipped(count) => self.endpoint.skip(now, lane.session, lane.stream, *count),
            };
            let taken = match sent {
                Ok(()) => Ok(()),
                Err(StreamError::WindowFull) => return,
                Err(_) => Err(Reason::Gone),
            };
            if let Some(Held::Event(ticket, _)) = lane.held.pop_front() {
                let target = Target { peer: key.0, subscription: key.1 };
                lanes.outcomes.push_back(Outcome { ticket, target, taken });
            }
        }
        lanes.waiting.remove(&(lane.session, Reverse(lane.priority), key.0, key.1));
    }

    /// Gives an event to the first of some who has room. If nobody has, it waits for the one whose turn it is.
    fn deliver_to_one(
        &mut self,
        now: Instant,
        group: &[Target],
        payload: &Bytes,
        waits: Option<Ticket>,
    ) -> (Target, Result<Delivery, Reason>) {
        let mut failure = Reason::Gone;
        let mut found = None;
        for (at, target) in group.iter().enumerate() {
            match self.deliver(now, *target, payload) {
                Ok(()) => {
                    found = Some(at);
                    break;
                }
                Err(reason) if at == 0 => failure = reason,
                Err(_) => {}
            }
        }
        let delivery = match (found, waits) {
            (Some(at), _) => (group[at], Ok(Delivery::Taken)),
            (None, Some(ticket)) if failure == Reason::NoRoom => {
                self.channels.lanes.hold(group[0], Held::Event(ticket, payload.clone()));
                found = Some(0);
                (group[0], Ok(Delivery::Waits))
            }
            _ => (group[0], Err(failure)),
        };
        // Numbers of a stream are those of its channel, also for those who do not get this one.
        for (at, target) in group.iter().enumerate() {
            if found != Some(at) {
                self.leave_out(now, *target);
            }
        }
        delivery
    }

    fn deliver(&mut self, now: Instant, target: Target, payload: &Bytes) -> Result<(), Reason> {
        let key = (target.peer, target.subscription);
        let Some(lane) = self.channels.lanes.lanes.get(&key) else { return Err(Reason::Gone) };
        if !lane.held.is_empty() {
            return Err(Reason::NoRoom);
        }
        let sent = self.endpoint.send(now, lane.session, lane.stream, std::slice::from_ref(payload));
        sent.map_err(|error| match error {
            StreamError::WindowFull => Reason::NoRoom,
            _ => Reason::Gone,
        })
    }

    fn leave_out(&mut self, now: Instant, target: Target) {
        let key = (target.peer, target.subscription);
        let Some(lane) = self.channels.lanes.lanes.get(&key) else { return };
        if lane.held.is_empty() {
            // A stream that has ended carries no numbers any more.
            let _ = self.endpoint.skip(now, lane.session, lane.stream, 1);
        } else {
            self.channels.lanes.hold(target, Held::Skipped(1));
        }
    }

    /// When what a subscriber was given has to leave.
    pub fn haste(&self, target: Target) -> Haste {
        let lane = self.channels.lanes.lanes.get(&(target.peer, target.subscription));
        lane.map_or(Haste::None, |lane| self.endpoint.haste(lane.session, lane.stream))
    }

    /// The node of a subscriber, while its session stands.
    pub fn subscriber(&self, target: Target) -> Option<NodeId> {
        self.channels.publisher.node_of(target.peer)
    }
}
