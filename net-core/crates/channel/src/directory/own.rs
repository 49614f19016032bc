//! Announcements of this node: at once the first times, then as often as others pass them on, and again in time.

use super::{Directory, Timer, table::Held};
use crate::{
    Edition, Event, Moment, State,
    announcement::{Draft, Signed},
    config::limits,
};
use net_gossip::Bucket;
use net_types::{
    Error,
    capability::{AnnouncementKind, MAX_DELTAS},
};
use std::time::{Duration, Instant};

/// What this node announces.
#[derive(Debug)]
pub(super) struct Own {
    /// What it has now, if it announces anything.
    wanted: Option<State>,
    /// Whether it has announced anything in this epoch.
    has_spoken: bool,
    revision: u32,
    /// Changes that were told since all was told.
    deltas: u8,
    budget: Bucket,
}

impl Own {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            wanted: None,
            has_spoken: false,
            revision: 0,
            deltas: 0,
            budget: Bucket::new(now, limits::ORIGIN),
        }
    }
}

impl Directory {
    /// Announces what this node has, in place of what it has announced before. The first four times it is told at once, then
    /// every 5 s, which is as often as others pass it on; the newest counts. `argument` if it is too long.
    pub fn announce(&mut self, at: Moment, state: State) -> Result<(), Error> {
        let body = state.encode()?;
        self.signer.announce(self.draft(at, AnnouncementKind::Full, body))?;
        self.own.wanted = Some(state);
        self.speak_in_turn(at);
        Ok(())
    }

    /// Takes back what this node has announced. Nothing happens if that is nothing.
    pub fn withdraw(&mut self, at: Moment) {
        if self.own.wanted.take().is_some() {
            self.speak_in_turn(at);
        }
    }

    /// Says how long own announcements hold from now on.
    pub fn set_ttl(&mut self, ttl: Duration) {
        self.config.ttl = ttl;
    }

    /// What this node announces.
    pub fn announced(&self) -> Option<&State> {
        self.own.wanted.as_ref()
    }

    /// The epoch of announcements.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Goes on in a later epoch, which this node's beacons have taken.
    pub fn raise_epoch(&mut self, at: Moment, epoch: u64) {
        if epoch > self.epoch {
            self.epoch = epoch;
            self.own.revision = 0;
            if std::mem::take(&mut self.own.has_spoken) {
                self.speak(at);
            }
        }
    }

    /// Has heard an announcement of this very node, which is known to be its own. A later one than its newest means that its
    /// clock was set back; an earlier one that it is still believed to have what it had before it started.
    pub(super) fn heard_own(&mut self, at: Moment, heard: &Signed) {
        let edition = heard.edition();
        if edition > self.own_edition() {
            let Some(epoch) = edition.epoch.checked_add(1) else { return };
            self.own.has_spoken = true;
            self.raise_epoch(at, epoch);
            self.events.push_back(Event::EpochTaken { epoch });
        } else if !self.own.has_spoken && heard.says.kind != AnnouncementKind::Withdrawal {
            self.speak(at);
        }
    }

    pub(super) fn own_edition(&self) -> Edition {
        Edition { epoch: self.epoch, revision: self.own.revision }
    }

    /// Says what there is to say, now or when it is this node's turn.
    fn speak_in_turn(&mut self, at: Moment) {
        if self.timers.is_set(Timer::Speak) {
            return;
        }
        if self.own.budget.take(at.now, limits::NEWS) {
            self.speak(at);
        } else {
            let turn = self.own.budget.ready_at(at.now, limits::NEWS);
            self.timers.set(Timer::Speak, turn);
        }
    }

    /// Says it again before its time is over.
    pub(super) fn renew(&mut self, at: Moment) {
        if self.own.wanted.is_some() {
            self.speak(at);
        }
    }

    /// Signs an announcement of what there is now, and has all neighbours told.
    pub(super) fn speak(&mut self, at: Moment) {
        self.own.revision += 1;
        let (signed, held) = match self.own.wanted.clone() {
            Some(state) => self.tell(at, state),
            None => self.take_back(at),
        };
        self.own.has_spoken = true;
        self.timers.set(Timer::Renew, at.now + self.config.ttl / 3);
        self.keep(at, None, &signed, held);
    }

    /// What there is as a change of what was told in full, if that is shorter and there were not too many.
    fn tell(&mut self, at: Moment, state: State) -> (Signed, Held) {
        let body = state.encode().expect("it was encoded before");
        if let Some((full, base, change)) =
            self.change(&state).filter(|(.., change)| change.len() < body.len())
        {
            let signed = self.sign(at, AnnouncementKind::Delta, change);
            let delta = Some(signed.clone().into_kept());
            self.own.deltas += 1;
            return (signed, Held::Live { full, base, delta, state });
        }
        self.own.deltas = 0;
        let signed = self.sign(at, AnnouncementKind::Full, body);
        let full = signed.clone().into_kept();
        (signed, Held::Live { full, base: self.own.revision, delta: None, state })
    }

    fn change(&self, state: &State) -> Option<(crate::announcement::Kept, u32, Vec<u8>)> {
        let entry = self.table.get(self.node_id.0)?;
        let Held::Live { full, base, .. } = &entry.held else { return None };
        if entry.edition.epoch != self.epoch || self.own.deltas >= MAX_DELTAS {
            return None;
        }
        let before = State::decode(&full.says()?.body).ok()?;
        let change = state.delta_from(&before, *base).ok()?.encode().ok()?;
        Some((full.clone(), *base, change))
    }

    fn take_back(&mut self, at: Moment) -> (Signed, Held) {
        let signed = self.sign(at, AnnouncementKind::Withdrawal, Vec::new());
        let kept = signed.clone().into_kept();
        (signed, Held::Withdrawn(kept))
    }

    fn sign(&self, at: Moment, kind: AnnouncementKind, body: Vec<u8>) -> Signed {
        self.signer
            .announce(self.draft(at, kind, body))
            .expect("a body that is not longer than one was before")
    }

    fn draft(&self, at: Moment, kind: AnnouncementKind, body: Vec<u8>) -> Draft {
        let ttl = u32::try_from(self.config.ttl.as_secs()).unwrap_or(u32::MAX);
        Draft { kind, edition: self.own_edition(), ttl, issued: at.wall, body }
    }
}
