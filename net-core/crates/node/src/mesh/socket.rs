//! The socket of a node: datagrams in and out, many with each call of the system.

use std::{
    io::{self, IoSliceMut},
    net::{SocketAddr, UdpSocket},
};

use net_session::Ecn;
use quinn_udp::{EcnCodepoint, RecvMeta, Transmit, UdpSockRef, UdpSocketState};

/// Most datagrams of one peer that are sent at a time.
pub(super) const SEGMENTS: usize = 32;

/// Most datagrams, or trains of them, that are received at a time.
const BATCH: usize = 8;

/// Bytes of the longest train of datagrams.
const TRAIN: usize = 65_536;

/// A bound socket.
#[derive(Debug)]
pub(super) struct Socket {
    socket: UdpSocket,
    state: UdpSocketState,
}

/// Where datagrams are received to.
pub(super) struct Arrivals {
    bytes: Vec<u8>,
    metas: [RecvMeta; BATCH],
    count: usize,
}

impl Socket {
    /// Binds an address that nobody else has.
    pub(super) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind(address)?;
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        Ok(Self { socket, state })
    }

    /// The address with the port that was drawn.
    pub(super) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// The same socket for whoever waits for it.
    pub(super) fn duplicate(&self) -> io::Result<UdpSocket> {
        self.socket.try_clone()
    }

    /// Sends datagrams of one size, one behind the other in `contents`, of which the last may be shorter.
    pub(super) fn send(
        &self,
        to: SocketAddr,
        contents: &[u8],
        segment: usize,
        ecn: Option<Ecn>,
    ) -> io::Result<()> {
        let ecn = ecn.map(codepoint);
        let most = self.state.max_gso_segments().max(1) * segment;
        for part in contents.chunks(most) {
            let transmit = Transmit {
                destination: to,
                ecn,
                contents: part,
                segment_size: (part.len() > segment).then_some(segment),
                src_ip: None,
            };
            self.state.try_send(UdpSockRef::from(&self.socket), &transmit)?;
        }
        Ok(())
    }

    /// Receives what has come; `WouldBlock` if nothing has.
    pub(super) fn receive(&self, arrivals: &mut Arrivals) -> io::Result<()> {
        let mut slices: [IoSliceMut<'_>; BATCH] = {
            let mut parts = arrivals.bytes.chunks_mut(TRAIN);
            std::array::from_fn(|_| IoSliceMut::new(parts.next().unwrap_or_default()))
        };
        arrivals.count = 0;
        arrivals.count = self.state.recv(UdpSockRef::from(&self.socket), &mut slices, &mut arrivals.metas)?;
        Ok(())
    }
}

impl Arrivals {
    /// Whether something was received last.
    pub(super) fn has_some(&self) -> bool {
        self.count > 0
    }

    /// Whether all room was needed.
    pub(super) fn is_full(&self) -> bool {
        self.count == BATCH
    }

    /// Room for one call's datagrams.
    pub(super) fn new() -> Self {
        Self { bytes: vec![0; BATCH * TRAIN], metas: [RecvMeta::default(); BATCH], count: 0 }
    }

    /// Hands each datagram over with the address that it came from.
    pub(super) fn each(&mut self, mut take: impl FnMut(SocketAddr, Option<Ecn>, &mut [u8])) {
        for (meta, train) in self.metas[..self.count].iter().zip(self.bytes.chunks_mut(TRAIN)) {
            let len = meta.len.min(train.len());
            for datagram in train[..len].chunks_mut(meta.stride.max(1)) {
                take(meta.addr, meta.ecn.map(mark), datagram);
            }
        }
    }
}

fn codepoint(ecn: Ecn) -> EcnCodepoint {
    match ecn {
        Ecn::Capable => EcnCodepoint::Ect0,
        Ecn::CapableToo => EcnCodepoint::Ect1,
        Ecn::Congested => EcnCodepoint::Ce,
    }
}

fn mark(codepoint: EcnCodepoint) -> Ecn {
    match codepoint {
        EcnCodepoint::Ect0 => Ecn::Capable,
        EcnCodepoint::Ect1 => Ecn::CapableToo,
        EcnCodepoint::Ce => Ecn::Congested,
    }
}
