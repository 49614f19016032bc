//! How time passes in a world.

use super::{Due, Scheduled, Violation, World};
use crate::{Host, Node, trace::What};
use net_session::Ecn;
use std::{net::SocketAddr, time::Duration};

/// How often what must hold of all nodes is checked.
pub(super) const CHECKS: Duration = Duration::from_millis(100);

/// Datagrams that a node may send in one go, before it counts as gone mad.
const BURST: usize = 100_000;

/// Times that a node may be woken without time passing, before it counts as gone mad.
const SPINS: u32 = 1_000;

impl<N: Node> World<N> {
    /// Lets time pass.
    pub fn run_for(&mut self, span: Duration) -> Result<(), Violation> {
        let end = self.now + span;
        while self.step(end)? {}
        Ok(())
    }

    /// Lets time pass until something is so, which is looked at each 100 ms; tells after how long, if in time.
    pub fn run_until(
        &mut self,
        most: Duration,
        mut is_so: impl FnMut(&Self) -> bool,
    ) -> Result<Option<Duration>, Violation> {
        let start = self.now;
        loop {
            if is_so(self) {
                return Ok(Some(self.now - start));
            }
            if self.now >= start + most {
                return Ok(None);
            }
            self.run_for(CHECKS.min(start + most - self.now))?;
        }
    }

    /// Does the next thing that is due by a time; false, and it is that time, if there is none.
    fn step(&mut self, end: Duration) -> Result<bool, Violation> {
        let next = self.queue.next();
        if self.next_check <= end && next.is_none_or(|next| self.next_check <= next) {
            self.now = self.next_check;
            self.next_check += CHECKS;
            self.check_all(None)?;
            return Ok(true);
        }
        if next.is_none_or(|next| next > end) {
            self.now = end;
            return Ok(false);
        }
        let Some(scheduled) = self.queue.pop() else { return Ok(false) };
        self.now = scheduled.at;
        self.happen(scheduled)?;
        Ok(true)
    }

    fn happen(&mut self, scheduled: Scheduled) -> Result<(), Violation> {
        let (host, at) = (scheduled.host, scheduled.at);
        let place = &mut self.nodes.0[host.0];
        let now = place.clock.at(at);
        let Some(node) = place.node.as_mut() else { return Ok(()) };
        match scheduled.what {
            Due::Arrival { from, ecn, mut bytes } => {
                self.counts.arrived += 1;
                self.trace.add(at, Some(host), What::Arrived(from), &bytes);
                node.handle(now, from, ecn, &mut bytes);
            }
            Due::Wake if place.wakes == Some(at) => {
                place.wakes = None;
                self.counts.timers += 1;
                self.trace.add(at, Some(host), What::Woken, &[]);
                node.handle_timeout(now);
                let (last, when, times) = self.woken;
                self.woken = (host, at, if (last, when) == (host, at) { times + 1 } else { 0 });
                if self.woken.2 > SPINS {
                    return Err(self.violation_of(host, "its timer is always due".into()));
                }
            }
            Due::Wake => return Ok(()),
        }
        self.settle(host)
    }

    /// Sends what a node has to send, checks it, and sets its timer.
    pub(super) fn settle(&mut self, host: Host) -> Result<(), Violation> {
        let mut buffer = std::mem::take(&mut self.buffer);
        for count in 0.. {
            let place = &mut self.nodes.0[host.0];
            let (now, source) = (place.clock.at(self.now), place.address);
            let Some(node) = place.node.as_mut() else { break };
            let Some(outgoing) = node.poll_transmit(now, &mut buffer) else { break };
            for datagram in buffer.chunks(outgoing.segment.max(1)) {
                self.send(host, source, (outgoing.to, outgoing.ecn), datagram)?;
            }
            if count > BURST {
                return Err(self.violation_of(host, "it does not stop sending".into()));
            }
        }
        self.buffer = buffer;
        let place = &mut self.nodes.0[host.0];
        let now = place.clock.at(self.now);
        if let Some(node) = place.node.as_mut() {
            let checked = node.check(now);
            let wakes = node.poll_timeout().map(|at| place.clock.world_time(at).max(self.now));
            let has_changed = wakes != place.wakes;
            place.wakes = wakes;
            if let Some(at) = wakes.filter(|_| has_changed) {
                self.queue.push(at, host, Due::Wake);
            }
            checked.map_err(|text| self.violation_of(host, text))?;
        }
        self.check_all(Some(host))
    }

    fn send(
        &mut self,
        host: Host,
        source: SocketAddr,
        (to, ecn): (SocketAddr, Option<Ecn>),
        datagram: &[u8],
    ) -> Result<(), Violation> {
        self.counts.sent += 1;
        self.counts.bytes += datagram.len() as u64;
        self.trace.add(self.now, Some(host), What::Sent(to), datagram);
        let tapped = self.tap.as_mut().map_or(Ok(()), |tap| tap(host, datagram));
        tapped.map_err(|text| self.violation_of(host, text))?;
        match self.network.send(self.now, host, source, (to, ecn), datagram) {
            Ok(flights) => flights.into_iter().for_each(|flight| {
                let what = Due::Arrival { from: flight.from, ecn: flight.ecn, bytes: flight.bytes };
                self.queue.push(flight.arrives, flight.host, what);
            }),
            Err(why) => {
                self.counts.lost += 1;
                self.trace.add(self.now, Some(host), What::Lost(why), &[]);
            }
        }
        Ok(())
    }

    fn check_all(&mut self, host: Option<Host>) -> Result<(), Violation> {
        let Some(watch) = self.watch.as_mut() else { return Ok(()) };
        watch(&mut self.nodes, host).map_err(|text| Violation { at: self.now, host, text })
    }

    fn violation_of(&self, host: Host, text: String) -> Violation {
        Violation { at: self.now, host: Some(host), text }
    }
}
