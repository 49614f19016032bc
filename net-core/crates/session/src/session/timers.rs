//! What time does to a session: acknowledgements fall due, packets are lost, a silent peer is suspected and given up.

use super::{Context, Ending, Session, StreamEvent, congestion::Cubic, settle::Settling};
use crate::{
    Path,
    config::limits,
    random::{Draw, Random},
    stats::DropReason,
    stream::Effects,
};
use std::time::{Duration, Instant};

/// Time after which the first initiator agrees on fresh keys, and after which the other side does.
const FRESH_KEYS: Duration = Duration::from_secs(60 * 60);
const FRESH_KEYS_OTHER: Duration = Duration::from_secs(66 * 60);

/// A session without fresh keys for this time ends.
const LONGEST_KEYS: Duration = Duration::from_secs(90 * 60);

/// After a PSK was removed, every session has fresh keys within this time.
const RENEWAL_TIME: Duration = Duration::from_secs(60);

/// Old keys open packets for this time after the peer has used newer ones.
const KEEP_KEYS: Duration = Duration::from_secs(3);

/// A time up to a tenth shorter or longer.
pub(super) fn jittered(time: Duration, random: &mut dyn Random) -> Duration {
    time * random.between(900, 1_101) as u32 / 1_000
}

impl Session {
    /// When something is to be done, if nothing else happens before.
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        if let Some(closing) = &self.closing {
            return Some(if closing.is_due { closing.next.min(closing.until) } else { closing.until });
        }
        let times = [
            self.acks.deadline(),
            self.recovery.next_timeout(),
            self.recovery.doubtful_until().filter(|_| !self.is_ping_due),
            self.paced_until,
            self.paths.next_timeout(),
            self.incoming.next_timeout(),
            Some(self.next_liveness()),
            Some(self.expires()),
            self.next_retirement(),
            self.next_shrink(),
        ];
        times.into_iter().flatten().min()
    }

    pub(crate) fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        if self.closing.is_some() {
            return;
        }
        self.detect_losses(cx);
        self.is_ping_due |= self.recovery.doubtful_until().is_some_and(|at| cx.now >= at);
        self.watch_peer(cx);
        self.paths.expire(cx.now);
        let mut effects =
            Effects { events: &mut self.events, control: &mut self.control, later: &mut self.later };
        let given_up = self.incoming.expire(cx.now, &mut effects);
        (0..given_up).for_each(|_| self.stats.drop(DropReason::Incomplete));
        if cx.now >= self.expires() {
            self.ending = Some(Ending::Expired);
        }
        self.retire_keys(cx.now);
        if self.next_shrink().is_some_and(|at| cx.now >= at) {
            self.shrink();
        }
    }

    /// Whether fresh keys should be agreed on. The initiator of the current ones is first to do so.
    pub(crate) fn wants_fresh_keys(&self, now: Instant) -> bool {
        self.closing.is_none() && now >= self.fresh_keys_at()
    }

    /// A PSK is accepted no longer: the session has to show soon that its peer knows another.
    pub(crate) fn demand_renewal(&mut self, cx: &mut Context<'_>) {
        let within = RENEWAL_TIME.as_millis() as u64;
        let from = cx.now + Duration::from_millis(cx.random.between(0, within / 2));
        self.renewal = Some((from, cx.now + RENEWAL_TIME));
    }

    /// When fresh keys should be agreed on.
    fn fresh_keys_at(&self) -> Instant {
        let keying = self.keying();
        let regular = keying.made + if keying.is_initiator { FRESH_KEYS } else { FRESH_KEYS_OTHER };
        self.renewal.map_or(regular, |(from, _)| from.min(regular))
    }

    /// When the session ends for want of fresh keys.
    fn expires(&self) -> Instant {
        let regular = self.keying().made + LONGEST_KEYS;
        self.renewal.map_or(regular, |(_, until)| until.min(regular))
    }

    /// Whether the session may be forgotten.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        self.closing.as_ref().is_some_and(|closing| now >= closing.until)
    }

    /// The path is another from now on.
    pub(super) fn change_path(&mut self, cx: &mut Context<'_>, path: Path) {
        let is_same_host = self.paths.active.differs_in_port_only(path);
        self.stats.path_changes += 1;
        if is_same_host {
            self.paths.active = path;
        } else {
            let datagram = self.terms.max_datagram.min(cx.config.max_datagram.into());
            self.paths.move_to(path, datagram, cx.now);
            self.congestion = Box::new(Cubic::new(self.paths.mtu.current as u64));
            self.recovery.start_anew();
            self.marking.start_anew();
        }
        self.is_ping_due = true;
        self.events.push_back(StreamEvent::PathChanged(path));
    }

    fn detect_losses(&mut self, cx: &mut Context<'_>) {
        let mut settling = Settling {
            outgoing: &mut self.outgoing,
            acks: &mut self.acks,
            control: &mut self.control,
            events: &mut self.events,
            stats: &mut self.stats,
        };
        let mut settle = |frame, fate| settling.settle(frame, fate);
        self.recovery.make_room(cx.now, &mut settle);
        let (verdict, is_probe) = self.recovery.handle_timeout(cx.now, &mut *self.congestion, &mut settle);
        self.recovery.forget(cx.now, &mut settle);
        if is_probe {
            self.probes = 2;
            self.stats.probes += 1;
            self.paths.mtu.unanswered(self.recovery.probes(), cx.now);
        }
        self.judge(cx, verdict);
    }

    /// Silence: asks for a sign of life, suspects, gives up. A peer that sends and acknowledges nothing is given up as well.
    fn watch_peer(&mut self, cx: &mut Context<'_>) {
        let silence = cx.now.saturating_duration_since(self.received);
        if cx.now >= self.gone_at() {
            self.ending = Some(Ending::Silence);
            return;
        }
        if silence >= self.heartbeat && self.asked.is_none() {
            self.is_ping_due = true;
            self.heartbeat = jittered(cx.config.heartbeat, cx.random);
        }
        if !self.is_suspected && self.asked.is_some() && silence >= self.suspicion() {
            self.is_suspected = true;
            self.events.push_back(StreamEvent::Suspected(true));
        }
    }

    /// When the peer is given up, if nothing comes that changes it.
    fn gone_at(&self) -> Instant {
        let since = self.recovery.owed_since().map_or(self.received, |owed| owed.min(self.received));
        since + self.session_timeout
    }

    fn suspicion(&self) -> Duration {
        self.heartbeat * 2 + self.recovery.timeout() * 3
    }

    fn next_liveness(&self) -> Instant {
        let timeout = self.gone_at();
        let next = match (self.asked, self.is_suspected) {
            (None, _) if !self.is_ping_due => self.received + self.heartbeat,
            (Some(_), false) => self.received + self.suspicion(),
            // What waits to be sent has timers of its own.
            _ => timeout,
        };
        next.min(timeout)
    }

    /// Keys that are neither sent with nor were used lately are given up once the peer has used newer ones.
    fn retire_keys(&mut self, now: Instant) {
        if !self.keying().is_confirmed {
            return;
        }
        let sending = self.keying().own_index;
        self.keyings.retain(|keying| keying.own_index == sending || now < keying.used + KEEP_KEYS);
        self.sending = self.keyings.iter().position(|keying| keying.own_index == sending).unwrap_or(0);
    }

    fn next_retirement(&self) -> Option<Instant> {
        let is_old = |keying: &&super::Keying| keying.own_index != self.keying().own_index;
        let used = self.keyings.iter().filter(is_old).map(|keying| keying.used + KEEP_KEYS).min();
        used.filter(|_| self.keying().is_confirmed)
    }

    fn next_shrink(&self) -> Option<Instant> {
        let is_idle = self.outgoing.is_idle() && self.incoming.is_idle() && self.recovery.in_flight == 0;
        (is_idle && self.are_buffers_kept).then(|| self.received.max(self.sent) + limits::BUFFER_TIME)
    }

    /// Gives buffers back after a time without traffic.
    fn shrink(&mut self) {
        self.are_buffers_kept = false;
        self.outgoing.shrink();
        self.incoming.shrink();
        self.recovery.shrink();
        self.acks.shrink();
        self.replay.shrink();
        self.control.shrink_to_fit();
        self.later.shrink_to_fit();
        self.events.shrink_to_fit();
    }
}
