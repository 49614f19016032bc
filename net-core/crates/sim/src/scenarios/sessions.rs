//! Sessions under every kind of trouble: each message of a reliable stream is read once and in order.

use super::{Outcome, Row, Scenario, company::Company, play, row, seconds};
use crate::{Chance, Conditions, Host, NatKind, Violation, public_address};
use net_types::mesh::MeshError;
use std::{
    cell::RefCell,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    rc::Rc,
    time::Duration,
};

pub(super) const RELIABLE: Scenario = Scenario {
    name: "reliable",
    about: "30 % loss, reordering, duplication and corruption: each message once, in order, both ways",
    nodes: 2,
    weight: 20,
    run: |seed, _| in_company(seed, Conditions::BAD, 2, reliable),
};

pub(super) const SIMULTANEOUS: Scenario = Scenario {
    name: "simultaneous",
    about: "two nodes dial each other at the same time, and have one session",
    nodes: 2,
    weight: 15,
    run: |seed, _| in_company(seed, Conditions::WIDE, 2, simultaneous),
};

pub(super) const RESTART: Scenario = Scenario {
    name: "restart",
    about: "a node crashes and returns; its peer reconnects, and nothing is read twice",
    nodes: 2,
    weight: 10,
    run: |seed, _| in_company(seed, Conditions::WIDE, 2, restart),
};

pub(super) const REBIND: Scenario = Scenario {
    name: "rebind",
    about: "a NAT box gives a node other ports again and again, and its session goes on",
    nodes: 2,
    weight: 10,
    run: |seed, _| in_company(seed, Conditions::WIDE, 2, rebind),
};

pub(super) const SLOW: Scenario = Scenario {
    name: "slow",
    about: "a receiver that does not read holds its sender back within the window, and reads all later",
    nodes: 2,
    weight: 10,
    run: |seed, _| in_company(seed, Conditions::WIDE, 2, slow),
};

pub(super) const UNANSWERED: Scenario = Scenario {
    name: "unanswered",
    about: "a peer that sends and never acknowledges is given up in time, and holds back what it is sent until then",
    nodes: 2,
    weight: 10,
    run: |seed, _| in_company(seed, Conditions::WIDE, 2, unanswered),
};

pub(super) const REPLAY: Scenario = Scenario {
    name: "replay",
    about: "everything that was sent is sent again by somebody else, and nothing is read twice",
    nodes: 2,
    weight: 10,
    run: |seed, _| in_company(seed, Conditions::WIDE, 2, replay),
};

pub(super) const GARBAGE: Scenario = Scenario {
    name: "garbage",
    about: "thousands of random datagrams from everywhere leave a session working, and get no answer",
    nodes: 2,
    weight: 5,
    run: |seed, _| in_company(seed, Conditions::GOOD, 2, garbage),
};

pub(super) const RELAYED: Scenario = Scenario {
    name: "relayed",
    about: "the ends of a line talk over relays, which see no plain text",
    nodes: 4,
    weight: 10,
    run: |seed, nodes| in_company(seed, Conditions::WIDE, nodes, relayed),
};

pub(super) const REROUTED: Scenario = Scenario {
    name: "rerouted",
    about: "a relay crashes under a session, which goes on over another",
    nodes: 4,
    weight: 10,
    run: |seed, _| in_company(seed, Conditions::WIDE, 4, rerouted),
};

pub(super) const UPGRADE: Scenario = Scenario {
    name: "upgrade",
    about: "nodes of an old version are restarted one by one in a new one, and talk to each other at any time",
    nodes: 4,
    weight: 10,
    run: |seed, nodes| in_company(seed, Conditions::WIDE, nodes, upgrade),
};

/// Datagrams with the nodes that sent them.
type Recording = Rc<RefCell<Vec<(Host, Vec<u8>)>>>;

fn in_company(
    seed: u64,
    conditions: Conditions,
    nodes: usize,
    body: impl FnOnce(&mut Company) -> Result<Vec<Row>, Violation>,
) -> Outcome {
    play(Ok(Company::new(seed, conditions, nodes)), |company: &mut Company| {
        body(company).map(|rows| [rows, company.counts()].concat())
    })
}

fn reliable(company: &mut Company) -> Result<Vec<Row>, Violation> {
    company.dial(0, 1);
    company.start(&[])?;
    let met = company.meet(0, 1, Duration::from_secs(120))?;
    let mut flows = [company.flow(0, 1, 1), company.flow(0, 1, 2), company.flow(1, 0, 1)];
    let took = company.carry(&mut flows, 60, 4_000, Duration::from_secs(600))?;
    Ok(vec![row("met after", seconds(met)), row("180 messages took", seconds(took))])
}

fn simultaneous(company: &mut Company) -> Result<Vec<Row>, Violation> {
    company.dial(0, 1);
    company.dial(1, 0);
    company.start(&[])?;
    let met = company.meet(0, 1, Duration::from_secs(30))?;
    let mut flows = [company.flow(0, 1, 1), company.flow(1, 0, 1)];
    let took = company.carry(&mut flows, 50, 2_000, Duration::from_secs(120))?;
    company.world.run_for(Duration::from_secs(10))?;
    for (host, node) in company.world.nodes().iter() {
        let sessions = node.endpoint().sessions().count();
        if sessions != 1 || !node.ended().is_empty() {
            let text = format!("node {} has {sessions} sessions, and lost {}", host.0, node.ended().len());
            return Err(company.world.violation(text));
        }
    }
    Ok(vec![row("met after", seconds(met)), row("100 messages took", seconds(took))])
}

fn restart(company: &mut Company) -> Result<Vec<Row>, Violation> {
    company.dial(0, 1);
    company.start(&[])?;
    company.meet(0, 1, Duration::from_secs(30))?;
    let mut first = company.flow(0, 1, 1);
    company.carry(std::slice::from_mut(&mut first), 20, 1_000, Duration::from_secs(60))?;
    company.world.crash(Host(1));
    let pause = company.world.random().span(Duration::from_secs(60));
    company.world.run_for(pause)?;
    company.world.start(Host(1))?;
    let began = |company: &Company| company.world.node(Host(0)).map_or(0, |node| node.began().len());
    let before = began(company);
    let back = company.world.run_until(Duration::from_secs(90), |world| {
        world.node(Host(0)).is_some_and(|node| node.began().len() > before)
    })?;
    // A short outage may leave the session for the peer's answer to end.
    let back = back.ok_or_else(|| company.world.violation("the peer was not reached again"))?;
    company.meet(0, 1, Duration::from_secs(60))?;
    let mut flow = company.flow(0, 1, 2);
    let took = company.carry(std::slice::from_mut(&mut flow), 20, 1_000, Duration::from_secs(60))?;
    Ok(vec![
        row("was down for", seconds(pause)),
        row("reconnected after", seconds(back)),
        row("20 messages took", seconds(took)),
    ])
}

fn rebind(company: &mut Company) -> Result<Vec<Row>, Violation> {
    company.dial(0, 1);
    let kind = match company.world.random().below(3) {
        0 => NatKind::FullCone,
        1 => NatKind::Cone,
        _ => NatKind::Symmetric,
    };
    company.start(&[(0, kind)])?;
    company.meet(0, 1, Duration::from_secs(30))?;
    let mut flows = [company.flow(0, 1, 1), company.flow(1, 0, 1)];
    for _ in 0..4 {
        company.world.rebind(Host(0));
        company.carry(&mut flows, 20, 2_000, Duration::from_secs(120))?;
        company.world.run_for(Duration::from_secs(2))?;
    }
    let changes = company.world.node(Host(1)).map_or(0, |node| {
        let stats = node.endpoint().sessions().filter_map(|id| node.endpoint().session_stats(id));
        stats.map(|stats| stats.path_changes).sum()
    });
    if changes == 0 {
        return Err(company.world.violation("the session has not moved, so there is nothing to prove"));
    }
    Ok(vec![row("kind of NAT", format!("{kind:?}")), row("path changes", changes)])
}

fn slow(company: &mut Company) -> Result<Vec<Row>, Violation> {
    company.dial(0, 1);
    company.settings[1].reads = 0;
    company.start(&[])?;
    company.meet(0, 1, Duration::from_secs(30))?;
    let mut flow = company.flow(0, 1, 1);
    let mut taken = 0;
    for _ in 0..200 {
        while taken < 10_000 && company.send(&mut flow, 1_000)? {
            taken += 1;
        }
        company.world.run_for(Duration::from_millis(100))?;
    }
    // 64 KiB of messages of 1,002 bytes.
    if taken == 0 || taken > 66 {
        return Err(company
            .world
            .violation(format!("{taken} messages of 1,000 bytes were taken by a window of 64 KiB")));
    }
    company.world.with(Host(1), |node, now| node.set_reads(now, usize::MAX))?;
    let took = company.carry(std::slice::from_mut(&mut flow), 100, 1_000, Duration::from_secs(60))?;
    Ok(vec![row("messages taken unread", taken), row("100 more took", seconds(took))])
}

/// Node 1 acknowledges nothing, since nothing reaches it, and gives up so late that it goes on sending.
fn unanswered(company: &mut Company) -> Result<Vec<Row>, Violation> {
    const PATIENCE: Duration = Duration::from_secs(10);
    company.dial(0, 1);
    (company.settings[0].session.heartbeat, company.settings[0].session.session_timeout) =
        (Duration::from_secs(1), PATIENCE);
    company.settings[1].session.session_timeout = Duration::from_secs(3_600);
    company.start(&[])?;
    company.meet(0, 1, Duration::from_secs(30))?;
    let mut flows = [company.flow(0, 1, 1), company.flow(1, 0, 1)];
    company.carry(&mut flows, 20, 1_000, Duration::from_secs(60))?;
    company.world.set_deaf(Host(1), true);
    let (since, [mut flow, mut life]) = (company.world.now(), flows);
    let (before, heard) = (flow.sent, company.read(&life));
    let has_ended = |company: &Company| {
        let ended = company.world.node(Host(0)).map_or(&[][..], |node| node.ended());
        ended.iter().any(|(_, error)| *error == MeshError::PeerGone)
    };
    while !has_ended(company) {
        while company.send(&mut flow, 1_000)? {}
        company.send(&mut life, 100)?;
        company.world.run_for(Duration::from_millis(100))?;
        let passed = company.world.now() - since;
        if passed > PATIENCE + Duration::from_secs(1) {
            return Err(company.world.violation("a peer that acknowledges nothing keeps its session"));
        }
    }
    let (took, taken) = (company.world.now() - since, flow.sent - before);
    if company.read(&life) == heard {
        return Err(company.world.violation("the peer was silent, so there is nothing to prove"));
    }
    if taken > 66 {
        let text = format!("{taken} messages of 1,000 bytes were taken by a window of 64 KiB");
        return Err(company.world.violation(text));
    }
    company.world.set_deaf(Host(1), false);
    // The peer still has its session, until it hears that there is another.
    company.world.run_for(Duration::from_secs(60))?;
    company.meet(0, 1, Duration::from_secs(30))?;
    let mut again = company.flow(0, 1, 2);
    company.carry(std::slice::from_mut(&mut again), 20, 1_000, Duration::from_secs(60))?;
    Ok(vec![row("given up after", seconds(took)), row("messages taken", taken)])
}

fn replay(company: &mut Company) -> Result<Vec<Row>, Violation> {
    let heard: Recording = Rc::default();
    let recorder = Rc::clone(&heard);
    company.dial(0, 1);
    company.world.tap(Box::new(move |host, datagram| {
        recorder.borrow_mut().push((host, datagram.to_vec()));
        Ok(())
    }));
    company.start(&[])?;
    company.meet(0, 1, Duration::from_secs(30))?;
    let mut flows = [company.flow(0, 1, 1), company.flow(1, 0, 1)];
    let mut again = 0;
    for _ in 0..5 {
        company.carry(&mut flows, 20, 1_000, Duration::from_secs(60))?;
        let recorded = heard.borrow().clone();
        for (sender, datagram) in recorded {
            let other = Host(1 - sender.0);
            let from = if company.world.random().happens(Chance::percent(50)) {
                public_address(sender)
            } else {
                stranger(company)
            };
            company.world.inject(from, other, &datagram);
            again += 1;
        }
        company.world.run_for(Duration::from_secs(1))?;
    }
    company.carry(&mut flows, 20, 1_000, Duration::from_secs(60))?;
    let ended: usize = company.world.nodes().iter().map(|(_, node)| node.ended().len()).sum();
    if ended > 0 {
        return Err(company.world.violation("a replayed datagram has ended a session"));
    }
    Ok(vec![row("datagrams replayed", again)])
}

fn garbage(company: &mut Company) -> Result<Vec<Row>, Violation> {
    company.dial(0, 1);
    company.start(&[])?;
    company.meet(0, 1, Duration::from_secs(30))?;
    let mut flows = [company.flow(0, 1, 1), company.flow(1, 0, 1)];
    const JUNK: u64 = 5_000;
    for count in 0..JUNK {
        let mut datagram = vec![0; company.world.random().index(1_500)];
        company.world.random().fill(&mut datagram);
        // Every other one looks like a packet of the mesh at first sight.
        if let Some(kind) = datagram.first_mut().filter(|_| count % 2 == 0) {
            *kind = [1, 2, 3, 4, 5, 0x10, 0x11][count as usize % 7];
        }
        let (from, to) = (stranger(company), Host(company.world.random().index(2)));
        company.world.inject(from, to, &datagram);
        if count % 100 == 0 {
            company.world.run_for(Duration::from_millis(10))?;
        }
    }
    company.carry(&mut flows, 20, 1_000, Duration::from_secs(60))?;
    let ended: usize = company.world.nodes().iter().map(|(_, node)| node.ended().len()).sum();
    if ended > 0 {
        return Err(company.world.violation("junk has ended a session"));
    }
    Ok(vec![row("datagrams of junk", JUNK)])
}

fn relayed(company: &mut Company) -> Result<Vec<Row>, Violation> {
    let last = company.ids.len() - 1;
    (0..last).for_each(|at| company.dial(at, at + 1));
    company.start(&[])?;
    let found = find_route(company, 0, last)?;
    let target = company.ids[last];
    company.world.with(Host(0), |node, now| node.connect_routed(now, target))?;
    let met = company.meet(0, last, Duration::from_secs(30))?;
    let mut flows = [company.flow(0, last, 1), company.flow(last, 0, 1)];
    let took = company.carry(&mut flows, 50, 3_000, Duration::from_secs(120))?;
    Ok(vec![
        row("route found after", seconds(found)),
        row("met after", seconds(met)),
        row("100 messages took", seconds(took)),
    ])
}

/// A square: 0 and 3 are linked by 1, and by 2.
fn rerouted(company: &mut Company) -> Result<Vec<Row>, Violation> {
    [(0, 1), (0, 2), (1, 3), (2, 3)].into_iter().for_each(|(from, to)| company.dial(from, to));
    for settings in &mut company.settings {
        settings.session.heartbeat = Duration::from_secs(1);
        settings.session.session_timeout = Duration::from_secs(20);
    }
    company.start(&[])?;
    find_route(company, 0, 3)?;
    let target = company.ids[3];
    company.world.with(Host(0), |node, now| node.connect_routed(now, target))?;
    company.meet(0, 3, Duration::from_secs(30))?;
    let mut flows = [company.flow(0, 3, 1), company.flow(3, 0, 1)];
    company.carry(&mut flows, 20, 2_000, Duration::from_secs(120))?;
    let relays = |company: &Company, at| {
        company.world.node(Host(at)).map_or(0, |node| node.router().counters().relayed)
    };
    let busy = if relays(company, 1) > relays(company, 2) { 1 } else { 2 };
    company.world.crash(Host(busy));
    let took = company.carry(&mut flows, 20, 2_000, Duration::from_secs(120))?;
    let ended =
        company.world.node(Host(0)).is_some_and(|node| node.ended().iter().any(|(peer, _)| *peer == target));
    if ended {
        return Err(company.world.violation("the session has ended with its relay"));
    }
    Ok(vec![row("40 messages after the crash took", seconds(took))])
}

/// A line whose ends talk over relays, while each node in turn is restarted in the next version.
fn upgrade(company: &mut Company) -> Result<Vec<Row>, Violation> {
    let nodes = company.ids.len();
    (1..nodes).for_each(|at| company.dial(at - 1, at));
    for settings in &mut company.settings {
        // The next version reads one more frame.
        settings.upgrade = Some((2, settings.session.features));
        settings.session.features = 0;
        (settings.session.heartbeat, settings.session.session_timeout) =
            (Duration::from_secs(1), Duration::from_secs(20));
    }
    company.start(&[])?;
    let mut number = 0;
    exchange_along(company, &mut number)?;
    for at in 0..nodes {
        let began: Vec<_> = company.world.nodes().iter().map(|(_, node)| node.began().len()).collect();
        company.world.with(Host(at), |node, now| node.shutdown(now))?;
        company.world.crash(Host(at));
        company.world.run_for(Duration::from_millis(500))?;
        company.world.start(Host(at))?;
        let neighbours = [at.checked_sub(1), Some(at + 1).filter(|next| *next < nodes)];
        let back = company.world.run_until(Duration::from_secs(60), |world| {
            let count = |at| world.node(Host(at)).map_or(0, |node| node.began().len());
            neighbours.iter().flatten().all(|at| count(*at) > began[*at])
        })?;
        back.ok_or_else(|| company.world.violation(format!("node {at} has not met its neighbours again")))?;
        exchange_along(company, &mut number)?;
    }
    Ok(vec![row("nodes upgraded", nodes), row("flows carried", number)])
}

/// Carries messages between neighbours, and over relays between the ends.
fn exchange_along(company: &mut Company, number: &mut u64) -> Result<(), Violation> {
    let last = company.ids.len() - 1;
    for at in 0..last {
        company.meet(at, at + 1, Duration::from_secs(60))?;
    }
    let target = company.ids[last];
    if last > 1 {
        find_route(company, 0, last)?;
        company.world.with(Host(0), |node, now| node.connect_routed(now, target))?;
        company.meet(0, last, Duration::from_secs(60))?;
    }
    let pairs = (0..last).map(|at| (at, at + 1)).chain([(0, last)]);
    let pairs: Vec<_> = pairs.flat_map(|(from, to)| [(from, to), (to, from)]).collect();
    for (from, to) in pairs {
        carry_anew(company, from, to, number)?;
    }
    Ok(())
}

/// Carries a flow, and another one if the session of the first has ended under it: one end may find out late that the other
/// was restarted.
fn carry_anew(company: &mut Company, from: usize, to: usize, number: &mut u64) -> Result<(), Violation> {
    let ended = |company: &Company| {
        let of = |at| company.world.node(Host(at)).map_or(0, |node| node.ended().len());
        of(from) + of(to)
    };
    loop {
        *number += 1;
        let (mut flow, before) = (company.flow(from, to, *number), ended(company));
        let carried =
            company.carry(std::slice::from_mut(&mut flow), 10, 2_000, Duration::from_secs(120)).map(drop);
        if carried.is_ok() || ended(company) == before {
            return carried;
        }
        company.meet(from, to, Duration::from_secs(60))?;
    }
}

/// Waits until one node has a route to another that is not its neighbour.
fn find_route(company: &mut Company, from: usize, to: usize) -> Result<Duration, Violation> {
    let target = company.ids[to];
    let found = company.world.run_until(Duration::from_secs(30), |world| {
        let known = world.node(Host(from)).and_then(|node| node.router().destination(target));
        known.is_some_and(|known| known.route.is_some())
    })?;
    found.ok_or_else(|| company.world.violation(format!("node {from} has no route to node {to}")))
}

/// An address where no node is.
fn stranger(company: &mut Company) -> SocketAddr {
    let [a, b, c, port, ..] = company.world.random().bytes::<8>();
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(203, a, b, c)), 1_024 + u16::from(port))
}
