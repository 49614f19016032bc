//! Worlds of whole nodes, and flows of messages between them.

use super::{Cast, Row, row};
use crate::{
    Birth, Conditions, Host, Memo, NatKind, Skew, Violation, World,
    nodes::{Flow, MARKER, MeshNode, MeshSettings},
    public_address,
};
use net_crypto::{Keypair, Seed, mesh::Psk};
use net_session::{OpenStream, Path, SessionId, StreamId, Target};
use net_types::{identity::NodeId, mesh::StreamError};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// A world of whole nodes that have a PSK in common.
pub(super) struct Company {
    pub(super) world: World<MeshNode>,
    pub(super) settings: Vec<MeshSettings>,
    pub(super) ids: Vec<NodeId>,
}

impl Cast for Company {
    type Node = MeshNode;

    fn world(&self) -> &World<MeshNode> {
        &self.world
    }
}

/// A stream that carries a flow, and how far it has come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sending {
    pub(super) from: Host,
    pub(super) to: Host,
    pub(super) flow: Flow,
    stream: Option<(SessionId, StreamId)>,
    pub(super) sent: u64,
}

impl Company {
    /// So many nodes that do not run yet.
    pub(super) fn new(seed: u64, conditions: Conditions, nodes: usize) -> Self {
        let mut world = World::new(seed, conditions);
        let psk = Psk::new(&world.random().bytes());
        let memo = Memo::default();
        let mut settings = Vec::new();
        let mut ids = Vec::new();
        for _ in 0..nodes {
            let seed = Seed::new(Zeroizing::new(world.random().bytes()));
            ids.push(Keypair::from_seed(&seed).entity_id().node_id());
            settings.push(MeshSettings::new(&seed, psk.clone(), memo.clone()));
        }
        world.tap(Box::new(|_, datagram| {
            let is_plain = datagram.windows(MARKER.len()).any(|window| window == MARKER);
            if is_plain { Err("plain text goes over a link".into()) } else { Ok(()) }
        }));
        Self { world, settings, ids }
    }

    /// Has a node dial another from its start, and whenever they have no session.
    pub(super) fn dial(&mut self, from: usize, to: usize) {
        let target = self.target(to);
        self.settings[from].dials.push(target);
    }

    pub(super) fn target(&self, to: usize) -> Target {
        let path = Path::Direct(public_address(Host(to)));
        Target { key: self.settings[to].public_key(), node: Some(self.ids[to]), path }
    }

    /// Starts all nodes; those that are named stand behind NAT boxes.
    pub(super) fn start(&mut self, nats: &[(usize, NatKind)]) -> Result<(), Violation> {
        for (at, settings) in self.settings.clone().into_iter().enumerate() {
            let build = move |birth: Birth| MeshNode::new(&settings, birth);
            let drift = (at as i32 * 7_919) % 400 - 200;
            let skew = Skew { wall_ms: 0, drift };
            match nats.iter().find(|(behind, _)| *behind == at) {
                Some((_, kind)) => self.world.add_behind(*kind, skew, build)?,
                None => self.world.add(skew, build)?,
            };
        }
        Ok(())
    }

    /// Waits until two nodes have a session, in both their eyes.
    pub(super) fn meet(&mut self, one: usize, other: usize, most: Duration) -> Result<Duration, Violation> {
        let ids = [self.ids[one], self.ids[other]];
        let met = self.world.run_until(most, |world| {
            let sees = |at, id| world.node(Host(at)).is_some_and(|node| node.session_with(id).is_some());
            sees(one, ids[1]) && sees(other, ids[0])
        })?;
        met.ok_or_else(|| {
            let text = format!("nodes {one} and {other} have no session after {} s", most.as_secs());
            self.world.violation(text)
        })
    }

    /// A flow from one node to another, which opens a stream when it first has something to send.
    pub(super) fn flow(&self, from: usize, to: usize, number: u64) -> Sending {
        let flow = Flow { sender: self.ids[from].0, number };
        Sending { from: Host(from), to: Host(to), flow, stream: None, sent: 0 }
    }

    /// Sends the next message of a flow, if there is room; tells whether there was.
    pub(super) fn send(&mut self, sending: &mut Sending, length: usize) -> Result<bool, Violation> {
        let target = self.ids[sending.to.0];
        let message = sending.flow.message(sending.sent, length);
        let stream = sending.stream;
        let sent = self.world.with(sending.from, |node, now| send(node, now, target, stream, message))?;
        match sent.unwrap_or(Err(StreamError::NotConnected)) {
            Ok(stream) => {
                sending.stream = Some(stream);
                sending.sent += 1;
                Ok(true)
            }
            Err(StreamError::WindowFull | StreamError::NotConnected) => Ok(false),
            Err(error) => Err(self.world.violation(format!("a message was refused: {error}"))),
        }
    }

    /// How many messages of a flow were read.
    pub(super) fn read(&self, sending: &Sending) -> u64 {
        self.world.node(sending.to).map_or(0, |node| node.ledger().count(sending.flow))
    }

    /// Sends messages of flows by turns, and waits until all of them were read.
    pub(super) fn carry(
        &mut self,
        flows: &mut [Sending],
        messages: u64,
        longest: usize,
        most: Duration,
    ) -> Result<Duration, Violation> {
        let start = self.world.now();
        let ends: Vec<_> = flows.iter().map(|sending| sending.sent + messages).collect();
        loop {
            for (sending, end) in flows.iter_mut().zip(&ends) {
                while sending.sent < *end {
                    let length = self.world.random().index(longest);
                    if !self.send(sending, length)? {
                        break;
                    }
                }
            }
            let reads = |(sending, end): (&Sending, &u64)| self.read(sending) == *end;
            if flows.iter().zip(&ends).all(reads) {
                return Ok(self.world.now() - start);
            }
            if self.world.now() - start > most {
                let counts: Vec<_> = flows.iter().map(|sending| (sending.sent, self.read(sending))).collect();
                let text = format!("of {messages} messages of each flow, (sent, read) are {counts:?}");
                return Err(self.world.violation(text));
            }
            self.world.run_for(Duration::from_millis(20))?;
        }
    }

    /// What endpoints have counted together.
    pub(super) fn counts(&self) -> Vec<Row> {
        let nodes = || self.world.nodes().iter().map(|(_, node)| node);
        vec![
            row("sessions begun", nodes().map(|node| node.began().len()).sum::<usize>()),
            row("packets relayed", nodes().map(|node| node.router().counters().relayed).sum::<u64>()),
        ]
    }
}

/// Sends over a stream, which is opened if there is none.
fn send(
    node: &mut MeshNode,
    now: Instant,
    target: NodeId,
    stream: Option<(SessionId, StreamId)>,
    message: bytes::Bytes,
) -> Result<(SessionId, StreamId), StreamError> {
    let stream = match stream {
        Some(stream) => stream,
        None => node.open(now, target, &OpenStream::reliable(7)).ok_or(StreamError::NotConnected)?,
    };
    node.send(now, stream, message).map(|()| stream)
}
