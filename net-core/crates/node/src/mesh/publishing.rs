//! Channels of this node, and how an event is published.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use bytes::Bytes;
use net_channel::{
    Visibility,
    publisher::{self, Reason, Target},
};
use net_crypto::EntityId;
use net_machine::{Manner, Mark, Outcome, Ticket};
use net_session::Haste;
use net_types::{
    Error,
    channel::{
        self, ChannelConfig, ChannelError, ChannelRefusal, OnFailure, PublishFailure, PublishReason,
        PublishReport, PublishWait,
    },
    identity::NodeId,
    mesh::{PublishConfig, Reliability, StreamError},
};
use tokio::{task::coop::consume_budget, time::timeout};

use super::{
    hearing::invalid_name,
    hub::{Hub, Shared},
};
use crate::bus::bell::Waiter;

/// Longest event of a channel whose events arrive, and of one whose events may be lost.
const RELIABLE: usize = 16 << 20;
const LOSSY: usize = 256 << 10;

/// Events that wait for room, and who waits for acknowledgements.
#[derive(Debug, Default)]
pub(super) struct Publishing {
    outcomes: BTreeMap<Ticket, Vec<Outcome>>,
    awaiting: usize,
}

impl Publishing {
    /// Whether somebody waits for an acknowledgement.
    pub(super) fn awaits_acknowledgement(&self) -> bool {
        self.awaiting > 0
    }
}

/// What becomes of one event.
#[derive(Debug)]
struct Job {
    ticket: Ticket,
    sequence: Option<u64>,
    attempted: usize,
    taken: Vec<(NodeId, Option<Mark>)>,
    waiting: BTreeMap<(publisher::Peer, u64), NodeId>,
    failed: Vec<(NodeId, PublishReason)>,
    /// Who is told of the first failure that ends it.
    fails_fast: bool,
    acks: bool,
}

/// A job that ends with the wait for it, however that ends.
struct Wait<'a> {
    shared: &'a Shared,
    job: Job,
}

impl Shared {
    /// Publishes an event, and waits for what the options say.
    pub(super) async fn publish(
        self: &Arc<Self>,
        name: &str,
        payload: &Bytes,
        options: &PublishConfig,
    ) -> Result<PublishReport, Error> {
        // Whoever publishes in a loop leaves turns to the node, which may be driven by the same thread.
        consume_budget().await;
        let job = self.begin(name, payload, options)?;
        if job.waiting.is_empty() && !job.acks {
            return Ok(job.report()?);
        }
        let mut wait = Wait { shared: self, job };
        wait.until(options.deadline).await;
        Ok(wait.end()?)
    }

    fn begin(&self, name: &str, payload: &Bytes, options: &PublishConfig) -> Result<Job, Error> {
        let now = Instant::now();
        let mut hub = self.lock();
        hub.check_open()?;
        let begun = hub.publish(now, name, payload, options);
        match begun {
            Ok((job, Haste::Soon)) => {
                self.gather(hub);
                Ok(job)
            }
            Ok((job, Haste::None)) => Ok(job),
            Ok((job, Haste::Now)) => {
                self.settle(hub, now);
                Ok(job)
            }
            Err(error) => {
                self.settle(hub, now);
                Err(error)
            }
        }
    }
}

impl Wait<'_> {
    /// Waits until it is known of every subscriber, or so long.
    async fn until(&mut self, patience: Duration) {
        let mut waiter = Waiter::new(&self.shared.moved);
        let done = poll_fn(|cx| {
            waiter.arm(cx.waker());
            let mut hub = self.shared.lock();
            hub.progress(&mut self.job);
            if self.job.is_settled() { Poll::Ready(()) } else { Poll::Pending }
        });
        // What is not known by then is in the report.
        drop(timeout(patience, done).await);
    }

    fn end(mut self) -> Result<PublishReport, ChannelError> {
        let job = &mut self.job;
        self.shared.act(|hub, now| {
            hub.progress(job);
            hub.machine.give_up_waiting(now, job.ticket);
            hub.note_outcomes();
            hub.progress(job);
            Hub::give_up_acknowledgements(job);
        });
        self.job.report()
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        let job = &self.job;
        self.shared.act(|hub, now| {
            hub.machine.give_up_waiting(now, job.ticket);
            hub.publishing.outcomes.remove(&job.ticket);
            hub.publishing.awaiting -= usize::from(job.acks);
        });
    }
}

impl Job {
    /// Whether nothing has to be waited for any more.
    fn is_settled(&self) -> bool {
        let is_arrived = || !self.acks || self.taken.iter().all(|(_, mark)| mark.is_none());
        self.has_failed() || (self.waiting.is_empty() && is_arrived())
    }

    fn has_failed(&self) -> bool {
        self.fails_fast && self.failed.iter().any(|(_, reason)| *reason != PublishReason::Denied)
    }

    fn report(&self) -> Result<PublishReport, ChannelError> {
        let failure = |(node_id, reason): &(NodeId, PublishReason)| PublishFailure {
            node_id: *node_id,
            reason: *reason,
            message: said(*reason).to_owned(),
        };
        let mut errors: Vec<_> = self.failed.iter().map(failure).collect();
        let first = errors.iter().find(|failure| failure.reason != PublishReason::Denied);
        if let Some(PublishFailure { node_id, message, .. }) = first.filter(|_| self.fails_fast) {
            return Err(ChannelError::NotDelivered { node: node_id.0, reason: message.clone() });
        }
        errors.sort_by_key(|failure| failure.node_id);
        Ok(PublishReport {
            attempted: self.attempted as u32,
            delivered: self.taken.len() as u32,
            errors,
            sequence: self.sequence,
        })
    }
}

impl Hub {
    /// Registers a channel as the caller describes it.
    pub(super) fn register_channel(&mut self, config: &ChannelConfig) -> Result<(), Error> {
        config.check()?;
        let trusted: Result<Vec<_>, _> =
            config.trusted_issuers.iter().map(|entity| EntityId::try_from(entity.as_ref())).collect();
        let inner = publisher::ChannelConfig {
            visibility: visibility(config.visibility)?,
            reliable: config.reliable.unwrap_or(true),
            waits: config.reliable.unwrap_or(false),
            priority: config.priority,
            max_rate_pps: config.max_rate_pps,
            publish_caps: config.publish_caps.clone().map(Into::into),
            subscribe_caps: config.subscribe_caps.clone().map(Into::into),
            require_token: config.require_token,
            trusted_issuers: trusted?,
        };
        let registered = match config.prefix {
            true => self.machine.register_prefix(&config.name, inner),
            false => self.machine.register_channel(&config.name, inner),
        };
        Ok(registered.map_err(invalid_name)?)
    }

    fn publish(
        &mut self,
        now: Instant,
        name: &str,
        payload: &Bytes,
        options: &PublishConfig,
    ) -> Result<(Job, Haste), Error> {
        let is_reliable = self.machine.publisher().is_reliable(name).ok_or(ChannelError::UnknownChannel)?;
        let acks = options.wait == PublishWait::Acked;
        if !is_reliable && (acks || options.reliability == Some(Reliability::Reliable)) {
            return Err(ChannelError::InvalidReliability.into());
        }
        let limit = if is_reliable { RELIABLE } else { LOSSY };
        if payload.len() > limit {
            let length = payload.len() as u64;
            return Err(StreamError::MessageTooLarge { length, limit: limit as u64 }.into());
        }
        let fails_fast = options.on_failure == OnFailure::FailFast;
        let waits = options.reliability.map(|reliability| reliability == Reliability::Reliable);
        let manner = Manner { waits, fails_fast };
        let published = self.machine.publish(now, name, payload, manner).map_err(refusal)?;
        let node = |target: &Target| self.machine.subscriber(*target).unwrap_or(NodeId(0));
        let mark = |target: &Target| self.machine.mark(*target).filter(|_| acks);
        let job = Job {
            ticket: published.ticket,
            sequence: published.sequence,
            attempted: published.attempted,
            taken: published.delivered.iter().map(|target| (node(target), mark(target))).collect(),
            waiting: published.waiting.iter().map(|target| (key(*target), node(target))).collect(),
            failed: published.left_out.iter().map(|(target, why)| (node(target), reason(*why))).collect(),
            fails_fast,
            acks,
        };
        let hastes = published.delivered.iter().map(|target| self.machine.haste(*target));
        let haste = hastes.max_by_key(|haste| urgency(*haste)).unwrap_or(Haste::None);
        if !job.waiting.is_empty() {
            self.publishing.outcomes.insert(job.ticket, Vec::new());
        }
        self.publishing.awaiting += usize::from(acks);
        Ok((job, haste))
    }

    /// Takes what has become of events that waited; true if somebody waits for that.
    pub(super) fn note_outcomes(&mut self) -> bool {
        let mut has_moved = false;
        while let Some(outcome) = self.machine.poll_outcome() {
            if let Some(outcomes) = self.publishing.outcomes.get_mut(&outcome.ticket) {
                outcomes.push(outcome);
                has_moved = true;
            }
        }
        has_moved
    }

    /// Brings a job up to date.
    fn progress(&mut self, job: &mut Job) {
        let outcomes = self.publishing.outcomes.get_mut(&job.ticket).map(std::mem::take);
        for Outcome { target, taken, .. } in outcomes.into_iter().flatten() {
            let Some(node) = job.waiting.remove(&key(target)) else { continue };
            match taken {
                Ok(()) => job.taken.push((node, self.machine.mark(target).filter(|_| job.acks))),
                Err(why) => job.failed.push((node, reason(why))),
            }
        }
        for (_, mark) in &mut job.taken {
            if mark.is_some_and(|place| self.machine.has_arrived(place) == Some(true)) {
                *mark = None;
            }
        }
        let is_lost = |mark: Mark| self.machine.has_arrived(mark).is_none();
        for (node, _) in job.taken.extract_if(.., |(_, mark)| mark.is_some_and(is_lost)) {
            job.failed.push((node, PublishReason::Gone));
        }
    }

    /// Says of whom nobody knows whether the event has arrived.
    fn give_up_acknowledgements(job: &mut Job) {
        for (node, _) in job.taken.extract_if(.., |(_, mark)| mark.is_some()) {
            job.failed.push((node, PublishReason::Unacked));
        }
    }
}

fn key(target: Target) -> (publisher::Peer, u64) {
    (target.peer, target.subscription)
}

const fn urgency(haste: Haste) -> u8 {
    match haste {
        Haste::None => 0,
        Haste::Soon => 1,
        Haste::Now => 2,
    }
}

fn visibility(asked: channel::Visibility) -> Result<Visibility, ChannelError> {
    match asked {
        channel::Visibility::Global => Ok(Visibility::Global),
        channel::Visibility::SubnetLocal => Ok(Visibility::SubnetLocal),
        channel::Visibility::ParentVisible => Ok(Visibility::ParentVisible),
        channel::Visibility::Exported => Err(ChannelError::InvalidVisibility {
            detail: "exported permits nobody, since nothing says to which subnets".to_owned(),
        }),
    }
}

fn refusal(reason: ChannelRefusal) -> ChannelError {
    match reason {
        ChannelRefusal::Unauthorized => ChannelError::Unauthorized,
        _ => ChannelError::UnknownChannel,
    }
}

const fn reason(reason: Reason) -> PublishReason {
    match reason {
        Reason::NoRoom => PublishReason::NoRoom,
        Reason::Rate => PublishReason::Rate,
        Reason::Gone => PublishReason::Gone,
        Reason::Denied => PublishReason::Denied,
    }
}

const fn said(reason: PublishReason) -> &'static str {
    match reason {
        PublishReason::NoRoom => "its session had no room",
        PublishReason::Rate => "the channel has had as many events as it may have",
        PublishReason::Gone => "its session or its subscription has ended",
        PublishReason::Denied => "what permitted it is over",
        PublishReason::Unacked => "its node has not acknowledged the event in time",
    }
}
