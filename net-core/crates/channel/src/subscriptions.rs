//! Channels of other nodes that this one hears: asked for whenever there is a session, until they are wanted no more.

use crate::{
    Moment,
    publisher::{Control, Peer},
};
use net_crypto::{ChannelName, EntityId};
use net_gossip::Timers;
use net_types::{
    channel::{ChannelEnd, ChannelRefusal},
    identity::{IdentityError, NodeId},
    wire::channel::{
        ChannelControl, ChannelControlBody, ChannelEnded, ChannelRefused, ChannelResume, ChannelSubscribe,
        ChannelSubscribed, ChannelUnsubscribe,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::{Duration, Instant},
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A subscription of this node, as long as it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriptionId(pub u64);

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Who publishes.
    pub publisher: NodeId,
    /// The channel.
    pub channel: String,
    /// The queue group, or nothing.
    pub group: String,
    /// Tokens, one behind the other, from the trusted issuer to this node.
    pub tokens: Vec<u8>,
}

/// What has become of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// Events follow, the first of which has the number.
    Began {
        /// The subscription.
        id: SubscriptionId,
        /// Number of the first event.
        next: u64,
    },
    /// Events were missed: so many from a number on, or an unknown number of them since the publisher has started anew.
    Missed {
        /// The subscription.
        id: SubscriptionId,
        /// Number of the first that is missing.
        from: u64,
        /// How many are missing.
        count: Option<u64>,
    },
    /// The publisher has refused it, and it is wanted no more.
    Refused {
        /// The subscription.
        id: SubscriptionId,
        /// Why.
        reason: ChannelRefusal,
    },
    /// The publisher has not answered in time, and it is wanted no more.
    Unanswered {
        /// The subscription.
        id: SubscriptionId,
    },
    /// The publisher has ended it, and it is wanted no more.
    Ended {
        /// The subscription.
        id: SubscriptionId,
        /// Why.
        reason: ChannelEnd,
    },
}

impl Notice {
    /// The subscription.
    pub const fn id(&self) -> SubscriptionId {
        match *self {
            Self::Began { id, .. }
            | Self::Missed { id, .. }
            | Self::Refused { id, .. }
            | Self::Unanswered { id }
            | Self::Ended { id, .. } => id,
        }
    }
}

/// What this node hears of others.
#[derive(Debug, Default)]
pub struct Subscriptions {
    wanted: BTreeMap<SubscriptionId, Wanted>,
    peers: BTreeMap<Peer, NodeId>,
    /// Requests that wait for an answer, and what subscriptions are called in sessions.
    asked: BTreeMap<(Peer, u64), SubscriptionId>,
    live: BTreeMap<(Peer, u64), SubscriptionId>,
    /// Those of them that end once what was published before has been read, and why. Events of what takes the place of one
    /// wait until then.
    ending: BTreeMap<(Peer, u64), ChannelEnd>,
    /// Those whose stream has ended and is read, before anybody has said why.
    drained: BTreeSet<(Peer, u64)>,
    next: u64,
    timers: Timers<(Peer, u64)>,
    outbox: VecDeque<Control>,
    notices: VecDeque<Notice>,
    /// Events, and streams of them, that came for no subscription of this node.
    unwanted: u64,
}

#[derive(Debug)]
struct Wanted {
    wish: Wish,
    /// Epoch of the publisher, and number of the next event.
    position: Option<(u64, u64)>,
}

impl Subscriptions {
    /// Asks for a channel, now or as soon as there is a session with its publisher, and again after each reconnect. One that is
    /// wanted already is asked for anew with what is said now.
    pub fn subscribe(&mut self, at: Moment, wish: Wish) -> Result<SubscriptionId, IdentityError> {
        ChannelName::parse(&wish.channel)?;
        if !wish.group.is_empty() {
            ChannelName::parse(&wish.group)?;
        }
        let is_same = |wanted: &Wanted| {
            (wanted.wish.publisher, &wanted.wish.channel) == (wish.publisher, &wish.channel)
        };
        let found = self.wanted.iter().find(|(_, wanted)| is_same(wanted)).map(|(id, _)| *id);
        let id = found.unwrap_or(SubscriptionId(self.next));
        self.next += u64::from(found.is_none());
        let publisher = wish.publisher;
        match self.wanted.get_mut(&id) {
            Some(wanted) => wanted.wish = wish,
            None => {
                self.wanted.insert(id, Wanted { wish, position: None });
            }
        }
        let peer = self.peers.iter().find(|(_, node)| **node == publisher).map(|(peer, _)| *peer);
        if let Some(peer) = peer {
            self.ask(at, peer, id);
        }
        Ok(id)
    }

    /// Wants a channel no more.
    pub fn unsubscribe(&mut self, id: SubscriptionId) {
        self.wanted.remove(&id);
        let found: Vec<_> = self.live.iter().filter(|(_, live)| **live == id).map(|(key, _)| *key).collect();
        for (peer, subscription) in found {
            self.live.remove(&(peer, subscription));
            self.ending.remove(&(peer, subscription));
            self.drained.remove(&(peer, subscription));
            self.say(peer, ChannelControlBody::ChannelUnsubscribe(ChannelUnsubscribe { subscription }));
        }
    }

    /// A session with a peer stands.
    pub fn peer_up(&mut self, at: Moment, peer: Peer, entity: EntityId) {
        let node = entity.node_id();
        self.peers.insert(peer, node);
        let of_peer = self.wanted.iter().filter(|(_, wanted)| wanted.wish.publisher == node);
        for id in of_peer.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.ask(at, peer, id);
        }
    }

    /// The session with a peer has ended; what was heard of it is asked for again when there is another.
    pub fn peer_down(&mut self, peer: Peer) {
        self.peers.remove(&peer);
        self.live.retain(|(other, _), _| *other != peer);
        self.ending.retain(|(other, _), _| *other != peer);
        self.drained.retain(|(other, _)| *other != peer);
        let asked: Vec<_> = self.asked.keys().filter(|(other, _)| *other == peer).copied().collect();
        for key in asked {
            self.asked.remove(&key);
            self.timers.clear(key);
        }
        self.outbox.retain(|control| control.peer != peer);
    }

    /// The publisher says yes.
    pub fn subscribed(&mut self, peer: Peer, says: &ChannelSubscribed) {
        let asked = self.answered(peer, says.request);
        let Some(id) = asked.filter(|id| self.wanted.contains_key(id)) else {
            // It was given up before the answer came.
            let subscription = says.subscription;
            return self
                .say(peer, ChannelControlBody::ChannelUnsubscribe(ChannelUnsubscribe { subscription }));
        };
        self.live.insert((peer, says.subscription), id);
        self.notices.push_back(Notice::Began { id, next: says.next });
        if self.waits_for_another((peer, says.subscription), id) {
            // What is missing shows once the other has been read.
            return;
        }
        let Some(wanted) = self.wanted.get_mut(&id) else { return };
        let before = wanted.position.replace((says.epoch, says.next));
        let is_in_group = !wanted.wish.group.is_empty();
        match before {
            _ if is_in_group => {}
            Some((epoch, from)) if epoch != says.epoch => self.missed(id, from, None),
            Some((_, from)) if from < says.next => self.missed(id, from, Some(says.next - from)),
            _ => {}
        }
    }

    /// The publisher says no. What was heard until then is given up as well.
    pub fn refused(&mut self, peer: Peer, says: &ChannelRefused) {
        let Some(id) = self.answered(peer, says.request) else { return };
        if self.wanted.contains_key(&id) {
            self.unsubscribe(id);
            self.notices.push_back(Notice::Refused { id, reason: says.reason });
        }
    }

    /// The publisher has ended a subscription. One that shuts down is asked again when it is back, and what was replaced goes
    /// on under another id. Where nothing is forbidden, what was published before is heard.
    pub fn ended(&mut self, peer: Peer, says: &ChannelEnded) {
        let key = (peer, says.subscription);
        if matches!(says.reason, ChannelEnd::ShuttingDown | ChannelEnd::Removed | ChannelEnd::Replaced) {
            let is_live = self.live.contains_key(&key);
            if is_live && !self.drained.contains(&key) {
                self.ending.insert(key, says.reason);
                return;
            }
        }
        self.end(key, says.reason);
    }

    /// The stream of a subscription has ended, and all of it has been read.
    pub fn drained(&mut self, peer: Peer, subscription: u64) {
        let key = (peer, subscription);
        match self.ending.get(&key).copied() {
            Some(reason) => self.end(key, reason),
            None if self.live.contains_key(&key) => drop(self.drained.insert(key)),
            None => {}
        }
    }

    fn end(&mut self, key: (Peer, u64), reason: ChannelEnd) {
        self.ending.remove(&key);
        self.drained.remove(&key);
        let Some(id) = self.live.remove(&key) else { return };
        // It was asked for anew, which decides.
        let goes_on = self.live.values().chain(self.asked.values()).any(|other| *other == id);
        if goes_on || matches!(reason, ChannelEnd::ShuttingDown | ChannelEnd::Replaced) {
            return;
        }
        if self.wanted.remove(&id).is_some() {
            self.notices.push_back(Notice::Ended { id, reason });
        }
    }

    /// An event has come over the stream of a subscription: whose it is, unless it is nobody's. What is missing before it is
    /// told.
    pub fn received(&mut self, peer: Peer, subscription: u64, sequence: u64) -> Option<SubscriptionId> {
        let Some(id) = self.live.get(&(peer, subscription)).copied() else {
            self.unwanted += 1;
            return None;
        };
        let wanted = self.wanted.get_mut(&id)?;
        let is_in_group = !wanted.wish.group.is_empty();
        let (_, next) = wanted.position.as_mut()?;
        let from = std::mem::replace(next, sequence.saturating_add(1).max(*next));
        if sequence > from && !is_in_group {
            self.missed(id, from, Some(sequence - from));
        }
        Some(id)
    }

    /// The next message for a peer.
    pub fn poll_control(&mut self) -> Option<Control> {
        self.outbox.pop_front()
    }

    /// What has become of a subscription.
    pub fn poll(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }

    /// When [`Subscriptions::handle_timeout`] is to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Gives up what was not answered.
    pub fn handle_timeout(&mut self, at: Moment) {
        while let Some(key) = self.timers.take_due(at.now) {
            let Some(id) = self.asked.remove(&key) else { continue };
            if self.wanted.remove(&id).is_some() {
                self.notices.push_back(Notice::Unanswered { id });
            }
        }
    }

    /// The subscription that a session knows by a number.
    pub fn heard_as(&self, peer: Peer, subscription: u64) -> Option<SubscriptionId> {
        self.live.get(&(peer, subscription)).copied()
    }

    /// Whether events of a subscription are to be read now: they wait while its yes may still be on its way, and while there is
    /// something to read of the one whose place it takes.
    pub fn is_settled(&self, peer: Peer, subscription: u64) -> bool {
        let key = (peer, subscription);
        match self.live.get(&key) {
            Some(id) => !self.waits_for_another(key, *id),
            None => !self.asked.keys().any(|(other, _)| *other == peer),
        }
    }

    /// Whether a subscription takes the place of one that has not been read to its end.
    fn waits_for_another(&self, (peer, subscription): (Peer, u64), id: SubscriptionId) -> bool {
        let mut earlier = self.ending.range((peer, 0)..(peer, subscription));
        earlier.any(|(key, _)| self.live.get(key) == Some(&id))
    }

    /// Whether events of a subscription are nobody's, and will be: then they are counted as such.
    pub fn refuses(&mut self, peer: Peer, subscription: u64) -> bool {
        let is_live = self.live.contains_key(&(peer, subscription));
        let is_refused = !is_live && self.is_settled(peer, subscription);
        self.unwanted += u64::from(is_refused);
        is_refused
    }

    /// Events, and streams of them, that came for no subscription of this node.
    pub fn unwanted(&self) -> u64 {
        self.unwanted
    }

    fn ask(&mut self, at: Moment, peer: Peer, id: SubscriptionId) {
        let Some(Wanted { wish, position }) = self.wanted.get(&id) else { return };
        let request = self.next;
        self.next += 1;
        let asks = ChannelSubscribe {
            flags_rest: 0,
            request,
            channel: wish.channel.clone(),
            group: wish.group.clone(),
            tokens: wish.tokens.clone().into(),
            resume: position.map(|(epoch, sequence)| ChannelResume { epoch, sequence }),
        };
        self.asked.insert((peer, request), id);
        self.timers.set((peer, request), at.now + PATIENCE);
        self.say(peer, ChannelControlBody::ChannelSubscribe(asks));
    }

    fn answered(&mut self, peer: Peer, request: u64) -> Option<SubscriptionId> {
        self.timers.clear((peer, request));
        self.asked.remove(&(peer, request))
    }

    fn missed(&mut self, id: SubscriptionId, from: u64, count: Option<u64>) {
        self.notices.push_back(Notice::Missed { id, from, count });
    }

    fn say(&mut self, peer: Peer, body: ChannelControlBody) {
        // Tokens beyond the limit are the only thing that could have no form; then there is nothing to ask with.
        if let Ok(message) = (ChannelControl { body }).encode() {
            self.outbox.push_back(Control { peer, message });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Config, Directory,
        publisher::{ChannelConfig, Publisher},
    };
    use net_crypto::{Keypair, Seed};
    use net_gossip::Strict;
    use zeroize::Zeroizing;

    fn seed(number: u8) -> Seed {
        Seed::new(Zeroizing::new([number; 32]))
    }

    fn entity(number: u8) -> EntityId {
        Keypair::from_seed(&seed(number)).entity_id()
    }

    /// A publisher of identity 1 and a subscriber of identity 2.
    struct Pair {
        publisher: Publisher,
        directory: Directory,
        subscriber: Subscriptions,
        at: Moment,
        session: u64,
    }

    impl Pair {
        fn new() -> Self {
            let at = Moment { now: Instant::now(), wall: 1_764_111_600 };
            let directory = Directory::new(at, &seed(1), 7, Box::new(Strict), Config::default());
            let publisher = Publisher::new(entity(1), 7);
            let mut pair =
                Self { publisher, directory, subscriber: Subscriptions::default(), at, session: 0 };
            pair.register("news");
            pair.connect();
            pair
        }

        fn register(&mut self, name: &str) {
            self.publisher.register(&self.directory, name, ChannelConfig::default()).unwrap();
        }

        fn connect(&mut self) {
            self.session += 1;
            self.publisher.peer_up(Peer(self.session), entity(2));
            self.subscriber.peer_up(self.at, Peer(self.session), entity(1));
        }

        fn lose(&mut self) {
            self.publisher.peer_down(Peer(self.session));
            self.subscriber.peer_down(Peer(self.session));
        }

        /// Carries messages both ways.
        fn settle(&mut self) -> Vec<Notice> {
            loop {
                if let Some(said) = self.subscriber.poll_control() {
                    match ChannelControl::decode(&said.message).unwrap().body {
                        ChannelControlBody::ChannelSubscribe(asks) => {
                            self.publisher.subscribe(self.at, &self.directory, said.peer, &asks);
                        }
                        ChannelControlBody::ChannelUnsubscribe(asks) => {
                            self.publisher.unsubscribe(said.peer, asks.subscription);
                        }
                        other => panic!("a subscriber does not say {other:?}"),
                    }
                } else if let Some(said) = self.publisher.poll_control() {
                    match ChannelControl::decode(&said.message).unwrap().body {
                        ChannelControlBody::ChannelSubscribed(says) => {
                            self.subscriber.subscribed(said.peer, &says)
                        }
                        ChannelControlBody::ChannelRefused(says) => self.subscriber.refused(said.peer, &says),
                        ChannelControlBody::ChannelEnded(says) => self.subscriber.ended(said.peer, &says),
                        other => panic!("a publisher does not say {other:?}"),
                    }
                } else {
                    return std::iter::from_fn(|| self.subscriber.poll()).collect();
                }
            }
        }

        /// Publishes an event, which arrives unless it is lost.
        fn publish(&mut self, arrives: bool) -> Option<SubscriptionId> {
            let plan = self.publisher.plan(self.at, &self.directory, "news").unwrap();
            let target = plan.targets.iter().chain(plan.groups.iter().flatten()).next();
            let target = target.filter(|_| arrives)?;
            self.subscriber.received(target.peer, target.subscription, plan.sequence)
        }
    }

    fn wish(channel: &str) -> Wish {
        Wish {
            publisher: entity(1).node_id(),
            channel: channel.to_owned(),
            group: String::new(),
            tokens: Vec::new(),
        }
    }

    #[test]
    fn a_gap_is_told_whether_events_or_the_session_was_lost() {
        let mut pair = Pair::new();
        let id = pair.subscriber.subscribe(pair.at, wish("news")).unwrap();
        assert_eq!(pair.settle(), [Notice::Began { id, next: 0 }]);
        assert_eq!(pair.publish(true), Some(id));
        pair.publish(false);
        assert_eq!(pair.publish(true), Some(id));
        assert_eq!(pair.settle(), [Notice::Missed { id, from: 1, count: Some(1) }]);
        pair.lose();
        (0..4).for_each(|_| assert_eq!(pair.publish(true), None));
        pair.connect();
        let expected = [Notice::Began { id, next: 7 }, Notice::Missed { id, from: 3, count: Some(4) }];
        assert_eq!(pair.settle(), expected);
        assert_eq!((pair.publish(true), pair.settle()), (Some(id), vec![]));
    }

    #[test]
    fn a_publisher_that_has_started_anew_says_so() {
        let mut pair = Pair::new();
        let id = pair.subscriber.subscribe(pair.at, wish("news")).unwrap();
        pair.settle();
        pair.publish(true);
        pair.publisher.shut_down();
        assert_eq!(pair.settle(), [], "it is asked for again when the publisher is back");
        pair.lose();
        pair.publisher = Publisher::new(entity(1), 8);
        pair.register("news");
        pair.connect();
        assert_eq!(
            pair.settle(),
            [Notice::Began { id, next: 0 }, Notice::Missed { id, from: 1, count: None }]
        );
    }

    #[test]
    fn what_is_refused_or_ended_is_wanted_no_more() {
        let mut pair = Pair::new();
        let id = pair.subscriber.subscribe(pair.at, wish("other")).unwrap();
        assert_eq!(pair.settle(), [Notice::Refused { id, reason: ChannelRefusal::UnknownChannel }]);
        let mut id = pair.subscriber.subscribe(pair.at, wish("news")).unwrap();
        pair.settle();
        for is_read_before in [false, true] {
            let (peer, subscription) = *pair.subscriber.live.first_key_value().unwrap().0;
            if is_read_before {
                pair.subscriber.drained(peer, subscription);
            }
            assert!(pair.publisher.remove(&pair.directory, "news"));
            if !is_read_before {
                assert_eq!(pair.settle(), [], "what was published before may still come");
                assert_eq!(pair.subscriber.received(peer, subscription, 0), Some(id));
                pair.subscriber.drained(peer, subscription);
            }
            assert_eq!(pair.settle(), [Notice::Ended { id, reason: ChannelEnd::Removed }]);
            pair.register("news");
            id = pair.subscriber.subscribe(pair.at, wish("news")).unwrap();
            pair.settle();
        }
        assert!(pair.publisher.remove(&pair.directory, "news"));
        let (peer, subscription) = *pair.subscriber.live.first_key_value().unwrap().0;
        pair.subscriber.drained(peer, subscription);
        pair.settle();
        pair.lose();
        pair.connect();
        assert_eq!(pair.settle(), []);
        assert!(pair.subscriber.subscribe(pair.at, wish("News")).is_err());
    }

    #[test]
    fn what_is_not_answered_is_given_up_in_time() {
        let mut pair = Pair::new();
        let id = pair.subscriber.subscribe(pair.at, wish("news")).unwrap();
        pair.at.now += PATIENCE;
        pair.subscriber.handle_timeout(pair.at);
        assert_eq!(pair.subscriber.poll(), Some(Notice::Unanswered { id }));
        assert_eq!(pair.settle(), []);
        assert!(
            pair.publisher.roster("news").is_none_or(|roster| roster.snapshot().is_empty()),
            "a late yes is taken back"
        );
    }

    #[test]
    fn a_channel_is_asked_for_once_and_events_for_nobody_are_counted() {
        let mut pair = Pair::new();
        let id = pair.subscriber.subscribe(pair.at, wish("news")).unwrap();
        pair.settle();
        assert_eq!(pair.subscriber.subscribe(pair.at, wish("news")), Ok(id));
        assert_eq!(pair.settle(), [Notice::Began { id, next: 0 }]);
        assert_eq!(pair.publisher.roster("news").unwrap().snapshot().len(), 1);
        assert_eq!(pair.publish(true), Some(id));
        pair.subscriber.unsubscribe(id);
        assert_eq!(pair.publish(true), None);
        assert_eq!(pair.subscriber.unwanted(), 1);
        assert_eq!(pair.settle(), []);
        assert!(pair.publisher.roster("news").unwrap().snapshot().is_empty());
    }

    #[test]
    fn what_is_asked_for_anew_goes_on_behind_what_was_published_before() {
        let mut pair = Pair::new();
        let id = pair.subscriber.subscribe(pair.at, wish("news")).unwrap();
        pair.settle();
        let peer = Peer(pair.session);
        assert_eq!(pair.publish(true), Some(id));
        (0..3).for_each(|_| assert_eq!(pair.publish(false), None));
        pair.subscriber.subscribe(pair.at, wish("news")).unwrap();
        assert_eq!(pair.settle(), [Notice::Began { id, next: 4 }]);
        let settled = |pair: &Pair| [1, 2].map(|its| pair.subscriber.is_settled(peer, its));
        assert_eq!(settled(&pair), [true, false]);
        assert_eq!(pair.subscriber.received(peer, 1, 1), Some(id));
        assert_eq!(pair.subscriber.received(peer, 1, 2), Some(id));
        pair.subscriber.drained(peer, 1);
        assert_eq!(settled(&pair), [true, true]);
        assert_eq!(pair.settle(), [], "whether the last has come shows with the next");
        assert_eq!(pair.publish(true), Some(id));
        assert_eq!(pair.settle(), [Notice::Missed { id, from: 3, count: Some(1) }]);
    }

    #[test]
    fn what_is_asked_for_anew_while_it_ends_goes_on() {
        let mut pair = Pair::new();
        let id = pair.subscriber.subscribe(pair.at, wish("news")).unwrap();
        pair.settle();
        let peer = Peer(pair.session);
        assert!(pair.publisher.remove(&pair.directory, "news"));
        assert_eq!(pair.settle(), []);
        pair.register("news");
        pair.subscriber.subscribe(pair.at, wish("news")).unwrap();
        assert_eq!(pair.settle(), [Notice::Began { id, next: 0 }]);
        pair.subscriber.drained(peer, 1);
        assert_eq!((pair.settle(), pair.publish(true)), (vec![], Some(id)));
    }

    #[test]
    fn members_of_a_group_miss_nothing_that_others_got() {
        let mut pair = Pair::new();
        let id =
            pair.subscriber.subscribe(pair.at, Wish { group: "workers".into(), ..wish("news") }).unwrap();
        pair.settle();
        pair.publish(true);
        pair.publish(false);
        assert_eq!((pair.publish(true), pair.settle()), (Some(id), vec![]));
    }
}
