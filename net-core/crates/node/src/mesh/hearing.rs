//! Channels of other nodes that this one hears, and their events that wait to be read.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::{Instant, SystemTime},
};

use net_channel::{Notice, SubscriptionId, Wish};
use net_crypto::ChannelName;
use net_types::{
    Timestamp,
    channel::{ChannelEnd, ChannelError, ChannelEvent, ChannelRefusal, SubscriptionEnd},
    identity::{IdentityError, NodeId},
    mesh::MeshEvent,
};
use tokio::sync::oneshot;

use super::hub::{Hub, nanoseconds};

/// What an event costs beside its payload.
const OVERHEAD: u64 = 64;

/// The subscriptions of a node, and those that have ended as long as somebody may ask why.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    all: BTreeMap<SubscriptionId, Heard>,
    /// Those that `poll` reads, by the number of their first event.
    line: BTreeSet<(u64, SubscriptionId)>,
}

#[derive(Debug)]
struct Heard {
    publisher: NodeId,
    channel: String,
    hash: u64,
    /// Bytes that may wait.
    limit: u64,
    events: VecDeque<Waiting>,
    bytes: u64,
    /// What the next event is to tell.
    lagged: u64,
    restarted: bool,
    has_begun: bool,
    /// Whether events are read through a handle, and not by `poll`.
    is_claimed: bool,
    handles: usize,
    end: Option<SubscriptionEnd>,
    /// What the reader is told behind the last event.
    failure: Option<ChannelError>,
    asking: Vec<oneshot::Sender<Result<(), ChannelError>>>,
}

/// An event that waits.
#[derive(Debug)]
struct Waiting {
    /// Its number among all that the node has received.
    number: u64,
    arrived: Timestamp,
    is_reliable: bool,
    event: ChannelEvent,
}

/// What a reader finds.
pub(super) enum Found {
    Events(Vec<ChannelEvent>),
    Nothing,
    /// No more events come.
    End(Option<ChannelError>),
}

impl Hearing {
    /// Whether another event of a subscription may be taken in.
    pub(super) fn has_room(&self, id: SubscriptionId) -> bool {
        self.all.get(&id).is_none_or(|heard| heard.bytes < heard.limit)
    }

    /// What is heard: who publishes, the channel, the events that wait and their bytes, and why no more come.
    pub(super) fn list(&self) -> impl Iterator<Item = (NodeId, &str, u64, u64, Option<SubscriptionEnd>)> {
        self.all.values().map(|heard| {
            (heard.publisher, heard.channel.as_str(), heard.events.len() as u64, heard.bytes, heard.end)
        })
    }

    /// Events that wait, and their bytes.
    pub(super) fn size(&self) -> (u64, u64) {
        let sizes = self.all.values().map(|heard| (heard.events.len() as u64, heard.bytes));
        sizes.fold((0, 0), |(count, bytes), (more, larger)| (count + more, bytes + larger))
    }

    /// Why a subscription gives no more events.
    pub(super) fn end_of(&self, id: SubscriptionId) -> Option<SubscriptionEnd> {
        self.all.get(&id).and_then(|heard| heard.end)
    }

    /// Takes events through a handle, which nobody else gets from then on.
    pub(super) fn take(&mut self, id: SubscriptionId, most: usize) -> Found {
        let Some(heard) = self.all.get_mut(&id) else { return Found::End(None) };
        if !std::mem::replace(&mut heard.is_claimed, true)
            && let Some(number) = heard.first_number()
        {
            self.line.remove(&(number, id));
        }
        let count = most.min(heard.events.len());
        if count > 0 {
            let events = heard.events.drain(..count).map(|waiting| waiting.event).collect::<Vec<_>>();
            heard.bytes -= events.iter().map(cost).sum::<u64>();
            return Found::Events(events);
        }
        if heard.end.is_some() { Found::End(heard.failure.take()) } else { Found::Nothing }
    }

    /// Number of the event that `poll` gets first.
    pub(super) fn first_unclaimed(&self) -> Option<(u64, SubscriptionId)> {
        self.line.first().copied()
    }

    /// Takes the first event of a subscription for `poll`.
    pub(super) fn take_first(&mut self, id: SubscriptionId) -> Option<MeshEvent> {
        let heard = self.all.get_mut(&id)?;
        let Waiting { number, arrived, is_reliable, event } = heard.events.pop_front()?;
        heard.bytes -= cost(&event);
        self.line.remove(&(number, id));
        self.line.extend(heard.first_number().map(|number| (number, id)));
        let taken = MeshEvent {
            id: number.to_string(),
            sender: event.publisher,
            channel: Some(event.channel),
            stream_id: heard.hash,
            sequence: event.sequence,
            reliable: is_reliable,
            payload: event.payload,
            insertion_ts: arrived,
        };
        self.sweep(id);
        Some(taken)
    }

    /// One more handle of a subscription; `has_begun` tells whether it is heard already.
    fn open(&mut self, id: SubscriptionId, wish: &Wish, hash: u64, limit: u64) -> &mut Heard {
        let heard = self.all.entry(id).or_insert_with(|| Heard {
            publisher: wish.publisher,
            channel: wish.channel.clone(),
            hash,
            limit,
            events: VecDeque::new(),
            bytes: 0,
            lagged: 0,
            restarted: false,
            has_begun: false,
            is_claimed: false,
            handles: 0,
            end: None,
            failure: None,
            asking: Vec::new(),
        });
        heard.limit = limit;
        heard.handles += 1;
        heard
    }

    fn push(&mut self, event: net_machine::ChannelEvent, number: u64) {
        let (id, is_reliable) = (event.id, event.is_reliable);
        let Some(heard) = self.all.get_mut(&id) else { return };
        let event = ChannelEvent {
            publisher: heard.publisher,
            channel: heard.channel.clone(),
            sequence: event.sequence,
            payload: event.payload,
            lagged: std::mem::take(&mut heard.lagged),
            restarted: std::mem::take(&mut heard.restarted),
        };
        heard.bytes += cost(&event);
        if heard.events.is_empty() && !heard.is_claimed {
            self.line.insert((number, id));
        }
        let arrived = Timestamp(nanoseconds(SystemTime::now()));
        heard.events.push_back(Waiting { number, arrived, is_reliable, event });
    }

    fn heed(&mut self, notice: Notice) {
        let id = notice.id();
        let Some(heard) = self.all.get_mut(&id) else { return };
        match notice {
            Notice::Began { .. } => {
                heard.has_begun = true;
                heard.asking.drain(..).for_each(|told| drop(told.send(Ok(()))));
            }
            Notice::Missed { count: Some(count), .. } => heard.lagged += count,
            Notice::Missed { count: None, .. } => (heard.lagged, heard.restarted) = (0, true),
            Notice::Refused { reason, .. } => heard.finish(SubscriptionEnd::Refused, refusal(reason)),
            Notice::Unanswered { .. } => heard.finish(SubscriptionEnd::Refused, ChannelError::NoAnswer),
            Notice::Ended { reason, .. } => {
                let (end, failure) = ending(reason);
                heard.finish(end, failure);
            }
        }
        self.sweep(id);
    }

    /// This side wants a subscription no more.
    fn leave(&mut self, id: SubscriptionId, end: SubscriptionEnd) {
        let Some(heard) = self.all.get_mut(&id) else { return };
        if let Some(number) = heard.first_number() {
            self.line.remove(&(number, id));
        }
        heard.end.get_or_insert(end);
        heard.events.clear();
        (heard.bytes, heard.failure) = (0, None);
        heard.asking.drain(..).for_each(|told| drop(told.send(Err(ChannelError::NotConnected))));
        self.sweep(id);
    }

    /// Forgets what has ended, once nobody can ask for it any more.
    fn sweep(&mut self, id: SubscriptionId) {
        let is_over = |heard: &Heard| {
            heard.handles == 0 && heard.end.is_some() && (heard.events.is_empty() || heard.is_claimed)
        };
        if self.all.get(&id).is_some_and(is_over) {
            self.all.remove(&id);
        }
    }
}

impl Heard {
    /// Number of the event that is read next.
    fn first_number(&self) -> Option<u64> {
        self.events.front().map(|waiting| waiting.number)
    }

    fn finish(&mut self, end: SubscriptionEnd, failure: ChannelError) {
        self.asking.drain(..).for_each(|told| drop(told.send(Err(failure.clone()))));
        if self.end.is_none() {
            (self.end, self.failure) = (Some(end), Some(failure));
        }
    }
}

impl Hub {
    /// Asks a peer for a channel: a handle of the subscription, and what the peer answers.
    pub(super) fn subscribe(
        &mut self,
        now: Instant,
        wish: Wish,
        limit: u64,
    ) -> Result<(SubscriptionId, oneshot::Receiver<Result<(), ChannelError>>), ChannelError> {
        let hash = ChannelName::parse(&wish.channel).map_err(invalid_name)?.hash();
        self.peers.get(wish.publisher).ok_or(ChannelError::NotConnected)?;
        let id = self.machine.subscribe(now, wish.clone()).map_err(invalid_name)?;
        let (told, answer) = oneshot::channel();
        self.hearing.open(id, &wish, hash, limit).asking.push(told);
        Ok((id, answer))
    }

    /// Hears a subscription no more.
    pub(super) fn leave(&mut self, id: SubscriptionId, end: SubscriptionEnd) {
        self.machine.unsubscribe(id);
        self.hearing.leave(id, end);
    }

    /// Hears a channel no more.
    pub(super) fn unsubscribe(&mut self, publisher: NodeId, channel: &str) {
        let is_it = |heard: &Heard| heard.publisher == publisher && heard.channel == channel;
        let its = self.hearing.all.iter().filter(|(_, heard)| is_it(heard)).map(|(id, _)| *id);
        for id in its.collect::<Vec<_>>() {
            self.leave(id, SubscriptionEnd::Unsubscribed);
        }
    }

    /// A handle goes. `ends` if the subscription is to go with the last one, as it does with one that was read through.
    pub(super) fn drop_handle(&mut self, id: SubscriptionId, ends: bool) {
        let Some(heard) = self.hearing.all.get_mut(&id) else { return };
        heard.handles -= 1;
        if heard.handles == 0 && heard.end.is_none() && (ends || heard.is_claimed || !heard.has_begun) {
            self.leave(id, SubscriptionEnd::Left);
        } else {
            self.hearing.sweep(id);
        }
    }

    /// The session with a publisher has ended: who waits for its answer waits no more.
    pub(super) fn lose_publisher(&mut self, node: NodeId) {
        let its =
            self.hearing.all.iter().filter(|(_, heard)| heard.publisher == node && !heard.asking.is_empty());
        for id in its.map(|(id, _)| *id).collect::<Vec<_>>() {
            let Some(heard) = self.hearing.all.get_mut(&id) else { continue };
            if heard.has_begun {
                heard.asking.drain(..).for_each(|told| drop(told.send(Err(ChannelError::NotConnected))));
            } else {
                self.leave(id, SubscriptionEnd::Refused);
            }
        }
    }

    /// The node is shut down.
    pub(super) fn hear_no_more(&mut self) {
        for id in self.hearing.all.keys().copied().collect::<Vec<_>>() {
            self.hearing.leave(id, SubscriptionEnd::ShutDown);
        }
    }

    /// Takes in events that there is room for, and what has become of subscriptions; true if there is something new.
    pub(super) fn hear(&mut self, now: Instant) -> bool {
        let mut has_news = false;
        loop {
            let hearing = &self.hearing;
            let event = self.machine.read_event(now, |id| hearing.has_room(id));
            // What was missed is told before the event behind it.
            while let Some(notice) = self.machine.poll_notice() {
                has_news = true;
                self.hearing.heed(notice);
            }
            let Some(event) = event else { return has_news };
            has_news = true;
            self.hearing.push(event, self.queue.draw_number());
        }
    }

    /// Reads what no reader and no handle gets, as it was received.
    pub(super) fn poll_common(&mut self, most: usize) -> Vec<MeshEvent> {
        let mut taken = Vec::new();
        while taken.len() < most {
            let Some((number, id)) = self.hearing.first_unclaimed() else { break };
            if let Some(common) = self.queue.first_common()
                && common < number
            {
                taken.extend(self.queue.take_common(1));
            } else {
                taken.extend(self.hearing.take_first(id));
            }
        }
        taken.extend(self.queue.take_common(most - taken.len()));
        taken
    }
}

fn cost(event: &ChannelEvent) -> u64 {
    event.payload.len() as u64 + OVERHEAD
}

/// A name that breaks the rules.
pub(super) fn invalid_name(error: IdentityError) -> ChannelError {
    match error {
        IdentityError::InvalidChannel { reason } => ChannelError::InvalidName { reason },
        other => ChannelError::InvalidName { reason: other.to_string() },
    }
}

fn refusal(reason: ChannelRefusal) -> ChannelError {
    match reason {
        ChannelRefusal::Unauthorized => ChannelError::Unauthorized,
        ChannelRefusal::UnknownChannel => ChannelError::UnknownChannel,
        ChannelRefusal::RateLimited => ChannelError::RateLimited,
        ChannelRefusal::TooMany => ChannelError::TooMany,
        ChannelRefusal::InvalidName | ChannelRefusal::Unknown(_) => {
            ChannelError::Rejected { reason: reason.to_string() }
        }
    }
}

fn ending(reason: ChannelEnd) -> (SubscriptionEnd, ChannelError) {
    match reason {
        ChannelEnd::Expired => (SubscriptionEnd::Expired, ChannelError::Expired),
        ChannelEnd::Revoked => (SubscriptionEnd::Revoked, ChannelError::Revoked),
        ChannelEnd::Removed => (SubscriptionEnd::Removed, ChannelError::Removed),
        ChannelEnd::NoStream => (SubscriptionEnd::Refused, ChannelError::TooMany),
        _ => (SubscriptionEnd::Unauthorized, ChannelError::Unauthorized),
    }
}
